from __future__ import annotations

import json
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import DEVPI

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clients import Client, Member
    from tests.support.servers import Live


def test_json_from_a_file_is_sent(member: Member) -> None:
    (member.home / "changes.json").write_text('["title=patched"]')
    shown = member.ok("patchjson", f"/{member.index}", "changes.json")
    assert shown[0] == f"PATCH REQUEST sent to {member.index_url}"
    assert json.loads("".join(shown[1:]))["result"]["title"] == "patched"
    assert "  title=patched" in member.ok("index")


def test_json_from_standard_input_is_sent_to_a_url(member: Member) -> None:
    shown = member.ok("patchjson", member.index_url, "-", "--json", stdin='{"title": "patched"}')
    reply = json.loads("".join(shown))
    assert (reply["type"], reply["result"]["title"]) == ("indexconfig", "patched")


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (("missing.json",), {}, "cannot read missing.json: No such file or directory\n"),
        (("-",), {}, "standard input is not JSON: Expecting value: line 1 column 1 (char 0)\n"),
        (("-",), {"stdin": "[" * 100_000}, "standard input is not JSON: it is nested too deeply"),
        (
            ("-",),
            {"stdin": "{'a': 1}"},
            "standard input is not JSON: Expecting property name enclosed in double quotes",
        ),
    ],
)
def test_what_is_no_json_is_not_sent(
    member: Member, server: Live, arguments: tuple[str, ...], settings: dict[str, str], said: str
) -> None:
    with server.requests() as seen:
        status, printed = member.fails("patchjson", f"/{member.index}", *arguments, **settings)
    assert (status, printed[: len(said)], seen) == (2, said, [])


def test_a_refusal_is_said(member: Member, new_member: Callable[[], Member]) -> None:
    other = new_member()
    assert member.fails("patchjson", f"/{other.index}", "-", stdin='["title=x"]') == (
        3,
        f"no permission to change {other.index}\nthe login of {member.user} is valid, but does not allow this\n",
    )


def test_an_error_is_one_json_object(at_server: Client, server: Live) -> None:
    status, said = at_server.fails("patchjson", "/nobody", "-", "--json", stdin="{}")
    assert (status, json.loads(said)["error"]) == (
        4,
        {
            "type": "Missing",
            "exit": 4,
            "status": 404,
            "message": f"PATCH {server.url}nobody\n404 Not Found: no user 'nobody'",
            "hint": "'devpi user -l' shows which users there are",
        },
    )


def test_no_server_or_index_is_in_use(devpi: Client, at_server: Client, server: Live) -> None:
    at_server.ok("use", "/")
    assert at_server.fails("patchjson", "project", "-") == (
        1,
        f"no index in use at {server.url}\ntype 'devpi use USER/INDEX', or 'devpi use -l' to list all indexes\n",
    )
    at_server.ok("use", "--delete")
    assert devpi.fails("patchjson", "/alice", "-") == (
        1,
        "no server in use\ntype 'devpi use URL', or 'devpi quickstart' for a server on this machine\n",
    )


@pytest.mark.parametrize("stdin", ["<&-", "</dev/null"])
def test_without_standard_input_there_is_no_json(member: Member, stdin: str) -> None:
    line = f"{shlex.join(DEVPI)} patchjson / - {stdin}"
    done = subprocess.run(["sh", "-c", line], env=member.environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode, done.stderr.count("\n")) == ("", 2, 1)
    assert "standard input" in done.stderr


def test_neither_passwords_nor_urls_with_one_are_shown(member: Member) -> None:
    sent = '{"password": "s3cret", "mirror_url": "http://me:s3cret@host/", "title": "x"}'
    shown = member("patchjson", "-n", f"/{member.user}", "-", stdin=sent).lines
    assert json.loads("".join(shown[1:])) == {"password": "****", "mirror_url": "http://me:****@host/", "title": "x"}
