"""Find virtual environments and the programs in them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from devpi_cli.errors import ProgramMissing

PROGRAMS = "Scripts" if os.name == "nt" else "bin"


def active() -> Path | None:
    """Return the active virtual environment, or None."""
    venv = os.environ.get("VIRTUAL_ENV")
    return Path(venv) if venv else None


def named(typed: str) -> Path:
    """Return the absolute path of a virtual environment.

    It is given by path, or by name in ``WORKON_HOME``. Raises ProgramMissing if there is none.
    """
    folder = Path(typed)
    with suppress(RuntimeError):  # there is no such ~user
        folder = folder.expanduser()
    home = os.environ.get("WORKON_HOME")
    if not (folder / PROGRAMS).is_dir() and home and folder.name == typed and (Path(home) / typed / PROGRAMS).is_dir():
        folder = Path(home) / typed
    return checked(folder.absolute(), f"create it with: python -m venv {typed}")


def checked(venv: Path, hint: str) -> Path:
    """Return an existing virtual environment.

    Raises ProgramMissing with the hint if it is not one.
    """
    if not (venv / PROGRAMS).is_dir():
        raise ProgramMissing(f"{venv} is not a virtual environment", hint=hint)
    return venv


def program(venv: Path, name: str) -> str | None:
    """Return the path of a program in a virtual environment, or None."""
    import shutil  # imported here because every command looks for the active environment, but few run a program

    return shutil.which(name, path=str(venv / PROGRAMS))


def python_of(venv: Path) -> str:
    """Return the interpreter of a virtual environment.

    Raises ProgramMissing if it is not one.
    """
    python = program(venv, "python")
    if not python:
        raise ProgramMissing(f"{venv} is not a virtual environment", hint=f"create it with: python -m venv {venv}")
    return python
