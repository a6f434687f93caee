"""Read releases with their metadata, and send them on as they are.

Sources: ``submit`` in ``views.py`` and ``metadata_keys`` in ``model.py`` of devpi-server 6.20. What a form does not
have is empty on the server, so empty fields are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.errors import DevpiError, Missing
from devpi_cli.server import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devpi_cli.http.responses import Reply
    from devpi_cli.models import Release
    from devpi_cli.server.api import Server

FIELDS = (
    *("name", "version", "metadata_version", "summary", "home_page", "author", "author_email", "maintainer"),
    *("maintainer_email", "license", "description", "keywords", "platform", "classifiers", "download_url"),
    *("supported_platform", "comment", "provides", "requires", "obsoletes", "project_urls", "provides_dist"),
    *("obsoletes_dist", "requires_dist", "requires_external", "requires_python", "description_content_type"),
    *("provides_extras", "dynamic", "license_expression", "license_file"),
)
"""What the server keeps of a release; it drops all other fields."""


def releases(server: Server, index: str, project: str, *, metadata: bool = False) -> list[Release]:
    """List the releases of a project on an index itself; none if it does not have the project."""
    if not urls.is_name(project):  # no URL leads to it
        return []
    try:
        reply = server.session.request("GET", f"{server.url(index, project)}?ignore_bases=")
    except Missing as error:
        if "project" not in error.reason:
            raise
        return []
    found = parse.expect(reply, "projectconfig")
    return [_release(project, version, data, reply, metadata=metadata) for version, data in found.items()]


def release(server: Server, index: str, project: str, version: str) -> Release:
    """Show a release with its metadata. Raises Missing if the index and its bases do not have it."""
    reply = server.session.request("GET", server.url(index, project, version))
    return _release(project, version, parse.expect(reply, "versiondata"), reply, metadata=True)


def _release(project: str, version: str, data: object, reply: Reply, *, metadata: bool) -> Release:
    found = parse.release(project, version, data, reply)
    return found._replace(metadata=core_metadata(parse.mapping(data))) if metadata else found


def core_metadata(data: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of a release that are not empty, by name: texts, and lists of texts."""
    found: dict[str, object] = {}
    for name, value in sorted(data.items()):
        if name.startswith(("+", ":")):  # links and the like
            continue
        if isinstance(value, str) and value:
            found[name] = value
        elif isinstance(value, list) and (texts := [text for text in value if isinstance(text, str) and text]):
            found[name] = texts
    return found


def is_there(server: Server, url: str) -> bool:
    """Return whether an index can still serve a file that it lists."""
    try:
        server.session.request("HEAD", url, accept="*/*")
    except Missing:
        return False
    return True


def add_result(server: Server, file_url: str, report: bytes) -> None:
    """Attach a tox report to a file, byte for byte. Raises DevpiError if the server does not keep it."""
    reply = server.session.request("POST", urls.file_place(file_url, server.root)[1], content=report)
    if not reply.json:  # a plugin of the server decided so
        raise DevpiError(f"{file_url}: the server did not keep the tox result")
    parse.acknowledged(reply, "toxresultpath")
