from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.servers import running_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Client, Member
    from tests.support.servers import Live

SHORT = "The password has fewer than 8 characters. Use it anyway? [y/N]"


def said(user: str) -> list[str]:
    return [f"/{user} changing password: ********", f"user modified: {user}"]


def test_a_password_is_changed_and_the_login_goes_on(member: Member) -> None:
    before = member.state.login(member.server.root)
    assert member.ok("passwd", "--password-stdin", stdin="another one\n") == said(member.user)
    assert member.state.login(member.server.root) != before
    assert "  title=mine" in member.ok("index", "dev", "title=mine")
    assert member.ok("login", member.user, DEVPI_PASSWORD="another one") == [
        f"logged in '{member.user}' at '{member.index_url}', credentials valid for 10.00 hours"
    ]
    assert member.fails("login", member.user, "--password", member.password)[0] == 3


def test_only_the_password_is_sent(member: Member, server: Live) -> None:
    """V28."""
    with server.requests() as seen:
        member.ok("passwd", member.user, "--password-stdin", stdin="another one\n")
    assert seen == [f"PATCH /{member.user}"]


def test_v28_where_only_root_may_modify_users_ones_own_password_can_be_changed(devpi: Client, tmp_path: Path) -> None:
    with running_server(tmp_path / "strict", "--no-root-pypi", options=("--restrict-modify", "root")) as server:
        server.connect("root").create_user("alice", {"password": "secret123"})
        devpi("use", server.url)
        devpi.ok("login", "alice", DEVPI_PASSWORD="secret123")
        before = devpi.state.login(server.url)
        assert devpi.ok("passwd", "--password-stdin", stdin="another one\n") == said("alice")
        assert devpi.state.login(server.url) != before
        devpi.ok("login", "alice", DEVPI_PASSWORD="another one")


def test_the_result_is_one_json_document(member: Member) -> None:
    changed = member.ok("passwd", "--password-stdin", "--json", stdin="another one\n")
    assert json.loads("".join(changed)) == {"user": member.user, "modified": ["password"]}


@pytest.mark.parametrize(
    ("typed", "status", "answers", "password"),
    [
        (["another one", "another one"], 0, [], "another one"),
        (["one of them", "another", "the same", "the same"], 0, ["the passwords do not match"], "the same"),
        (["one of them", "another"] * 3, 1, ["the passwords do not match"] * 3 + ["no password was set"], None),
        (["short", "short", "no"], 1, [f"{SHORT} no", "nothing was changed"], None),
        (["short", "short", "yes"], 0, [f"{SHORT} yes"], "short"),
    ],
)
def test_a_terminal_is_asked_twice(
    member: Member, typed: list[str], status: int, answers: list[str], password: str | None
) -> None:
    changed, shown = member.at_terminal("passwd", typed=typed)
    question = f"new password for user {member.user}:"
    assert shown[:2] == [f"{question} ", f"repeat {question} "]
    assert [line for line in shown if question not in line] == answers + (said(member.user) if password else [])
    assert changed == status
    member.ok("login", member.user, DEVPI_PASSWORD=password or member.password)


def test_root_changes_the_password_of_others_and_keeps_its_own_token(
    at_server: Client, member: Member, server: Live
) -> None:
    at_server.ok("login", "root", "--password=")
    before = at_server.state_file.read_bytes()
    assert at_server.ok("passwd", member.user, "--password-stdin", stdin="from root\n") == said(member.user)
    assert at_server.state_file.read_bytes() == before
    at_server.ok("login", member.user, DEVPI_PASSWORD="from root")


def test_nobody_else_changes_it(member: Member, new_member: Callable[[], Member]) -> None:
    other = new_member()
    status, refused = member.fails("passwd", other.user, "--password-stdin", stdin="mine now\n")
    assert (status, refused.splitlines()[-1]) == (
        3,
        f"the login of {member.user} is valid, but does not allow this",
    )
    other.ok("login", other.user, DEVPI_PASSWORD=other.password)


def test_nothing_changes_when_no_password_comes(member: Member) -> None:
    question = f"no terminal to ask on: new password for user {member.user}:"
    assert member.fails("passwd") == (2, f"{question}\nuse --password-stdin\n")
    assert member.fails("passwd", "--password-stdin") == (
        2,
        "no password on standard input\nsend it as the first line\n",
    )
    status, failed = member.fails("passwd", "--json")
    assert (status, json.loads(failed)) == (
        2,
        {"error": {"type": "NobodyToAsk", "exit": 2, "message": question, "hint": "use --password-stdin"}},
    )
    member.ok("login", member.user, DEVPI_PASSWORD=member.password)


def test_it_needs_a_server_a_login_and_a_user_who_is_there(devpi: Client, member: Member) -> None:
    assert devpi.fails("passwd") == (
        1,
        "no server in use\ntype 'devpi use URL', or 'devpi quickstart' for a server on this machine\n",
    )
    assert member.fails("passwd", "nobody", "--password-stdin", stdin="secret123") == (
        4,
        "no user 'nobody'\n'devpi user -l' shows which users there are\n",
    )
    member.ok("logoff")
    assert member.fails("passwd") == (3, f"not logged in at {member.server.root}\ntype 'devpi login USER'\n")
