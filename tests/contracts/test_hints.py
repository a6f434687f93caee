"""Hints lead somewhere: each line that is suggested works as typed in the situation in which it is suggested.

A line works if it succeeds, or if it asks something, which it cannot do here. Words in capitals, such as USER, are what
the reader puts in. Where a situation says so, the first command works after the hint was followed.
"""

from __future__ import annotations

import re
import shlex
import time
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.support.dists import make_wheel, put
from tests.support.loopback import owner_of_a_server
from tests.support.ports import free_port
from tests.support.squatter import Squatter, squatting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.clients import Client, Member, Result
    from tests.support.loopback import Owner
    from tests.support.servers import Live

QUOTED = re.compile(r"'(devpi(?: [^']*)?)'")
NO_TERMINAL = "no terminal to ask on"
QUICKSTART = "devpi quickstart"


class Situation(NamedTuple):
    """What is typed, what the words in capitals of its hints stand for, and what is done before.

    ``lines`` is how many lines are suggested. If ``mends``, what was typed works after the first of them.
    """

    typed: str
    lines: int = 1
    mends: bool = False
    before: Callable[[Member], object] | str = ""
    words: dict[str, str] = {}  # noqa: RUF012 (never changed)


def suggested(result: Result) -> list[str]:
    """Return the lines that a command suggests to type."""
    return QUOTED.findall(result.printed + result.stdout)


def works(result: Result) -> bool:
    return result.status == 0 or (result.status == 2 and NO_TERMINAL in result.stderr)


def follow(client: Client, situation: Situation, words: dict[str, str]) -> None:
    """Type what the situation says, and then everything that is suggested."""
    typed = filled(situation.typed, words)
    result = client(*typed)
    lines = suggested(result)
    assert len(lines) == situation.lines, result.printed + result.stdout
    for line in lines:
        if line == QUICKSTART and not client.env.get("LOGNAME"):
            continue  # it would start a server; somebody else does that below
        followed = client(*filled(line, words)[1:])
        assert works(followed), f"{line}: {followed.printed}"
        if situation.mends and line == lines[0]:
            assert result.status != 0
            again = client(*typed, "-y")
            assert again.status == 0, f"after {line}: {again.printed}"


def filled(line: str, words: dict[str, str]) -> list[str]:
    """Return the words of a command line, with something in the place of each placeholder."""
    placeholder = re.compile(rf"\b({'|'.join(sorted(words, key=len, reverse=True))})\b")
    return shlex.split(placeholder.sub(lambda found: words[found[0]], line))


# -- with a server


def log_off(member: Member) -> None:
    member.ok("logoff")


def expire(member: Member) -> None:
    with member.state.changing() as state:
        logins = state.servers[member.server.root].logins
        logins[member.user] = replace(logins[member.user], token="old", expires=time.time() - 3600)


def spoil(member: Member) -> None:
    with member.state.changing() as state:
        logins = state.servers[member.server.root].logins
        logins[member.user] = replace(logins[member.user], token="no longer good")


def upload(member: Member) -> None:
    put(member.server, member.index, "1.0")


def make_heir(member: Member) -> None:
    upload(member)
    member.server.create_index(f"{member.user}/heir", {"bases": member.index})


def use_heir(member: Member) -> None:
    make_heir(member)
    member.server.create_index(f"{member.user}/prod", {"bases": ""})
    member.ok("use", "heir")


def make_mirror(member: Member) -> None:
    upload(member)
    config = {"type": "mirror", "mirror_url": "http://127.0.0.1:9/", "volatile": "True"}
    member.server.create_index(f"{member.user}/mirror", config)
    (member.home / "demo.whl").touch()
    make_wheel(member.home)


def make_firm(member: Member) -> None:
    upload(member)
    member.server.modify_index(member.index, ["volatile=False"])


def forget_index(member: Member) -> None:
    with member.state.changing() as state:
        state.index = None


def forget_venv(member: Member) -> None:
    with member.state.changing() as state:
        state.venv = str(member.home / "gone")


FORGET = "use --delete"
SITUATIONS = {
    "no server": Situation("list", lines=2, before=FORGET, words={"URL": "URL_OF_INDEX"}, mends=True),
    "no server, and an index named": Situation(
        "list --index dev", lines=2, before=FORGET, words={"URL": "URL_OF_INDEX"}
    ),
    "no server to log in to": Situation("login bob", lines=2, before=FORGET),
    "no index": Situation("list", lines=2, before=forget_index, mends=True),
    "no index for pip": Situation("use --set-cfg", before=forget_index, mends=True),
    "no server for a certificate": Situation("use --client-cert CERTIFICATE", before=FORGET),
    "an index of nobody": Situation("list --index dev", before=log_off),
    "not logged in: upload": Situation("upload WHEEL", before=log_off),
    "not logged in: upload -n": Situation("upload WHEEL -n", before=log_off),
    "not logged in: whoami": Situation("whoami", before=log_off),
    "not logged in: passwd": Situation("passwd", before=log_off),
    "not logged in: token": Situation("token list", before=log_off),
    "not logged in: user": Situation("user", lines=2, before=log_off),
    "not logged in: index -l": Situation("index -l", lines=2, before=log_off),
    "not logged in: env": Situation("env --login", before=log_off),
    "an expired login": Situation("index dev title=x", before=expire),
    "a login that is no longer valid": Situation("index dev title=x", before=spoil),
    "an expired login, told by use": Situation("use", before=expire),
    "somebody who is not logged in": Situation("use -u OTHER", before=""),
    "no name to log in": Situation("login"),
    "no such index": Situation("list --index nobody/dev"),
    "no such index at a URL": Situation("list --index SERVER/nobody/dev", before=FORGET),
    "no such user": Situation("user nobody"),
    "no such project": Situation("list nothere"),
    "no such project elsewhere": Situation("list nothere --index heir", before=make_heir),
    "no such project at a URL": Situation("list nothere --index SERVER/ME/heir", before=make_heir),
    "nothing to remove": Situation("remove -y nothere"),
    "nothing to remove elsewhere": Situation("remove -y nothere --index heir", before=make_heir),
    "nothing to push": Situation("push nothere heir", before=make_heir),
    "nothing to copy": Situation("copy dev heir nothere", before=make_heir),
    "nothing to compare": Situation("diff dev heir nothere", before=make_heir),
    "nothing to verify": Situation("verify nothere"),
    "nothing to download": Situation("download nothere"),
    "no file to download": Situation("download demo --wheel", before=upload),
    "nothing to prune": Situation("prune nothere --keep-last 1", before=upload),
    "removed from the base": Situation("remove demo --index heir", before=make_heir),
    "pushed from the base": Situation("push demo==1.0 ME/prod", before=use_heir),
    "an index that is not volatile": Situation("index --delete dev -y", before=make_firm, mends=True),
    "a user with such an index": Situation("user --delete ME -y", before=make_firm, mends=True),
    "an upload to a mirror": Situation("upload WHEEL --index mirror", before=make_mirror),
    "an upload to the mirror in use": Situation("upload WHEEL", before="use mirror"),
    "a copy to a mirror": Situation("copy dev mirror demo", before=make_mirror),
    "a push to a mirror": Situation("push demo==1.0 mirror", before=make_mirror),
    "an unknown setting": Situation("index dev volatil=True"),
    "no name for an index": Situation("index -c"),
    "no requirement": Situation("remove http://127.0.0.1:1/x", before=upload, words={"NAME": "demo"}),
    "a field that is not there": Situation("show demo summery", before=upload),
    "a virtual environment that is gone": Situation("install demo", before=forget_venv),
    "no such token": Situation("token delete abcdEFGH -y"),
    "no such option": Situation("list --nosuch"),
    "no such subcommand": Situation("token nosuch"),
    "no such topic": Situation("help nosuch", lines=2),
    "no such help": Situation("help tokn create", lines=2),
    "an unknown shell": Situation("completion install", words={"SHELL": "bash"}),
    "PowerShell": Situation("completion install powershell", lines=0),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_lines_that_are_suggested_work(
    member: Member, server: Live, new_member: Callable[[], Member], wheel: Path, name: str
) -> None:
    situation = SITUATIONS[name]
    member.env["SHELL"] = ""
    if isinstance(situation.before, str):
        if "mirror" in situation.before:
            make_mirror(member)
        if situation.before:
            member.ok(*situation.before.split())
    else:
        situation.before(member)
    certificate = member.home / "client.pem"
    certificate.touch()
    words = {
        "USER": member.user,
        "INDEX": "dev",
        "URL": server.url,
        "NAME": "demo" if "demo" in situation.typed else "new",
        "SERVER": server.url.rstrip("/"),
        "WHEEL": str(wheel),
        "CERTIFICATE": str(certificate),
        "FILE": str(certificate),
        "OTHER": "nobody",
        "TOPIC": "ci",
        "COMMAND": "list",
        "ME": member.user,
        "VERSION": "1.0",
    }
    words |= {word: text.replace("URL_OF_INDEX", member.index_url) for word, text in situation.words.items()}
    follow(member, situation, words)


# -- with a server of one's own


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    with owner_of_a_server(tmp_path_factory.mktemp("hints") / "home") as somebody:
        yield somebody


@pytest.fixture
def alice(made: Owner) -> Iterator[Owner]:
    """Somebody whose server runs, and who acts as alice again afterwards."""
    before = made.state_file.read_bytes()
    made.ok("server", "start", "-q")
    made.env["SHELL"] = ""
    yield made
    if made.record["port"] != made.port:
        made("server", "stop", "-q")
        made("server", "start", "--port", made.port, "-q")
    made.state_file.write_bytes(before)


OWN = {
    "stopped: list": Situation("list", mends=True, before="server stop"),
    "stopped: upload": Situation("index dev title=x", mends=True, before="server stop"),
    "stopped: doctor": Situation("doctor", lines=2, before="server stop"),
    "it runs at another port": Situation("server start --port OTHER_PORT", mends=True),
    "a password that nobody knows": Situation("server passwd nobody --set"),
    "a password that is not kept": Situation("server passwd nobody"),
    "no login to the own server": Situation("whoami", before="logoff"),
    "root is needed elsewhere": Situation("user -l --as-root --index", lines=0),
}


@pytest.mark.parametrize("name", [name for name in OWN if OWN[name].lines])
def test_the_lines_that_are_suggested_for_an_own_server_work(alice: Owner, name: str) -> None:
    situation = OWN[name]
    if isinstance(situation.before, str) and situation.before:
        alice.ok(*situation.before.split())
    follow(alice, situation, {"USER": "alice", "OTHER_PORT": str(free_port())})


def test_the_line_works_that_is_suggested_while_somebody_has_the_port(alice: Owner) -> None:
    alice.ok("server", "stop")
    with squatting(Squatter(alice.folder, lambda login: True), alice.record["port"]):
        result = alice("server", "status")
        lines = suggested(result)
        assert lines == ["devpi server start"]
        followed = alice(*shlex.split(lines[0])[1:])
        assert followed.status == 0, followed.printed
        assert alice.ok("list") == []


def test_the_line_that_is_suggested_without_any_server_works(tmp_path: Path) -> None:
    """``devpi quickstart`` itself, as somebody types it who has nothing."""
    with owner_of_a_server(tmp_path / "home") as somebody:
        somebody.ok("server", "stop")
        somebody.ok("use", "--delete")
        somebody.env["SHELL"] = ""
        lines = suggested(somebody("list"))
        assert lines == ["devpi use URL", "devpi quickstart"]
        followed = somebody(*shlex.split(lines[1])[1:])
        assert followed.status == 0, followed.printed
        assert somebody.ok("list") == []


def test_the_lines_of_why_work(member: Member) -> None:
    """They stand on lines of their own, behind what they are for."""
    upload(member)
    mirror = {"type": "mirror", "mirror_url": f"{member.index_url}/+simple/", "volatile": "True"}
    member.server.create_index(f"{member.user}/mirror", mirror)
    member.server.create_index(f"{member.user}/private", {"bases": ""})
    put(member.server, f"{member.user}/private", "0.1")
    member.server.create_index(f"{member.user}/top", {"bases": f"{member.user}/private,{member.user}/mirror"})
    typed = ("why", "demo", "--index", "top")
    lines = [line for _, colon, line in (row.partition(": devpi ") for row in member(*typed).lines) if colon]
    assert lines == [f"index {member.user}/private mirror_whitelist+=demo"] or len(lines) == 1
    member.ok(*shlex.split(lines[0]))
    assert "0.1" in "".join(member(*typed).lines)
