"""Wait until a release can be installed, on a server and on its replicas.

Every reply of devpi-server has the serial of the last change that it knows, ``X-Devpi-Serial``. A replica with a lower
one than the server where the release was seen is behind by the difference.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import Missing, ServerFailed, Unreachable, WrongUsage
from devpi_cli.indexes.selection import version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from devpi_cli.models import Requirement
    from devpi_cli.server.api import Server
    from devpi_cli.server.simple import SimpleFile


class Arrival(NamedTuple):
    """What a server has of a release.

    ``serial`` is that of its last change, None if it did not answer.
    """

    root: str
    files: tuple[str, ...] = ()
    serial: int | None = None
    problem: str = ""
    """Why the server did not answer."""


class Progress(NamedTuple):
    """What all servers have.

    ``serial`` is the one that the first of them had when it had all.
    """

    arrivals: tuple[Arrival, ...]
    wanted: int
    """How many files; 0 to wait until all are gone."""
    serial: int | None = None

    @property
    def is_done(self) -> bool:
        """Return True if every server has what is waited for."""
        return all(map(self._has_all, self.arrivals))

    @property
    def behind(self) -> int | None:
        """Number of changes that the slowest server has not received; None if unknown."""
        serials = [arrival.serial for arrival in self.arrivals]
        known = [serial for serial in serials if serial is not None]
        return max(0, self.serial - min(known)) if self.serial is not None and len(known) == len(serials) else None

    def __str__(self) -> str:
        """Say what the first server that is not done still lacks."""
        waiting = next((each for each in self.arrivals if not self._has_all(each)), None)
        if waiting is None:
            return "done"
        if waiting.problem:
            return f"{waiting.root} does not answer: {waiting.problem}"
        if self.serial is not None and waiting.serial is not None and waiting.serial < self.serial:
            return f"{waiting.root} has {waiting.serial} of {self.serial}, {self.serial - waiting.serial} to go"
        count = len(waiting.files)
        if not self.wanted:
            return f"{waiting.root} still has {count} {'file' if count == 1 else 'files'}"
        return f"{waiting.root} has {count} of {self.wanted} {'file' if self.wanted == 1 else 'files'}"

    def _has_all(self, arrival: Arrival) -> bool:
        if arrival.problem:
            return False
        if not self.wanted and self.serial is not None and (arrival.serial or 0) < self.serial:
            return False  # it may not have heard of the release yet
        return len(arrival.files) >= self.wanted if self.wanted else not arrival.files


class Awaited(NamedTuple):
    """A release to wait for, ``name==1.0``, and how patiently.

    ``files`` is how many files it has, 0 to wait until all are gone. The servers are asked every ``interval`` seconds,
    for ``seconds`` in all. With ``named`` only files with these names and hashes count.
    """

    index: str  # type: ignore[assignment]  # hides tuple.index, which is not used
    wanted: Requirement
    files: int
    seconds: float
    interval: float
    named: Mapping[str, str | None] = {}

    def counts(self, file: SimpleFile) -> bool:
        """Return True for a file of the release that is waited for."""
        if not self.wanted.matches(version_of(file.name, self.wanted.project)):
            return False
        if file.name not in (self.named or (file.name,)):
            return False
        expected = self.named.get(file.name)
        return expected is None or file.sha256 in (expected, None)  # a replica may still have the one it replaced

    def require_version(self) -> str:
        """Return the version. Raises WrongUsage if the requirement does not name one."""
        if not self.wanted.version:
            raise WrongUsage(f"{self.wanted.text!r} does not say which release", hint="type 'NAME==VERSION'")
        return self.wanted.version


def wait(servers: Sequence[Server], awaited: Awaited) -> Iterator[Progress]:
    """Ask the servers again and again until all have a release.

    Yield what they have each time. The first is the one that was uploaded to, the others are its replicas. When the
    time is up, the last state is not done. Raises WrongUsage for a requirement without a version, and Missing if
    the first server has no such index.
    """
    awaited.require_version()
    deadline = time.monotonic() + awaited.seconds
    serial = None
    while True:
        first = _arrival(servers[0], awaited, is_replica=False)
        if serial is None and Progress((first,), awaited.files).is_done:
            serial = first.serial
        others = [_arrival(server, awaited, is_replica=True) for server in servers[1:]]
        progress = Progress((first, *others), awaited.files, serial)
        yield progress
        left = deadline - time.monotonic()
        if progress.is_done or left <= 0:
            return
        time.sleep(min(awaited.interval, left))


def _arrival(server: Server, awaited: Awaited, *, is_replica: bool) -> Arrival:
    wanted = awaited.wanted
    try:
        page = server.simple_page(awaited.index, wanted.project)
    except Missing as error:
        if "project" not in error.reason and not is_replica:
            raise
        return Arrival(server.root, (), error.serial)
    except (Unreachable, ServerFailed) as error:
        return Arrival(server.root, problem=error.message.splitlines()[-1])
    names = [file.name for file in page.files if awaited.counts(file)]
    return Arrival(server.root, tuple(names), page.serial)
