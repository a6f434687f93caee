"""Ctrl-C in a window at every moment of an upload: it says what was done, and the same command goes on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.faults import hang
from tests.faults.proxy import door_of, pass_on
from tests.support.dists import make_project, make_wheel
from tests.support.windows import window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.proxy import Door, Exchange
    from tests.support.clients import Member
    from tests.support.windows import Window

GOES_ON = "; the same command with --skip-existing goes on from there"
BIG = 8_000_000


@pytest.fixture
def door(member: Member) -> Iterator[Door]:
    """A member's way to the server."""
    with door_of(member) as found:
        yield found


def interrupted(shown: Window) -> list[str]:
    """Press Ctrl-C; return the lines after it, without bars or lines that wait."""
    shown.press("C-c")
    status, lines = shown.end()
    assert status == 130
    assert shown.has_cursor
    assert not [line for line in lines if "\u2501" in line or "waiting for" in line]
    return lines


def goes_on(member: Member, door: Door, *typed: object, cwd: Path | None = None) -> list[str]:
    """Run the same command without a fault; return the last words about each file."""
    door.action, door.after_head = pass_on, None
    again = member("upload", *typed, "--jobs", 1, cwd=cwd)
    assert again.status == 0
    return [line.partition(":")[0].partition(" ")[0] for line in again.lines if "whl" in line or "tar.gz" in line]


async def read_a_little(exchange: Exchange) -> None:
    """Take the beginning of a file, and nothing more of it."""
    await exchange.reader.readexactly(1000)
    exchange.reader._transport.pause_reading()  # type: ignore[attr-defined]  # asyncio would go on and read 128 KiB
    await exchange.writer.wait_closed()


def test_while_a_password_is_asked_for(member: Member, door: Door, wheel: Path) -> None:
    with member.state.changing() as state:
        state.servers[door.url].logins.clear()
        state.servers[door.url].user = None
    with window(member, "upload", wheel) as shown:
        shown.asks(f"user at {door.url}:")
        shown.press(member.user, "Enter")
        shown.asks(f"password for user {member.user} at {door.url}:")
        assert interrupted(shown)[-1] == "interrupted"


def test_while_the_project_is_built(member: Member, door: Door, tmp_path: Path) -> None:
    project = make_project(tmp_path / "slow", "demo")
    backend = project / "backend.py"
    before = backend.read_text()
    backend.write_text(f"{before}\nimport time\nprint('I am thinking', flush=True)\ntime.sleep(60)\n")
    with window(member, "upload", "--no-isolation", cwd=project) as shown:
        shown.shows("building … ")
        shown.shows("I am thinking")
        lines = interrupted(shown)
    assert lines[-1] == "interrupted"
    assert not [line for line in lines if "building" in line]
    backend.write_text(before)
    assert goes_on(member, door, "--no-isolation", cwd=project)[-2:] == ["file_upload", "file_upload"]


def test_while_a_file_is_sent(member: Member, door: Door, tmp_path: Path) -> None:
    big = make_wheel(tmp_path, metadata=f"\n{'0123456789' * (BIG // 10)}")
    big = stored(big)
    door.after_head = read_a_little
    with window(member, "upload", big) as shown:
        shown.shows(" 0%")
        assert interrupted(shown) == [f"interrupted: 0 of 1 file uploaded{GOES_ON}"]
    assert goes_on(member, door, big) == ["file_upload"]


def stored(wheel: Path) -> Path:
    """Make a wheel as large as what is in it."""
    from zipfile import ZIP_STORED, ZipFile

    with ZipFile(wheel) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with ZipFile(wheel, "w", ZIP_STORED) as new:
        for name, content in members.items():
            new.writestr(name, content)
    return wheel


def test_while_the_server_thinks(member: Member, door: Door, wheel: Path) -> None:
    """Nobody knows whether it has the file; the second upload finds out."""
    thinking: list[str] = []

    async def think(exchange: Exchange) -> None:
        await exchange.ask_devpi()
        thinking.append(exchange.path)
        await hang(exchange)

    door.action = think
    with window(member, "upload", wheel) as shown:
        shown.until(lambda lines: thinking, "request")
        assert interrupted(shown) == [f"interrupted: 0 of 1 file uploaded{GOES_ON}"]
    assert goes_on(member, door, wheel) in (["file_upload"], ["already"])
    assert [release.version for release in member.server.releases(member.index, "demo")] == ["1.0"]


def test_after_some_of_the_files(member: Member, door: Door, tmp_path: Path) -> None:
    files = [make_wheel(tmp_path, name) for name in ("one", "three", "two")]

    async def stop_at_the_third(exchange: Exchange) -> None:
        if len(door.passed_on) == 2:
            await hang(exchange)
        await pass_on(exchange)

    door.action = stop_at_the_third
    with window(member, "upload", *files, "--jobs", 1) as shown:
        shown.shows(f"file_upload of {files[1].name}")
        shown.shows("2 of 3 files")
        lines = interrupted(shown)
    assert lines[-1] == f"interrupted: 2 of 3 files uploaded{GOES_ON}"
    assert goes_on(member, door, *files)[-1] == "file_upload"


def test_while_it_waits_to_try_again(member: Member, door: Door, wheel: Path) -> None:
    async def be_busy(exchange: Exchange) -> None:
        await exchange.say("503 Service Unavailable", b"", "Retry-After: 60")

    door.action = be_busy
    with window(member, "upload", wheel) as shown:
        shown.shows("note: retrying in 60 s")
        assert interrupted(shown)[-1] == f"interrupted: 0 of 1 file uploaded{GOES_ON}"
    assert goes_on(member, door, wheel) == ["file_upload"]
