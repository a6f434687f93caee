"""Build distributions and documentation from a project folder."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.errors import ProgramFailed, ProgramMissing, WrongUsage
from devpi_cli.packages import checkout, dists, docs
from devpi_cli.programs import process, venvs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
BUILD = "build.__main__"  # not just "build": an old build/ folder in the project could be imported instead
NOT_COPIED = ("dist", ".tox", ".nox", ".venv", "venv", "node_modules")
SHOWN_LINES = 40  # of the output of a failed build: the reason is at the end
# Points the temporary files of build programs into the private folder, which is always removed.
TEMPORARY = ("TMPDIR", "TEMP", "TMP")


@dataclass(frozen=True)
class Build:
    """What to build and with which Python; neither sdist nor wheel means both."""

    python: str
    sdist: bool = False
    wheel: bool = False
    isolation: bool = True
    installer: str = "pip"
    """Installs the build dependencies of an isolated build: pip or uv."""

    @property
    def arguments(self) -> list[str]:
        """The options of ``python -m build``.

        If both are built, the wheel is made from the sdist.
        """
        both = self.sdist == self.wheel
        chosen = [] if both else ["--sdist"] if self.sdist else ["--wheel"]
        return chosen if self.isolation else [*chosen, "--no-isolation"]

    @property
    def shown(self) -> str:
        """The command as shown to the user: the same with and without uv on this machine."""
        return f"{self.python} -m build {' '.join(self.arguments)}"

    @property
    def command(self) -> list[str]:
        """The command as it is run."""
        installer = ["--installer", "uv"] if self.isolation and self.installer == "uv" else []
        return [self.python, "-m", "build", *self.arguments, *installer]


def choose_python(named: str | None) -> str:
    """Choose the Python to build with.

    This is the one ``named``, else that of the active environment if it has build, else our own. Raises ProgramMissing
    if the one named does not exist or has no build.
    """
    if named:
        found = shutil.which(named)
        if not found:
            raise ProgramMissing(f"Python not found: {named!r}")
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


@contextmanager
def private_folder() -> Iterator[Path]:
    """Create a temporary folder that only this user can read; remove it afterwards."""
    with tempfile.TemporaryDirectory(prefix="devpi-build-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


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
    built = private / "dist"
    command = [*what.command, "--outdir", str(built), str(project)]
    # Not in the project's folder, where Python would import its build/ or build.py first.
    _run(command, private, private, on_line, failed="the build failed")
    return sorted(built.iterdir())


def release_of(project: Path, what: Build, private: Path, on_line: Callable[[str], None]) -> tuple[str, str]:
    """Return the name and version of a project.

    They come from ``pyproject.toml``, or else from an sdist. Raises ProgramFailed if that cannot be built.
    """
    import tomllib

    with suppress(OSError, ValueError, AttributeError):
        table = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8")).get("project", {})
        if isinstance(table.get("name"), str) and isinstance(table.get("version"), str):
            return table["name"], table["version"]
    sdist = dists.read(build(project, replace(what, sdist=True, wheel=False), private, on_line)[0])
    return str(sdist.fields["name"]), sdist.version


def build_docs(project: Path, private: Path, on_line: Callable[[str], None]) -> Path:
    """Build the documentation of a project with Sphinx; return its folder.

    Raises WrongUsage without documentation, ProgramMissing without Sphinx, ProgramFailed if the build fails.
    """
    source, pages = docs.sphinx_source(project), private / "pages"
    sphinx = process.on_path("sphinx-build", "install it with: pip install sphinx")
    _run([sphinx, "-E", str(source), str(pages)], project, private, on_line, failed="building the documentation failed")
    return pages


def _run(command: list[str], folder: Path, private: Path, on_line: Callable[[str], None], *, failed: str) -> None:
    """Run a build program with its temporary files in the private folder."""
    temporary = private / "tmp"
    temporary.mkdir(exist_ok=True)
    tail: deque[str] = deque(maxlen=SHOWN_LINES)

    def keep_and_pass_on(line: str) -> None:
        tail.append(line)
        on_line(line)

    try:
        process.follow(command, keep_and_pass_on, cwd=folder, extra=dict.fromkeys(TEMPORARY, str(temporary)))
    except ProgramFailed:
        raise ProgramFailed("\n".join([*tail, failed]), status=1) from None


def keep(file: Path, folder: Path) -> Path:
    """Copy a built file into a folder atomically; return the copy.

    It replaces an older build of the same name.
    """
    folder.mkdir(exist_ok=True)
    copy = folder / file.name
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=folder)
    os.close(handle)
    try:
        shutil.copyfile(file, name)  # not a rename: the private folder may be on another file system
        shutil.copymode(file, name)
        Path(name).replace(copy)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return copy
