"""Read all that a server knows about releases: metadata, files, and who did what when.

Sources: ``views.py`` and ``model.py`` of devpi-server 6.20, and the replies of a live server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from devpi_cli.errors import Missing
from devpi_cli.models import newest_first, parsed_version
from devpi_cli.server import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.http.responses import Reply
    from devpi_cli.models import Release, Requirement
    from devpi_cli.server.api import Server


class Event(NamedTuple):
    """What happened to a file of a release: ``upload``, ``push`` or ``overwrite``, who did it, when, and where."""

    what: str
    who: str | None
    when: str | None
    index: str | None  # type: ignore[assignment]  # hides tuple.index, which is not used
    source: str | None = None
    """The index it was pushed from."""


class Details(NamedTuple):
    """A release with its metadata, which are texts and lists of texts, and its history, oldest first."""

    release: Release
    metadata: dict[str, str | list[str]]
    history: tuple[Event, ...]
    is_bare: bool = False
    """Whether the server has no metadata but name, version and Python: that of a mirror, or pushed from one."""

    @property
    def index(self) -> str | None:  # type: ignore[override]  # hides tuple.index, which is not used
        """The index that has the files."""
        return next((link.index for link in self.release.links), None)


def of_version(server: Server, index: str, project: str, version: str) -> Details:
    """Return a release on an index or its bases."""
    reply = server.session.request("GET", server.url(index, project, version))
    return _details(project, version, parse.expect(reply, "versiondata"), reply)


def of_project(server: Server, index: str, project: str, *, ignore_bases: bool = False) -> dict[str, Details]:
    """Return the releases of a project on an index, and on its bases, by version."""
    url = server.url(index, project) + ("?ignore_bases=" if ignore_bases else "")
    reply = server.session.request("GET", url)
    found = parse.expect(reply, "projectconfig")
    return {version: _details(project, version, data, reply) for version, data in found.items()}


def preferred(server: Server, index: str, wanted: Requirement) -> Details:
    """Return the release that pip would prefer of those that match: the newest that is final and not yanked.

    Raises NothingFound if none matches.
    """
    if wanted.version:
        try:
            return of_version(server, index, wanted.project, wanted.version)
        except Missing as error:
            if "version" not in error.reason:  # 1.0 may be there as 1.0.0
                raise
    releases = of_project(server, index, wanted.project)
    versions = newest_first(version for version in releases if wanted.matches(version))
    if not versions:
        raise wanted.nothing_on(index, newest_first(releases))
    return releases[next((version for version in versions if _is_preferred(releases[version])), versions[0])]


def _is_preferred(found: Details) -> bool:
    version, files = parsed_version(found.release.version), found.release.files
    return version is not None and not version.is_prerelease and any(not link.yanked for link in files)


def _details(project: str, version: str, data: object, reply: Reply) -> Details:
    content = parse.mapping(data)
    events = {event for link in map(parse.mapping, parse.rows(content.get("+links"))) for event in _events(link)}
    return Details(
        parse.release(project, version, content, reply),
        {key: value for key, found in sorted(content.items()) if key[:1] != "+" and (value := _value(found))},
        tuple(sorted(events, key=lambda event: (event.when or "", event.what != "upload", event.index or ""))),
        is_bare="summary" not in content,
    )


def _value(found: object) -> str | list[str]:
    if isinstance(found, list):
        return [str(item) for item in found]
    return "" if found in (None, False) else str(found)


def _events(link: dict[str, Any]) -> Iterator[Event]:
    for entry in map(parse.mapping, parse.rows(link.get("log"))):
        if what := parse.text(entry, "what"):
            places = parse.text(entry, "dst"), parse.text(entry, "src")
            yield Event(what, parse.text(entry, "who"), parse.moment(entry), *places)
