"""Read the releases that an index itself has of a project, with what a clean-up has to know of them.

Sources: ``views.py`` and ``model.py`` of devpi-server 6.20. Every link has a log; a push copies the log of the index it
comes from, with that index as ``dst``.
"""

from __future__ import annotations

import time
from calendar import timegm
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from devpi_cli.errors import Missing
from devpi_cli.http.responses import serial_of
from devpi_cli.server import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from devpi_cli.http.responses import Reply
    from devpi_cli.models import Index, Link, Release
    from devpi_cli.server.api import Server
    from devpi_cli.server.simple import SimpleFile

ARRIVALS = ("upload", "push")


class Listed(NamedTuple):
    """A release on an index itself; None is what is not known.

    ``files`` is how many it has, and ``digest`` stands for their names and hashes. ``rest`` stands for its
    documentation and test results. ``arrived`` is when the newest of all came to the index, in seconds since the epoch,
    and ``who`` brought it. ``size`` is that of the files in bytes.
    """

    version: str
    files: int
    digest: str
    rest: str | None = None
    arrived: float | None = None
    who: str | None = None
    size: int | None = None


class Listing(NamedTuple):
    """The releases of a project, and the serial of the last change that the server knows."""

    releases: tuple[tuple[Listed, Release], ...]
    serial: int | None


def survey(server: Server, index: str) -> tuple[Index, float]:
    """Return an index with its projects, and the time by the server's clock."""
    reply = server.session.request("GET", server.url(index))
    return parse.index(index, reply), clock(reply)


def clock(reply: Reply) -> float:
    """Return when a reply was sent, by its ``Date``; our own time without one."""
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(reply.headers.get("date", "")).timestamp()
    except (ValueError, OverflowError):
        return time.time()


def whole(server: Server, index: str, project: str) -> Listing:
    """Read all that an index itself has of a project; nothing if it is not there."""
    try:
        reply = server.session.request("GET", f"{server.url(index, project)}?ignore_bases=")
    except Missing as error:
        if "project" not in error.reason:
            raise
        return Listing((), error.serial)
    releases = (
        (_listed(data, release, index), release)
        for version, data in parse.expect(reply, "projectconfig").items()
        for release in [parse.release(project, version, data, reply)]
    )
    return Listing(tuple(releases), serial_of(reply.headers))


def _listed(data: object, release: Release, index: str) -> Listed:
    sizes = [link.size for link in release.files]
    return Listed(
        release.version,
        len(release.files),
        digest(release.files),
        digest(link for link in release.links if link not in release.files),
        *_arrival(parse.mapping(data), index),
        sum(filter(None, sizes)) if sizes and None not in sizes else None,
    )


def digest(files: Iterable[Link | SimpleFile]) -> str:
    """Return a text that stands for the names and hashes of files."""
    known = sorted(f"{file.name} {file.sha256 or getattr(file, 'hash_spec', None)}" for file in files)
    return sha256("\n".join(known).encode(errors="replace")).hexdigest()


def _arrival(data: Mapping[str, Any], index: str) -> tuple[float | None, str | None]:
    """Return when the newest link of a version came to an index, and who brought it."""
    found: list[tuple[float, str | None]] = []
    for link in map(parse.mapping, parse.rows(data.get("+links"))):
        for entry in map(parse.mapping, parse.rows(link.get("log"))):
            when = parse.rows(entry.get("when"))
            is_time = len(when) == len(parse.WHEN) and all(isinstance(part, int) for part in when)
            if is_time and entry.get("what") in ARRIVALS and entry.get("dst") == index:
                with suppress(ValueError, OverflowError):
                    found.append((float(timegm((*when, 0, 0, 0))), parse.text(entry, "who")))
    return max(found, key=lambda each: each[0], default=(None, None))
