"""Another user has the port of the stopped server that quickstart made: no command sends them anything."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import pytest

from devpi_cli.hosting.secret import Secret
from devpi_cli.models import Login
from tests.support.clients import Client
from tests.support.dists import make_wheel
from tests.support.ports import free_port
from tests.support.squatter import Squatter, squatting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Attack = Callable[[str, str, str], None]

KIND = "a squatter on the server's port"
TOKEN = "alice-the-secret-token"
# Whoever listens is another user to the command, as the squatter is a thread of this process.
AS_ANOTHER = """
import os
from devpi_cli.hosting import ports
class Other:
    geteuid = staticmethod(lambda: 4_000_000)
    def __getattr__(self, name):
        return getattr(os, name)
ports.os = Other()
from devpi_cli.__main__ import main
main()
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose a port is")


class Victim(Client):
    """Somebody with a login, whose server is stopped."""

    port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@pytest.fixture
def victim(tmp_path: Path) -> Victim:
    home = tmp_path / "home"
    home.mkdir()
    somebody = Victim(home, command=(sys.executable, "-c", AS_ANOTHER))
    somebody.port = free_port()
    with somebody.state.changing() as state:
        state.server, state.index = somebody.url, "alice/dev"
        for root in (somebody.url, f"http://localhost:{somebody.port}/"):
            known = state.at(root)
            known.user, known.features = "alice", ["push-no-docs"]
            known.logins["alice"] = Login("alice", TOKEN, time.time() + 9000)
            known.basic_auth = ("web", "the password of the web server")
    folder = somebody.state_file.parent / "server"
    (folder / "data").mkdir(parents=True)
    Secret(folder / "secret").create()
    record = {"port": somebody.port, "pid": None, "passwords": {"root": "the password of root"}}
    (folder / "server.json").write_text(json.dumps(record))
    make_wheel(home)
    (home / "changes.json").write_text("[]")
    return somebody


@pytest.fixture
def squatter(victim: Victim) -> Iterator[Squatter]:
    squatter = Squatter(victim.state_file.parent / "server", lambda login: True)
    with squatting(squatter, victim.port):
        yield squatter


SENT_NOTHING = [
    "list", "list -v demo", "whoami", "status", "user", "user -c bob password=x", "user -n bob email=x", "user -l",
    "passwd --password-stdin", "index", "index -l", "index dev title=x", "index -n dev title=x", "use dev", "use -l",
    "use {url}", "use {localhost}", "use {url}alice/dev", "use http://web:pw@127.0.0.1:{port}/", "login alice",
    "upload demo-1.0-py3-none-any.whl", "upload -n demo-1.0-py3-none-any.whl", "push demo==1.0 prod",
    "push -n demo==1.0 prod", "refresh demo", "remove -y demo", "remove -n demo",
    "remove -y {url}alice/dev/+f/a/b/c.whl", "install demo", "install -n demo", "test demo", "test -l demo", "env",
    "env --login", "getjson /", "getjson {url}alice/dev", "getjson {localhost}alice",
    "patchjson /alice/dev changes.json", "token create", "token list", "token delete -y abcdEFGH", "why demo",
    "wait demo==1.0 --for 1s", "list --index {url}bob/dev", "list --index {localhost}alice/dev", "use --set-cfg",
]  # fmt: skip


@pytest.mark.parametrize("option", ["--debug", "--json"])
def test_no_command_sends_it_anything(victim: Victim, squatter: Squatter, option: str, attack: Attack) -> None:
    places = {"url": victim.url, "localhost": f"http://localhost:{victim.port}/", "port": victim.port}
    for typed in SENT_NOTHING:
        words = typed.format(**places).split()
        secrets = {} if typed.startswith("token") else {"DEVPI_USER": "alice", "DEVPI_PASSWORD": "a password"}
        result = victim(option, *words, stdin="a new password\n", **secrets)
        assert (typed, squatter.sent) == (typed, [])
        assert (typed, result.status) == (typed, 6), result.stderr
        assert "is the URL of your own server, but process " in result.stderr, typed
        assert "'devpi server start' takes another port" in result.stderr, typed
    attack(KIND, f"{len(SENT_NOTHING)} commands, {option}", f"{len(squatter.sent)} requests")


@pytest.mark.parametrize("typed", ["doctor", "--version -v", "use", "logoff", "use --delete -y"])
def test_what_only_looks_or_forgets_sends_nothing_either(
    victim: Victim, squatter: Squatter, typed: str, attack: Attack
) -> None:
    victim(*typed.split())
    attack(KIND, typed, f"{len(squatter.sent)} requests")
    assert squatter.sent == []


@pytest.mark.parametrize("kind", ["project", "requirement", "index", "user"])
def test_tab_sends_nothing(victim: Victim, squatter: Squatter, kind: str, attack: Attack) -> None:
    for _ in range(2):
        assert victim("completion", "values", kind, "d", "list").stderr == ""
    attack(KIND, f"TAB: {kind}", f"{len(squatter.sent)} requests")
    assert squatter.sent == []


@pytest.mark.parametrize("case", ["our own program", "another port", "no server of our own"])
def test_others_are_asked_as_ever(victim: Victim, squatter: Squatter, case: str) -> None:
    record = victim.state_file.parent / "server/server.json"
    if case == "our own program":
        victim.command = Client(victim.home).command
    elif case == "another port":
        record.write_text(record.read_text().replace(str(victim.port), "1"))
    else:
        record.unlink()
    victim("user", "-l")
    assert squatter.sent
