"""What waits longer than a second says for whom, in a window only, and the line is gone when the answer comes."""

from __future__ import annotations

import asyncio
import re
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from devpi_cli.cli import busy
from tests.faults.proxy import open_doors, pass_on
from tests.support.dists import put
from tests.support.windows import window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.proxy import Door, Exchange
    from tests.support.clients import Member

SLOW_SECONDS = 2.5


@pytest.fixture
def door(member: Member) -> Iterator[Door]:
    """A member's way to the server, which answers after a while."""

    async def be_slow(exchange: Exchange) -> None:
        await asyncio.sleep(SLOW_SECONDS)
        await pass_on(exchange)

    with open_doors() as doors:
        found = doors.make(member.server.root)
        found.action = be_slow
        with member.state.changing() as state:
            state.servers[found.url] = state.servers.pop(member.server.root)
            state.server = found.url
        yield found


def test_a_window_says_whom_it_waits_for_until_the_answer_comes(member: Member, door: Door) -> None:
    put(member.server, member.index, "1.0")
    host = urlsplit(door.url).netloc
    with window(member, "list") as shown:
        assert shown.shows(f"waiting for {host} … 1 s") == [f"waiting for {host} … 1 s"]
        shown.shows(f"waiting for {host} … 2 s")
        assert shown.end() == (0, ["demo"])


@pytest.mark.parametrize(
    ("options", "env"), [(["-q"], {}), (["--json"], {}), ([], {"TERM": "dumb"})], ids=["quiet", "json", "dumb"]
)
def test_who_does_not_want_to_see_it_does_not(
    member: Member, door: Door, options: list[str], env: dict[str, str]
) -> None:
    with window(member, "list", "--index", "other", *options, **env) as shown:
        lines = shown.until(lambda lines: "waiting" in "".join(lines) or "status" in "".join(lines), "end")
    assert "waiting" not in "".join(lines)


def test_a_pipe_never_sees_it(member: Member, door: Door) -> None:
    assert (member("list").stdout, member("list").printed) == ("", "")


def test_on_a_narrow_window_it_is_one_line(member: Member, door: Door) -> None:
    with window(member, "list", width=20) as shown:
        (line,) = shown.shows("waiting for 127")
        assert (len(line) <= 20, line[-1]) == (True, "…")
        shown.end()


def test_it_makes_room_for_other_lines(member: Member, door: Door) -> None:
    for version in ("1.0", "1.1", "1.2"):
        put(member.server, member.index, version)
    with window(member, "remove", "demo<2", "-y", "--jobs", "1") as shown:
        shown.shows("removing … 3 s: 1 of 3 releases removed")
        status, lines = shown.end()
    assert status == 0
    assert lines[-3:] == [f"deleting release {version} of demo" for version in ("1.2", "1.1", "1.0")] or lines[-3:] == [
        f"deleting release {version} of demo" for version in ("1.0", "1.1", "1.2")
    ]


def test_a_question_is_left_alone(member: Member, door: Door) -> None:
    """While somebody thinks about an answer, nothing is drawn over it."""
    put(member.server, member.index, "1.0")
    with window(member, "remove", "demo==1.0") as shown:
        shown.asks("[y/N]")
        threading.Event().wait(busy.LATE_SECONDS + 1)
        assert shown.screen()[-1].rstrip().endswith("[y/N]")
        shown.press("y", "Enter")
        shown.shows("removing … ")
        assert shown.end()[0] == 0


def test_a_signal_says_what_was_removed(member: Member, door: Door) -> None:
    for version in ("1.0", "1.1", "1.2"):
        put(member.server, member.index, version)
    with window(member, "remove", "demo<2", "-y", "--jobs", "1") as shown:
        shown.shows("deleting release")
        shown.press("C-c")
        status, lines = shown.end()
    assert status == 130
    assert re.fullmatch(r"interrupted: [12] of 3 releases removed; the same command goes on from there", lines[-1])
