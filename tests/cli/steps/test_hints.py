"""Hints after the server refused a request: the reason, and similar names."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from devpi_cli.cli.app import App, Options
from devpi_cli.cli.steps.hints import expired, may_upload, what_to_type
from devpi_cli.errors import refused
from devpi_cli.models import Login
from tests.support.dists import put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live


def test_who_may_not_upload_is_told_who_may(
    member: Member, new_member: Callable[[], Member], wheel: Path, server: Live
) -> None:
    other = new_member()
    with server.requests() as seen:
        status, said = member.fails("upload", "--index", other.index, wheel)
    assert (status, said) == (
        3,
        f"no permission to upload to {other.index}\n"
        f"{member.user} may not upload to {other.index}: its acl_upload is {other.user}\n",
    )
    assert seen[-2:] == ["GET /+api", f"GET /{other.index}"]


def test_a_login_that_expired_is_named(member: Member, wheel: Path) -> None:
    with member.state.changing() as state:
        logins = state.servers[member.server.root].logins
        logins[member.user] = replace(logins[member.user], token="old", expires=time.time() - 3 * 3600)
    status, said = member.fails("upload", wheel)
    last = f"the login of {member.user} expired 3 h ago: type 'devpi login {member.user}'"
    assert (status, len(said.splitlines()), said.splitlines()[-1]) == (3, 2, last)


def test_a_refused_password_is_not_asked_about(member: Member, server: Live) -> None:
    with server.requests() as seen:
        status, said = member.fails("login", member.user, "--password=wrong")
    assert (status, said.splitlines()[-1]) == (3, f"wrong user name or password for {member.user!r} at {server.url}")
    assert seen == ["POST /+login"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["list", "--index", "{user}/dve"], "did you mean '{user}/dev'? 'devpi use -l' shows which indexes there are"),
        (["user", "{user}x", "title=y"], "did you mean '{user}'? 'devpi user -l' shows which users there are"),
        (["list", "demoo"], "did you mean 'demo'? 'devpi list' shows which projects there are"),
        (["list", "other"], "'devpi list' shows which projects there are"),
    ],
)
def test_what_was_meant_is_guessed(member: Member, typed: list[str], said: str) -> None:
    put(member.server, member.index, "1.0")
    status, printed = member.fails(*(word.format(user=member.user) for word in typed))
    assert (status, printed.splitlines()[-1]) == (4, said.format(user=member.user))


@pytest.mark.parametrize(
    ("hours", "said"),
    [(3, "expired 3 h ago"), (0.5, "expired 30 min ago"), (-1, "has expired")],
)
def test_an_expired_login_says_since_when(hours: float, said: str) -> None:
    login = Login("alice", "token", time.time() - hours * 3600)
    assert expired(login) == f"the login of alice {said}: type 'devpi login alice'"


@pytest.mark.parametrize(
    ("user", "acl", "may"),
    [
        ("alice", ["alice"], True),
        ("alice", ["bob"], False),
        ("alice", [], False),
        ("alice", [":developers"], True),
        (None, [":developers"], False),
        (None, [":ANONYMOUS:"], True),
    ],
)
def test_who_is_on_the_list_may_upload(user: str | None, acl: list[str], may: bool) -> None:
    assert may_upload(user, acl) is may


def test_without_a_server_in_use_a_refusal_stays_what_it_is(tmp_path: Path) -> None:
    assert what_to_type(App(Options(clientdir=str(tmp_path))), refused("GET http://host/", 403, "Forbidden")) == ""


def test_a_proxy_that_wants_a_login_is_told_apart(tmp_path: Path) -> None:
    hint = what_to_type(
        App(Options(clientdir=str(tmp_path))), refused("GET http://host/", 407, "Proxy Authentication Required")
    )
    assert hint == "the proxy requires a login: put USER:PASSWORD@ before its host in HTTP_PROXY and HTTPS_PROXY"
