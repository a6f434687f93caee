"""Ctrl-C at a terminal, which signals the command and its child processes at any point."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.faults import DEVPI as HEADERS
from tests.faults.faults import drip, endless, hang, head
from tests.faults.places import TOX_REPORT
from tests.faults.proxy import Door, open_doors
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
    with open_doors() as doors:
        found = doors.make(member.server.root)
        with member.state.changing() as state:
            state.servers[found.url] = state.servers.pop(member.server.root)
            state.server = found.url
        yield found


def interrupted(member: Member, *typed: object, after: Callable[[], Any], **env: str) -> tuple[int, str, str]:
    """Run a command in a group of its own and send that Ctrl-C; return status, stdout and stderr."""
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
        os.killpg(child.pid, signal.SIGINT)
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
    big = make_wheel(tmp_path, metadata=f"Summary: {os.urandom(8_000_000).hex()}\n")
    stuck: list[str] = []

    async def read_nothing(exchange: Exchange) -> None:
        stuck.append(exchange.method)
        await exchange.reader.readexactly(1000)
        exchange.reader._transport.pause_reading()  # type: ignore[attr-defined]  # asyncio would go on and read 128 KiB
        await exchange.writer.wait_closed()

    door.after_head = read_nothing
    assert interrupted(member, "upload", big, after=lambda: stuck) == (130, "", "interrupted\n")
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
    waits = "retrying in 60 s: 503 Service Unavailable\n"
    assert interrupted(member, "list", after=lambda: waits == said_by(member).read_text()) == (
        130, "", f"{waits}interrupted\n",
    )  # fmt: skip


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_in_the_middle_of_an_installation(member: Member, door: Door, installer: str, venv: Path) -> None:
    door.action = hang
    typed = ["install", "--installer", installer, "--venv", venv, "demo"]

    def asked() -> bool:
        return any("+simple" in request for request in door.asked)

    env = {"UV_CACHE_DIR": str(member.home / ".local"), "PATH": WITH_PROGRAMS}
    status, stdout, stderr = interrupted(member, *typed, after=asked, **env)
    assert status == 130
    assert stderr.endswith("interrupted\n")
    assert "Traceback" not in stdout + stderr
    assert not any(name.startswith("devpi-") for name in left_in(member))  # the netrc


@pytest.mark.parametrize("number", range(12))
def test_at_any_moment(member: Member, door: Door, number: int) -> None:
    """Before Python comes to us it has words, or none, of its own."""
    door.action = hang
    ends = time.monotonic() + 0.03 * number
    status, stdout, stderr = interrupted(member, "list", after=lambda: time.monotonic() > ends)
    assert stdout == ""
    if "devpi_cli" in stderr or not ("KeyboardInterrupt" in stderr or status == -signal.SIGINT):
        assert (status, stderr) == (130, "interrupted\n")
