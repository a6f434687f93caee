"""The command devpi search: projects by words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option
from devpi_cli.errors import NothingFound
from devpi_cli.indexes.search import BY_WEB, Found, search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devpi_cli.server.search import Hit

LIMIT = 20


@click.command(epilog="\b\nExamples:\n  devpi search http client\n  devpi search demo --names --index prod")
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@index_option("search")
@click.option("--names", is_flag=True, help="Search names only, without devpi-web.")
@click.option("--mirrors", is_flag=True, help="With --names: also search mirrors, which may have many.")
@click.option("--limit", type=click.IntRange(min=1), default=LIMIT, metavar="N", help=f"Show the first N. [{LIMIT}]")
@pass_app
def command(app: App, words: tuple[str, ...], index: str | None, names: bool, mirrors: bool, limit: int) -> None:
    """Find projects on an index and its bases by words.

    If the server has devpi-web, its search is used, which knows names and summaries; it needs some time to learn of new
    releases. Otherwise the names of the projects are searched. A note says which it was. The exit status is 4 if
    nothing is found.
    """
    target = app.target(index)
    name, server = target.require_index(), app.connect(target)
    found = search(server, name, words, names=names or mirrors, mirrors=mirrors)
    shown = found.hits[:limit]
    _show(app, name, shown)
    _say_how(app, found, len(found.hits) - len(shown))
    query = " ".join(words)
    app.out.document(
        {
            "by": found.by,
            "query": query,
            "index": name,
            "total": len(found.hits),
            "left_out": list(found.left_out),
            "unlisted": list(found.unlisted),
            "hits": [hit._asdict() for hit in shown],
        }
    )
    if not found.hits:
        raise NothingFound(f"nothing on {name} matches {query!r}")


def _show(app: App, index: str, hits: Sequence[Hit]) -> None:
    if app.out.draws and hits:
        from devpi_cli.cli.views import packages

        app.out.draw(packages.hits(index, [hit._asdict() for hit in hits]))
        return
    cells = [(f"{hit.project} {hit.version or ''}".rstrip(), hit.index, hit.summary or "") for hit in hits]
    widths = [max((len(row[column]) for row in cells), default=0) for column in (0, 1)]
    app.out.lines([f"{what:{widths[0]}}  {where:{widths[1]}}  {text}".rstrip() for what, where, text in cells])


def _say_how(app: App, found: Found, more: int) -> None:
    if more > 0:
        app.out.note(f"{more} more, use --limit to see them")
    if found.by == BY_WEB:
        app.out.note("searched with devpi-web: names and summaries")
        return
    app.out.note(f"searched names only: {found.why_names}")
    if found.left_out:
        app.out.note(f"mirrors were left out, use --mirrors to search them: {', '.join(found.left_out)}")
    for name in found.unlisted:
        app.out.note(f"{name} lists only what somebody has asked for: 'devpi list NAME' asks its upstream for a name")
