"""Read the page of a project that pip reads.

It has the files on an index with its bases. Sources: PEP 691, PEP 592 (yanked files), and ``views.py`` of devpi-server
6.20, which sends version 1.0 of the API: no sizes and no dates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from devpi_cli.errors import NotDevpi
from devpi_cli.http.responses import serial_of
from devpi_cli.server import parse

if TYPE_CHECKING:
    from devpi_cli.http.responses import Reply

# The second makes devpi-server report errors as JSON, too.
ACCEPT = "application/vnd.pypi.simple.v1+json, application/json;q=0.5"


class SimpleFile(NamedTuple):
    """A file that is offered to pip; ``yanked`` may be the reason for it."""

    name: str
    url: str
    sha256: str | None = None
    requires_python: str | None = None
    yanked: bool | str = False


class SimplePage(NamedTuple):
    """The files of a project, in the order of the page.

    ``serial`` is that of the last change that the server knows.
    """

    files: tuple[SimpleFile, ...] = ()
    serial: int | None = None


def page(reply: Reply) -> SimplePage:
    """Return the page of a project.

    Raises NotDevpi if it is not a page of files.
    """
    content = parse.mapping(reply.json)
    if not isinstance(content.get("files"), list):
        raise NotDevpi(
            [f"GET {reply.url}", "unexpected type of reply: it is not a list of files"],
            hint="is this the URL of a devpi server?",
        )
    found = [(data, parse.place(data, "url", reply)) for data in map(parse.mapping, content["files"])]
    files = tuple(_file(data, url) for data, url in found if url and parse.text(data, "filename"))
    return SimplePage(files, serial_of(reply.headers))


def _file(data: dict[str, Any], url: str) -> SimpleFile:
    return SimpleFile(
        str(data["filename"]),
        url,
        parse.text(parse.mapping(data.get("hashes")), "sha256"),
        parse.text(data, "requires-python"),
        parse.yanked(data),
    )
