"""Build distributions and documentation from a project folder."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.errors import ProgramFailed, ProgramMissing, WrongUsage
from devpi_cli.packages import checkout, dists, docs
from devpi_cli.programs import process, venvs
from devpi_cli.system import files
from devpi_cli.system.private import variables

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
SETUP = "setup.py"
BUILD = "build.__main__"  # not just "build": an old build/ folder in the project could be imported instead
NOT_COPIED = ("dist", ".tox", ".nox", ".venv", "venv", "node_modules")
# What a build takes for the present, so that it makes the same files again: https://reproducible-builds.org.
EPOCH = "SOURCE_DATE_EPOCH"
FIRST_OF_ZIP = 315_532_800  # 1980: a zip has no earlier dates
SHOWN_LINES = 40  # of the output of a failed build: the reason is at the end


@dataclass(frozen=True)
class Build:
    """What to build and with which Python.

    Neither sdist nor wheel means both, unless setup.py builds.
    """

    python: str
    sdist: bool = False
    wheel: bool = False
    isolation: bool = True
    installer: str = "pip"
    """Installs the build dependencies of an isolated build: pip or uv."""
    setup: tuple[str, ...] = ()
    """Arguments of ``setup.py``, which builds what ``python -m build`` cannot."""
    date: str = ""
    """What the build takes for the present, in seconds since the epoch; empty for the time of day."""

    @property
    def arguments(self) -> list[str]:
        """The options of ``python -m build``.

        If both are built, the wheel is made from the sdist.
        """
        both = self.sdist == self.wheel
        chosen = [] if both else ["--sdist"] if self.sdist else ["--wheel"]
        return chosen if self.isolation else [*chosen, "--no-isolation"]

    @property
    def _program(self) -> list[str]:
        return [self.python, SETUP, *self.setup] if self.setup else [self.python, "-m", "build", *self.arguments]

    @property
    def shown(self) -> str:
        """The command as shown to the user: the same with and without uv on this machine.

        Without arguments it ends in a blank, as in devpi-client.
        """
        return " ".join(self._program) + (" " if self._program[-1] == "build" else "")

    @property
    def command(self) -> list[str]:
        """The command as it is run."""
        with_uv = self.isolation and self.installer == "uv" and not self.setup
        return [*self._program, *(["--installer", "uv"] if with_uv else [])]


def choose_python(named: str | None) -> str:
    """Choose the Python to build with.

    This is the one ``named``, else that of the active environment if it has build, else our own. Raises ProgramMissing
    if the one named does not exist or has no build.
    """
    if named:
        found = shutil.which(named)
        if not found:
            raise ProgramMissing(f"there is no Python {named!r}", hint="name another one with --python")
        if not process.has_module(found, BUILD):
            raise ProgramMissing(
                f"{named} has no package 'build'", hint=f"install it with: {named} -m pip install build"
            )
        return str(Path(found).absolute())
    venv = venvs.active()
    python = venvs.program(venv, "python") if venv else None
    return python if python and process.has_module(python, BUILD) else sys.executable


def choose_installer(named: str, python: str) -> str:
    """Return ``pip`` or ``uv``.

    ``auto`` means uv if it is on the PATH or next to ``python``.
    """
    if named == "auto":
        return "uv" if shutil.which("uv") or shutil.which("uv", path=str(Path(python).parent)) else "pip"
    return named


def require_project(folder: Path) -> None:
    """Raise WrongUsage if a folder contains no project."""
    if not any((folder / name).exists() for name in PROJECT_FILES):
        raise WrongUsage(
            f"{folder} contains no project to build (no {' or '.join(PROJECT_FILES)})",
            hint="change to a project's folder, or name the files to upload",
        )


def require_setup(folder: Path, what: Build) -> None:
    """Raise WrongUsage if ``setup.py`` has to build a project that has none."""
    if what.setup and not (folder / SETUP).is_file():
        hint = "build an sdist and a wheel: leave formats out"
        raise WrongUsage(f"{' '.join([SETUP, *what.setup])}: the project has no {SETUP}", hint=hint)


def date_of(project: Path) -> str:
    """Return what a build is to take for the present.

    It is the time of the last commit, unless a variable says it.
    """
    given = os.environ.get(EPOCH)
    found = None if given else checkout.find(project)
    committed = found.committed() if found else None
    return given or (str(max(committed, FIRST_OF_ZIP)) if committed is not None else "")


def clean_copy(project: Path, private: Path, *, history: bool) -> Path | None:
    """Copy the project files that git or hg tracks; return the copy.

    Returns None without a checkout. Raises WrongUsage if the project is inside a checkout but not tracked, and whatever
    ``Checkout.export`` raises.
    """
    found = checkout.find(project)
    if found is None:
        return None
    copied = found.export(project, private / "src", history=history)
    if not any((copied / name).exists() for name in PROJECT_FILES):
        raise WrongUsage(
            f"{project}: {found.program} tracks no {' or '.join(PROJECT_FILES)} here",
            hint=f"add the project's files to {found.program}; {checkout.BUILD_IN_PLACE}",
        )
    return copied


def full_copy(project: Path, private: Path) -> Path:
    """Copy a whole project, without large folders that are not part of it."""

    def ignored(folder: str, names: list[str]) -> list[str]:
        is_top = Path(folder) == project  # further down, a package may have such a name
        return [name for name in names if name in NOT_COPIED] if is_top else []

    target = private / "src" / (project.name or "project")
    shutil.copytree(project, target, symlinks=True, ignore=ignored)
    return target


def build(project: Path, what: Build, private: Path, on_line: Callable[[str], None]) -> list[Path]:
    """Build a project into ``private`` and return the built files.

    ``on_line`` receives each line of the output. Raises ProgramFailed with the end of the output if the build fails.
    """
    built = Path(tempfile.mkdtemp(prefix="dist-", dir=private))
    # Not in the project's folder, where Python would import its build/ or build.py first, unless setup.py is there.
    folder = project if what.setup else private
    output = ["--dist-dir", str(built)] if what.setup else ["--outdir", str(built), str(project)]
    _run([*what.command, *output], folder, private, on_line, failed="the build failed", date=what.date)
    return sorted(built.iterdir())


def release_of(project: Path, what: Build, private: Path, on_line: Callable[[str], None]) -> tuple[str, str]:
    """Return the name and version of a project.

    They come from ``pyproject.toml``, or else from an sdist. Raises ProgramFailed if that cannot be built.
    """
    import tomllib

    with suppress(OSError, ValueError, AttributeError):
        table = tomllib.loads(files.read(project / "pyproject.toml")).get("project", {})
        if isinstance(table.get("name"), str) and isinstance(table.get("version"), str):
            return table["name"], table["version"]
    sdist = dists.read(build(project, replace(what, sdist=True, wheel=False, setup=()), private, on_line)[0])
    return str(sdist.fields["name"]), sdist.version


def build_docs(project: Path, private: Path, on_line: Callable[[str], None], *, date: str = "") -> Path:
    """Build the documentation of a project with Sphinx; return its folder.

    Raises WrongUsage without documentation, ProgramMissing without Sphinx, ProgramFailed if the build fails.
    """
    source, pages = docs.sphinx_source(project), private / "pages"
    sphinx = process.on_path("sphinx-build", "install it with: pip install sphinx")
    failed = "building the documentation failed"
    _run([sphinx, "-E", str(source), str(pages)], project, private, on_line, failed=failed, date=date)
    return pages


def _run(  # noqa: PLR0913 (keyword options)
    command: list[str], folder: Path, private: Path, on_line: Callable[[str], None], *, failed: str, date: str
) -> None:
    """Run a build program with its temporary files in the private folder."""
    tail: deque[str] = deque(maxlen=SHOWN_LINES)

    def keep_and_pass_on(line: str) -> None:
        tail.append(line)
        on_line(line)

    try:
        process.follow(
            command, keep_and_pass_on, cwd=folder, extra={**variables(private), **({EPOCH: date} if date else {})}
        )
    except ProgramFailed:
        raise ProgramFailed([*tail, failed], status=1) from None


def keep(file: Path, folder: Path) -> Path:
    """Copy a built file into a folder atomically; return the copy.

    It replaces an older build of the same name.
    """
    folder.mkdir(exist_ok=True)
    copy = folder / file.name
    with files.unfinished(copy) as (handle, unfinished):
        os.close(handle)
        shutil.copyfile(file, unfinished)  # not a rename: the private folder may be on another file system
        shutil.copymode(file, unfinished)
        unfinished.replace(copy)
    return copy
