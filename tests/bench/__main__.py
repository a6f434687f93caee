"""Measure devpi-cli beside devpi-client, twine and curl, and print a table: ``python -m tests.bench``."""

from __future__ import annotations

import argparse
import base64
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.bench.cost import compare, environment, make_big_wheel, once
from tests.conftest import make_wheel, running_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.cost import Cost

CHECKOUT = Path(__file__).parents[2]
DEVPI_CLIENT = "devpi-client==7.3.0"
PROJECTS = 20
HEADER = "| work | program | CPU ms | wall ms | MiB | devpi-cli / this: CPU | wall | memory |\n" + "|---" * 8 + "|"


@dataclass
class Bench:
    """What is measured, where, and how often. ``theirs`` is missing when nothing is installed."""

    home: Path
    url: str
    ours: Path
    theirs: Path | None
    runs: int

    @property
    def env(self) -> dict[str, str]:
        return environment(self.home)

    def devpi(self, *arguments: object) -> list[object]:
        return [self.ours / "devpi", *arguments]

    def devpi_client(self, *arguments: object) -> list[object]:
        return [self.theirs / "devpi", *arguments] if self.theirs else []

    def table(self, work: str, programs: dict[str, Sequence[object]], *, times: int | None = None) -> None:
        """Measure programs that do the same work, ours first, and print a line for each."""
        programs = {name: command for name, command in programs.items() if command}
        costs = compare(list(programs.values()), self.env, times=times or self.runs)
        for name, cost in zip(programs, costs, strict=True):
            print(_line(work, name, cost, costs[0]), flush=True)


def _line(work: str, name: str, cost: Cost, ours: Cost) -> str:
    figures = f"{cost.cpu:.0f} | {cost.wall:.0f} | {cost.memory:.0f}"
    if cost is ours:
        return f"| {work} | {name} | {figures} | | | |"
    ratios = f"{ours.cpu / cost.cpu:.2f} | {ours.wall / cost.wall:.2f} | {ours.memory / cost.memory:.2f}"
    return f"| | {name} | {figures} | {ratios} |"


def install(folder: Path, *packages: object) -> Path:
    """Make a virtual environment and return where its programs are."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    programs = folder / "bin"
    subprocess.run([programs / "python", "-m", "pip", "install", "-q", *packages], check=True)
    return programs


def prepare(bench: Bench) -> None:
    """Log both clients in, and make an index with some projects."""
    clients = [bench.devpi, bench.devpi_client] if bench.theirs else [bench.devpi]
    for client in clients:
        once(client("use", bench.url), bench.env)
        once(client("login", "root", "--password", ""), bench.env)
    once(bench.devpi("index", "-c", "dev", "bases="), bench.env)
    for client in clients:
        once(client("use", "root/dev"), bench.env)
    wheels = [make_wheel(bench.home, f"demo{number}") for number in range(PROJECTS)]
    once(bench.devpi("upload", *wheels), bench.env)


def measure_starts(bench: Bench) -> None:
    """Measure what asks no server: one devpi-client command is the yardstick of both."""
    theirs = bench.devpi_client("--version")
    click = [bench.ours / "python", "-c", "import click"]
    bench.table(
        "`devpi --version`", {"devpi-cli": bench.devpi("--version"), "`import click`": click, "devpi-client": theirs}
    )
    bench.table("`devpi --help`", {"devpi-cli": bench.devpi("--help"), "devpi-client `--version`": theirs})


def measure_requests(bench: Bench) -> None:
    """Measure commands that ask the server once."""
    for arguments in (["list"], ["index", "root/dev"], ["getjson", "/root/dev"]):
        work = f"`devpi {' '.join(arguments)}`"
        bench.table(work, {"devpi-cli": bench.devpi(*arguments), "devpi-client": bench.devpi_client(*arguments)})


def measure_upload(bench: Bench, megabytes: int, times: int) -> None:
    """Measure the upload of one big wheel; twine and curl get the token that devpi-cli has."""
    assert bench.theirs
    wheel = make_big_wheel(bench.home, megabytes)
    state = json.loads((bench.home / ".local/state/devpi-cli/state.json").read_text())
    token = state["servers"][bench.url]["logins"]["root"]["token"]
    index = f"{bench.url}root/dev/"
    proof = base64.b64encode(f"root:{token}".encode()).decode()
    fields = {":action": "file_upload", "name": "big", "version": "1.0", "filetype": "bdist_wheel", "pyversion": "py3"}
    form = [part for field in fields.items() for part in ("-F", "=".join(field))]
    programs: dict[str, Sequence[object]] = {
        "devpi-cli": bench.devpi("upload", wheel),
        "devpi-client": bench.devpi_client("upload", wheel),
        "twine": [bench.theirs / "twine", "upload", "--repository-url", index, "-u", "root", "-p", token, wheel],
        "`curl -F`": ["curl", "-sSf", "-H", f"X-Devpi-Auth: {proof}", *form, "-F", f"content=@{wheel}", index],
    }
    bench.table(f"upload of {megabytes} MB", programs, times=times)


def main() -> None:
    """Set everything up in a temporary folder, measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="install nothing, upload nothing big: devpi-cli alone")
    parser.add_argument("--runs", type=int, default=15, metavar="N", help="runs of each command [15]")
    parser.add_argument("--uploads", type=int, default=3, metavar="N", help="runs of each big upload [3]")
    parser.add_argument("--megabytes", type=int, default=500, metavar="N", help="size of the big upload [500]")
    chosen = parser.parse_args()
    with TemporaryDirectory(prefix="devpi-bench-") as temporary:
        home = Path(temporary)
        ours = Path(sys.executable).parent if chosen.quick else install(home / "ours", CHECKOUT)
        theirs = None if chosen.quick else install(home / "theirs", DEVPI_CLIENT, "twine")
        with running_server(home / "server", "--no-root-pypi") as server:
            bench = Bench(home, server.url, ours, theirs, chosen.runs)
            prepare(bench)
            print(
                f"Medians of {chosen.runs} runs, {chosen.uploads} of the upload; {sys.implementation.name} "
                f"{sys.version.split()[0]} on {sys.platform}.\n\n{HEADER}"
            )
            measure_starts(bench)
            measure_requests(bench)
            if not chosen.quick:
                measure_upload(bench, chosen.megabytes, chosen.uploads)


if __name__ == "__main__":
    main()
