"""Find and run other programs: pip, uv, tox, git, devpi-server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.errors import ProgramFailed, ProgramMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

WINDOWS = os.name == "nt"
POLL_SECONDS = 0.1
GRACE_SECONDS = 3.0
# POSIX detaches a child by a session of its own, Windows by these two flags; each ignores the other's way.
DETACHED = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "DETACHED_PROCESS", 0)
# Never handed on: our own secrets, what makes pip of another environment look into ours (macOS), and the repository
# that git names for a hook which started us.
GIT_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
OURS = ("DEVPI_PASSWORD", "DEVPI_TOKEN", "__PYVENV_LAUNCHER__", *GIT_HOOK)
# Any program we run may run pip, which would ask the index for a newer pip, and recommend it.
NO_PIP_NOTICE = {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a child: ours without secrets, with what it needs."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return {**NO_PIP_NOTICE, **kept, **(extra or {})}


@contextmanager
def _beginning(command: Sequence[str]) -> Iterator[None]:
    """Say of a program that cannot be run which one it is, and why."""
    try:
        yield
    except OSError as error:
        raise ProgramMissing(f"cannot run {command[0]}: {error.strerror}") from None


def run(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    extra: Mapping[str, str] | None = None,
    aside: bool = False,
) -> None:
    """Run a program that talks to the user itself; ``aside`` on stderr only, because our stdout is for something else.

    Raises ProgramMissing when it is not there, ProgramFailed with its status when it fails.
    """
    stdout = (sys.stderr or subprocess.DEVNULL) if aside else None
    with _beginning(command):
        child = subprocess.Popen(command, cwd=cwd, env=environment(extra), stdout=stdout)
    with child, _leaving():
        try:
            status = child.wait()
        except BaseException as error:
            _let_end(child, told=isinstance(error, KeyboardInterrupt))
            raise
    if status:
        raise ProgramFailed(f"{Path(command[0]).name} failed with status {status}", status=status)


def _let_end(child: subprocess.Popen[bytes], *, told: bool) -> None:
    """Wait for a program to end the programs that it runs; of Ctrl-C the terminal has told it, of the rest we do."""
    for signalled in (*([None] if told else []), signal.SIGTERM if WINDOWS else signal.SIGINT):
        if signalled:
            child.send_signal(signalled)
        with suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_SECONDS)
            return
    child.kill()


def capture(command: Sequence[str], *, cwd: Path | None = None, extra: Mapping[str, str] | None = None) -> str:
    """Run a program silently and return what it printed, stdout and stderr as they came.

    Raises ProgramMissing when it is not there, ProgramFailed with all it printed when it fails.
    """
    done = _silently(command, cwd, extra, stderr=subprocess.STDOUT)
    printed = done.stdout.decode(errors="replace")
    if done.returncode:
        name = Path(command[0]).name
        raise ProgramFailed(f"{printed.rstrip()}\n{name} failed with status {done.returncode}", status=done.returncode)
    return printed


def output(command: Sequence[str], *, cwd: Path, extra: Mapping[str, str] | None = None) -> bytes:
    """Run a program silently and return what it printed on stdout.

    Raises ProgramMissing when it is not there, ProgramFailed with what it said on stderr when it fails.
    """
    done = _silently(command, cwd, extra, stderr=subprocess.PIPE)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise ProgramFailed(f"{said}\n{Path(command[0]).name} failed".strip(), status=done.returncode)
    return done.stdout


def _silently(
    command: Sequence[str], cwd: Path | None, extra: Mapping[str, str] | None, *, stderr: int
) -> subprocess.CompletedProcess[bytes]:
    with _beginning(command):
        return subprocess.run(
            command,
            cwd=cwd,
            env=environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            check=False,
        )


def follow(
    command: Sequence[str],
    heard: Callable[[str], None],
    *,
    cwd: Path | None = None,
    extra: Mapping[str, str] | None = None,
) -> None:
    """Run a program silently, and hand over each line that it prints, stdout and stderr as they come.

    It and the programs it starts are a group of their own, which ends with us when we are interrupted.
    Raises ProgramMissing when it is not there, ProgramFailed with its status when it fails.
    """
    with _beginning(command):
        child = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    with child, _leaving():
        try:
            for line in child.stdout or ():
                heard(line.decode(errors="replace").rstrip())
            status = child.wait()
        except BaseException:
            _end_group(child)
            raise
    if status:
        raise ProgramFailed(f"{Path(command[0]).name} failed with status {status}", status=status)


@contextmanager
def _leaving() -> Iterator[None]:
    """Leave as after Ctrl-C, by an exception, when we are told to end: to end the child, and to tidy up behind it."""
    known = [number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]
    signals = [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]  # as nohup has it

    def leave(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():  # only that one may ask for signals
        signals = []
    before = {number: signal.signal(number, leave) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """End a program and those it started: at once, because what they were making is thrown away."""
    if WINDOWS:
        command = ["taskkill", "/F", "/T", "/PID", str(child.pid)]
        subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    else:
        with suppress(ProcessLookupError, PermissionError):  # what Linux, and macOS, say of a group that has ended
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def start(  # noqa: PLR0913 (what is started, and how one knows that it has)
    command: Sequence[str],
    *,
    log: Path,
    ready: Callable[[], bool],
    seconds: float,
    started: Callable[[int], None] = lambda pid: None,
    extra: Mapping[str, str] | None = None,
) -> int:
    """Start a program that outlives this one, and wait until it is ready; return its process id.

    ``started`` is told that id at once; ``extra`` are variables for the program. What it prints goes to the end of a
    log that only its owner may read. Raises ProgramMissing when it is not there, ProgramFailed when it ends, or is not
    ready after so many seconds; then, or interrupted, nothing goes on.
    """
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file, _beginning(command):
        child = subprocess.Popen(
            command,
            cwd=log.parent,  # it must not hold on to the folder somebody happens to stand in
            env=environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=DETACHED,
        )
    try:
        started(child.pid)
        _wait_until(ready, child, seconds, log)
    except BaseException:
        _end_group(child)
        raise
    child.returncode = 0  # it is meant to go on: Python should not complain that nobody waited for it
    return child.pid


def _wait_until(ready: Callable[[], bool], child: subprocess.Popen[bytes], seconds: float, log: Path) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        status = child.poll()
        if status is not None:
            what = f"process {child.pid} ended with status {status} before it was ready"
            raise ProgramFailed(what, status=1, hint=f"see {log}")
        if time.monotonic() > deadline:
            raise ProgramFailed(f"process {child.pid} was not ready within {seconds:g} s", status=1, hint=f"see {log}")
        time.sleep(POLL_SECONDS)


def stop(pid: int, *, ended: Callable[[], bool], seconds: float) -> None:
    """Ask a program to end, and wait until it has. Raises ProgramFailed when it has not after so many seconds."""
    try:
        os.kill(pid, signal.SIGTERM)
    except OSError as error:  # it is gone already, or not ours; each system has its own error for that
        if not ended():
            raise ProgramFailed(f"cannot end process {pid}: {error.strerror}", status=1) from None
    deadline = time.monotonic() + seconds
    while not ended():
        if time.monotonic() > deadline:
            raise ProgramFailed(f"process {pid} did not end within {seconds:g} s", status=1)
        time.sleep(POLL_SECONDS)


def has_module(python: str, module: str) -> bool:
    """Tell whether a Python can import a module; what lies in the folder that somebody stands in has no say."""
    nowhere = subprocess.DEVNULL
    command = [python, "-c", f"import sys; del sys.path[0]; import {module}"]
    return subprocess.call(command, stdout=nowhere, stderr=nowhere, env=environment()) == 0


def on_path(name: str, hint: str) -> str:
    """Return the path of a program. Raises ProgramMissing with a hint when there is none."""
    found = shutil.which(name)
    if not found:
        raise ProgramMissing(f"there is no {name} on the PATH", hint=hint)
    return found
