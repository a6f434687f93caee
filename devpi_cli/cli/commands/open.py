"""The command devpi open: the page of an index, a project or a release."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option
from devpi_cli.errors import DevpiError, NothingFound, PluginMissing, WrongUsage
from devpi_cli.models import Requirement, normalised
from devpi_cli.programs import process
from devpi_cli.server import details

if TYPE_CHECKING:
    from devpi_cli.server.api import Server

BROWSE = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"


@click.command(
    "open",
    epilog="\b\nExamples:\n  devpi open\n  devpi open demo\n  devpi open demo==1.2 --docs\n  devpi open demo --url",
)
@click.argument("requirement", required=False, metavar="[NAME[==VERSION]]")
@index_option("open")
@click.option("--docs", is_flag=True, help="Open the documentation of the release.")
@click.option("--url", "only_url", is_flag=True, help="Only print the URL.")
@pass_app
def command(app: App, requirement: str | None, index: str | None, docs: bool, only_url: bool) -> None:
    """Open the page of an index, a project or a release in a browser.

    The server needs devpi-web, which has the pages. The URL is printed, and if the output is a terminal, it is opened
    in the browser. If there is no such index, project, release or documentation, the exit status is 4.
    """
    if docs and not requirement:
        raise WrongUsage("--docs needs NAME or NAME==VERSION")
    wanted = Requirement.parse(requirement) if requirement else None
    target = app.target(index)
    name, server = target.require_index(), app.connect(target)
    if "devpi-web" not in server.status().versions:
        hint = "'devpi show NAME' shows a release, 'devpi index NAME' an index"
        raise PluginMissing(f"the server at {server.root} has no devpi-web, so it has no pages", hint=hint)
    url = _page(server, name, wanted, docs=docs)
    app.out.line(url)
    is_opened = not only_url and app.out.is_seen and not app.options.json and _opened(app, url)
    app.out.document({"url": url, "opened": is_opened})


def _page(server: Server, index: str, wanted: Requirement | None, *, docs: bool) -> str:
    """Return the URL of a page. Raises Missing or NothingFound if there is no such thing."""
    if wanted is None:
        server.index(index, projects=False)
        return server.url(index)
    found = details.preferred(server, index, wanted)
    project, version = normalised(found.release.project), found.release.version
    if not docs:
        return server.url(index, project, *([] if wanted.is_whole_project else [version]))
    if not any(link.rel == "doczip" for link in found.release.links):
        raise NothingFound(f"{project} {version} on {index} has no documentation")
    return f"{server.url(found.index or index, project, version)}/+d/index.html"


def _opened(app: App, url: str) -> bool:
    """Open a URL in the browser; return whether there is one. It runs without our secrets in its environment."""
    try:
        process.run([sys.executable, "-c", BROWSE, url], purpose="open a browser")
    except DevpiError as error:
        app.out.note(f"{error.message}: open the URL yourself")
        return False
    return True
