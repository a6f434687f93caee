"""What it costs to compare, copy and download: ``python -m tests.bench.moving``.

A large index has canned replies, so that only the client is measured; files and distances are measured with a real
server. Every row has a limit, and the exit status is 1 if one does not hold.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.bench.cost import environment, once
from tests.bench.distance import line_to
from tests.support.clients import DEVPI
from tests.support.dists import put
from tests.support.servers import running_server
from tests.support.webservers import a_front

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from devpi_cli.server.api import Server
    from tests.bench.cost import Cost
    from tests.support.webservers import Front

MOST_MIB = 120
FAR_SECONDS = 0.05
FAR_RELEASES = 100
FAR_PROJECTS = 400
TIMES_FASTER = 6
AS_FAST_AS_CURL = 0.9
FILES, MEGABYTES = 16, 20
RATE_MEGABYTES = 25
AT_ONCE = "8"
DESCRIPTION = "A line of a description, as they all have them. " * 30
HEADER = "| work | figure | limit | holds |\n" + "|---" * 4 + "|"


@dataclass(frozen=True)
class Row:
    """A measured figure; ``limit`` is the most that it may be, or the least if it is ``at_least``."""

    work: str
    figure: float
    limit: float | None = None
    unit: str = ""
    at_least: bool = False

    @property
    def holds(self) -> bool:
        if self.limit is None:
            return True
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit

    def line(self) -> str:
        sign = "" if self.limit is None else f"{'>=' if self.at_least else '<='} {self.limit:g}{self.unit}"
        return f"| {self.work} | {self.figure:.2f}{self.unit} | {sign} | {'yes' if self.holds else 'NO'} |"


@dataclass(frozen=True)
class Home:
    """Somebody's home, from which devpi is run."""

    folder: Path

    def devpi(self, *typed: object) -> Cost:
        return once([*DEVPI, *typed], self.env)

    @property
    def env(self) -> dict[str, str]:
        return {**environment(self.folder), "PYTHONPATH": str(Path(__file__).parents[2])}


# -- a large index, canned


def can_projects(front: Front, index: str, projects: int, versions: int, *, other: bool) -> None:
    """Let an index have so many projects with so many versions; with ``other``, every tenth lacks its last one."""
    names = [f"project-{number:05}" for number in range(projects)]
    config = {"type": "stage", "bases": [], "volatile": True, "acl_upload": [":ANONYMOUS:"], "projects": names}
    front.answer(f"/{index}", config, kind="indexconfig")
    for number, name in enumerate(names):
        count = versions - (other and number % 10 == 0)
        found = {f"1.{each}": _version(front, index, name, number, each) for each in range(count)}
        front.answer(f"/{index}/{name}", found, kind="projectconfig")


def _version(front: Front, index: str, name: str, number: int, each: int) -> dict[str, object]:
    digest, file = f"{number * 1000 + each:064x}", f"{name}-1.{each}.tar.gz"
    log = [{"what": "upload", "who": "root", "when": [2026, 1, 1, 0, 0, 0], "dst": index}]
    href = f"{front.url}{index}/+f/{digest[-3:]}/{digest[:13]}/{file}"
    link = {"rel": "releasefile", "href": href, "hashes": {"sha256": digest}, "log": log}
    metadata = {"name": name, "version": f"1.{each}", "description": DESCRIPTION, "classifiers": []}
    return {**metadata, "+links": [link]}


def canned(folder: Path, projects: int, versions: int) -> Iterator[Row]:
    """Compare and push a large index."""
    home = Home(folder / "canned")
    home.folder.mkdir()
    size = f"{projects} x {versions}"
    with a_front(version="HTTP/1.1") as front:
        for index, other in (("root/a", False), ("root/b", True)):
            can_projects(front, index, projects, versions, other=other)
        can_projects(front, "root/new", projects, 0, other=False)
        a, b, new = (f"{front.url}root/{name}" for name in ("a", "b", "new"))
        for work, typed, most in (
            ("diff", ["diff", a, b], 2 * projects + 2),
            ("copy -n", ["copy", "-n", a, b, "--all"], 2 * projects + 5),
            ("copy -n, all new,", ["copy", "-n", a, new, "--all"], 2 * projects + 5),
        ):
            front.asked.clear()
            cost = home.devpi(*typed)
            yield Row(f"{work} of {size}: requests", len(front.asked), most)
            yield Row(f"{work} of {size}: memory", cost.memory, MOST_MIB, " MiB")
            yield Row(f"{work} of {size}: CPU", cost.cpu / 1000, None, " s")


def canned_far(folder: Path) -> Iterator[Row]:
    """Compare on a line on which every request takes 50 ms longer, with a server that costs nothing."""
    home = Home(folder / "canned-far")
    home.folder.mkdir()
    with a_front(version="HTTP/1.1") as front, line_to(front.url, FAR_SECONDS) as line:
        for index, other in (("root/a", False), ("root/b", True)):
            can_projects(front, index, FAR_PROJECTS, 2, other=other)
        typed = ["diff", f"{line.url}root/a", f"{line.url}root/b"]
        one_by_one, automatic = (home.devpi(*typed, *jobs).wall for jobs in (("--jobs", "1"), ()))
        work = f"diff of {FAR_PROJECTS} projects at 50 ms, the client alone, times faster"
        yield Row(work, one_by_one / automatic, TIMES_FASTER, "", True)


# -- real files, near and far


@contextmanager
def real(folder: Path) -> Iterator[tuple[Server, str, Home]]:
    """A server with two indexes, and somebody who is logged in there."""
    with running_server(folder / "server", "--no-root-pypi") as live:
        server = live.connect("root")
        for name in ("a", "b"):
            server.create_index(f"root/{name}", {"bases": ""})
        home = Home(folder / "home")
        home.folder.mkdir()
        yield server, live.url, home


def log_in(home: Home, url: str) -> None:
    home.devpi("use", f"{url}root/a")
    home.devpi("login", "root", "--password", "")


def far(folder: Path) -> Iterator[Row]:
    """Copy on one server and download, on a line on which every request takes 50 ms longer."""
    with real(folder) as (server, near, home), line_to(near, FAR_SECONDS) as line:
        log_in(home, line.url)
        for number in range(FAR_RELEASES):
            put(server, "root/a", "1.0", f"demo{number}")
        for work, typed in (
            ("copy", ["copy", "root/a", "root/b", "--all"]),
            ("download", ["download", *(f"demo{number}" for number in range(FAR_RELEASES)), "-d", folder / "got"]),
        ):
            seconds = {}
            for jobs in (("--jobs", "1"), ()):
                server.delete_index("root/b")
                server.create_index("root/b", {"bases": ""})
                shutil.rmtree(folder / "got", ignore_errors=True)
                started = len(line.exchanges)
                seconds[jobs] = home.devpi(*typed, *jobs).wall / 1000
                asked = len(line.exchanges) - started
            factor = seconds["--jobs", "1"] / seconds[()]
            yield Row(f"{work} of {FAR_RELEASES} releases at 50 ms, times faster", factor, TIMES_FASTER, "", True)
            if work == "copy":
                yield Row(f"copy of {FAR_RELEASES} releases: requests", asked, 3 * FAR_RELEASES + 4)


def against_curl(folder: Path) -> Iterator[Row]:
    """Download large files as curl does, several at a time; copy them to another index, as curl would."""
    with real(folder) as (server, near, home), line_to(near, FAR_SECONDS, RATE_MEGABYTES * 1_000_000) as line:
        log_in(home, line.url)
        names, urls = [], []
        for number in range(FILES):
            path = folder / f"big{number}-1.0.tar.gz"
            path.write_bytes(os.urandom(MEGABYTES * 1_000_000))
            fields = {"name": f"big{number}", "version": "1.0", "filetype": "sdist", "pyversion": "source"}
            with path.open("rb") as file:
                server.upload("root/a", fields, path.name, file)
            [release] = server.releases("root/a", f"big{number}", ignore_bases=True)
            names.append(f"big{number}")
            urls.append(release.files[0].url.replace(near, line.url))
        size = f"{FILES} files of {MEGABYTES} MB at {RATE_MEGABYTES} MB/s"
        yield Row(f"download of {size}, of curl's speed", _downloads(folder, home, names, urls), AS_FAST_AS_CURL,
                  "", True)  # fmt: skip
        yield Row(f"copy of {size} to another server, of curl's speed", _copies(folder, home, line.url, urls),
                  AS_FAST_AS_CURL, "", True)  # fmt: skip


def _downloads(folder: Path, home: Home, names: list[str], urls: list[str]) -> float:
    options = [word for number, url in enumerate(urls) for word in ("-o", folder / f"curl{number}", url)]
    curl = ["curl", "-sS", "-f", "-Z", "--parallel-max", AT_ONCE, *options]

    def ours() -> float:
        shutil.rmtree(folder / "got", ignore_errors=True)
        return home.devpi("download", *names, "-d", folder / "got", "--jobs", AT_ONCE).wall

    return _best(lambda: once(curl, home.env).wall) / _best(ours)


def _copies(folder: Path, home: Home, source: str, urls: list[str]) -> float:
    """Compare with curl, which downloads the files and uploads them, as many at a time."""
    with running_server(folder / "elsewhere", "--no-root-pypi") as live:
        server = live.connect("root")
        server.create_index("root/b", {"bases": ""})
        home.devpi("use", f"{live.url}root/b")
        home.devpi("login", "root", "--password", "")
        login = server.session.identity.headers(live.url)["X-Devpi-Auth"]
        script = folder / "curl.sh"
        script.write_text(
            'set -eu\ncurl -sS -f -o "$2/$1" "$3"\n'
            f'curl -sS -f -H "X-Devpi-Auth: {login}" -F :action=file_upload -F "name=${{1%-1.0*}}" -F version=1.0 '
            f'-F filetype=sdist -F pyversion=source -F "content=@$2/$1" {live.url}root/b/\n'
        )
        words = "\n".join(f"{url.rpartition('/')[2]} {folder / 'by-curl'} {url}" for url in urls)
        (folder / "words").write_text(words)
        (folder / "by-curl").mkdir()
        curl = ["xargs", "-a", folder / "words", "-L", "1", "-P", AT_ONCE, "sh", script]

        def fresh() -> None:
            server.delete_index("root/b")
            server.create_index("root/b", {"bases": ""})

        def theirs() -> float:
            fresh()
            return once(curl, home.env).wall

        def ours() -> float:
            fresh()
            return home.devpi("copy", f"{source}root/a", f"{live.url}root/b", "--all", "--jobs", AT_ONCE).wall

        return _best(theirs) / _best(ours)


def _best(run: Callable[[], float], times: int = 3) -> float:
    return min(run() for _ in range(times))


PARTS: dict[str, Callable[[Path], Iterator[Row]]] = {"distant": canned_far, "far": far, "curl": against_curl}


def rows(folder: Path, projects: int = 1000, versions: int = 20, only: str = "") -> Iterator[Row]:
    """Measure everything, in a folder."""
    for name, part in {"canned": lambda place: canned(place, projects, versions), **PARTS}.items():
        if re.search(only, name):
            place = folder / name
            place.mkdir()
            yield from part(place)


def print_rows(folder: Path, projects: int = 1000, versions: int = 20, only: str = "") -> bool:
    """Measure and print the rows of the parts that are wanted; return whether all of them hold."""
    print(HEADER, flush=True)
    all_hold = True
    for row in rows(folder, projects, versions, only):
        print(row.line(), flush=True)
        all_hold &= row.holds
    return all_hold


def main() -> int:
    """Print all rows; 1 if one does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.moving", description=__doc__)
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--versions", type=int, default=20)
    parser.add_argument("--only", default="", metavar="REGEX", help="only canned, distant, far or curl")
    chosen = parser.parse_args()
    with TemporaryDirectory(prefix="devpi-bench-") as folder:
        return 0 if print_rows(Path(folder), chosen.projects, chosen.versions, chosen.only) else 1


if __name__ == "__main__":
    raise SystemExit(main())
