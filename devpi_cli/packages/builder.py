"""Turn a project directory into distributions and a documentation zip."""

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
BUILD = "build.__main__"  # not just "build": an old build/ in the project's folder can be imported, too
NOT_COPIED = ("dist", ".tox", ".nox", ".venv", "venv", "node_modules")
SHOWN_LINES = 40  # of the output of a build that failed: the reason stands at its end
# What the programs that build make on the side goes where it is removed, whatever becomes of them.
TEMPORARY = ("TMPDIR", "TEMP", "TMP")


@dataclass(frozen=True)
class Build:
    """What to build, and with which Python; neither sdist nor wheel stands for both."""

    python: str
    sdist: bool = False
    wheel: bool = False
    isolation: bool = True
    installer: str = "pip"
    """What fills the environment of an isolated build: pip or uv."""

    @property
    def arguments(self) -> list[str]:
        """The options of ``python -m build``, which makes the wheel from the sdist when it makes both."""
        both = self.sdist == self.wheel
        chosen = [] if both else ["--sdist"] if self.sdist else ["--wheel"]
        return chosen if self.isolation else [*chosen, "--no-isolation"]

    @property
    def shown(self) -> str:
        """The command as it is shown, which is the same whether there is uv on this machine or not."""
        return f"{self.python} -m build {' '.join(self.arguments)}"

    @property
    def command(self) -> list[str]:
        """The command as it is run."""
        installer = ["--installer", "uv"] if self.isolation and self.installer == "uv" else []
        return [self.python, "-m", "build", *self.arguments, *installer]


def choose_python(named: str | None) -> str:
    """Return the Python to build with: the one named, that of the active environment if it has build, or ours.

    Raises ProgramMissing when the one named is not there or has no build.
    """
    if named:
        found = shutil.which(named)
        if not found:
            raise ProgramMissing(f"there is no Python {named!r}")
        if not process.has_module(found, BUILD):
            raise ProgramMissing(f"{named} has no 'build'", hint=f"install it with: {named} -m pip install build")
        return str(Path(found).absolute())
    venv = venvs.active()
    python = venvs.program(venv, "python") if venv else None
    return python if python and process.has_module(python, BUILD) else sys.executable


def choose_installer(named: str, python: str) -> str:
    """Return ``pip`` or ``uv`` for what was asked for; ``auto`` is uv when it is on the PATH or beside the Python."""
    if named == "auto":
        return "uv" if shutil.which("uv") or shutil.which("uv", path=str(Path(python).parent)) else "pip"
    return named


def require_project(folder: Path) -> None:
    """Raise WrongUsage for a folder without a project."""
    if not any((folder / name).exists() for name in PROJECT_FILES):
        raise WrongUsage(
            f"{folder} holds no project to build (no {' or '.join(PROJECT_FILES)})",
            hint="change to the folder of a project, or name the files to upload",
        )


@contextmanager
def private_folder() -> Iterator[Path]:
    """Make a folder that nobody else can look into, and remove it with everything in it."""
    with tempfile.TemporaryDirectory(prefix="devpi-build-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


def clean_copy(project: Path, private: Path, *, history: bool) -> Path | None:
    """Copy the files of a project that git or hg track, and return where; None when it is in no checkout.

    Raises WrongUsage when the project is in a checkout and not part of it, and what ``Checkout.export`` raises.
    """
    found = checkout.find(project)
    if found is None:
        return None
    copied = found.export(project, private / "src", history=history)
    if not any((copied / name).exists() for name in PROJECT_FILES):
        raise WrongUsage(
            f"{project}: {found.program} tracks no {' or '.join(PROJECT_FILES)} here",
            hint=f"add what belongs to the project to {found.program}; {checkout.BUILD_IN_PLACE}",
        )
    return copied


def full_copy(project: Path, private: Path) -> Path:
    """Copy a project as it is, without what is big and not part of it."""

    def ignored(folder: str, names: list[str]) -> list[str]:
        is_top = Path(folder) == project  # below it, a package may have such a name
        return [name for name in names if name in NOT_COPIED] if is_top else []

    target = private / "src" / (project.name or "project")
    shutil.copytree(project, target, symlinks=True, ignore=ignored)
    return target


def build(project: Path, what: Build, private: Path, heard: Callable[[str], None]) -> list[Path]:
    """Build a project into a private folder, and return the files there; ``heard`` gets each line of the output.

    Raises ProgramFailed with the end of the output when the build fails.
    """
    made = private / "dist"
    command = [*what.command, "--outdir", str(made), str(project)]
    # Not in the project's folder, where a build/ or build.py would be found first.
    _run(command, private, private, heard, failed="the build failed")
    return sorted(made.iterdir())


def release_of(project: Path, what: Build, private: Path, heard: Callable[[str], None]) -> tuple[str, str]:
    """Return name and version of a project: from ``pyproject.toml`` if they stand there, else from an sdist.

    Raises ProgramFailed when that cannot be built.
    """
    import tomllib

    with suppress(OSError, ValueError, AttributeError):
        told = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8")).get("project", {})
        if isinstance(told.get("name"), str) and isinstance(told.get("version"), str):
            return told["name"], told["version"]
    sdist = dists.read(build(project, replace(what, sdist=True, wheel=False), private, heard)[0])
    return str(sdist.fields["name"]), sdist.version


def build_docs(project: Path, private: Path, heard: Callable[[str], None]) -> Path:
    """Build the documentation of a project with Sphinx, and return the folder with the pages.

    Raises WrongUsage without documentation, ProgramMissing without Sphinx, ProgramFailed when it fails.
    """
    source, pages = docs.sphinx_source(project), private / "pages"
    sphinx = process.on_path("sphinx-build", "install it with: pip install sphinx")
    _run([sphinx, "-E", str(source), str(pages)], project, private, heard, failed="building the documentation failed")
    return pages


def _run(command: list[str], folder: Path, private: Path, heard: Callable[[str], None], *, failed: str) -> None:
    """Run a program that builds something, with its temporary files in the private folder."""
    temporary = private / "tmp"
    temporary.mkdir(exist_ok=True)
    said: deque[str] = deque(maxlen=SHOWN_LINES)

    def keep_and_tell(line: str) -> None:
        said.append(line)
        heard(line)

    try:
        process.follow(command, keep_and_tell, cwd=folder, extra=dict.fromkeys(TEMPORARY, str(temporary)))
    except ProgramFailed:
        raise ProgramFailed("\n".join([*said, failed]), status=1) from None


def keep(file: Path, folder: Path) -> Path:
    """Copy a built file into a folder in one step, over an older build of the same name; return the copy."""
    folder.mkdir(exist_ok=True)
    kept = folder / file.name
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=folder)
    os.close(handle)
    try:
        shutil.copyfile(file, name)  # not a rename: the private folder may be on another file system
        shutil.copymode(file, name)
        Path(name).replace(kept)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return kept
