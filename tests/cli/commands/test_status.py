from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Any

import pytest

from devpi_cli.models import Login
from tests.support.servers import running_server
from tests.support.webservers import DEVPI_HEADERS, Front, a_front

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.clients import Client, Member
    from tests.support.servers import Live


def versions(server: Live) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(server.connect().status().versions.items()))


def test_it_says_who_is_logged_in_where(member: Member, server: Live) -> None:
    shown = member.ok("status")
    assert shown == [
        f"server: {server.url} ({versions(server)})",
        "role: primary",
        shown[2],
        f"index: {member.index_url} (stage, volatile)",
    ]
    assert shown[2] in (f"user: {member.user} (for {hours} more hours)" for hours in ("10.00", "9.99"))


def test_json_has_it_all(member: Member, server: Live) -> None:
    derived = f"{member.user}/derived"
    member.server.create_index(derived, {"bases": member.index, "volatile": "False"})
    login = member.state.login(server.url)
    status = server.connect().status()
    assert login
    assert json.loads("".join(member.ok("status", "--json", "--index", "derived"))) == {
        "server": server.url,
        "versions": status.versions,
        "role": "primary",
        "serial": status.serial,
        "primary": None,
        "replicas": [],
        "user": member.user,
        "login": "ok",
        "expires": round(login.expires),
        "index": derived,
        "url": f"{server.url}{derived}",
        "type": "stage",
        "bases": [member.index],
        "volatile": False,
    }
    assert member.ok("status", "--index", "derived")[3:] == [
        f"index: {server.url}{derived} (stage, not volatile)",
        f"bases: {member.index}",
    ]


def test_nobody_has_to_be_logged_in(at_server: Client, server: Live) -> None:
    assert at_server.ok("status")[2:] == ["user: not logged in", "index: none in use"]
    shown = json.loads("".join(at_server.ok("status", "--json")))
    assert {key: shown[key] for key in ("user", "login", "expires", "index", "url", "type", "bases", "volatile")} == {
        "user": None,
        "login": "none",
        "expires": None,
        "index": None,
        "url": None,
        "type": None,
        "bases": [],
        "volatile": None,
    }


@pytest.mark.parametrize("how", ["option", "environment"])
def test_the_url_of_an_index_needs_no_state(devpi: Client, member: Member, how: str) -> None:
    typed, env = (["--index", member.index_url], {}) if how == "option" else ([], {"DEVPI_INDEX": member.index_url})
    assert devpi.ok("status", *typed, **env)[2:] == [
        "user: not logged in",
        f"index: {member.index_url} (stage, volatile)",
    ]
    assert not devpi.state_file.exists()


def test_a_login_that_the_server_no_longer_accepts_is_said(member: Member) -> None:
    with member.state.changing() as state:
        state.at(member.server.root).logins[member.user] = Login(member.user, "nonsense", time.time() - 7200)
    assert member.ok("status")[2] == (
        f"user: the login of {member.user} expired 2 h ago: type 'devpi login {member.user}'"
    )
    shown = json.loads("".join(member.ok("status", "--json")))
    assert (shown["user"], shown["login"], shown["expires"]) == (None, "invalid", None)


@pytest.mark.parametrize(("where", "status", "said"), [
    ("", 1, "no server in use\ntype 'devpi use URL', or 'devpi quickstart' for a server on this machine\n"),
    ("http://127.0.0.1:1/a/b", 6, "cannot reach http://127.0.0.1:1/: Connection refused\n"
     "is the server running, and the URL right?\n"),
    ("SERVERno/where", 4, "no index 'no/where'\n"
     "'devpi use -l SERVER' shows which indexes there are\n"),
])  # fmt: skip
def test_what_cannot_be_told_is_a_failure(devpi: Client, server: Live, where: str, status: int, said: str) -> None:
    url = where.replace("SERVER", server.url)
    assert devpi.fails("status", *(["--index", url] if url else [])) == (status, said.replace("SERVER", server.url))


@pytest.fixture
def front() -> Iterator[Front]:
    """A server of which only its status is left to say."""
    with a_front() as front:
        front.answer("/+api", {"login": "/+login", "authstatus": ["noauth", "", []]})
        front.answers["/+api"] = (
            200,
            DEVPI_HEADERS,
            front.answers["/+api"][2].replace(b"{", b'{"type": "apiconfig", ', 1),
        )
        yield front


REPLICA: dict[str, Any] = {"role": "REPLICA", "serial": 7, "primary-url": "http://primary/", "versioninfo": {}}


@pytest.mark.parametrize(("result", "lines"), [
    ({**REPLICA, "primary-serial": 7}, ["role: replica of http://primary/, in sync"]),
    ({**REPLICA, "primary-serial": 8}, ["role: replica of http://primary/, 1 change behind"]),
    ({**REPLICA, "primary-serial": None}, ["role: replica of http://primary/, lag unknown"]),
    ({"role": "REPLICA", "serial": 7, "master-url": "http://master/", "master-serial": 9},
     ["role: replica of http://master/, 2 changes behind"]),
    ({"role": "MASTER", "serial": 7, "polling_replicas": {
        "a": {"serial": 7, "outside-url": "http://a/"}, "b": {"serial": 4, "outside-url": None}}},
     ["role: primary", "replica: http://a/, in sync", "replica: URL unknown, 3 changes behind"]),
    ({}, []),
])  # fmt: skip
def test_the_lag_of_replicas(devpi: Client, front: Front, result: dict[str, Any], lines: list[str]) -> None:
    front.answer("/+status", result, kind="status")
    with devpi.state.changing() as state:
        state.server = front.url
    assert devpi.ok("status")[:-2] == [f"server: {front.url}", *lines]


def test_json_of_a_replica_that_lags_behind(devpi: Client, front: Front) -> None:
    since = time.time() - 90
    front.answer("/+status", {**REPLICA, "primary-serial": 10, "replica-in-sync-at": since}, kind="status")
    with devpi.state.changing() as state:
        state.server = front.url
    shown = json.loads("".join(devpi.ok("status", "--json")))
    assert (shown["role"], shown["serial"]) == ("replica", 7)
    assert shown["primary"] == {
        "url": "http://primary/",
        "serial": 10,
        "behind": 3,
        "in_sync_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(since)),
    }
    assert devpi.ok("status")[1].startswith("role: replica of http://primary/, 3 changes behind; last in sync 9")


def test_a_server_that_keeps_its_status_to_itself(devpi: Client, front: Front) -> None:
    front.answer("/+status", status=403)
    with devpi.state.changing() as state:
        state.server = front.url
    shown = devpi("status")
    assert (shown.lines, shown.status) == ([f"server: {front.url}", "user: not logged in", "index: none in use"], 0)
    assert shown.stderr == "the server does not show its status (403 Forbidden)\n"


def test_a_real_replica_and_its_primary(devpi: Client, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(secrets.token_urlsafe(40))
    secret.chmod(0o600)
    shared = ("--secretfile", str(secret))
    primary = running_server(tmp_path / "primary", "--no-root-pypi", options=("--role", "primary", *shared))
    with primary as first:
        replica = running_server(tmp_path / "replica", "--role", "replica", "--primary-url", first.url, options=shared)
        with replica as second:
            roles = {}
            for server in (second, first):
                devpi.ok("use", server.url)
                roles[server.url] = devpi.ok("status")[1:-2]
    assert roles == {
        second.url: [f"role: replica of {first.url}, in sync"],
        first.url: ["role: primary", "replica: URL unknown, in sync"],
    }
