"""A program that is told to end, and those that it has started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from devpi_cli.programs import process_tree
from devpi_cli.system.signals import Signalled

if TYPE_CHECKING:
    from pathlib import Path

# It starts another one, and each leaves its process id when it is ready, and its verdict when it gets a signal.
PROGRAM = """
import os, signal, subprocess, sys, time
from pathlib import Path
folder, generations, deaf = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
def heard(number, frame):
    (folder / f"heard {generations} {number}").touch()
    if not deaf:
        sys.exit()
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, heard)
if generations > 1:
    subprocess.Popen([sys.executable, "-c", sys.argv[4], folder, str(generations - 1), deaf, sys.argv[4]])
(folder / f"{os.getpid()}.pid").touch()
while True:
    time.sleep(60)
"""
GENERATIONS = 3


def start(folder: Path, deaf: str = "") -> tuple[subprocess.Popen[bytes], list[int]]:
    """Start a program with a child and a grandchild; return it and the ids of all."""
    child = subprocess.Popen([sys.executable, "-c", PROGRAM, folder, str(GENERATIONS), deaf, PROGRAM])
    deadline = time.monotonic() + 30
    while len(found := list(folder.glob("*.pid"))) < GENERATIONS:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return child, [int(path.stem) for path in found]


def heard(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("heard *"))


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has waited for yet does not."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.startswith("Z")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_tree, "GRACE_SECONDS", 0.5)


@pytest.mark.parametrize("error", [Signalled(signal.SIGTERM), Signalled(signal.SIGHUP)])
def test_all_generations_may_tidy_up(tmp_path: Path, error: Signalled) -> None:
    child, pids = start(tmp_path)
    process_tree.let_end(child, error)
    assert heard(tmp_path) == [f"heard {number} 2" for number in (1, 2, 3)]
    assert not any(map(is_alive, pids))


def test_after_ctrl_c_nothing_is_sent_to_those_who_end(tmp_path: Path, hurried: None) -> None:
    child, pids = start(tmp_path)
    for pid in pids:
        os.kill(pid, signal.SIGINT)  # as the terminal does
    process_tree.let_end(child, KeyboardInterrupt())
    assert not any(map(is_alive, pids))


@pytest.mark.parametrize("error", [Signalled(signal.SIGTERM), KeyboardInterrupt()])
def test_who_does_not_listen_is_killed(tmp_path: Path, hurried: None, error: BaseException) -> None:
    child, pids = start(tmp_path, deaf="deaf")
    process_tree.let_end(child, error)
    assert heard(tmp_path) == [f"heard {number} 2" for number in (1, 2, 3)]
    assert child.returncode == -signal.SIGKILL
    assert not any(map(is_alive, pids))


def test_a_grandchild_does_not_outlive_a_child_that_ends_at_once(tmp_path: Path, hurried: None) -> None:
    child, pids = start(tmp_path, deaf="deaf")
    tree = process_tree._ProcessTree(child)
    child.kill()
    child.wait()
    tree.kill()
    assert not any(map(is_alive, pids))


def test_where_ctrl_c_is_ignored_they_get_another_signal(tmp_path: Path, hurried: None) -> None:
    """A shell makes what it starts in the background ignore Ctrl-C."""
    child, pids = start(tmp_path)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process_tree.let_end(child, Signalled(signal.SIGTERM))
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard(tmp_path) == [f"heard {number} 15" for number in (1, 2, 3)]
    assert not any(map(is_alive, pids))


def test_both_lists_of_processes_have_the_same_families() -> None:
    """The one of Linux, and the one of macOS and the BSDs."""
    with subprocess.Popen(["sleep", "60"]) as child:
        for running in (process_tree._from_proc(), process_tree._from_ps()):
            parents = {process.pid: parent for process, parent in running.items()}
            assert parents[child.pid] == os.getpid()
        child.kill()
