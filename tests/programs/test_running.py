"""Processes, told apart by what the system says of them."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import ProgramFailed, ProgramMissing
from devpi_cli.programs import procfs, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)", "--serverdir", "/a b/data"]
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(600)"


@pytest.fixture(params=["proc", "ps"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """What tells about processes: /proc, or else ps."""
    if request.param == "ps":
        monkeypatch.setattr(procfs, "PROC", tmp_path)
    return str(request.param)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(SLEEP) as process:
        time.sleep(0.2)  # until it is not a copy of this one any more
        yield process
        process.kill()


@pytest.mark.usefixtures("system")
def test_a_process_is_described(child: subprocess.Popen[bytes]) -> None:
    found = running.find(child.pid)
    assert found
    assert (found.pid, found.is_ours, found.is_still_there()) == (child.pid, True, True)
    assert found.has_arguments("--serverdir", "/a b/data")
    assert not found.has_arguments("--serverdir", "/a b/dat")
    assert found.has_arguments("--serverdir")
    assert found == running.find(child.pid)


@pytest.mark.usefixtures("system")
def test_a_process_that_has_ended_is_none_also_while_nobody_has_asked_for_its_status() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        deadline = time.monotonic() + 30
        while running.find(process.pid):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert process.returncode is None
    assert running.find(process.pid) is None


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("pid", [-1, 0, 2**22 + 1, 10**30])
def test_an_id_that_no_process_has_is_nobodys(pid: int) -> None:
    assert running.find(pid) is None


def test_without_proc_and_ps_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(procfs, "PROC", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramMissing) as error:
        running.find(12)
    assert error.value.message == "cannot find out what process 12 is"
    assert error.value.hint == f"install psutil with: {sys.executable} -m pip install psutil"


def test_psutil_is_asked_before_ps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Process:
        def __init__(self, pid: int = 1) -> None:
            if pid == 13:
                raise LookupError

        def status(self) -> str:
            return "sleeping"

        def username(self) -> str:
            return "me"

        def create_time(self) -> float:
            return 1.5

        def cmdline(self) -> list[str]:
            return ["a", "b"]

    psutil = ModuleType("psutil")
    psutil.__spec__ = importlib.util.spec_from_loader("psutil", None)
    vars(psutil).update(Process=Process, Error=LookupError, STATUS_ZOMBIE="zombie")
    monkeypatch.setitem(sys.modules, "psutil", psutil)
    monkeypatch.setattr(procfs, "PROC", tmp_path)
    assert running.find(12) == running.Running(12, "1.5", is_ours=True, command="a b")
    assert running.find(13) is None


@pytest.mark.usefixtures("system")
def test_it_ends(child: subprocess.Popen[bytes]) -> None:
    found = running.find(child.pid)
    assert found
    running.end(found, 30)
    assert child.wait() == -signal.SIGTERM
    running.end(found, 0)  # again: it is gone


@pytest.mark.usefixtures("system")
def test_another_process_with_its_id_lives_on(child: subprocess.Popen[bytes]) -> None:
    found = running.find(child.pid)
    assert found
    running.end(running.Running(child.pid, "earlier", is_ours=True, command=found.command), 1)
    time.sleep(0.2)
    assert child.poll() is None


@pytest.mark.usefixtures("system")
def test_a_process_that_has_ended_holds_no_port() -> None:
    """Its first thread ends before the others, and the port is free when the last one has."""
    serving = (
        "import os, signal, socket, threading, time\n"
        "found = socket.create_server(('127.0.0.1', 0))\n"
        "signal.signal(signal.SIGTERM, lambda *_: os._exit(0))\n"
        "for _ in range(50): threading.Thread(target=time.sleep, args=(100,), daemon=True).start()\n"
        "print(found.getsockname()[1], flush=True)\n"
        "time.sleep(100)"
    )
    for _ in range(20):
        with subprocess.Popen([sys.executable, "-c", serving], stdout=subprocess.PIPE) as child:
            assert child.stdout
            port, found = int(child.stdout.readline()), running.find(child.pid)
            assert found
            child.terminate()
            while found.is_still_there():
                pass
            socket.create_server(("127.0.0.1", port)).close()


@pytest.mark.usefixtures("system")
def test_one_that_does_not_end_is_named() -> None:
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        found = running.find(process.pid)
        assert found
        with pytest.raises(ProgramFailed) as failure:
            running.end(found, 0.3)
        process.kill()
    assert str(failure.value) == f"process {process.pid} did not end within 0.3 s"


def test_where_the_kernel_cannot_hold_a_process_it_ends_as_well(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(pid: int) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "pidfd_open", missing, raising=False)
    found = running.find(child.pid)
    assert found
    running.end(found, 30)
    assert child.wait() == -signal.SIGTERM
