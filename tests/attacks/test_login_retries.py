"""A proxy fails while somebody logs in: the login is tried again, as it changes nothing, and nothing else is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.faults.faults import lose, reset, say
from tests.faults.proxy import Door, open_doors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.clients import Member

    Attack = Callable[[str, str, str], None]

KIND = "a login that fails on its way"
FAILURES = {
    "502": partial(say, "502 Bad Gateway", (), b""),
    "503": partial(say, "503 Service Unavailable", (), b""),
    "504": partial(say, "504 Gateway Timeout", (), b""),
    "a lost answer": lose,
    "a reset": reset,
}


@pytest.fixture
def door(member: Member) -> Iterator[Door]:
    """The way of a member to the server, who is not logged in."""
    with open_doors() as doors:
        door = doors.make(member.server.root)
        with member.state.changing() as state:
            state.servers = {}
            state.server = door.url
        yield door


@pytest.mark.parametrize("failure", FAILURES)
def test_a_login_is_tried_again(member: Member, door: Door, failure: str, attack: Attack) -> None:
    for typed, secrets in (("login {user}", {"DEVPI_PASSWORD": member.password}),
                           ("index", {"DEVPI_USER": member.user, "DEVPI_PASSWORD": member.password})):  # fmt: skip
        door.open()
        door.action, door.method, door.times = FAILURES[failure], "POST", 2
        result = member(*typed.format(user=member.user).split(), **secrets)
        tried = [asked for asked in door.asked if asked == "POST /+login"]
        attack(KIND, f"{typed}: {failure}, twice", f"exit status {result.status}, {len(tried)} attempts")
        assert (result.status, len(tried)) == (0, 3), result.stderr


@pytest.mark.parametrize("failure", FAILURES)
def test_without_retries_it_fails(member: Member, door: Door, failure: str, attack: Attack) -> None:
    door.action, door.method = FAILURES[failure], "POST"
    status, said = member.fails("login", member.user, "--retries", 0, DEVPI_PASSWORD=member.password)
    tried = [asked for asked in door.asked if asked == "POST /+login"]
    attack(KIND, f"login, --retries 0: {failure}", f"exit status {status}, {len(tried)} attempts")
    assert (status, len(tried)) == (6, 1)
    assert "check before you try again" not in said  # a login changes nothing


def test_another_change_is_not_tried_again(member: Member, door: Door, attack: Attack) -> None:
    member.ok("login", member.user, DEVPI_PASSWORD=member.password)
    door.action, door.method = FAILURES["503"], "PATCH"
    status, _ = member.fails("user", member.user, "title=x")
    tried = [asked for asked in door.asked if asked.startswith("PATCH")]
    attack(KIND, "user: 503", f"exit status {status}, {len(tried)} attempts")
    assert (status, len(tried)) == (6, 1)
