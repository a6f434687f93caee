from __future__ import annotations

import json
import time
from math import inf
from typing import TYPE_CHECKING

import pexpect
import pytest

from devpi_cli.models import Login
from tests.cli.commands.test_use import expire
from tests.support.clients import DEVPI
from tests.support.dists import put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from tests.support.clients import Client, Member
    from tests.support.servers import Live

NO_SERVER = "no server in use\ntype 'devpi use URL', or 'devpi quickstart' for a server on this machine\n"


def test_a_login_says_where_and_for_how_long(member: Member) -> None:
    assert member.ok("login", member.user, DEVPI_PASSWORD=member.password) == [
        f"logged in '{member.user}' at '{member.index_url}', credentials valid for 10.00 hours"
    ]


def test_without_an_index_in_use_it_says_less(at_server: Client, member: Member) -> None:
    said = [f"logged in '{member.user}', credentials valid for 10.00 hours"]
    assert at_server.ok("login", member.user, DEVPI_PASSWORD=member.password) == said
    assert at_server.ok("user")[0] == f"{member.server.root}{member.user}:"


def test_json_says_until_when(member: Member) -> None:
    said = json.loads("".join(member.ok("login", member.user, "--json", DEVPI_PASSWORD=member.password)))
    hours = (said.pop("expires") - time.time()) / 3600
    assert round(hours, 2) == 10
    assert said == {"user": member.user, "server": member.server.root, "index": member.index_url, "stored": False}


@pytest.mark.parametrize("stdin", ["{}\n", "{}", "{}\r\n", "{}\nanother line\n"])
def test_the_password_is_the_first_line_of_standard_input(at_server: Client, member: Member, stdin: str) -> None:
    at_server.ok("login", member.user, "--password-stdin", stdin=stdin.format(member.password))
    assert at_server.state.at(member.server.root).user == member.user


def test_user_and_password_come_from_the_environment(at_server: Client, member: Member) -> None:
    assert at_server.ok("login", DEVPI_USER=member.user, DEVPI_PASSWORD=member.password) == [
        f"logged in '{member.user}', credentials valid for 10.00 hours"
    ]


def test_a_password_on_the_command_line_works_and_is_noted_every_time(at_server: Client, member: Member) -> None:
    for _ in range(2):
        said = at_server("login", member.user, "--password", member.password)
        assert (said.stdout, said.stderr, said.status) == (
            f"logged in '{member.user}', credentials valid for 10.00 hours\n",
            "others can read a password on the command line: --password-stdin or DEVPI_PASSWORD is safer\n",
            0,
        )
    assert at_server.ok("login", member.user, "--password", member.password, "-q")


def test_a_password_typed_at_a_terminal_is_not_shown(at_server: Client, member: Member) -> None:
    assert at_server.at_terminal("login", member.user, typed=[member.password]) == (
        0,
        [
            f"password for user {member.user} at {member.server.root}: ",
            f"logged in '{member.user}', credentials valid for 10.00 hours",
        ],
    )


@pytest.mark.parametrize("other", [None, "http://other.example/"])
def test_a_login_belongs_to_the_server_that_was_asked_whatever_becomes_of_the_state(
    member: Member, server: Live, other: str | None
) -> None:
    """D9: while the password is typed somebody removes the state file, or uses another server."""
    with member.state.changing() as state:
        state.at(server.url).logins["bob"] = Login("bob", "token of bob", inf)
    terminal = pexpect.spawn(
        DEVPI[0], [*DEVPI[1:], "login", member.user], env=member.environment, encoding="utf-8", timeout=60
    )
    terminal.expect(": $")
    if other is None:
        member.state_file.unlink()
    else:
        with member.state.changing() as state:
            state.server = other
            state.at(other).user = "carol"
    terminal.sendline(member.password)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.before.strip().startswith(f"logged in '{member.user}'")
    assert terminal.exitstatus == 0
    left = member.state
    assert left.server == other
    assert {root: list(known.logins) for root, known in left.servers.items()} == (
        {server.url: [member.user]} if other is None else {server.url: [member.user, "bob"], other: []}
    )


def test_the_user_is_asked_for_at_a_terminal(at_server: Client, member: Member) -> None:
    status, shown = at_server.at_terminal("login", typed=[member.user, member.password])
    assert (status, shown[0]) == (0, f"user: {member.user}")
    assert at_server.state.at(member.server.root).user == member.user


@pytest.mark.parametrize(
    ("arguments", "settings", "status", "said"),
    [
        ((), {}, 2, "no terminal to ask on: user:\nname the user: 'devpi login USER'\n"),
        (
            ("bob",),
            {},
            2,
            "no terminal to ask on: password for user bob at HOST/:\n"
            "use --password-stdin, DEVPI_PASSWORD or DEVPI_TOKEN "
            "(looked at the environment, the state file, the keyring, ~/.pypirc and ~/.netrc)\n",
        ),
        (("bob", "--password-stdin"), {}, 2, "no password on standard input\nsend it as the first line\n"),
        (
            ("bob", "--password=wrong"),
            {},
            3,
            "wrong user name or password for 'bob' at HOST/\n",
        ),
        (
            ("two words", "--password-stdin"),
            {"stdin": "wrong"},
            3,
            "wrong user name or password for 'two words' at HOST/\n",
        ),
    ],
)
def test_a_failed_login_says_why_and_changes_nothing(
    at_server: Client, arguments: tuple[str, ...], settings: dict[str, Any], status: int, said: str
) -> None:
    before = at_server.state_file.read_bytes()
    assert at_server.fails("login", *arguments, **settings) == (
        status,
        said.replace("HOST/", str(at_server.state.server)),
    )
    assert at_server.state_file.read_bytes() == before


def test_a_failed_login_keeps_the_one_before(member: Member) -> None:
    status, _ = member.fails("login", member.user, "--password=wrong")
    assert status == 3
    assert member.ok("index", "dev", "title=still") == member.ok("index", "dev", "title=still")


def test_a_failed_login_is_one_json_object(at_server: Client, server: Live) -> None:
    status, said = at_server.fails("login", "bob", "--password=wrong", "--json")
    assert (status, json.loads(said)["error"]) == (
        3,
        {
            "type": "NotAllowed",
            "exit": 3,
            "status": 401,
            "message": f"POST {server.url}+login\n401 Unauthorized: user 'bob' could not be authenticated",
        },
    )


@pytest.mark.parametrize("command", ["login", "logoff"])
def test_without_a_server_there_is_nothing_to_log_in_to(devpi: Client, command: str) -> None:
    """A12."""
    assert devpi.fails(command) == (1, NO_SERVER)


def test_who_acts_by_the_environment_is_told(at_server: Client, member: Member) -> None:
    said = at_server("login", member.user, DEVPI_USER="bob", DEVPI_PASSWORD=member.password)
    assert (said.stderr, said.status) == (f"warning: DEVPI_USER is set: commands act as bob, not as {member.user}\n", 0)


@pytest.mark.parametrize("variable", ["other", "other/index", "{url}other/index"])
def test_a3_an_index_from_the_environment_is_not_remembered_and_the_user_is(
    member: Member, new_member: Callable[[], Member], variable: str
) -> None:
    other, variable = new_member(), variable.format(url=member.server.root)
    member.ok("login", other.user, DEVPI_PASSWORD=other.password, DEVPI_INDEX=variable)
    assert (member.state.index, member.state.at(member.server.root).user) == (member.index, other.user)


def test_a10_an_index_that_is_gone_keeps_nobody_from_logging_in(member: Member) -> None:
    member.server.delete_index(member.index)
    member.ok("login", member.user, DEVPI_PASSWORD=member.password)
    assert member.ok("index", "-l") == []


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a18_a_name_in_any_script_can_be_asked_a_password_for(at_server: Client, encoding: str) -> None:
    at_server.env["PYTHONIOENCODING"] = encoding
    status, shown = at_server.at_terminal("login", "jörg", typed=["secret123"])
    name = "jörg" if encoding == "utf-8" else shown[0].split()[3]
    assert (status, shown[0]) == (3, f"password for user {name} at {at_server.state.server}: ")
    assert shown[-1].startswith("wrong user name or password for ")


def test_a_new_login_replaces_an_expired_one(member: Member) -> None:
    expire(member)
    status, said = member.fails("index", "dev", "title=x")
    assert (status, said.splitlines()[-1]) == (
        3,
        f"the login of {member.user} is no longer valid: type 'devpi login {member.user}'",
    )
    member.ok("login", member.user, DEVPI_PASSWORD=member.password)
    assert "  title=x" in member.ok("index", "dev", "title=x")


@pytest.mark.parametrize("command", ["upload {wheel}", "remove -y demo", "push demo==1.0 {user}/other", "index -c new"])
def test_v27_a_login_that_is_no_longer_good_is_named_by_every_command(
    member: Member, wheel: Path, command: str
) -> None:
    put(member.server, member.index, "1.0")
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    expire(member)
    refused = member(*command.format(wheel=wheel, user=member.user).split(), "-q")
    assert (refused.status, refused.stderr.splitlines()[-1]) == (
        3,
        f"the login of {member.user} is no longer valid: type 'devpi login {member.user}'",
    )


def test_an_expired_login_is_named_as_the_cause(member: Member) -> None:
    with member.state.changing() as state:
        known = state.at(member.server.root)
        known.logins[member.user] = type(known.logins[member.user])(member.user, "nonsense", time.time() - 7200)
    status, said = member.fails("index", "dev", "title=x")
    assert (status, said.splitlines()[-1]) == (
        3,
        f"the login of {member.user} expired 2 h ago: type 'devpi login {member.user}'",
    )


@pytest.mark.parametrize("command", ["logoff", "logout"])
def test_logging_out_forgets_the_token(member: Member, command: str) -> None:
    assert member.ok(command) == ["login information deleted"]
    assert member.state.at(member.server.root).logins == {}
    assert member.ok(command) == ["not logged in"]


def test_logging_out_as_json(member: Member) -> None:
    for user in (member.user, None):
        said = json.loads("".join(member.ok("logoff", "--json")))
        assert said == {"user": user, "server": member.server.root, "removed_from_keyring": False}


def test_other_users_stay_logged_in(member: Member, new_member: Callable[[], Member]) -> None:
    other = new_member()
    member.ok("login", other.user, DEVPI_PASSWORD=other.password)
    assert member.ok("logoff") == ["login information deleted"]
    assert list(member.state.at(member.server.root).logins) == [member.user]
    assert member.ok("logoff", DEVPI_USER=member.user) == ["login information deleted"]
    assert member.state.at(member.server.root).logins == {}
