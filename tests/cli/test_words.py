"""Empty words on the command line, as variables that are not set leave them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clients import Client, Member

SAID = "it is empty: is a variable not set?"


@pytest.mark.parametrize("typed", [
    "use|", "use|--venv|", "use|--user|", "use|-t|", "login|", "status|--index|", "whoami|--index=", "token|create|-p|",
    "token|create|--expires=", "token|delete|", "token|login|-f|", "user|", "user|bob|", "passwd|", "index|",
    "index|-c|", "index|dev|", "index|--delete|-y|", "getjson|", "patchjson||-", "patchjson|/|", "upload|",
    "upload|a.whl|", "upload|--index|", "upload|--docs|", "upload|--jobs|", "list|", "list|--index|", "push||dev",
    "push|demo==1.0|", "push|demo==1.0|dev|--pypirc|", "refresh|", "refresh|-r|", "remove|-y|",
    "remove|-y|--index=|demo",
    "env|--shell|", "install|", "install|demo|", "install|-r|", "install|-e|", "test|", "test|-e||demo",
    "test|-c||demo",
    "quickstart|--mirror-url|", "server|log|-n|", "completion|install|", "help|", "|use", "--clientdir||use",
    "use|--clientdir|", "use|--ca-bundle=", "--timeout||use",
])  # fmt: skip
def test_an_empty_word_is_wrong_usage(devpi: Client, typed: str, attack: Callable[[str, str, str], None]) -> None:
    status, said = devpi.fails(*typed.split("|"))
    attack("empty words", typed, f"exit status {status}: {said.splitlines()[0]}")
    assert status == 2
    assert SAID in said or typed == "|use"
    assert not devpi.state_file.exists()


def test_it_changes_nothing_for_somebody_who_is_logged_in(member: Member) -> None:
    before = member.state_file.read_bytes()
    for command in ("use", "list", "index", "remove"):
        assert (member.fails(command, "")[0], member.state_file.read_bytes()) == (2, before)
    said = json.loads(member.fails("--json", "use", "")[1])["error"]
    assert (said["type"], said["exit"], said["message"].endswith(SAID)) == ("WrongUsage", 2, True)


@pytest.mark.parametrize("typed", ["use|--client-cert|", "login|bob|--password|", "test|--tox-args||demo"])
def test_where_an_empty_word_is_an_answer(devpi: Client, typed: str) -> None:
    assert SAID not in devpi(*typed.split("|")).stderr


def test_a_variable_may_be_empty(at_server: Client) -> None:
    empty = {f"DEVPI_{name}": "" for name in ("INDEX", "USER", "JOBS", "CLIENTDIR", "CA_BUNDLE", "TIMEOUT")}
    assert at_server.ok("user", "-l", **empty) == at_server.ok("user", "-l")
