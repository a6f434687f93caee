"""Find and run other programs: pip, uv, tox, git, devpi-server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.errors import ProgramFailed, ProgramMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

WINDOWS = os.name == "nt"
POLL_SECONDS = 0.1
# POSIX detaches a child by a session of its own, Windows by these two flags; each ignores the other's way.
DETACHED = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "DETACHED_PROCESS", 0)
# Never handed on: our own secrets, and what makes pip of another environment look into ours (macOS).
OURS = ("DEVPI_PASSWORD", "DEVPI_TOKEN", "__PYVENV_LAUNCHER__")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a child: ours without secrets, with what it needs."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return {**kept, **(extra or {})}


def run(command: Sequence[str], *, extra: Mapping[str, str] | None = None) -> None:
    """Run a program that talks to the user itself.

    Raises ProgramMissing when it is not there, ProgramFailed with its status when it fails.
    """
    try:
        status = subprocess.call(command, env=environment(extra))
    except OSError as error:
        raise ProgramMissing(f"cannot run {command[0]}: {error.strerror}") from None
    if status:
        raise ProgramFailed(f"{Path(command[0]).name} failed with status {status}", status=status)


def capture(command: Sequence[str], *, cwd: Path | None = None, extra: Mapping[str, str] | None = None) -> str:
    """Run a program silently and return what it printed, stdout and stderr as they came.

    Raises ProgramMissing when it is not there, ProgramFailed with all it printed when it fails.
    """
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as error:
        raise ProgramMissing(f"cannot run {command[0]}: {error.strerror}") from None
    printed = done.stdout.decode(errors="replace")
    if done.returncode:
        name = Path(command[0]).name
        raise ProgramFailed(f"{printed.rstrip()}\n{name} failed with status {done.returncode}", status=done.returncode)
    return printed


def start(command: Sequence[str], *, log: Path, ready: Callable[[], bool], seconds: float) -> int:
    """Start a program that outlives this one, and wait until it is ready; return its process id.

    What it prints goes to the end of a log that only its owner may read. Raises ProgramFailed when it ends, or is not
    ready after so many seconds (then it is ended).
    """
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
        child = subprocess.Popen(
            command,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=DETACHED,
        )
    name, deadline = Path(command[0]).name, time.monotonic() + seconds
    while not ready():
        status = child.poll()
        if status is not None:
            raise ProgramFailed(f"{name} ended with status {status}", status=1, hint=f"see {log}")
        if time.monotonic() > deadline:
            child.terminate()
            child.wait()
            raise ProgramFailed(f"{name} did not answer within {seconds:g} s", status=1, hint=f"see {log}")
        time.sleep(POLL_SECONDS)
    child.returncode = 0  # it is meant to go on: Python should not complain that nobody waited for it
    return child.pid


def stop(pid: int, *, ended: Callable[[], bool], seconds: float) -> None:
    """Ask a program to end, and wait until it has. Raises ProgramFailed when it has not after so many seconds."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while not ended():
        if time.monotonic() > deadline:
            raise ProgramFailed(f"process {pid} did not end within {seconds:g} s", status=1)
        time.sleep(POLL_SECONDS)


def has_module(python: str, module: str) -> bool:
    """Tell whether a Python can import a module."""
    return subprocess.call([python, "-c", f"import {module}"], stderr=subprocess.DEVNULL, env=environment()) == 0


def python_of(venv: Path) -> str:
    """Return the interpreter of a virtual environment. Raises ProgramMissing when it is none."""
    python = shutil.which("python", path=str(venv / ("Scripts" if WINDOWS else "bin")))
    if not python:
        raise ProgramMissing(f"{venv} is no virtual environment", hint=f"make it with: python -m venv {venv}")
    return python


def on_path(name: str, hint: str) -> str:
    """Return the path of a program. Raises ProgramMissing with a hint when there is none."""
    found = shutil.which(name)
    if not found:
        raise ProgramMissing(f"there is no {name} on the PATH", hint=hint)
    return found


def beside_us(name: str, hint: str) -> str:
    """Return a program of the environment that this one lives in. Raises ProgramMissing when there is none."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if not found:
        raise ProgramMissing(f"{name} is not installed", hint=hint)
    return found
