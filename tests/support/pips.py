"""Virtual environments with a pip of a certain version, one for all processes that run tests."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The oldest asks keyring in its own process, the second is among the first that run a program, in the words of uv.
VERSIONS = {"pip 22.3": "pip==22.3", "pip 23.2": "pip==23.2", "newest pip": "pip"}


def venv_with(version: str, folder: Path) -> Path:
    """Return a virtual environment with a pip, created in a folder by whoever is first.

    pip comes from the package registry that the machine uses; nothing else here asks it for anything.
    """
    venv = folder / version.replace(" ", "-")
    with alone(folder / f"{venv.name}.lock"):
        if not (venv / "done").exists():
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
            install(venv, VERSIONS[version])
            (venv / "done").touch()
    return venv


def install(venv: Path, *what: str) -> None:
    """Install into a virtual environment from the package registry that pip uses on this machine."""
    command = [sys.executable, "-m", "pip", "--python", venv / "bin" / "python", "install", "--quiet", *what]
    subprocess.run(command, check=True)


def index_url() -> str:
    """Return the index that pip asks on this machine."""
    asked = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    configured = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return os.environ.get("PIP_INDEX_URL") or configured or "https://pypi.org/simple"


def as_pip_does() -> dict[str, str]:
    """Return variables with which uv asks the index that pip asks, and trusts the CAs of the system, as pip does."""
    return {"UV_DEFAULT_INDEX": index_url(), "UV_NATIVE_TLS": "1", "UV_FIND_LINKS": ""}


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Let one process after the other through the block."""
    import fcntl  # not on Windows, where these tests do not run

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
