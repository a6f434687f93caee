"""An unset variable where a password is set: nobody gets an empty one unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devpi_cli.client import connect
from devpi_cli.errors import NotAllowed, WrongUsage

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.client import Client as Library
    from tests.support.clients import Member
    from tests.support.servers import Live

    Record = Callable[[str, str, str], None]

KIND = "empty passwords"
HINT = "is a variable unset? If it is meant, add --allow-empty-password"
COMMANDS: list[tuple[str, str]] = [
    ("user -c {new} password=", ""),
    ("user -c {new} password= -n", ""),
    ("user -c {new} password= email=a@b.c --exist-ok", ""),
    ("user -c {name} password= --exist-ok", ""),
    ("user -c {new} pwhash=", ""),
    ("user -c {new} --password-stdin", "\n"),
    ("user -c {new} --password-stdin", "\r\n"),
    ("user {name} password=", ""),
    ("user -m {name} password= -n", ""),
    ("user {name} pwhash= title=x", ""),
    ("passwd --password-stdin", "\n"),
    ("passwd {name} --password-stdin", "\n"),
]
CALLS: dict[str, Callable[[Library, str, str], object]] = {
    "create_user": lambda client, new, name: client.create_user(new, ""),
    "server.create_user": lambda client, new, name: client.server.create_user(new, {"password": ""}),
    "server.create_user(pwhash)": lambda client, new, name: client.server.create_user(new, {"pwhash": ""}),
    "server.modify_user": lambda client, new, name: client.server.modify_user(name, {"password": ""}),
}


def logins_with_nothing(server: Live, *users: str) -> list[str]:
    """Return the users who can log in with an empty password."""
    found = []
    for user in users:
        try:
            server.connect(user, "")
        except NotAllowed:
            continue
        found.append(user)
    return found


@pytest.mark.parametrize(("typed", "stdin"), COMMANDS)
def test_a_command_refuses(member: Member, server: Live, attack: Record, typed: str, stdin: str) -> None:
    new = f"{member.user}-new"
    with server.requests() as seen:
        status, said = member.fails(*typed.format(new=new, name=member.user).split(), stdin=stdin)
    key = "pwhash" if "pwhash" in typed else "password"
    assert (status, said) == (2, f"the {key} is empty\n{HINT}\n")
    assert [request for request in seen if not request.startswith("GET ")] == []
    can = logins_with_nothing(server, new, member.user)
    assert can == []
    attack(KIND, f"{typed}{' < an empty line' if stdin else ''}", f"exit {status}, can log in without: {can}")


@pytest.mark.parametrize("call", CALLS)
def test_the_library_refuses(member: Member, server: Live, attack: Record, call: str) -> None:
    new = f"{member.user}-new"
    with (
        connect(server.url, user=member.user, password=member.password) as client,
        pytest.raises(WrongUsage, match="is empty\nallow_empty_password=True sets it anyway") as refused,
    ):
        CALLS[call](client, new, member.user)
    can = logins_with_nothing(server, new, member.user)
    assert can == []
    attack(KIND, f"library: {call}", f"{refused.typename}, can log in without: {can}")


@pytest.mark.parametrize("command", ["passwd", "user -c {new}"])
def test_the_prompt_asks_again(member: Member, server: Live, attack: Record, command: str) -> None:
    new = f"{member.user}-new"
    status, shown = member.at_terminal(*command.format(new=new).split(), "-y", typed=["", "", ""])
    assert [line for line in shown if "new password" not in line] == [
        *["the password is empty"] * 3,
        "no password was set",
    ]
    can = logins_with_nothing(server, new, member.user)
    assert can == []
    attack(KIND, f"{command}, and Enter three times", f"exit {status}, can log in without: {can}")


def test_who_says_so_gets_one(member: Member, server: Live) -> None:
    for number, arguments in enumerate((["password="], ["--password-stdin"])):
        member.ok("user", "-c", f"{member.user}-{number}", *arguments, "--allow-empty-password", stdin="\n")
    with connect(server.url) as client:
        client.create_user(f"{member.user}-2", "", allow_empty_password=True)
    new = [f"{member.user}-{number}" for number in range(3)]
    assert logins_with_nothing(server, *new) == new
    member.ok("passwd", "--password-stdin", "--allow-empty-password", stdin="\n")
    assert logins_with_nothing(server, member.user) == [member.user]
    member.ok("login", member.user, "--password-stdin", stdin="\n")
    member.ok("user", member.user, "password=secret123")
    member.ok("user", member.user, "password=", "--allow-empty-password")
    assert logins_with_nothing(server, member.user) == [member.user]
