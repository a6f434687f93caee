"""Find and run other programs: pip, uv, tox, git, devpi-server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from devpi_cli.errors import ProgramFailed, ProgramMissing
from devpi_cli.programs import process_tree
from devpi_cli.system.signals import held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_Result = TypeVar("_Result")

POLL_SECONDS = 0.1
# POSIX detaches a child by giving it a session of its own, Windows by these two flags; each ignores the other's way.
DETACHED = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "DETACHED_PROCESS", 0)
# Never passed on, beside our own secrets: a macOS variable that makes pip of another environment look into ours, and
# the repository that git sets for a hook from which we were started.
NOT_FOR_CHILDREN = ("__PYVENV_LAUNCHER__", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
OURS = "DEVPI_"
SECRET_NAME = re.compile(r"PASS|PWD|TOKEN|SECRET|CREDENTIAL|AUTH")
# A user name and password before a host, with or without a scheme; a token; a query with one.
SECRET_VALUE = re.compile(r":.*@|//[^/]*@|^(pypi|devpi)-\w{8}|[?&][^=]*(pass|token|secret|key)[^=]*=", re.IGNORECASE)
# Any program we run may run pip, which would ask the index for a newer pip and recommend it.
NO_PIP_NOTICE = {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return our environment without secrets, plus ``extra``, for a child process."""
    inherited = {name: value for name, value in os.environ.items() if not _is_private(name, value)}
    return {**NO_PIP_NOTICE, **inherited, **(extra or {})}


def name_of(command: Sequence[str]) -> str:
    """Return the name of a program as the user knows it: pip for ``python -m pip``."""
    for option, value in pairwise(command[1:]):
        if option == "-m":
            return value
        if option == "-c" and (module := re.match(r"from (\w+)\.", value)):
            return module[1].replace("_", "-")
        if not option.startswith("-"):
            break
    return Path(command[0]).name.removesuffix(".exe")


def _is_private(name: str, value: str) -> bool:
    """Return True for a variable that children must not get.

    Its name or its value tells that it holds a secret.
    """
    if name in NOT_FOR_CHILDREN:
        return True
    is_ours = name.upper().startswith(OURS)
    return is_ours and bool(SECRET_NAME.search(name.upper()) or SECRET_VALUE.search(value))


@contextmanager
def _starting(command: Sequence[str]) -> Iterator[None]:
    """Raise ProgramMissing for a program that cannot be run.

    It has the name and the reason.
    """
    try:
        with held():  # a signal must not come between a program's start and our knowing of it
            yield
    except OSError as error:
        raise ProgramMissing(f"cannot run {command[0]}: {error.strerror}") from None


def _attended(
    command: Sequence[str],
    attend: Callable[[subprocess.Popen[bytes]], _Result],
    end: Callable[[subprocess.Popen[bytes], BaseException], None],
    **settings: Any,
) -> _Result:
    """Start a program and attend to it until it has ended.

    ``end`` it if that is broken off.
    """
    child: subprocess.Popen[bytes] | None = None
    try:
        with _starting(command):
            child = subprocess.Popen(command, **settings)
        return attend(child)
    except BaseException as error:
        if child:
            end(child, error)
        raise
    finally:
        if child:
            with child:  # closes its pipes
                pass


def run(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    extra: Mapping[str, str] | None = None,
    aside: bool = False,
    purpose: str = "",
) -> None:
    """Run a program that talks to the user itself.

    With ``aside`` its output goes to stderr, because our stdout is for something else. Raises ProgramMissing if it
    cannot be run, ProgramFailed with its status if it fails: it could not ``purpose``, as in "install".
    """
    stdout = (sys.stderr or subprocess.DEVNULL) if aside else None
    status = _attended(
        command, lambda child: child.wait(), process_tree.let_end, cwd=cwd, env=environment(extra), stdout=stdout
    )
    if status:
        what = f"could not {purpose} (status {status})" if purpose else f"failed with status {status}"
        raise ProgramFailed(f"{name_of(command)} {what}", status=status)


def capture(command: Sequence[str], *, cwd: Path | None = None, extra: Mapping[str, str] | None = None) -> str:
    """Run a program silently and return its output, stdout and stderr interleaved.

    Raises ProgramMissing if it cannot be run, ProgramFailed with all its output if it fails.
    """
    done = _silently(command, cwd, extra, stderr=subprocess.STDOUT)
    printed = done.stdout.decode(errors="replace")
    if done.returncode:
        failed = f"{name_of(command)} failed with status {done.returncode}"
        raise ProgramFailed([*printed.rstrip().splitlines(), failed], status=done.returncode)
    return printed


def output(command: Sequence[str], *, cwd: Path, extra: Mapping[str, str] | None = None) -> bytes:
    """Run a program silently and return its stdout.

    Raises ProgramMissing if it cannot be run, ProgramFailed with its stderr if it fails.
    """
    done = _silently(command, cwd, extra, stderr=subprocess.PIPE)
    if done.returncode:
        errors = done.stderr.decode(errors="replace").strip().splitlines()
        raise ProgramFailed([*errors, f"{name_of(command)} failed"], status=done.returncode)
    return done.stdout


def _silently(
    command: Sequence[str], cwd: Path | None, extra: Mapping[str, str] | None, *, stderr: int
) -> subprocess.CompletedProcess[bytes]:
    def attend(child: subprocess.Popen[bytes]) -> subprocess.CompletedProcess[bytes]:
        stdout, errors = child.communicate()
        return subprocess.CompletedProcess(command, child.returncode, stdout, errors)

    return _attended(command, attend, process_tree.kill_group, **_alone(cwd, extra, stderr))


def follow(
    command: Sequence[str],
    on_line: Callable[[str], None],
    *,
    cwd: Path | None = None,
    extra: Mapping[str, str] | None = None,
    keep: int | None = None,
) -> None:
    """Run a program silently and pass each line of output to ``on_line``.

    The lines are those of stdout and stderr. The program gets the handle to ``keep``, such as that of a lock. Raises
    ProgramMissing if it cannot be run, ProgramFailed with its status if it fails.
    """

    def attend(child: subprocess.Popen[bytes]) -> int:
        for line in child.stdout or ():
            on_line(line.decode(errors="replace").rstrip())
        return child.wait()

    settings = _alone(cwd, extra, subprocess.STDOUT)
    status = _attended(command, attend, process_tree.kill_group, pass_fds=() if keep is None else (keep,), **settings)
    if status:
        raise ProgramFailed(f"{name_of(command)} failed with status {status}", status=status)


def _alone(cwd: Path | None, extra: Mapping[str, str] | None, stderr: int) -> dict[str, Any]:
    """Return the settings for a program that talks to us only.

    It and its children form a process group, which is killed if we are told to end.
    """
    return {
        "cwd": cwd,
        "env": environment(extra),
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": stderr,
        "start_new_session": True,
        "creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    }


def start(  # noqa: PLR0913 (what to start, and how to see that it is ready)
    command: Sequence[str],
    *,
    log: Path,
    ready: Callable[[], bool],
    seconds: float,
    started: Callable[[int], None] = lambda pid: None,
    extra: Mapping[str, str] | None = None,
    keep: int | None = None,
) -> int:
    """Start a program that outlives this one, and return its process id when ready.

    ``started`` is called with that id at once; ``extra`` are variables for the program, which gets the handle to
    ``keep``. Its output is appended to a log that only its owner may read. Raises ProgramMissing if it cannot be run,
    ProgramFailed if it ends or is not ready after ``seconds`` seconds. After an error or an interrupt the program no
    longer runs.
    """
    child: subprocess.Popen[bytes] | None = None
    try:
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
                pass_fds=() if keep is None else (keep,),
            )
        started(child.pid)
        _wait_until(ready, child, seconds, log)
    except BaseException as error:
        if child:
            process_tree.kill_group(child, error)
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


def has_module(python: str, module: str) -> bool:
    """Return True if a Python can import a module, ignoring the current folder."""
    command = [python, "-c", f"import sys; del sys.path[0]; import {module}"]
    return _silently(command, None, None, stderr=subprocess.STDOUT).returncode == 0


def on_path(name: str, hint: str) -> str:
    """Return the path of a program. Raises ProgramMissing with the hint for none."""
    found = shutil.which(name)
    if not found:
        raise ProgramMissing(f"there is no {name} on the PATH", hint=hint)
    return found
