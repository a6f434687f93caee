"""No command reveals a secret: not in its output, the arguments of programs it starts, or files."""

from __future__ import annotations

import json
import os
import re
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from devpi_cli.cli.main import COMMANDS
from tests.support.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.secrets.vault import Vault
    from tests.support.clients import Result


@dataclass(frozen=True)
class Row:
    """A command line that works; secrets of the vault stand in braces."""

    typed: str
    settings: dict[str, Any] = field(default_factory=dict)
    status: int = 0


LOGIN = {"DEVPI_PASSWORD": "{login}"}
ROWS: dict[str, list[Row]] = {
    "use": [
        Row("use"), Row("use -l"), Row("use --urls"), Row("use --set-cfg"), Row("use --diff"),
        Row("use --set-cfg --keyring"),
        Row("use http://gate:{quoted}@{netloc}/{index}"),
    ],
    "login": [Row("login|{user}|--password|{login}"), Row("login {user} --password-stdin", {"stdin": "{login}\n"})],
    "whoami": [Row("whoami")],
    "status": [Row("status")],
    "logoff": [Row("logoff")],
    "logout": [Row("logout")],
    "token": [Row("token list"), Row("token create -e 1d")],
    "user": [
        Row("user|-c|{user}new|password={new}|email=a@example.com"),
        Row("user {user}"), Row("user|{user}|password={changed}"), Row("user -l"),
        Row("user -c {user}other --password-stdin", {"stdin": "{new}\n"}),
        Row("user -c --from - --exist-ok", {"stdin": "user,password-from\n{user}listed,NEW_PASSWORD\n"}),
    ],
    "passwd": [Row("passwd --password-stdin", {"stdin": "{changed}\n"})],
    "index": [
        Row("index"), Row("index -l"),
        Row("index -c mirror type=mirror mirror_url=http://me:{quoted}@127.0.0.1:1/simple/"), Row("index mirror"),
        Row("index mirror mirror_url=http://me:{quoted}@127.0.0.1:1/other/"), Row("use -l"),
    ],
    "apply": [
        Row("apply -n devpi.toml"), Row("apply devpi.toml --passwords made.csv"),
        Row("apply --export -o exported.toml -y"), Row("apply --export"),
    ],
    "getjson": [Row("getjson /{user}"), Row("getjson http://gate:{quoted}@{netloc}/{index}")],
    "patchjson": [Row("patchjson /{index} patch.json")],
    "upload": [Row("upload {wheel}"), Row("upload --no-isolation --no-vcs --wheel", {"cwd": "project"})],
    "list": [Row("list"), Row("list demo -v")],
    "show": [Row("show demo"), Row("show demo summary version")],
    "search": [Row("search demo"), Row("search --names demo")],
    "open": [Row("open demo")],
    "why": [Row("why demo")],
    "wait": [Row("wait demo==1.0 --for 1s --interval 1s")],
    "diff": [Row("diff {index} dir:project")],
    "copy": [Row("copy {index} dir:copied demo"), Row("copy {index} dir:copied --all --log log")],
    "download": [Row("download demo -d downloads"), Row("download demo -O copied")],
    "verify": [Row("verify --quick"), Row("verify demo")],
    "push": [
        Row("push demo==1.0 pypi:here"), Row("push demo==1.0 pypi:token"), Row("index -c target bases="),
        Row("push demo==1.0 target"),
    ],
    "refresh": [Row("refresh demo")],
    "prune": [Row("prune -y --keep-last 1 --only all --archive old"), Row("prune --keep-last 1 --save-policy")],
    "remove": [Row("remove -y demo==1.0")],
    "env": [Row("env"), Row("env --shell github --no-login"), Row("env --keyring")],
    "install": [
        Row("install --installer uv stock -- -v --dry-run --python {python}"),
        Row("install --installer pip stock -- -v --dry-run"),
    ],
    "test": [Row("test tested", {"VIRTUALENV_NO_SEED": "1"})],
    "quickstart": [],  # has a test of its own
    "server": [],
    "completion": [Row("completion bash")],
    "doctor": [Row("doctor")],
    "help": [Row("help"), Row("help credentials")],
}  # fmt: skip
STARTERS = ("upload", "install", "test", "doctor")  # of programs, which are to say all they can
FLAGS = ["", "--debug", "--json", "-v"]


def run(vault: Vault, row: Row, flag: str, *more: str, watched: bool = False) -> Result:
    words = row.typed.split("|" if "|" in row.typed else " ")
    settings = dict(row.settings)
    if "cwd" in settings:
        settings["cwd"] = vault.member.home / settings["cwd"]
    return vault(*filter(None, [flag]), *more, *words, watched=watched, **settings)


def test_every_command_stands_here() -> None:
    assert sorted(ROWS) == sorted(COMMANDS)


@pytest.mark.parametrize("command", [command for command, rows in ROWS.items() if rows])
def test_no_command_tells_a_secret(vault: Vault, command: str) -> None:
    starts = command in STARTERS
    for flag in ["--debug", "--json"] if starts else FLAGS:
        for row in ROWS[command]:
            result = run(vault, row, flag, watched=starts)
            is_done_again = flag and re.search(r"-c[ |]|remove|push|logo", row.typed)
            is_wrong = command == "doctor"  # DEVPI_PASSWORD is set here without DEVPI_USER
            assert result.status == (1 if is_wrong else 0) or is_done_again, result


@pytest.mark.parametrize("command", [command for command, rows in ROWS.items() if rows])
def test_no_failure_tells_a_secret(vault: Vault, command: str) -> None:
    """Nobody answers; the server does not know the login; a proxy is not there."""
    member = vault.member
    root = member.server.root
    for row, flag in zip(ROWS[command][:2], ("--debug", "--json"), strict=False):
        with member.state.changing() as state:
            state.servers["http://127.0.0.1:1/"] = state.servers[root]
            state.server = "http://127.0.0.1:1/"
        run(vault, row, flag, "--retries=0")
        with member.state.changing() as state:
            state.server = root
            for user, login in state.at(root).logins.items():
                state.at(root).logins[user] = type(login)(user, f"{login.token}x", login.expires)
        run(vault, row, flag, "--retries=0")
        member.env["NO_PROXY"] = ""
        run(vault, row, flag, "--retries=0")
        member.env["NO_PROXY"] = "127.0.0.1,*"


@pytest.mark.parametrize("flag", FLAGS)
def test_a_broken_pypirc_is_not_quoted(vault: Vault, flag: str) -> None:
    result = vault(*filter(None, [flag]), "push", "demo==1.0", "pypi:here", "--pypirc", "broken.pypirc")
    assert result.status == 1
    assert "cannot read broken.pypirc: line 1 is invalid" in result.stderr


BUG = """
import devpi_cli.state.store
def load(*arguments, **named):
    raise RuntimeError("http://gate:{quoted}@host/ http://{quoted}@host/")
devpi_cli.state.store.State.load = load
"""


@pytest.mark.parametrize("flag", ["", "--debug", "--json"])
def test_a_bug_tells_no_secret(vault: Vault, tmp_path: Path, flag: str) -> None:
    (tmp_path / "bug").mkdir()
    (tmp_path / "bug" / "sitecustomize.py").write_text(BUG.replace("{quoted}", vault.secrets["quoted"]))
    result = vault(*filter(None, [flag]), "use", PYTHONPATH=str(tmp_path / "bug"))
    assert (result.stdout, result.status) == ("", 1)
    assert "RuntimeError: http://gate:****@host/ http://****@host/" in result.stderr


# -- at a terminal


@pytest.mark.parametrize(("typed", "name", "times"), [
    ("login {user}", "login", 1), ("user -c {user}more", "new", 2), ("passwd", "changed", 2),
    ("push demo==1.0 pypi:asked", "upload", 1),
])  # fmt: skip
def test_no_password_that_is_typed_is_shown(vault: Vault, typed: str, name: str, times: int) -> None:
    member, secret = vault.member, vault.secrets[name]
    del member.env["DEVPI_PASSWORD"]
    with (member.home / ".pypirc").open("a") as pypirc:
        pypirc.write(f"[asked]\nrepository: {member.server.root}\nusername: alice\n")
    _, shown = member.at_terminal(*typed.format(user=member.user).split(), typed=[secret] * times)
    assert "password for user" in shown[0]
    vault.learn()
    assert vault.found("\n".join(shown).encode()) == []
    assert vault.files() == []


# -- a server of one's own


def test_a_server_of_ones_own_keeps_its_passwords_to_itself(vault: Vault) -> None:
    """They are in one file, and neither in an argument nor in the log."""
    folder = vault.member.state_file.parent / "server"
    vault.may_hold |= {"server.json": {"made"}, "secret": {"signing"}}
    try:
        first = vault("quickstart", "--user", "alice", "--port", str(free_port()), "--debug", watched=True)
        assert first.status == 0, first
        record = json.loads((folder / "server.json").read_text())
        vault.secrets |= {f"made {user}": password for user, password in record["passwords"].items()}
        vault.secrets["signing"] = (folder / "secret").read_text()
        assert vault.found("\n".join([first.stdout, first.stderr, *vault.watch.commands]).encode()) == []
        assert vault("server", "log").status == 0
        assert vault("server", "stop", "--json").status == 0
    finally:
        with suppress(FileNotFoundError, ProcessLookupError, TypeError):
            os.kill(json.loads((folder / "server.json").read_text())["pid"], signal.SIGTERM)
