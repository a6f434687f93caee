"""Ctrl-C at a terminal, which signals the command and its child processes at any point, and other signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from tests.faults.faults import DEVPI as HEADERS
from tests.faults.faults import drip, endless, hang, head
from tests.faults.places import TOX_REPORT
from tests.faults.proxy import Door, door_of, pass_on
from tests.support.clients import DEVPI, WITH_PROGRAMS
from tests.support.dists import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.faults.proxy import Exchange
    from tests.support.clients import Member

WAIT_SECONDS = 60.0


@pytest.fixture
def door(member: Member) -> Iterator[Door]:
    """A member's way to the server."""
    with door_of(member) as found:
        yield found


def interrupted(
    member: Member,
    *typed: object,
    after: Callable[[], Any],
    number: int = signal.SIGINT,
    send: Callable[[int, int], None] = os.killpg,
    **env: str,
) -> tuple[int, str, str]:
    """Run a command in a group of its own and send that Ctrl-C; return status, stdout and stderr.

    Another signal has another ``number``, and another ``send`` does not send it to the whole group.
    """
    with (
        said_by(member).open("w+") as stderr,
        subprocess.Popen(
            [*DEVPI, *map(str, typed)],
            env={**member.environment, "TMPDIR": str(member.home), **env},
            cwd=member.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
            text=True,
        ) as child,
    ):
        deadline = time.monotonic() + WAIT_SECONDS
        while not after():
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.01)
        send(child.pid, number)
        stdout, _ = child.communicate(timeout=WAIT_SECONDS)
    with pytest.raises(ProcessLookupError):  # nothing goes on
        os.killpg(child.pid, 0)
    return child.returncode, stdout, said_by(member).read_text()


def said_by(member: Member) -> Path:
    """Return the file that has what a command says on stderr."""
    return member.home.parent / "stderr"


def left_in(member: Member) -> set[str]:
    """Return what lies in a home and its temporary folder, but for what was there before and the state."""
    return {path.name for path in member.home.iterdir()} - {".local"}


@pytest.mark.parametrize("action", [hang, partial(drip, head("200 OK", *HEADERS)), endless])
@pytest.mark.parametrize("typed", ["list", "index dev title=new", "push demo==1.0 prod", "doctor", "use -l"])
def test_in_the_middle_of_a_request(member: Member, door: Door, action: Any, typed: str) -> None:
    before = member.state_file.read_bytes()
    door.action = action
    status, stdout, stderr = interrupted(member, *typed.split(), after=lambda: door.asked)
    assert (status, stderr) == (130, "interrupted\n")
    assert "Traceback" not in stdout
    assert member.state_file.read_bytes() == before
    assert left_in(member) == set()


def test_in_the_middle_of_an_upload(member: Member, door: Door, tmp_path: Path) -> None:
    big = make_wheel(tmp_path, metadata=f"\n{os.urandom(8_000_000).hex()}")
    stuck: list[str] = []

    async def read_nothing(exchange: Exchange) -> None:
        stuck.append(exchange.method)
        await exchange.reader.readexactly(1000)
        exchange.reader._transport.pause_reading()  # type: ignore[attr-defined]  # asyncio would go on and read 128 KiB
        await exchange.writer.wait_closed()

    door.after_head = read_nothing
    told = "interrupted: 0 of 1 file uploaded; the same command with --skip-existing goes on from there\n"
    assert interrupted(member, "upload", big, after=lambda: stuck) == (130, "", told)
    assert left_in(member) == set()


def test_in_the_middle_of_a_download(member: Member, door: Door) -> None:
    wheel = make_wheel(member.home)
    member.ok("upload", wheel)
    wheel.unlink()
    (link,) = member.server.releases(member.index, "demo")[0].files
    member.server.attach_tox_result(link.url, TOX_REPORT)

    async def drip_results(exchange: Exchange) -> None:
        if "toxresult" in exchange.path:
            door.passed_on.append("slowly")
            await drip(head("200 OK", *HEADERS), exchange)
        await exchange.send(*await exchange.ask_devpi())

    door.action = drip_results
    status, _, stderr = interrupted(member, "list", "-t", "demo", after=lambda: "slowly" in door.passed_on)
    assert (status, stderr) == (130, "interrupted\n")


def test_in_the_middle_of_a_wait(member: Member, door: Door) -> None:
    async def be_busy(exchange: Exchange) -> None:
        await exchange.say("503 Service Unavailable", b"", "Retry-After: 60")

    door.action = be_busy
    waits = "note: retrying in 60 s: 503 Service Unavailable\n"
    assert interrupted(member, "list", after=lambda: waits == said_by(member).read_text()) == (
        130, "", f"{waits}interrupted\n",
    )  # fmt: skip


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_in_the_middle_of_an_installation(member: Member, door: Door, installer: str, venv: Path) -> None:
    door.action = hang
    typed = ["install", "--installer", installer, "--venv", venv, "demo"]

    def asked() -> bool:
        return any("+simple" in request for request in door.asked)

    env: dict[str, Any] = {"UV_CACHE_DIR": str(member.home / ".local"), "PATH": WITH_PROGRAMS}
    status, stdout, stderr = interrupted(member, *typed, after=asked, **env)
    assert status == 130
    assert stderr.endswith("interrupted\n")
    assert "Traceback" not in stdout + stderr
    assert not any(name.startswith("devpi-") for name in left_in(member))


@pytest.mark.parametrize("number", range(12))
def test_at_any_moment(member: Member, door: Door, number: int) -> None:
    """Before Python comes to us it has words, or none, of its own."""
    door.action = hang
    ends = time.monotonic() + 0.03 * number
    status, stdout, stderr = interrupted(member, "list", after=lambda: time.monotonic() > ends)
    assert stdout == ""
    if "devpi_cli" in stderr or not ("KeyboardInterrupt" in stderr or status == -signal.SIGINT):
        assert (status, stderr) == (130, "interrupted\n")


ENDINGS = {
    signal.SIGTERM: (143, "terminated\n"),
    signal.SIGHUP: (129, "hung up\n"),
    signal.SIGINT: (130, "interrupted\n"),
}


@pytest.mark.parametrize("number", ENDINGS)
@pytest.mark.parametrize("typed", ["list", "push demo==1.0 prod"])
def test_every_signal_has_its_words_and_its_status(
    member: Member, door: Door, number: signal.Signals, typed: str
) -> None:
    door.action = hang
    assert interrupted(member, *typed.split(), after=lambda: door.asked, number=number)[::2] == ENDINGS[number]
    assert left_in(member) == set()


def test_a_signal_is_an_error_document_with_json(member: Member, door: Door) -> None:
    door.action = hang
    status, stdout, stderr = interrupted(member, "list", "--json", after=lambda: door.asked, number=signal.SIGTERM)
    assert (status, stdout, json.loads(stderr)) == (
        143, "", {"error": {"type": "Interrupted", "message": "terminated", "exit": 143}},
    )  # fmt: skip


def test_with_nohup_a_command_goes_on_after_the_terminal(member: Member, door: Door) -> None:
    waits = "note: retrying in 1 s: 503 Service Unavailable\n"

    async def be_busy_once(exchange: Exchange) -> None:
        door.action = pass_on
        await exchange.say("503 Service Unavailable", b"", "Retry-After: 1")

    door.action = be_busy_once
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        status, _, stderr = interrupted(
            member, "list", after=lambda: waits == said_by(member).read_text(), number=signal.SIGHUP
        )
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (status, stderr) == (0, waits)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_installation_that_is_told_to_end_leaves_no_login(
    member: Member, door: Door, venv: Path, number: signal.Signals
) -> None:
    """Only devpi is told, by a service manager or a CI runner; pip is not."""
    door.action = hang

    def asked() -> bool:
        return any("+simple" in request for request in door.asked)

    typed = ["install", "--installer", "pip", "--venv", venv, "demo"]
    status, stdout, stderr = interrupted(member, *typed, after=asked, number=number, send=os.kill)
    assert (status, stderr.splitlines()[-1:]) == (ENDINGS[number][0], [ENDINGS[number][1].strip()])
    assert "Traceback" not in stdout + stderr
    assert not any(name.startswith(("devpi-", "pip-")) for name in left_in(member))


def test_a_terminal_that_is_closed(member: Member, door: Door, venv: Path) -> None:
    """The system sends SIGHUP to the command and to pip, and neither has anybody left to talk to."""
    door.action = hang
    typed = ["-m", "devpi_cli", "install", "--installer", "pip", "--venv", str(venv), "demo"]
    env = {**member.environment, "TMPDIR": str(member.home)}
    child = pexpect.spawn(sys.executable, typed, env=env, cwd=str(member.home))
    deadline = time.monotonic() + WAIT_SECONDS
    while not any("+simple" in request for request in door.asked):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    child.ptyproc.fileobj.close()
    child.closed = child.ptyproc.closed = child.ptyproc.terminated = True
    _, status = os.waitpid(child.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 129
    assert not any(name.startswith(("devpi-", "pip-")) for name in left_in(member))
