"""Turn a project directory into distributions and a documentation zip."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli import process
from devpi_cli.errors import ProgramFailed, ProgramMissing, WrongUsage

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")


@dataclass(frozen=True)
class Build:
    """What to build, and with which Python; neither sdist nor wheel stands for both."""

    python: str
    sdist: bool = False
    wheel: bool = False
    isolation: bool = True

    @property
    def arguments(self) -> list[str]:
        """The options of ``python -m build``, which makes the wheel from the sdist when it makes both."""
        both = self.sdist == self.wheel
        chosen = [] if both else ["--sdist"] if self.sdist else ["--wheel"]
        return chosen if self.isolation else [*chosen, "--no-isolation"]

    @property
    def command(self) -> str:
        """The command as it is shown."""
        return f"{self.python} -m build {' '.join(self.arguments)}"


def choose_python(named: str | None) -> str:
    """Return the Python to build with: the one named, that of the active environment if it has build, or ours.

    Raises ProgramMissing when the one named is not there or has no build.
    """
    if named:
        found = shutil.which(named)
        if not found:
            raise ProgramMissing(f"there is no Python {named!r}")
        if not process.has_module(found, "build"):
            raise ProgramMissing(f"{named} has no 'build'", hint=f"install it with: {named} -m pip install build")
        return found
    venv = os.environ.get("VIRTUAL_ENV")
    python = shutil.which("python", path=str(Path(venv) / ("Scripts" if process.WINDOWS else "bin"))) if venv else None
    return python if python and process.has_module(python, "build") else sys.executable


@contextmanager
def built(project: Path, build: Build) -> Iterator[list[Path]]:
    """Build a project into a private folder, and yield the files there, which are gone afterwards.

    Raises WrongUsage for a folder without a project, ProgramFailed with the end of the output when the build fails.
    """
    if not any((project / name).exists() for name in PROJECT_FILES):
        raise WrongUsage(
            f"{project} holds no project to build (no {' or '.join(PROJECT_FILES)})",
            hint="change to the folder of a project, or name the files to upload",
        )
    with tempfile.TemporaryDirectory(prefix="devpi-build-", ignore_cleanup_errors=True) as private:
        command = [build.python, "-m", "build", *build.arguments, "--outdir", private, str(project)]
        try:
            process.capture(command)
        except ProgramFailed as failure:
            raise ProgramFailed(f"{failure.message}\nthe build failed", status=1) from None
        yield sorted(Path(private).iterdir())


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
