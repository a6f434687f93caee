"""The words of a command line, and the quick reading of the state, which must equal the full one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import pytest

from devpi_cli.cli.completion.context import CompletionContext
from devpi_cli.errors import NothingInUse
from devpi_cli.models import Login
from devpi_cli.state.store import State

if TYPE_CHECKING:
    from pathlib import Path

ROOT, OTHER = "http://localhost:3141/", "https://devpi.example.com/root/"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home where nothing is remembered yet."""
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "VIRTUAL_ENV", "DEVPI_CLIENTDIR", "DEVPI_INDEX", "DEVPI_USER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def remember(clientdir: str | None = None, *, local: bool = False) -> None:
    with State.of(clientdir).changing() as state:
        state.is_local = local
        state.server, state.index = ROOT, "alice/dev"
        known = state.at(ROOT)
        known.user, known.logins = "alice", {name: Login(name, "secret", inf) for name in ("alice", "bob")}
        state.at(OTHER).user = "carol"


@dataclass
class Seen:
    root: str
    user: str | None
    logins: list[str]
    servers: list[str]
    index: str | None


def at_a_glance(*words: str) -> Seen:
    context = CompletionContext(words)
    try:
        index = context.index_target().index
    except NothingInUse:
        index = None
    return Seen(context.target.root, context.user, context.logins, list(context.state.servers), index)


def in_full(clientdir: str | None = None) -> Seen:
    state = State.of(clientdir)
    root = state.server or ""
    login, known = state.login(root), state.servers.get(root)
    return Seen(
        root, login.user if login else None, list(known.logins) if known else [], list(state.servers), state.index
    )


def test_where_nothing_is_remembered(home: Path) -> None:
    assert at_a_glance() == in_full() == Seen("", None, [], [], None)


def test_what_the_state_file_says(home: Path) -> None:
    remember()
    assert at_a_glance() == in_full() == Seen(ROOT, "alice", ["alice", "bob"], [ROOT, OTHER], "alice/dev")


def test_another_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = str(home / "there")
    remember(there)
    assert at_a_glance() == in_full() == Seen("", None, [], [], None)
    assert at_a_glance("--clientdir", there, "use") == at_a_glance("use", f"--clientdir={there}") == in_full(there)
    monkeypatch.setenv("DEVPI_CLIENTDIR", there)
    assert at_a_glance() == in_full(there)


def test_the_file_in_the_virtual_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember()
    monkeypatch.setenv("VIRTUAL_ENV", str(home / "venv"))
    (home / "venv").mkdir()
    with State.of(None).changing() as state:
        state.is_local = True
        state.index = "bob/prod"
    assert at_a_glance() == in_full() == Seen(ROOT, "alice", ["alice", "bob"], [ROOT, OTHER], "bob/prod")


@pytest.mark.parametrize("place", [".devpi/client/current.json", "venv/devpi.json"])
def test_what_devpi_client_left(home: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    if place.startswith("venv"):
        remember()
        monkeypatch.setenv("VIRTUAL_ENV", str(home / "venv"))
    path = home / place
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"login": f"{OTHER}+login", "index": f"{OTHER}carol/dev", "username": "carol"}))
    assert at_a_glance() == in_full()
    assert at_a_glance().index == "carol/dev"


def test_who_acts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember()
    monkeypatch.setenv("DEVPI_USER", "dave")
    assert CompletionContext(()).user == "dave"


@pytest.mark.parametrize(("words", "variable", "meant"), [
    ((), None, (ROOT, "alice/dev")), (("--index", "prod"), None, (ROOT, "alice/prod")),
    (("--index=bob/dev", "x"), "prod", (ROOT, "bob/dev")), ((), "prod", (ROOT, "alice/prod")),
    ((), f"{OTHER}carol/dev", (OTHER, "carol/dev")), (("--index", "a", "--index", "b"), None, (ROOT, "alice/b")),
    (("--index",), None, (ROOT, "alice/dev")),
])  # fmt: skip
def test_which_index_is_meant(
    home: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], variable: str | None, meant: tuple[str, str]
) -> None:
    remember()
    if variable:
        monkeypatch.setenv("DEVPI_INDEX", variable)
    target = CompletionContext(words).index_target()
    assert (target.root, target.index) == meant
