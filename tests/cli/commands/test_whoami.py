from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from devpi_cli.models import Login
from tests.support.webservers import a_front

if TYPE_CHECKING:
    from tests.support.clients import Client, Member
    from tests.support.servers import Live


def test_it_is_the_name_and_nothing_else(member: Member, server: Live) -> None:
    with server.requests() as seen:
        assert member.ok("whoami") == [member.user]
    assert seen == ["GET /+api"]


def test_json_says_where_and_until_when(member: Member) -> None:
    login = member.state.login(member.server.root)
    assert login
    assert json.loads("".join(member.ok("whoami", "--json"))) == {
        "user": member.user,
        "server": member.server.root,
        "expires": round(login.expires),
    }


def test_another_server_is_asked_where_an_index_is_named(member: Member, devpi: Client) -> None:
    assert member.ok("whoami", "--index", member.index_url) == [member.user]
    assert member.ok("whoami", DEVPI_INDEX=member.index_url) == [member.user]
    nobody = (3, f"not logged in at {member.server.root}\ntype 'devpi login USER'\n")
    named = (3, nobody[1].replace("USER'", f"USER' with DEVPI_INDEX={member.server.root}"))
    assert devpi.fails("whoami", "--index", member.index_url) == named
    assert devpi.fails("whoami", DEVPI_INDEX=member.index_url) == nobody
    with a_front() as front:
        status, said = member.fails("whoami", "--index", f"{front.url}alice/dev")
        hint = f"type 'devpi login USER' with DEVPI_INDEX={front.url}\n"
        assert (status, said, front.asked) == (3, f"not logged in at {front.url}\n{hint}", [])


def test_who_is_logged_out_is_nobody(member: Member) -> None:
    member.ok("logoff")
    status, said = member.fails("whoami", "--json")
    assert (status, json.loads(said)["error"]) == (
        3,
        {
            "type": "LoginRequired",
            "exit": 3,
            "message": f"not logged in at {member.server.root}",
            "hint": "type 'devpi login USER'",
        },
    )


@pytest.mark.parametrize(("ago", "why"), [(-3600, "is no longer valid"), (2 * 3600, "expired 2 h ago")])
def test_a_login_that_the_server_no_longer_accepts_is_none(member: Member, ago: int, why: str) -> None:
    with member.state.changing() as state:
        logins = state.at(member.server.root).logins
        now = logins[member.user].expires - 36000
        logins[member.user] = Login(member.user, "nonsense", now - ago)
    before = member.state_file.read_bytes()
    assert member.fails("whoami") == (
        3,
        f"not logged in at {member.server.root}\nthe login of {member.user} {why}: type 'devpi login {member.user}'\n",
    )
    assert member.state_file.read_bytes() == before


def test_no_server_is_not_nobody(devpi: Client) -> None:
    assert devpi.fails("whoami") == (
        1,
        "no server in use\ntype 'devpi use URL', or 'devpi quickstart' for a server on this machine\n",
    )
    with devpi.state.changing() as state:
        state.server = "http://127.0.0.1:1/"
        state.at(state.server).user = "alice"
        state.at(state.server).logins["alice"] = Login("alice", "token", 1e11)
    assert devpi.fails("whoami")[0] == 6


def test_a_login_that_only_the_environment_has_is_one_too(devpi: Client, member: Member) -> None:
    env = {"DEVPI_INDEX": member.index_url, "DEVPI_USER": member.user, "DEVPI_PASSWORD": member.password}
    assert devpi.ok("whoami", **env) == [member.user]
    assert devpi.ok("status", **env)[2].startswith(f"user: {member.user}")
    status, said = devpi.fails("whoami", **{**env, "DEVPI_PASSWORD": "wrong"})
    assert (status, said.splitlines()[0]) == (
        3,
        f"wrong user name or password for {member.user!r} at {member.server.root}",
    )
    assert not devpi.state_file.exists()
