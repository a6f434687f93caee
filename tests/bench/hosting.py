"""What servers cost: a first quickstart, uploads, pages, export, import, backup; raw programs beside ours."""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from devpi_cli.client import connect
from tests.bench.cost import environment, once
from tests.bench.filling import write_dump
from tests.support.clients import DEVPI
from tests.support.dists import make_wheel
from tests.support.ports import free_port
from tests.support.topology import ROOT_PASSWORD, Topology, topology

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.bench.cost import Cost

FILES = 1000
TIMES_MORE = 10
"""The backup has so many times more files."""
RUNS = 3
CLIENTS = 20
AT_ONCE = 8
SECONDS = 10.0
TRIAL = "root/bench"
HEADER = "| work | devpi server | raw | | ratio | at most | holds |\n" + "|---" * 7 + "|"


@dataclass(frozen=True)
class Row:
    """A figure, that of the raw program if there is one that does the same, and the highest ratio of both."""

    work: str
    ours: float
    unit: str
    raw: str = ""
    theirs: float | None = None
    most: float | None = None

    @property
    def ratio(self) -> float | None:
        return None if self.theirs is None else self.ours / self.theirs

    @property
    def holds(self) -> bool:
        return self.most is None or (self.ours if self.ratio is None else self.ratio) <= self.most

    def line(self) -> str:
        """Return the row as Markdown."""
        theirs = "" if self.theirs is None else f"{self.theirs:.1f} {self.unit}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        most = "" if self.most is None else f"{self.most:g}" if self.ratio is not None else f"{self.most:g} {self.unit}"
        verdict = "" if self.most is None else "yes" if self.holds else "**no**"
        cells = [self.work, f"{self.ours:.1f} {self.unit}", self.raw, theirs, ratio, most, verdict]
        return f"| {' | '.join(cells)} |"


@dataclass(frozen=True)
class Place:
    """A folder for what is measured, and the home of whoever types it."""

    folder: Path
    files: int

    @property
    def env(self) -> dict[str, str]:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {**environment(home), "DEVPISERVER_INDEXER_BACKEND": "null"}

    def ours(self, *typed: object) -> Cost:
        return once([*DEVPI, "server", *typed], self.env)

    def raw(self, name: str, *typed: object) -> Cost:
        return once([Path(sys.executable).with_name(f"devpi-{name}"), "-c", os.devnull, *typed], self.env)

    def fresh(self, name: str) -> Path:
        """Return the path of a folder that is not there."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return self.folder / name

    def turns(self, ours: Callable[[], Cost], raw: Callable[[], Cost] | None = None) -> tuple[Cost, Cost | None]:
        """Return the runs with the median of the wall time; they take turns, so that noise hits both."""
        rounds = [(ours(), raw() if raw else None) for _ in range(RUNS)]
        mine = sorted((each for each, _ in rounds), key=lambda cost: cost.wall)
        theirs = sorted((each for _, each in rounds if each), key=lambda cost: cost.wall)
        return mine[len(mine) // 2], theirs[len(theirs) // 2] if theirs else None


def _rows_of(work: str, costs: tuple[Cost, Cost | None], raw: str, most: float | None) -> Iterator[Row]:
    """Yield the seconds and the memory of a command."""
    ours, theirs = costs
    yield Row(work, ours.wall / 1000, "s", raw, theirs and theirs.wall / 1000, most)
    yield Row(work, ours.memory, "MiB", raw, theirs and theirs.memory)


def first(place: Place) -> Iterator[Row]:
    """A first quickstart, with the index of searches that users have: what the client and its server cost."""
    rounds = [_quickstart(place) for _ in range(RUNS + 1)][1:]  # the first one compiles modules
    client, server = (statistics.median(each) for each in zip(*rounds, strict=True))
    yield Row("a first `devpi quickstart`: CPU of the client and of devpi-init", client, "s", most=1.5)
    yield Row("a first `devpi quickstart`: CPU of the server", server, "s", most=3)


def _quickstart(place: Place) -> tuple[float, float]:
    """Return the seconds of CPU that a first quickstart took: the client, and the server until it answered."""
    home = place.fresh("first")
    home.mkdir()
    env = {**environment(home), "PYTHONPYCACHEPREFIX": str(place.folder / "compiled")}
    cost = once([*DEVPI, "quickstart", "--port", free_port()], env)
    try:
        (record,) = home.rglob("server.json")
        fields = (
            Path(f"/proc/{json.loads(record.read_bytes())['pid']}/stat").read_text("ascii").rpartition(")")[2].split()
        )
        ticks = int(fields[11]) + int(fields[12])  # utime and stime, of proc(5)
    finally:
        once([*DEVPI, "server", "stop"], env)
    return cost.cpu / 1000, ticks / os.sysconf("SC_CLK_TCK")


def data(place: Place) -> Iterator[Row]:
    """Init, import, export, check: of so many files; backup and restore: of ten times as many."""
    init = place.turns(
        lambda: place.ours("init", "--no-root-pypi", "--serverdir", place.fresh("made")),
        lambda: place.raw("init", "--no-root-pypi", "--serverdir", place.fresh("raw")),
    )
    yield from _rows_of("init", init, "devpi-init", None)
    dump, new, raw = write_dump(place.folder / "dump", place.files, 1), "new", "raw"
    options = ("--no-root-pypi", "--no-events")
    imported = place.turns(
        lambda: place.ours("import", *options, "--serverdir", place.fresh(new), dump),
        lambda: place.raw("import", *options, "--serverdir", place.fresh(raw), dump),
    )
    yield from _rows_of(f"import of {place.files} files, compared", imported, "devpi-import", 4)
    source = place.folder / new
    exported = place.turns(
        lambda: place.ours("export", "--serverdir", source, place.fresh("export")),
        lambda: place.raw("export", "--serverdir", place.folder / raw, place.fresh("raw-export")),
    )
    yield from _rows_of(f"export of {place.files} files, verified", exported, "devpi-export", 4)
    checked = place.turns(
        lambda: place.ours("check", "--serverdir", source),
        lambda: place.raw("fsck", "--serverdir", place.folder / raw),
    )
    yield from _rows_of(f"check of {place.files} files", checked, "devpi-fsck", 4)
    many = place.files * TIMES_MORE
    large, serverdir = write_dump(place.folder / "large", place.files, TIMES_MORE), place.folder / "many"
    place.raw("import", *options, "--serverdir", serverdir, large)
    backed_up = place.turns(lambda: place.ours("backup", "--serverdir", serverdir, place.fresh("backup")))
    yield from _rows_of(f"backup of {many} files, verified", backed_up, "", None)
    restored = place.turns(
        lambda: place.ours("restore", "--serverdir", place.fresh("restored"), place.folder / "backup")
    )
    yield from _rows_of(f"restore of {many} files, compared", restored, "", None)


def serving(place: Place) -> Iterator[Row]:
    """Uploads and pages, at the primary itself and through nginx with two replicas; memory; lag."""
    (place.folder / "servers").mkdir()
    with topology(place.folder / "servers") as made:
        yield Row("memory of a primary that has just started", _memory(made), "MiB")
        wheels = _wheels(place.folder / "wheels", place.files)
        with connect(made.primary.url, user="root", password=ROOT_PASSWORD) as client:
            client.create_index(TRIAL, bases="")
        one, many = wheels[: len(wheels) // 4], wheels[len(wheels) // 4 :]
        yield Row("uploads, one client, at the primary", _uploads(made.primary.url, one, 1), "/s")
        lag = made.in_step()
        yield Row("replicas in step after them", lag, "s", most=10)
        yield Row(f"uploads, {CLIENTS} clients, through nginx", _uploads(made.outside.url, many, CLIENTS), "/s")
        lag = made.in_step()
        yield Row("replicas in step after them", lag, "s", most=10)
        lags = [_lag(made, wheel) for wheel in _wheels(place.folder / "single", 10)]
        yield Row("an upload is at both replicas, median", statistics.median(lags) * 1000, "ms", most=2000)
        names = [wheel.name.partition("-")[0] for wheel in wheels]
        at_primary = _pages(made.primary.url, names)
        yield Row(f"simple pages, {AT_ONCE} at once, at the primary", at_primary, "/s")
        through = _pages(made.outside.url, names)
        yield Row(f"simple pages, {AT_ONCE} at once, through nginx", through, "/s", "the primary", at_primary)
        yield Row("memory of the primary afterwards", _memory(made), "MiB", most=400)


def _wheels(folder: Path, count: int) -> list[Path]:
    folder.mkdir()
    return [make_wheel(folder, f"{folder.name}{number}") for number in range(count)]


def _uploads(url: str, wheels: list[Path], clients: int) -> float:
    """Return how many uploads a second a server acknowledges."""

    with connect(url, user="root", password=ROOT_PASSWORD) as client:
        login = client.server.session.identity.login
        assert login

    def upload(some: list[Path]) -> None:
        with connect(url, user="root", token=login.token) as client:
            for wheel in some:
                client.upload(wheel, index=TRIAL)

    began = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(upload, [wheels[number::clients] for number in range(clients)]))
    return len(wheels) / (time.monotonic() - began)


def _lag(made: Topology, wheel: Path) -> float:
    """Return the seconds until the replicas have an upload."""
    with connect(made.primary.url, user="root", password=ROOT_PASSWORD) as client:
        client.upload(wheel, index=TRIAL)
    return made.in_step()


def _pages(url: str, names: list[str]) -> float:
    """Return how many simple pages a second a server answers."""
    until = time.monotonic() + SECONDS

    def ask(number: int) -> int:
        count = 0
        with httpx.Client(trust_env=False) as client:
            while time.monotonic() < until:
                name = names[(number + count * AT_ONCE) % len(names)]
                client.get(f"{url}{TRIAL}/+simple/{name}/").raise_for_status()
                count += 1
        return count

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(ask, range(AT_ONCE))) / SECONDS


def _memory(made: Topology) -> float:
    """Return the MiB that the primary has had at most; only Linux tells."""
    with suppress(OSError):
        text = Path(f"/proc/{made.primary.pid}/status").read_text(encoding="ascii")
        if found := re.search(r"^VmHWM:\s*(\d+) kB", text, re.MULTILINE):
            return int(found[1]) / 1024
    return 0.0


PARTS = {"first": first, "data": data, "serving": serving}


def print_hosting(folder: Path, wanted: str, files: int) -> bool:
    """Measure and print what is wanted, by the names of ``PARTS``; return whether all of it holds."""
    all_hold = True
    print(HEADER, flush=True)
    for name, part in PARTS.items():
        if re.search(wanted, name):
            (folder / name).mkdir()
            for row in part(Place(folder / name, files)):
                all_hold &= row.holds
                print(row.line(), flush=True)
    return all_hold
