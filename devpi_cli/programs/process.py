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
# POSIX detaches a child by giving it a session of its own, Windows by these two flags; each ignores the other's way.
DETACHED = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "DETACHED_PROCESS", 0)
# Never passed on: our own secrets, a macOS variable that makes pip of another environment look into ours, and the
# repository that git sets for a hook from which we were started.
GIT_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
OURS = ("DEVPI_PASSWORD", "DEVPI_TOKEN", "__PYVENV_LAUNCHER__", *GIT_HOOK)
# Any program we run may run pip, which would ask the index for a newer pip and recommend it.
NO_PIP_NOTICE = {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return our environment without secrets, plus ``extra``, for a child process."""
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    return {**NO_PIP_NOTICE, **inherited, **(extra or {})}


@contextmanager
def _starting(command: Sequence[str]) -> Iterator[None]:
    """Raise ProgramMissing, with its name and the reason, for a program that cannot be run."""
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
    """Run a program that talks to the user itself.

    With ``aside`` its output goes to stderr, because our stdout is for something else. Raises ProgramMissing if it
    cannot be run, ProgramFailed with its status if it fails.
    """
    stdout = (sys.stderr or subprocess.DEVNULL) if aside else None
    with _starting(command):
        child = subprocess.Popen(command, cwd=cwd, env=environment(extra), stdout=stdout)
    with child, _exit_on_signals():
        try:
            status = child.wait()
        except BaseException as error:
            _let_end(child, interrupted=isinstance(error, KeyboardInterrupt))
            raise
    if status:
        raise ProgramFailed(f"{Path(command[0]).name} failed with status {status}", status=status)


def _let_end(child: subprocess.Popen[bytes], *, interrupted: bool) -> None:
    """Let a program shut down its own children; signal it unless Ctrl-C at the terminal already did."""
    for signalled in (*([None] if interrupted else []), signal.SIGTERM if WINDOWS else signal.SIGINT):
        if signalled:
            child.send_signal(signalled)
        with suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_SECONDS)
            return
    child.kill()


def capture(command: Sequence[str], *, cwd: Path | None = None, extra: Mapping[str, str] | None = None) -> str:
    """Run a program silently and return its output, stdout and stderr interleaved.

    Raises ProgramMissing if it cannot be run, ProgramFailed with all its output if it fails.
    """
    done = _silently(command, cwd, extra, stderr=subprocess.STDOUT)
    printed = done.stdout.decode(errors="replace")
    if done.returncode:
        name = Path(command[0]).name
        raise ProgramFailed(f"{printed.rstrip()}\n{name} failed with status {done.returncode}", status=done.returncode)
    return printed


def output(command: Sequence[str], *, cwd: Path, extra: Mapping[str, str] | None = None) -> bytes:
    """Run a program silently and return its stdout.

    Raises ProgramMissing if it cannot be run, ProgramFailed with its stderr if it fails.
    """
    done = _silently(command, cwd, extra, stderr=subprocess.PIPE)
    if done.returncode:
        errors = done.stderr.decode(errors="replace").strip()
        raise ProgramFailed(f"{errors}\n{Path(command[0]).name} failed".strip(), status=done.returncode)
    return done.stdout


def _silently(
    command: Sequence[str], cwd: Path | None, extra: Mapping[str, str] | None, *, stderr: int
) -> subprocess.CompletedProcess[bytes]:
    with _starting(command):
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
    on_line: Callable[[str], None],
    *,
    cwd: Path | None = None,
    extra: Mapping[str, str] | None = None,
) -> None:
    """Run a program silently and pass each line of output to ``on_line``.

    The lines are those of stdout and stderr. The program and its children form a process group, which is killed if we
    are interrupted. Raises ProgramMissing if it cannot be run, ProgramFailed with its status if it fails.
    """
    with _starting(command):
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
    with child, _exit_on_signals():
        try:
            for line in child.stdout or ():
                on_line(line.decode(errors="replace").rstrip())
            status = child.wait()
        except BaseException:
            _end_group(child)
            raise
    if status:
        raise ProgramFailed(f"{Path(command[0]).name} failed with status {status}", status=status)


@contextmanager
def _exit_on_signals() -> Iterator[None]:
    """Raise SystemExit on SIGTERM and SIGHUP, so that children are ended and files are tidied up."""
    known = [number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]
    signals = [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]  # nohup ignores SIGHUP

    def leave(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():  # only the main thread may handle signals
        signals = []
    previous = {number: signal.signal(number, leave) for number in signals}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Kill a program and its children at once: what they were making is thrown away."""
    if WINDOWS:
        command = ["taskkill", "/F", "/T", "/PID", str(child.pid)]
        subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    else:
        with suppress(ProcessLookupError, PermissionError):  # raised by Linux and macOS for a group that has ended
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def start(  # noqa: PLR0913 (what to start, and how to see that it is ready)
    command: Sequence[str],
    *,
    log: Path,
    ready: Callable[[], bool],
    seconds: float,
    started: Callable[[int], None] = lambda pid: None,
    extra: Mapping[str, str] | None = None,
) -> int:
    """Start a program that outlives this one, and return its process id when ready.

    ``started`` is called with that id at once; ``extra`` are variables for the program. Its output is appended to a log
    that only its owner may read. Raises ProgramMissing if it cannot be run, ProgramFailed if it ends or is not ready
    after ``seconds`` seconds. After an error or an interrupt the program no longer runs.
    """
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file, _starting(command):
        child = subprocess.Popen(
            command,
            cwd=log.parent,  # it must not keep the user's current folder in use
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
    child.returncode = 0  # it keeps running: stops Python from warning that it was not waited for
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
    """Ask a program to end and wait until it has.

    Raises ProgramFailed if it has not ended after ``seconds`` seconds.
    """
    try:
        os.kill(pid, signal.SIGTERM)
    except OSError as error:  # it has ended, or is not ours; the error differs between systems
        if not ended():
            raise ProgramFailed(f"cannot end process {pid}: {error.strerror}", status=1) from None
    deadline = time.monotonic() + seconds
    while not ended():
        if time.monotonic() > deadline:
            raise ProgramFailed(f"process {pid} did not end within {seconds:g} s", status=1)
        time.sleep(POLL_SECONDS)


def has_module(python: str, module: str) -> bool:
    """Return True if a Python can import a module, ignoring the current folder."""
    null = subprocess.DEVNULL
    command = [python, "-c", f"import sys; del sys.path[0]; import {module}"]
    return subprocess.call(command, stdout=null, stderr=null, env=environment()) == 0


def on_path(name: str, hint: str) -> str:
    """Return the path of a program. Raises ProgramMissing with the hint for none."""
    found = shutil.which(name)
    if not found:
        raise ProgramMissing(f"there is no {name} on the PATH", hint=hint)
    return found
