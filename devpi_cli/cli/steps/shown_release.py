"""Print a release with its files and history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from devpi_cli.cli.views import amounts
from devpi_cli.errors import NothingFound
from devpi_cli.models import normalised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devpi_cli.cli.app import App
    from devpi_cli.models import Link
    from devpi_cli.programs.tox_results import Environment
    from devpi_cli.server.api import Server
    from devpi_cli.server.details import Details, Event

FIRST = ("summary", "author", "author_email", "license", "license_expression", "requires_python", "requires_dist")
UNSHOWN = ("name", "version", "description", "metadata_version")


class Shown(NamedTuple):
    """A release, and what was asked for besides."""

    details: Details
    index: str  # type: ignore[assignment]  # hides tuple.index, which is not used
    sizes: dict[str, int | None]
    docs: str | None
    results: dict[str, list[Environment]] | None
    elsewhere: dict[str, Details] | None
    origin: str
    """The file whose metadata are shown, if the server has none."""


def print_all(app: App, server: Server, shown: Shown) -> None:
    """Print the metadata, files and history of a release."""
    if app.out.draws:
        _draw(app, server, shown)
        return
    found, metadata = shown.details, shown.details.metadata
    app.out.line(f"{found.release.project} {found.release.version} on {server.url(shown.index)}")
    keys = [*FIRST, *(key for key in metadata if key not in (*FIRST, *UNSHOWN))]
    for key in filter(metadata.get, keys):
        value = metadata[key]
        lines = value if isinstance(value, list) else value.splitlines()
        app.out.lines([f"  {key}: {line}" for line in lines])  # each with its key: none can pass for a line of ours
    if shown.origin:
        app.out.note(f"metadata: from {shown.origin}")
    app.out.line("files:" if found.release.files else "no files")
    for link in found.release.files:
        _show_file(app, shown, link)
    if shown.docs:
        app.out.line(f"documentation: {shown.docs}")
    if found.history:
        app.out.line("history:")
        _show_history(app, found.history)
    for name, other in (shown.elsewhere or {}).items():
        app.out.line(f"also on {name}: {', '.join(link.name for link in other.release.files) or 'no files'}")
        _show_history(app, other.history)


def _draw(app: App, server: Server, shown: Shown) -> None:
    from devpi_cli.cli.views import packages

    release = shown.details.release
    results = 0 if shown.results is not None else sum(len(release.tox_results(link)) for link in release.files)
    app.out.draw(packages.release(server.url(shown.index), document(shown), FIRST, UNSHOWN, results))
    if shown.origin:
        app.out.note(f"metadata: from {shown.origin}")


def _show_file(app: App, shown: Shown, link: Link) -> None:
    parts = [amounts.size(shown.sizes.get(link.name)), link.sha256 and f"sha256={link.sha256}", link.uploaded_by]
    yanked = "" if not link.yanked else "yanked" if link.yanked is True else f"yanked: {' '.join(link.yanked.split())}"
    app.out.line("  ".join(filter(None, [f"  {link.name}", *parts, link.upload_time, yanked])))
    if shown.results is not None:
        from devpi_cli.cli.steps import tox_results

        for environment in shown.results[link.name]:
            app.out.lines([f"    {line}" for line in tox_results.told(environment, in_full=False)])
    elif count := len(shown.details.release.tox_results(link)):
        app.out.line(f"    {count} tox result{'s' if count > 1 else ''} (-t shows them)")


def _show_history(app: App, history: Sequence[Event]) -> None:
    for event in history:
        place = f"{event.source} -> {event.index}" if event.source else event.index or ""
        app.out.line(f"  {event.when or 'at an unknown time'}  {event.what:6}  {event.who or '-'}  {place}".rstrip())


def print_readme(app: App, found: Details) -> None:
    """Print the description; Markdown is rendered on a terminal. Raises NothingFound if there is none."""
    text = found.metadata.get("description") or ""
    if not isinstance(text, str) or not text.strip():
        raise NothingFound(f"{found.release.project} {found.release.version} has no description")
    kind = str(found.metadata.get("description_content_type", "")).partition(";")[0].strip().lower()
    if kind == "text/markdown":
        app.out.markdown(text)
    else:
        app.out.verbatim(text.rstrip("\n"))


def document(shown: Shown) -> dict[str, Any]:
    """Return the JSON document."""
    found, project = shown.details, normalised(shown.details.release.project)
    elsewhere = {
        name: {"files": [link.name for link in other.release.files], "history": _events(other.history)}
        for name, other in (shown.elsewhere or {}).items()
    }
    return {
        "project": project,
        "version": found.release.version,
        "index": shown.index,
        "metadata": found.metadata,
        "metadata_from": shown.origin or None,
        "files": [_file(shown, project, link) for link in found.release.files],
        "docs": shown.docs,
        "history": _events(found.history),
        **({"elsewhere": elsewhere} if shown.elsewhere is not None else {}),
    }


def _file(shown: Shown, project: str, link: Link) -> dict[str, Any]:
    row: dict[str, Any] = {
        "file": link.name,
        "project": project,
        "version": shown.details.release.version,
        "index": link.index,
        "url": link.url,
        "sha256": link.sha256,
        "size": shown.sizes.get(link.name, link.size),
        "upload_time": link.upload_time,
        "uploaded_by": link.uploaded_by,
        "yanked": link.yanked,
    }
    if shown.results is None:
        return row
    from devpi_cli.cli.steps.tox_results import as_json

    return {**row, "toxresults": [as_json(environment) for environment in shown.results[link.name]]}


def _events(history: Sequence[Event]) -> list[dict[str, str | None]]:
    return [
        {"what": event.what, "who": event.who, "when": event.when, "index": event.index, "source": event.source}
        for event in history
    ]
