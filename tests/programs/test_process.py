"""Find and run other programs."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import ProgramFailed, ProgramMissing
from devpi_cli.programs import process, venvs

if TYPE_CHECKING:
    from collections.abc import Callable

PYTHON = Path(sys.executable).name
UNBUFFERED = {**os.environ, "PYTHONUNBUFFERED": "1"}


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def test_a_child_gets_nothing_that_would_mislead_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("__PYVENV_LAUNCHER__", "GIT_DIR"):
        monkeypatch.setenv(name, "misleading")
    printed = process.capture(python("import os; print(dict(os.environ))"), extra={"PIP_INDEX_URL": "http://host/"})
    assert "misleading" not in printed
    assert "'PIP_INDEX_URL': 'http://host/'" in printed


@pytest.mark.parametrize(("ours", "theirs"), [(None, "1"), ("0", "0")])
def test_every_pip_is_told_not_to_ask_for_a_newer_pip(
    monkeypatch: pytest.MonkeyPatch, ours: str | None, theirs: str
) -> None:
    """That would be a request, and a notice; but who wants both gets both."""
    name = "PIP_DISABLE_PIP_VERSION_CHECK"
    monkeypatch.delenv(name, raising=False)
    if ours:
        monkeypatch.setenv(name, ours)
    assert process.capture(python(f"import os; print(os.environ['{name}'])")) == f"{theirs}\n"


def test_a_program_prints_where_we_do(capfd: pytest.CaptureFixture[str]) -> None:
    process.run(python("import sys; print('out'); print('err', file=sys.stderr)"))
    assert capfd.readouterr() == ("out\n", "err\n")


def started(command: list[str]) -> None:
    process.start(command, log=Path(os.devnull), ready=lambda: True, seconds=0)


@pytest.mark.parametrize("call", [process.run, process.capture, started])
def test_a_program_that_is_not_there_is_named(call: object) -> None:
    assert callable(call)
    with pytest.raises(ProgramMissing) as failure:
        call(["/nowhere/program", "--option"])
    assert str(failure.value) == "cannot run /nowhere/program: No such file or directory"


@pytest.mark.parametrize(("script", "status", "exit_status"), [
    ("raise SystemExit(7)", 7, 7),
    ("import os; os.kill(os.getpid(), 9)", -9, 137),
])  # fmt: skip
def test_the_status_of_a_program_passes_through(script: str, status: int, exit_status: int) -> None:
    for call in (process.run, process.capture):
        with pytest.raises(ProgramFailed) as failure:
            call(python(script))
        assert str(failure.value).strip() == f"{PYTHON} failed with status {status}"
        assert failure.value.exit_status == exit_status


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["/usr/bin/python3.12", "-m", "pip", "install", "demo"], "pip"),
        (["/venv/bin/python", "-I", "-m", "build"], "build"),
        (["python", "-P", "-c", "from devpi_server.init import init; init()", "-c", "/dev/null"], "devpi-server"),
        (["/usr/bin/uv", "pip", "install", "-c", "from x.y"], "uv"),
        (["C:/tools/uv.exe", "-m", "x"], "x"),
        (["/bin/tox.exe"], "tox"),
        (["/bin/python", "-c", "print()"], "python"),
    ],
)
def test_a_program_is_named_as_the_user_knows_it(command: list[str], name: str) -> None:
    assert process.name_of(command) == name


def test_what_a_program_could_not_do_is_said() -> None:
    with pytest.raises(ProgramFailed) as failure:
        process.run(python("raise SystemExit(3)"), purpose="install")
    assert (str(failure.value), failure.value.exit_status) == (f"{PYTHON} could not install (status 3)", 3)


def test_what_a_program_printed_is_returned_in_its_order(tmp_path: Path) -> None:
    script = "import os, sys; os.write(1, b'one '); os.write(2, b'two '); os.write(1, b'\\xff ' + os.getcwd().encode())"
    assert process.capture(python(script), cwd=tmp_path) == f"one two \ufffd {tmp_path}"


def test_what_a_failed_program_printed_is_in_the_message() -> None:
    with pytest.raises(ProgramFailed) as failure:
        process.capture(python("print('so much for that'); raise SystemExit(1)"))
    assert str(failure.value) == f"so much for that\n{PYTHON} failed with status 1"


def test_a_silent_program_has_nobody_to_ask() -> None:
    assert process.capture(python("import sys; print(repr(sys.stdin.read()))")) == "''\n"


def test_a_started_program_outlives_us_until_it_is_stopped(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = "import time; print('ready', flush=True); time.sleep(600)"
    pid = process.start(python(script), log=log, ready=lambda: log.read_text() == "ready\n", seconds=30)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert os.getsid(pid) == pid
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_a_program_that_ends_before_it_is_ready_has_failed(tmp_path: Path) -> None:
    pids: list[int] = []
    with pytest.raises(ProgramFailed) as failure:
        process.start(
            python("raise SystemExit('no')"),
            log=tmp_path / "log",
            ready=lambda: False,
            seconds=30,
            started=pids.append,
        )
    assert str(failure.value) == f"process {pids[0]} ended with status 1 before it was ready\nsee {tmp_path / 'log'}"
    assert (tmp_path / "log").read_text() == "no\n"


def test_a_program_that_is_never_ready_is_ended(tmp_path: Path) -> None:
    pids: list[int] = []
    with pytest.raises(ProgramFailed, match=r"was not ready within 0.1 s"):
        process.start(
            python("import time; time.sleep(600)"),
            log=tmp_path / "log",
            ready=lambda: False,
            seconds=0.1,
            started=pids.append,
        )
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_those_that_a_program_started_end_with_it_when_it_fails(tmp_path: Path) -> None:
    child = "import time; print('ready', flush=True); time.sleep(60)"
    parent = f"import subprocess as s, sys, time; s.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    pids: list[int] = []

    def ready() -> bool:
        if (tmp_path / "log").read_text():
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        process.start(python(parent), log=tmp_path / "log", ready=ready, seconds=30, started=pids.append)
    assert is_gone(pids[0])


def test_programs_are_found_on_the_path_and_in_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    assert process.on_path("python", "") == str(program)
    assert venvs.python_of(tmp_path / "venv") == str(program)


def test_a_program_that_is_nowhere_comes_with_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramMissing) as failure:
        process.on_path("uv", "install uv")
    assert str(failure.value) == "there is no uv on the PATH\ninstall uv"
    with pytest.raises(ProgramMissing) as failure:
        venvs.python_of(tmp_path)
    assert str(failure.value) == f"{tmp_path} is not a virtual environment\ncreate it with: python -m venv {tmp_path}"


def test_a_python_tells_which_modules_it_has() -> None:
    assert process.has_module(sys.executable, "json")
    assert not process.has_module(sys.executable, "no_such_module")


def test_a_script_of_the_name_of_a_module_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "build.py").write_text("open('ran', 'w')")
    monkeypatch.chdir(tmp_path)
    assert process.has_module(sys.executable, "build.__main__")
    assert not (tmp_path / "ran").exists()


TALKS = "import sys; sys.stdout.buffer.write(b'out \\xff\\n'); sys.stdout.flush(); sys.stderr.write('err\\n')"


def test_only_what_a_program_prints_on_stdout_is_its_output(tmp_path: Path) -> None:
    assert process.output(python(TALKS), cwd=tmp_path) == b"out \xff\n"


def test_what_a_failing_program_says_on_stderr_is_kept(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed) as failure:
        process.output(python(f"{TALKS}; sys.exit(7)"), cwd=tmp_path)
    assert (str(failure.value), failure.value.exit_status) == (f"err\n{PYTHON} failed", 7)


def test_every_line_of_a_program_is_handed_over_as_it_comes() -> None:
    """A26: whatever its encoding."""
    heard: list[str] = []
    with pytest.raises(ProgramFailed) as failure:
        process.follow(python(f"{TALKS}; sys.exit(7)"), heard.append)
    assert (heard, failure.value.exit_status) == (["out \ufffd", "err"], 7)


def test_an_interrupted_program_ends_with_those_it_started() -> None:
    """Also those that do not listen."""
    child = "import signal, time; signal.signal(2, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    parent = (
        f"import os, subprocess as s, sys; print(os.getpid(), flush=True); s.run([sys.executable, '-c', {child!r}])"
    )
    heard: list[str] = []

    def interrupt(line: str) -> None:
        heard.append(line)
        if line == "ready":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process.follow(python(parent), interrupt)
    assert is_gone(int(heard[0]))


def is_gone(group: int) -> bool:
    """Tell whether the last program of a group ends within 10 seconds."""
    for _ in range(1000):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


CALLS = {
    "run": "process.run(c)",
    "follow": "process.follow(c, print)",
    "capture": "process.capture(c)",
    "output": "process.output(c, cwd=Path('/'))",
    "start": "process.start(c, log=Path('/dev/null'), ready=lambda: False, seconds=60)",
}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("call", CALLS)
def test_who_is_told_to_end_ends_the_program_first(tmp_path: Path, call: str, number: int) -> None:
    """A netrc with a login does not stay behind, and the program does not go on."""
    note = tmp_path / "pid"
    child = (
        f"import os, time; from pathlib import Path; Path({str(note)!r}).write_text(str(os.getpid())); time.sleep(60)"
    )
    script = f"""
import sys
from pathlib import Path
from devpi_cli.system import private, signals
from devpi_cli.programs import process
c = [sys.executable, "-c", {child!r}]
signals.install()
try:
    with private.folder():
        {CALLS[call]}
except signals.Signalled as ended:
    raise SystemExit(128 + ended.number)
"""
    (tmp_path / "tmp").mkdir()
    told = subprocess.Popen(python(script), env={**UNBUFFERED, "TMPDIR": str(tmp_path / "tmp")})
    pid = int(wait_for(lambda: note.exists() and note.read_text()))
    assert list((tmp_path / "tmp").iterdir())
    told.send_signal(number)
    assert told.wait(30) == 128 + number
    assert list((tmp_path / "tmp").iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def wait_for(found: Callable[[], str | bool]) -> str:
    """Wait up to 30 seconds for a text."""
    for _ in range(3000):
        if text := found():
            return str(text)
        time.sleep(0.01)
    raise TimeoutError


def test_a_thread_can_follow_a_program() -> None:
    heard: list[str] = []
    thread = threading.Thread(target=process.follow, args=(python("print(1)"), heard.append))
    thread.start()
    thread.join()
    assert heard == ["1"]
