"""Virtual environments: the active one, and one that is named."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from devpi_cli.errors import ProgramMissing

PROGRAMS = "Scripts" if os.name == "nt" else "bin"


def active() -> Path | None:
    """Return the virtual environment that is active."""
    venv = os.environ.get("VIRTUAL_ENV")
    return Path(venv) if venv else None


def named(typed: str) -> Path:
    """Return the virtual environment in a folder, or of a bare name in ``WORKON_HOME``; an absolute path.

    Raises ProgramMissing when there is none.
    """
    folder = Path(typed)
    with suppress(RuntimeError):  # a ~user that there is not
        folder = folder.expanduser()
    home = os.environ.get("WORKON_HOME")
    if not (folder / PROGRAMS).is_dir() and home and folder.name == typed and (Path(home) / typed / PROGRAMS).is_dir():
        folder = Path(home) / typed
    return checked(folder.absolute(), f"make it with: python -m venv {typed}")


def checked(venv: Path, hint: str) -> Path:
    """Return a virtual environment that is there. Raises ProgramMissing with the hint when it is not."""
    if not (venv / PROGRAMS).is_dir():
        raise ProgramMissing(f"{venv} is no virtual environment", hint=hint)
    return venv


def program(venv: Path, name: str) -> str | None:
    """Return the path of a program in a virtual environment; None where there is none."""
    import shutil  # here, because every command looks for the active environment, and few run a program

    return shutil.which(name, path=str(venv / PROGRAMS))


def python_of(venv: Path) -> str:
    """Return the interpreter of a virtual environment. Raises ProgramMissing when it is none."""
    python = program(venv, "python")
    if not python:
        raise ProgramMissing(f"{venv} is no virtual environment", hint=f"make it with: python -m venv {venv}")
    return python
