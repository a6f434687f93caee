from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import pytest
from pymacaroons import Macaroon

from devpi_cli.server.tokens import user_of
from tests.support.clients import UNCONFIRMED
from tests.support.dists import make_wheel
from tests.support.servers import QUICK_SERVER, running_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.clients import Client, Member
    from tests.support.servers import Live

WITHOUT_PLUGIN = f"""
from devpi_server import config
found = config.PluginManager.load_setuptools_entrypoints
def load(manager, *arguments):
    manager.set_blocked("devpi-tokens")
    return found(manager, *arguments)
config.PluginManager.load_setuptools_entrypoints = load
{QUICK_SERVER}
"""
YEAR = 366 * 24 * 60 * 60 + 10


def made(client: Client, *arguments: object) -> str:
    """Create a token and return it."""
    (token,) = client.ok("token", "create", *arguments)
    return token


def restrictions(client: Client, token: str) -> list[str]:
    """Return what a token is restricted to, but for the time."""
    said = json.loads("".join(client.ok("token", "inspect", "--json", DEVPI_TOKEN=token)))
    return [rule for rule in said["restrictions"] if not rule.startswith("expires=")]


def a_token(user: str = "alice", *rules: str) -> str:
    """Return a token that no server has made."""
    macaroon = Macaroon(identifier=f"{user}-abcdEFGH", key="secret", version=2)
    for rule in rules:
        macaroon.add_first_party_caveat(rule)
    return f"devpi-{macaroon.serialize()}"


def test_a_token_is_all_that_a_pipeline_needs(member: Member, devpi: Client, wheel: Path) -> None:
    token = made(member, "-a", "upload", "-i", "dev", "-p", "Demo")
    assert devpi.ok("upload", wheel, DEVPI_INDEX=member.index_url, DEVPI_TOKEN=token) == [
        f"file_upload of {wheel.name} to {member.index_url}/"
    ]
    assert list(devpi.home.rglob("*")) == []


@pytest.mark.parametrize("user", ["", "__token__", "{user}"])
def test_a_token_knows_its_user(member: Member, devpi: Client, user: str) -> None:
    env = {"DEVPI_INDEX": member.index_url, "DEVPI_TOKEN": made(member), "DEVPI_USER": user.format(user=member.user)}
    assert devpi.ok("whoami", **env) == [member.user]
    assert devpi.ok("index", "-l", **env) == [member.index]


def test_pip_takes_a_token(member: Member, devpi: Client, venv: Path, tmp_path: Path) -> None:
    member.ok("upload", make_wheel(tmp_path, "for-token"))
    done = devpi("install", "for-token", "--venv", venv, DEVPI_INDEX=member.index_url, DEVPI_TOKEN=made(member))
    assert done.status == 0


def test_a_token_may_do_no_more_than_it_says(member: Member, devpi: Client, tmp_path: Path) -> None:
    env = {"DEVPI_INDEX": member.index_url, "DEVPI_TOKEN": made(member, "-p", "demo", "-a", "upload,pkg_read")}
    status, said = devpi.fails("upload", make_wheel(tmp_path, "other"), **env)
    assert (status, "Token denied access to project 'other'" in said) == (3, True)
    assert devpi.fails("index", "dev", "title=x", **env)[0] == 3
    assert devpi.fails("token", "create", **env)[0] == 3


def test_what_was_typed_is_what_the_token_says(member: Member) -> None:
    token = made(member, "-a", "upload, pkg_read", "-i", f"dev,{member.user}/prod", "-p", "B_b,a", "-e", "30d")
    assert restrictions(member, token) == [
        "allowed=pkg_read,upload",
        f"indexes={member.user}/dev,{member.user}/prod",
        "projects=a,b-b",
    ]
    said = json.loads("".join(member.ok("token", "inspect", "--json", DEVPI_TOKEN=token)))
    assert said["user"] == member.user
    assert abs(said["expires"] - time.time() - 30 * 24 * 3600) < 60


def test_without_a_time_it_is_a_year(member: Member) -> None:
    said = json.loads("".join(member.ok("token", "inspect", "--json", DEVPI_TOKEN=made(member))))
    assert abs(said["expires"] - time.time() - YEAR) < 60


def test_tokens_are_listed_and_deleted(member: Member, devpi: Client) -> None:
    assert (member("token", "list").stdout, member("token", "list").stderr) == ("", f"{member.user} has no tokens\n")
    token = made(member, "-p", "demo")
    (listed,) = json.loads("".join(member.ok("token", "list", "--json")))["tokens"]
    assert (listed["restrictions"][1:], listed["expires"]) == (
        ["projects=demo"], int(listed["restrictions"][0].removeprefix("expires=")),
    )  # fmt: skip
    name, expires, projects = member.ok("token", "list")
    assert (name, projects) == (listed["id"], "  projects=demo")
    assert expires.startswith(f"  expires={listed['expires']} (20")
    asked = f"About to delete the token {name} of {member.user}"
    assert member("token", "delete", name).stderr == f"{UNCONFIRMED}\nadd -y\n"
    done = member("token", "delete", name, "-y")
    assert (done.lines, done.status) == ([asked, f"token deleted: {name}"], 0)
    status, said = devpi.fails("whoami", DEVPI_INDEX=member.index_url, DEVPI_TOKEN=token)
    assert status == 3
    assert token not in said
    assert member("token", "delete", name, "-y").status == 4
    left = json.loads("".join(member.ok("token", "create", "--json", "-e", "1h")))["id"]
    assert member("token", "delete", "-y", left, "unknown").status == 4
    assert left in member.ok("token", "list")


def test_a_dry_run_makes_and_deletes_nothing(member: Member, server: Live) -> None:
    made(member)
    (listed,) = json.loads("".join(member.ok("token", "list", "--json")))["tokens"]
    with server.requests() as seen:
        assert member.ok("token", "create", "-n", "-a", "upload", "-i", "dev", "-o", "ci-token") == [
            f"would create a token of {member.user}",
            "  allowed=upload",
            f"  indexes={member.user}/dev",
        ]
        would = [f"would delete the token {listed['id']} of {member.user}"]
        assert member.ok("token", "delete", "-n", listed["id"]) == would
        assert member.fails("token", "delete", "-n", "nothere") == (
            4, f"{member.user} has no token nothere\n'devpi token list -u {member.user}' lists the tokens\n",
        )  # fmt: skip
    assert seen == 3 * [f"GET /{member.user}/+tokens"]
    assert not (member.home / "ci-token").exists()
    assert json.loads("".join(member.ok("token", "list", "--json")))["tokens"] == [listed]


def test_root_makes_tokens_for_others_and_for_ever(own_server: Live, devpi: Client) -> None:
    own_server.connect("root").create_user("alice", {"password": "secret"})
    devpi.env["DEVPI_INDEX"] = own_server.url
    root = {"DEVPI_USER": "root", "DEVPI_TOKEN": own_server.connect("root").session.identity.login.token}  # type: ignore[index]
    (token,) = devpi.ok("token", "create", "-u", "alice", "-e", "never", **root)
    assert devpi.ok("whoami", DEVPI_TOKEN=token) == ["alice"]
    alice = {"DEVPI_USER": "alice", "DEVPI_PASSWORD": "secret"}
    status, said = devpi.fails("token", "create", "-e", "never", **alice)
    assert (status, said.splitlines()[0]) == (3, "not allowed to create token with no expiration")
    assert devpi.fails("token", "list", "-u", "root", **alice)[0] == 3


def test_a_token_is_written_where_only_its_owner_reads_it(member: Member) -> None:
    path = member.home / "ci-token"
    assert member.ok("token", "create", "-o", "ci-token") == ["token written to ci-token"]
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    before = path.read_text()
    assert member.ok("token", "inspect", "-f", "ci-token")[0] == f"user: {member.user}"
    status, said = member.fails("token", "create", "-o", "ci-token")
    assert (status, said) == (
        2, f"{UNCONFIRMED}: ci-token already exists. Overwrite it?\nadd -y\n",
    )  # fmt: skip
    assert path.read_text() == before
    said_too = json.loads(
        member("token", "derive", "-f", "ci-token", "-e", "1h", "-o", "ci-token", "-y", "--json").stdout
    )
    assert (said_too["token"], said_too["file"]) == (None, "ci-token")
    assert path.read_text() != before


@pytest.mark.parametrize(
    ("place", "reason"), [("nowhere/token", "there is no folder nowhere"), (".", "it is a folder")]
)
def test_no_token_is_made_that_has_nowhere_to_go(member: Member, place: str, reason: str) -> None:
    status, said = member.fails("token", "create", "-o", place)
    assert (status, said) == (2, f"cannot write {place}: {reason}\n")
    assert json.loads("".join(member.ok("token", "list", "--json")))["tokens"] == []


def test_a_derived_token_may_do_less_and_no_server_is_asked(devpi: Client, tmp_path: Path) -> None:
    token = a_token("alice", "projects=demo,other")
    (tmp_path / "token").write_text(f"{token}\n")
    (derived,) = devpi.ok("token", "derive", "-f", tmp_path / "token", "-i", "dev", "-p", "demo", "-e", "never")
    assert restrictions(devpi, derived) == ["projects=demo,other", "indexes=alice/dev", "projects=demo"]
    assert devpi.ok("token", "derive", "-f", "-", "-i", "dev", "-p", "demo", "-e", "never", stdin=token) == [derived]


def test_a_derived_token_is_good(member: Member, devpi: Client, tmp_path: Path) -> None:
    token = made(member)
    (derived,) = devpi.ok("token", "derive", "-p", "demo", "-e", "1h", DEVPI_TOKEN=token)
    env = {"DEVPI_INDEX": member.index_url, "DEVPI_TOKEN": derived}
    assert devpi("upload", make_wheel(tmp_path), **env).status == 0
    assert devpi("upload", make_wheel(tmp_path, "other"), **env).status == 3


def test_inspect_shows_no_secret(devpi: Client) -> None:
    token = a_token("alice", "allowed=upload", "expires=1795000000", "not_before=1", "expires=never", '[1, ["demo"]]')
    assert devpi.ok("token", "inspect", DEVPI_TOKEN=token) == [
        "user: alice",
        "id: abcdEFGH",
        "restriction: allowed=upload",
        "restriction: expires=1795000000 (2026-11-18 11:06:40 UTC)",
        "restriction: not_before=1 (1970-01-01 00:00:01 UTC)",
        "restriction: expires=never",
        'restriction: [1, ["demo"]]',
    ]


def test_a_token_can_be_what_somebody_is_logged_in_with(member: Member, at_server: Client, wheel: Path) -> None:
    token = made(member, "-e", "10h")
    assert at_server.ok("token", "login", "-f", "-", stdin=token) == [
        f"logged in '{member.user}', credentials valid for 10.00 hours"
    ]
    assert at_server.ok("whoami") == [member.user]
    at_server.ok("upload", "--index", "dev", wheel)
    assert at_server.ok("login", DEVPI_TOKEN=token) == [f"logged in '{member.user}'"]


def test_a_token_that_the_server_does_not_take_is_not_kept(member: Member, at_server: Client) -> None:
    before = at_server.state_file.read_bytes()
    status, said = at_server.fails("token", "login", DEVPI_TOKEN=a_token(member.user))
    assert (status, said.splitlines()[0]) == (
        3,
        "the token id abcdEFGH doesn't exist",
    )
    assert at_server.state_file.read_bytes() == before


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("inspect", "no terminal to ask on: token:\nname its file with -f FILE, or set DEVPI_TOKEN\n"),
        ("inspect -f nowhere", "cannot read the token in nowhere: No such file or directory\n"),
        ("inspect -f -", "standard input does not contain a devpi API token\na token begins with devpi-\n"),
        ("inspect -f other", "other does not contain a devpi API token\na token begins with devpi-\n"),
        ("login -f other", "other does not contain a devpi API token\na token begins with devpi-\n"),
        ("derive -f token", "the new token would have no new restriction\nrestrict it with -a, -i, -p or -e\n"),
        ("derive -f token -e 1m", "'1m' is not a time\nexamples: 30d, 12h, 2027-01-31, never; "
                                  "units are y, mo, w, d, h, min, s; seconds since the epoch work, too\n"),
        ("derive -f token -e 0", "'0' is in the past\n"),
        ("derive -f token -e 2020-01-01", "'2020-01-01' is in the past\n"),
        ("derive -f token -i a/b/c", "index 'a/b/c' must be of the form USER/INDEX or INDEX\n"),
        ("derive -f token -a uplaod", "permissions of devpi-server: del_entry, del_project, del_verdata, "
                                      "index_create, index_delete, index_modify, pkg_read, toxresult_upload, upload\n"
                                      f"{UNCONFIRMED}: "
                                      "Allow uplaod, which only a plugin of the server may know?\nadd -y\n"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(devpi: Client, typed: str, said: str) -> None:
    (devpi.home / "other").write_text("pypi-AgEIcHlwaS5vcmc")
    (devpi.home / "token").write_text(a_token())
    assert devpi.fails("token", *typed.split()) == (2, said)


def test_without_the_extra_the_line_to_type_is_said(devpi: Client, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['pymacaroons'] = None\n")
    devpi.env |= {"PYTHONPATH": str(tmp_path), "DEVPI_TOKEN": a_token()}
    assert devpi.fails("token", "inspect") == (
        1, "API tokens cannot be read without pymacaroons\n"
        f"install it with: {sys.executable} -m pip install 'pymacaroons>=0.13' 'pypitoken>=6.0.3'\n",
    )  # fmt: skip
    assert user_of(devpi.ok("token", "derive", "-e", "1h")[0]) == user_of(a_token())


@pytest.fixture
def without_plugin(tmp_path: Path) -> Iterator[Live]:
    with running_server(tmp_path / "plain", "--no-root-pypi", program=WITHOUT_PLUGIN) as live:
        yield live


def test_a_server_without_the_plugin_is_named(devpi: Client, without_plugin: Live) -> None:
    devpi.env |= {"DEVPI_INDEX": without_plugin.url, "DEVPI_USER": "root"}
    devpi.env["DEVPI_TOKEN"] = without_plugin.connect("root").session.identity.login.token  # type: ignore[index]
    for typed in ("create", "list", "delete -y -q abcdEFGH"):
        status, said = devpi("token", *typed.split()).status, devpi("token", *typed.split()).stderr
        assert (status, said) == (
            1,
            f"the server at {without_plugin.url} does not have the plugin devpi-tokens, which API tokens need\n"
            "its administrator can install it: pip install devpi-tokens\n",
        )


def test_nobody_who_is_not_logged_in_has_tokens(at_server: Client, server: Live) -> None:
    assert at_server.fails("token", "list") == (
        3,
        f"not logged in at {server.url}\ntype 'devpi login USER'\n",
    )


def test_the_token_of_somebody_else_is_not_shown(member: Member, new_member: Callable[[], Member]) -> None:
    assert member.fails("token", "list", "-u", new_member().user)[0] == 3
