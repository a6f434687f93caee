"""The backend of keyring: who gets which login, and what it says to who wants to keep one there."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from keyring.errors import PasswordDeleteError, PasswordSetError
from pymacaroons import Macaroon, Verifier

from devpi_cli.auth import keyring as ours
from devpi_cli.auth.answers import TOKEN_SECONDS
from devpi_cli.auth.backend import NAME, DevpiLogins
from devpi_cli.errors import NoKeyring
from devpi_cli.hosting import ports
from devpi_cli.models import Login
from devpi_cli.server import tokens
from devpi_cli.state.store import State
from tests.auth.test_answers import OTHERS
from tests.bench.cost import compare, environment
from tests.support.clients import FOREIGN
from tests.support.ports import free_port
from tests.support.squatter import Squatter, squatting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT, PATHED, GATED = "https://devpi.example/", "http://127.0.0.1:3141/devpi/", "https://gated.example/"
URL = f"{ROOT}alice/dev/+simple/"
SECRET = "the secret of {}"
PROGRAM = Path(sys.executable).with_name("keyring")
MOST_CPU = 60.0


def api_token(user: str) -> str:
    return f"devpi-{Macaroon(identifier=f'{user}-abcdEFGH', key='secret', version=2).serialize()}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with logins at three servers, and nothing of this machine."""
    for name in filter(FOREIGN.match, list(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    later, earlier = time.time() + 3600, time.time() - 3600
    with State.of(None).changing() as state:
        state.at(ROOT).user = "alice"
        for user, expires in {"bob": later, "alice": inf, "carol": earlier}.items():
            state.at(ROOT).logins[user] = Login(user, SECRET.format(user), expires)
        state.at(PATHED).user = "carol"
        state.at(PATHED).logins["carol"] = Login("carol", SECRET.format("carol"), earlier)
        state.at(GATED).basic_auth = ("web", SECRET.format("web"))
        state.at(GATED).user = "dave"
        state.at(GATED).logins["dave"] = Login("dave", api_token("dave"), later)
    return tmp_path


def asked(url: str, user: str | None = None) -> tuple[str, str] | None:
    """Ask both ways, which have to agree."""
    found = DevpiLogins().get_credential(url, user)
    assert DevpiLogins().get_password(url, user or "") == (found and found.password)
    return (found.username, found.password) if found else None


@pytest.mark.parametrize(
    ("url", "user", "whose"),
    [
        (URL, None, "alice"),
        (URL, "", "alice"),
        (URL, "alice", "alice"),
        (URL, "bob", "bob"),
        (f"{ROOT}bob/dev/", "bob", "bob"),
        (ROOT, None, "alice"),
        ("https://alice@devpi.example:443/alice/dev/+simple/demo/", None, "alice"),
        (f"{GATED}alice/dev/+simple/", None, "web"),
        (f"{GATED}alice/dev/+simple/", "web", "web"),
    ],
)
def test_a_url_of_a_known_server_gets_a_login(home: Path, url: str, user: str | None, whose: str) -> None:
    assert asked(url, user) == (whose, SECRET.format(whose))


@pytest.mark.parametrize(
    ("url", "user"), [(URL, "carol"), (URL, "dave"), (URL, "__token__"), (f"{PATHED}carol/dev/", None)]
)
def test_nobody_else_and_no_login_that_expired(home: Path, url: str, user: str | None) -> None:
    assert asked(url, user) is None


@pytest.mark.parametrize("tried", OTHERS)
def test_no_other_url_gets_one(home: Path, tried: str, attack: Callable[[str, str, str], None]) -> None:
    with State.of(None).changing() as state:
        for root in (ROOT, PATHED, "http://[::1]:3141/"):
            state.at(root).logins["alice"] = Login("alice", SECRET, inf)
    found = asked(OTHERS[tried])
    attack("the keyring is asked about another URL", f"backend, {tried}: {OTHERS[tried]!r}", f"answer: {found}")
    assert found is None


@pytest.mark.parametrize(
    ("path", "rules"),
    [
        ("alice/dev/+simple/", ["allowed=pkg_read"]),
        ("alice/dev/+simple/demo/", ["allowed=pkg_read"]),
        ("root/pypi/+f/123/456/demo-1.0.whl", ["allowed=pkg_read"]),
        ("", ["allowed=pkg_read"]),
        ("alice/", ["allowed=pkg_read"]),
        ("alice/dev/", ["allowed=pkg_read,upload", "indexes=alice/dev"]),
        ("alice/dev", ["allowed=pkg_read,upload", "indexes=alice/dev"]),
    ],
)
def test_an_api_token_is_narrowed_to_what_is_done_at_the_url(home: Path, path: str, rules: list[str]) -> None:
    found = asked(f"{GATED}{path}", "dave")
    assert found
    assert found[0] == tokens.user_of(found[1]) == "dave"
    *allowed, expires = tokens.restrictions(found[1])
    assert allowed == rules
    assert 0 <= tokens.expires([expires]) - time.time() - TOKEN_SECONDS + 60 <= 60  # type: ignore[operator]
    verifier = Verifier()
    verifier.satisfy_general(lambda rule: True)
    assert verifier.verify(Macaroon.deserialize(found[1].removeprefix("devpi-")), "secret")


def test_another_folder_of_the_state_counts(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVPI_CLIENTDIR", str(tmp_path / "other"))
    assert asked(URL) is None
    with State.of(str(tmp_path / "other")).changing() as state:
        state.at(ROOT).logins["erin"] = Login("erin", SECRET, inf)
    assert asked(URL) == ("erin", SECRET)


def test_a_login_of_devpi_client_counts_until_there_is_one_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".devpi/client").mkdir(parents=True)
    (tmp_path / ".devpi/client/auth.json").write_text(json.dumps({"auth": {ROOT: [["frank", SECRET]]}}))
    assert asked(URL) == ("frank", SECRET)


def test_a_broken_state_is_told_and_other_backends_are_asked(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = home / ".local/state/devpi-cli/state.json"
    path.write_text(path.read_text()[:-40])
    assert DevpiLogins().get_credential(URL, None) is None
    with pytest.raises(NotImplementedError):  # at which a chain asks the next one
        DevpiLogins().set_password(URL, "alice", SECRET)
    assert (
        caplog.record_tuples[1:]
        == caplog.record_tuples[:1]
        == [
            (
                "devpi_cli.auth.backend",
                logging.WARNING,
                f"devpi: cannot use the state file {path}: it is damaged, or not a state file of devpi-cli; "
                "to start afresh, move it away",
            )
        ]
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose a port is")
def test_who_has_the_port_of_our_own_server_gets_no_login(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    attack: Callable[[str, str, str], None],
) -> None:
    folder, port = home / ".local/state/devpi-cli/server", free_port()
    folder.mkdir()
    (folder / "server.json").write_text(json.dumps({"port": port, "pid": None, "passwords": {}}))
    root = f"http://127.0.0.1:{port}/"
    with State.of(None).changing() as state:
        state.at(root).logins["alice"] = Login("alice", SECRET, inf)
    assert asked(root) == ("alice", SECRET)
    with squatting(Squatter(folder, lambda login: True), port):
        assert asked(root) == ("alice", SECRET)  # it is us who listen
        monkeypatch.setattr(ports, "os", Other())
        found = asked(root)
    attack("a squatter on the server's port", "pip asks the keyring", f"answer: {found}")
    assert found is None
    assert f"{root} is the URL of your own server, but process" in caplog.text


class Other:
    """The module os of another user."""

    geteuid = staticmethod(lambda: 4_000_000)

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)


# -- the real program, with a second backend that keeps its secrets in a file


@pytest.fixture
def keyring(home: Path) -> Callable[..., tuple[int, str, str]]:
    """Run the program ``keyring``; return its status, stdout, and the last line of stderr."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHON_KEYRING_BACKEND"}

    def run(*typed: str, stdin: str = "", **env: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [PROGRAM, *typed], input=stdin, env={**kept, **env}, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, (done.stderr.splitlines() or [""])[-1]

    return run


Run = "Callable[..., tuple[int, str, str]]"


def test_the_program_has_it_first_in_its_chain(keyring: Run) -> None:
    assert f"{NAME} (priority: 9)" in keyring("--list-backends")[1].splitlines()
    assert keyring("--mode=creds", "get", URL) == (0, f"alice\n{SECRET.format('alice')}\n", "")
    assert keyring("get", URL, "bob") == (0, f"{SECRET.format('bob')}\n", "")
    assert keyring("get", "devpi.example", "alice") == (1, "", "")


def test_what_is_not_ours_goes_to_the_next_backend(keyring: Run) -> None:
    other = "https://upload.example/legacy/"
    assert keyring("set", other, "alice", stdin="hunter2") == (0, "", "")
    assert keyring("get", other, "alice") == (0, "hunter2\n", "")
    assert keyring("set", URL.replace("alice", "carol"), "x", stdin="pw")[0] == 1
    assert keyring("del", other, "alice") == (0, "", "")
    assert keyring("get", other, "alice") == (1, "", "")


def test_who_wants_to_keep_or_delete_a_login_of_ours_is_told_how(keyring: Run) -> None:
    kept = f"logins for {ROOT} are kept by devpi: type"
    set_error, delete_error = "keyring.errors.PasswordSetError", "keyring.errors.PasswordDeleteError"
    assert keyring("set", URL, "alice", stdin="hunter2") == (1, "", f"{set_error}: {kept} 'devpi login alice'")
    assert keyring("del", URL, "alice") == (1, "", f"{delete_error}: {kept} 'devpi logoff'")
    assert keyring("get", URL, "alice") == (0, f"{SECRET.format('alice')}\n", "")


def test_alone_it_says_so_for_other_servers_too(home: Path) -> None:
    with pytest.raises(PasswordSetError, match="devpi keeps only logins for devpi servers: type 'devpi use URL'"):
        DevpiLogins().set_password("https://other.example/", "alice", "hunter2")
    with pytest.raises(PasswordDeleteError, match="devpi keeps no such login"):
        DevpiLogins().delete_password("https://other.example/", "alice")


# -- our own search for logins


@pytest.fixture
def choice(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let keyring choose its backends anew."""
    import keyring

    before = keyring.get_keyring()
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    keyring.core.init_backend()
    yield
    keyring.set_keyring(before)


@pytest.mark.usefixtures("choice")
def test_our_own_search_asks_the_other_backends_only() -> None:
    import keyring

    assert keyring.get_password(URL, "alice") == SECRET.format("alice")
    assert ours.password([URL], "alice") is None
    ours.keep([URL], "alice", "hunter2")
    assert ours.password([URL], "alice") == ("alice", "hunter2")
    assert ours.forget([URL], "alice") == 1


@pytest.mark.usefixtures("choice")
def test_if_it_is_the_only_backend_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring

    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", NAME)
    keyring.core.init_backend()
    with pytest.raises(NoKeyring):
        ours.password([URL], "alice")


# -- what it costs: pip may start a program for each question

BEFORE = "import keyring\n"
ASK = f"from devpi_cli.auth.backend import DevpiLogins\nassert DevpiLogins().get_credential({f'{GATED}a/b/'!r}, 'dave')"
TELL = "import sys; print(*sys.modules)"


def test_an_answer_costs_little_beyond_the_library(home: Path) -> None:
    # The least of many runs is what the work costs; 27 ms on a busy machine.
    library, answer = compare(
        [[sys.executable, "-c", BEFORE], [sys.executable, "-c", f"{BEFORE}{ASK}"]],
        environment(home),
        times=15,
        pick=min,
    )
    assert answer.cpu - library.cpu <= MOST_CPU


def test_an_answer_needs_neither_http_nor_a_command_line(home: Path) -> None:
    library, answer = (
        set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())
        for code in (f"{BEFORE}{TELL}", f"{BEFORE}{ASK}\n{TELL}")
    )
    heavy = {"click", "httpx", "rich", "packaging", "pymacaroons", "pypitoken", "ssl", "filelock", "tomlkit"}
    assert heavy & (answer - library) == set()
