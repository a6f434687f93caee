"""What commands over a whole index cost at 1000 projects with 20 releases each: requests, CPU and memory.

A row is a line of ``ROWS``; add one for each command whose cost grows with the index.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.cost import Cost, environment, once
from tests.bench.filling import INDEX, name_of, version_of, write_dump
from tests.support.clients import DEVPI
from tests.support.servers import running_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.servers import Live

PROJECTS, VERSIONS = 1000, 20
SOME, LAST = name_of(3), version_of(VERSIONS - 1)
HEADER = (
    "| work | requests | at most | server CPU s | at most | client CPU s | MiB | at most | holds |\n" + "|---" * 9 + "|"
)


@dataclass(frozen=True)
class Row:
    """A command line, and its limits: requests, seconds of CPU of the server, MiB of the client; None for no limit."""

    typed: str
    requests: int
    server_seconds: float | None = None
    memory: float | None = 60


ROWS = [
    Row("prune --keep-last 20 -y", PROJECTS + 1, 15),
    Row("prune --keep-within 9000d -y", PROJECTS + 1),
    # A dry run also asks whether the login is good.
    Row("prune --keep-last 5 -n", PROJECTS + 2, 15),
    Row("prune --keep-within 90d -n", PROJECTS + 2),
    # A hundred projects, of which ten releases go: each is read twice.
    Row("prune project-00* --keep-last 5 -y", 1 + 100 * (2 + 10)),
    Row(f"why {SOME}", 3, 1),
    Row(f"wait {SOME}=={LAST}", 1, 1),
]


@dataclass(frozen=True)
class Figures:
    """What a row cost."""

    row: Row
    requests: int
    server_seconds: float
    client: Cost

    @property
    def holds(self) -> bool:
        row = self.row
        limits = [(self.requests, row.requests), (self.server_seconds, row.server_seconds)]
        limits.append((self.client.memory, row.memory))
        return all(most is None or figure <= most for figure, most in limits)

    def line(self) -> str:
        """Return the row as Markdown."""
        row = self.row
        seconds, memory = (("" if most is None else f"{most:g}") for most in (row.server_seconds, row.memory))
        return (
            f"| `devpi {row.typed}` | {self.requests} | {row.requests} | {self.server_seconds:.1f} | {seconds} "
            f"| {self.client.cpu / 1000:.1f} | {self.client.memory:.0f} | {memory} "
            f"| {'yes' if self.holds else '**no**'} |"
        )


@dataclass(frozen=True)
class Full:
    """A server with an index that is full, and the home of somebody who uses it."""

    live: Live
    home: Path

    def measured(self, row: Row) -> Figures:
        """Run a command, which has to succeed."""
        before = self._seconds()
        with self.live.requests() as seen:
            cost = self.run(*row.typed.split())
        return Figures(row, len(seen), self._seconds() - before, cost)

    def run(self, *words: str) -> Cost:
        return once([*DEVPI, *words], environment(self.home))

    def _seconds(self) -> float:
        """Return the seconds of CPU that the server has used; only Linux tells."""
        with open(f"/proc/{self.live.pid}/stat", encoding="ascii") as stat:  # noqa: PTH123 (it is no path)
            used = stat.read().rpartition(")")[2].split()
        return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def a_full_server(folder: Path, projects: int, versions: int) -> Iterator[Full]:
    """Fill a server and run it; somebody is logged in there, and uses the index."""
    dump, home = write_dump(folder / "dump", projects, versions), folder / "home"
    home.mkdir()
    with running_server(folder / "full", "--no-root-pypi", dump=dump) as live:
        full = Full(live, home)
        full.run("use", live.url)
        full.run("login", "root", "--password", "")
        full.run("use", INDEX)
        yield full


def print_reach(folder: Path, wanted: str) -> bool:
    """Fill an index, measure and print the rows that are wanted, and return whether all of them hold."""
    all_hold = True
    with a_full_server(folder, PROJECTS, VERSIONS) as full:
        print(HEADER, flush=True)
        for row in ROWS:
            if re.search(wanted, row.typed):
                figures = full.measured(row)
                all_hold &= figures.holds
                print(figures.line(), flush=True)
    return all_hold
