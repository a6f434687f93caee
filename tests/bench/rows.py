"""The rows of the table, in order: what is compared, and the highest ratio allowed."""

from __future__ import annotations

import base64
import shlex
import statistics
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tests.bench.canned import can_names
from tests.bench.cost import make_big_wheel
from tests.bench.scene import CHECKOUT, INDEX, MANY_PROJECTS, Program, put_projects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.bench.scene import Scene

DELAY = "50 ms per request"
UNITS = {"cpu": "ms CPU", "wall": "ms", "memory": "MiB"}
FEW_RUNS = 5
BIG_RUNS = 3
BIG_MEGABYTES = 500
FEW_UPLOADS = 30
RELEASE_MEGABYTES = 20
UPLOADS = 100
REMOVALS = 50
NAMES = 500_000
# What a shell does for TAB behind a line; it fails when the word that is meant is not offered.
TAB = """
source {script}
COMP_LINE={line} COMP_POINT=${{#COMP_LINE}} COMP_WORDS=({line_words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_devpi {devpi} 2>/dev/null
[[ " ${{COMPREPLY[*]}} " == *" "{offered}" "* ]]
"""
PRINT_REPLY = "import json; print(json.load(open({!r})))"
PRINT_NAMES = "import json; print('\\n'.join(json.load(open({!r}))['result']['projects']))"


@dataclass(frozen=True)
class Row:
    """Work, the program that does it, and the one that it is compared with.

    ``first`` makes ready for the row, ``before`` for each run of it.
    """

    work: str
    against: str
    figure: str
    ours: Program
    theirs: Program | None
    most: float | None
    """The limit of the ratio; of the figure itself, where there is nothing to compare with; None for no limit."""
    before: Callable[[], object] | None = None
    first: Callable[[], object] | None = None
    most_runs: int = 1_000

    def measured(self, runs: int) -> Figures:
        """Run both programs in turn, so that noise disturbs both alike; the first of quick ones is for warmth."""
        if self.first:
            self.first()
        programs = [program for program in (self.ours, self.theirs) if program]
        rounds = [
            [self._once(program) for program in programs] for _ in range(min(runs, self.most_runs) + self._warmup)
        ]
        medians = [statistics.median(costs) for costs in zip(*rounds[self._warmup :], strict=True)]
        return Figures(self, medians[0], medians[1] if self.theirs else None)

    @property
    def _warmup(self) -> int:
        return int(self.before is None)

    def _once(self, program: Program) -> float:
        if self.before:
            self.before()
        figure: float = getattr(program.run(), self.figure)
        return figure


@dataclass(frozen=True)
class Figures:
    """Medians of a row."""

    row: Row
    ours: float
    theirs: float | None

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs if self.theirs else self.ours

    @property
    def holds(self) -> bool:
        return self.row.most is None or self.ratio <= self.row.most

    def line(self) -> str:
        """Return the row as Markdown."""
        row, unit = self.row, UNITS[self.row.figure]
        theirs = "" if self.theirs is None else f"{self.theirs:.0f} {unit}"
        ratio = "" if self.theirs is None else f"{self.ratio:.2f}"
        most = "" if row.most is None else f"{row.most:g}" if self.theirs else f"{row.most:g} {unit}"
        verdict = "" if row.most is None else "yes" if self.holds else "**no**"
        return f"| {row.work} | {self.ours:.0f} {unit} | {row.against} | {theirs} | {ratio} | {most} | {verdict} |"


def rows(scene: Scene) -> Iterator[Row]:
    """Yield the rows, in order."""
    yield from _starts(scene)
    yield from _reads(scene)
    yield from _many(scene)
    yield from _big(scene)
    yield from _publishing(scene)
    yield from _names(scene)
    yield from _unlimited(scene)


def _starts(scene: Scene) -> Iterator[Row]:
    theirs = scene.devpi_client("blank", "--version")
    against = "devpi-client `--version`"
    for option, most in (("--version", 0.30), ("--help", 0.35)):
        yield Row(f"`devpi {option}`", against, "cpu", scene.devpi("blank", option), theirs, most)
    command = _tab(scene, "blank", "devpi li", "list")
    yield Row("completion of a command, with a bash of its own", against, "cpu", command, theirs, 0.35)
    option = _tab(scene, "blank", "devpi list --igno", "--ignore-bases")
    yield Row("completion of an option, with a bash of its own", against, "cpu", option, theirs, 0.35)
    index = _tab(scene, "near", "devpi use root/d", INDEX)
    yield Row("completion of an index name, warm cache", against, "cpu", index, theirs, 0.40, before=index.run)


def _tab(scene: Scene, place: str, line: str, offered: str) -> Program:
    code = TAB.format(
        script=shlex.quote(str(CHECKOUT / "completions/devpi.bash")),
        line=shlex.quote(line),
        line_words=line,
        devpi=shlex.quote(str(scene.ours / "devpi")),
        offered=shlex.quote(offered),
    )
    return scene.at(place, "bash", "--noprofile", "--norc", "-c", code)


def _reads(scene: Scene) -> Iterator[Row]:
    first = partial(put_projects, scene)
    for words in (("list",), ("index", INDEX), ("getjson", f"/{INDEX}")):
        ours, theirs = scene.devpi("near", *words), scene.devpi_client("near", *words)
        yield Row(f"`devpi {' '.join(words)}`", "devpi-client", "cpu", ours, theirs, 0.75, first=first)
    ours, theirs = scene.devpi("far", "use", INDEX), scene.devpi_client("far", "use", INDEX)
    yield Row(f"`devpi use {INDEX}`, {DELAY}", "devpi-client", "wall", ours, theirs, 0.55)
    ours, theirs = scene.devpi("many", "list", "-v"), scene.devpi_client("many", "list", "-v")
    work = f"`devpi list -v`, {MANY_PROJECTS} projects, {DELAY}"
    yield Row(work, "devpi-client", "wall", ours, theirs, 0.15, first=first, most_runs=FEW_RUNS)


def _many(scene: Scene) -> Iterator[Row]:
    words = ("remove", "-y", "demo>=0")
    work = f"`devpi remove 'demo>=0'`, {REMOVALS} versions, {DELAY}"
    before: Callable[[], object] = partial(scene.fresh_index, *(f"1.{number}" for number in range(REMOVALS)))
    ours, theirs = scene.devpi("far", *words), scene.devpi_client("far", *words)
    yield Row(work, "devpi-client", "wall", ours, theirs, 0.35, before, most_runs=FEW_RUNS)
    words = ("upload", "--from-dir", str(scene.wheels(UPLOADS)))
    for place, where, most in (("far", DELAY, 0.35), ("near", "on loopback", 0.9)):
        work = f"`devpi upload --from-dir`, {UPLOADS} small wheels, {where}"
        ours, theirs = scene.devpi(place, *words), scene.devpi_client(place, *words)
        yield Row(work, "devpi-client", "wall", ours, theirs, most, scene.fresh_index, most_runs=FEW_RUNS)


def _big(scene: Scene) -> Iterator[Row]:
    wheel = scene.folder / "big-1.0-py3-none-any.whl"
    index = f"{scene.server.root}{INDEX}/"
    proof = base64.b64encode(f"root:{scene.token}".encode()).decode()
    fields = {":action": "file_upload", "name": "big", "version": "1.0", "filetype": "bdist_wheel", "pyversion": "py3"}
    form = [part for field in fields.items() for part in ("-F", "=".join(field))]
    curl = ("curl", "-sSf", "-H", f"X-Devpi-Auth: {proof}", *form, "-F", f"content=@{wheel}", index)
    twine = ("--repository-url", index, "-u", "root", "-p", scene.token, "--disable-progress-bar", wheel)
    work, ours = f"one wheel of {BIG_MEGABYTES} MB on loopback", scene.devpi("near", "upload", wheel)

    def make() -> None:
        if not wheel.exists():
            make_big_wheel(wheel.parent, BIG_MEGABYTES)

    def row(name: str, figure: str, theirs: Program | None, most: float | None) -> Row:
        return Row(work, name, figure, ours, theirs, most, scene.fresh_index, make, BIG_RUNS if most else 1)

    yield row("`curl -F`", "wall", scene.at("near", *curl), 1.25)
    yield row("", "memory", None, 80)
    client = scene.devpi_client("near", "upload", wheel)
    yield row("devpi-client", "memory", client, None)
    yield row("devpi-client", "wall", client, None)
    yield row("twine", "wall", scene.at("near", scene.theirs / "twine", "upload", *twine), None)


def _publishing(scene: Scene) -> Iterator[Row]:
    """A job in CI: the password is in the environment, and nothing is remembered."""
    index = f"{scene.guarded.root}{INDEX}/"
    folder = scene.folder / f"{RELEASE_MEGABYTES} MB"
    wheel = folder / "big-1.0-py3-none-any.whl"

    def make() -> None:
        if not folder.exists():
            folder.mkdir()
            make_big_wheel(folder, RELEASE_MEGABYTES)

    small = sorted(scene.wheels(FEW_UPLOADS).iterdir())
    for work, files, most in (
        (f"{FEW_UPLOADS} small wheels", small, {"uv": 0.25, "twine": 0.25}),
        (f"one wheel of {RELEASE_MEGABYTES} MB", [wheel], {"uv": None, "twine": 1.0}),
    ):
        what = f"`devpi upload`, {work}, a password in the environment"
        ours = scene.with_password("DEVPI", scene.ours / "devpi", "upload", "--index", index, *files)
        uv = ("publish", "--no-progress", "--trusted-publishing", "never", "--publish-url", index)
        twine = ("upload", "--disable-progress-bar", "--repository-url", index)
        theirs = scene.with_password("UV_PUBLISH", scene.theirs / "uv", *uv, *files)
        before = partial(scene.fresh_index, server=scene.guarded)
        yield Row(what, "`uv publish`", "wall", ours, theirs, most["uv"], before, make, FEW_RUNS)
        theirs = scene.with_password("TWINE", scene.theirs / "twine", *twine, *files)
        yield Row(what, "`twine upload`", "wall", ours, theirs, most["twine"], before, make, FEW_RUNS)


def _names(scene: Scene) -> Iterator[Row]:
    reply = scene.folder / "names.json"
    first = partial(can_names, scene.canned, NAMES, reply)
    work, ours = f"`devpi list` of {NAMES:,} names", scene.devpi("canned", "list")
    printed = scene.python(PRINT_REPLY.format(str(reply)))
    yield Row(work, "`print(json.load(open(reply)))`", "wall", ours, printed, 2.0, first=first)
    yield Row(
        work, "a line a name, joined", "wall", ours, scene.python(PRINT_NAMES.format(str(reply))), None, first=first
    )


def _unlimited(scene: Scene) -> Iterator[Row]:
    ours = scene.devpi("blank", "--version")
    yield Row("`devpi --version`", "`import click`", "cpu", ours, scene.python("import click"), None)
    yield Row("`devpi --version`", "devpi-client", "memory", ours, scene.devpi_client("blank", "--version"), None)
    ours, theirs = scene.devpi("near", "list"), scene.devpi_client("near", "list")
    yield Row("`devpi list`", "devpi-client", "memory", ours, theirs, None)
