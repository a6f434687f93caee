"""Which login is used when several are available, and what the log says about it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import keyring
import pytest
from keyring.backends.fail import Keyring

from devpi_cli.auth.pypirc import Repository, repositories_at
from devpi_cli.auth.sources import Credential, CredentialSources
from devpi_cli.errors import WrongUsage
from devpi_cli.models import Login

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "https://host/devpi/"
INDEX = "https://host/devpi/alice/dev/"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a keyring of its own."""
    for name in list(os.environ):
        if name.startswith(("DEVPI_", "XDG_")) or name == "NETRC":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def taken(user: str | None = None, index: str | None = "alice/dev") -> list[tuple[str, str, str]]:
    return [(found.user, found.secret, found.source) for found in CredentialSources(ROOT, index, user).found()]


@pytest.mark.parametrize("service", [INDEX, INDEX.rstrip("/"), ROOT, ROOT.rstrip("/")])
def test_the_keyring_is_asked_as_twine_asks_it_and_for_the_server(service: str) -> None:
    keyring.set_password(service, "alice", "s3cret")
    assert taken("alice") == [("alice", "s3cret", "the keyring")]
    assert taken("bob") == []


def test_the_keyring_is_asked_for_the_user_that_pypirc_names(home: Path) -> None:
    (home / ".pypirc").write_text("[work]\nrepository = HTTPS://host:443/devpi/alice/dev\nusername = zoë\n", "utf-8")
    keyring.set_password("HTTPS://host:443/devpi/alice/dev", "zoë", "s3cret")
    assert taken() == [("zoë", "s3cret", "the keyring")]


def test_all_places_are_looked_at_in_their_order(home: Path) -> None:
    keyring.set_password(ROOT, "alice", "one")
    (home / ".pypirc").write_text(f"[work]\nrepository = {INDEX}\nusername = alice\npassword = two\n")
    (home / ".netrc").write_text("machine host login alice password three\n")
    assert taken("alice") == [
        ("alice", "one", "the keyring"),
        ("alice", "two", "~/.pypirc, section [work]"),
        ("alice", "three", "~/.netrc"),
    ]


def test_a_login_of_somebody_else_does_not_count(home: Path) -> None:
    (home / ".pypirc").write_text(f"[work]\nrepository = {INDEX}\nusername = alice\npassword = two\n")
    (home / ".netrc").write_text("machine host login alice password three\ndefault login bob password four\n")
    assert taken("bob") == []


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        (INDEX, True),
        (INDEX.rstrip("/"), True),
        ("HTTPS://HOST:443/devpi/alice/dev/", True),
        (ROOT, True),
        ("https://host/devpi/alice/other/", True),
        ("https://host/devpi/alice/dev/+simple/", True),
        ("https://host/devpistore/alice/dev/", False),
        ("https://host/", False),
        ("https://host.evil.example/devpi/alice/dev/", False),
        ("https://host:8443/devpi/alice/dev/", False),
        ("http://host/devpi/alice/dev/", False),
        ("https://host/devpi/../alice/dev/", False),
        ("no URL", False),
        ("https://host:port/devpi/", False),
    ],
)
def test_a_section_is_ours_by_origin_and_path(home: Path, url: str, is_ours: bool) -> None:
    (home / ".pypirc").write_text(f"[work]\nrepository = {url}\nusername = alice\npassword = two\n")
    assert repositories_at(home / ".pypirc", ROOT, INDEX) == ([Repository("work", url, "alice", "two")] * is_ours)


def test_the_section_of_the_very_index_comes_first(home: Path) -> None:
    places = {"other": "https://host/devpi/alice/other", "root": ROOT, "dev": INDEX}
    (home / ".pypirc").write_text(
        "".join(f"[{name}]\nrepository = {url}\nusername = a\npassword = b\n" for name, url in places.items())
    )
    assert [found.name for found in repositories_at(home / ".pypirc", ROOT, INDEX)] == ["dev", "root", "other"]


def test_what_is_broken_has_nothing_and_is_said_without_a_secret(home: Path) -> None:
    said: list[str] = []
    (home / ".pypirc").write_text("[work]\nSECRET\n")
    (home / ".netrc").write_text("machine SECRET")
    assert list(CredentialSources(ROOT, log=said.append).found()) == []
    assert said == [f"cannot read {home}/.pypirc: line 2 is invalid"]


class Broken(keyring.backend.KeyringBackend):
    """A keyring that fails, and says the secret."""

    priority = 0  # type: ignore[assignment]
    viable = False  # keyring must never choose it by itself

    def get_password(self, service: str, username: str) -> str:
        raise RuntimeError("SECRET")

    set_password = delete_password = get_password  # type: ignore[assignment]  # all fail alike


class Silent(Broken):
    """A keyring that waits for somebody who never comes."""

    def get_password(self, service: str, username: str) -> str:
        time.sleep(30)
        return "late"


@pytest.mark.parametrize(("backend", "why"), [(Broken, "RuntimeError"), (Silent, "it did not answer within 0.2 s")])
def test_a_keyring_that_fails_or_hangs_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, backend: type[Broken], why: str
) -> None:
    said: list[str] = []
    before = keyring.get_keyring()
    monkeypatch.setattr("devpi_cli.auth.keyring.LOOK_SECONDS", 0.2)
    keyring.set_keyring(backend())
    try:
        sources = CredentialSources(ROOT, "alice/dev", "alice", log=said.append)
        assert list(sources.found()) == []
    finally:
        keyring.set_keyring(before)
    assert said == sources.passed_over == [f"the keyring cannot be used: {why}"]


def test_that_there_is_no_keyring_is_worth_a_line_of_the_log_only() -> None:
    said: list[str] = []
    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        sources = CredentialSources(ROOT, user="alice", log=said.append)
        assert list(sources.found()) == []
    finally:
        keyring.set_keyring(before)
    assert (said, sources.passed_over) == (["the keyring cannot be used: NoKeyringError"], [])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", ""])
@pytest.mark.parametrize("name", ["DEVPI_PASSWORD", "DEVPI_TOKEN"])
def test_a_line_end_is_no_part_of_a_secret(monkeypatch: pytest.MonkeyPatch, name: str, end: str) -> None:
    lines: list[str] = []
    monkeypatch.setenv(name, f" s3cret {end}")
    given = CredentialSources(ROOT, None, "alice", warn=lines.append).given()
    assert given
    assert (given.secret, lines) == (" s3cret ", [f"{name} ends in a line break, which is ignored"] if end else [])


def test_a_line_end_alone_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVPI_PASSWORD", "\n")
    assert CredentialSources(ROOT, None, "alice").given() is None
    assert CredentialSources(ROOT, None, "alice").half_set() is None


STORED = Login("alice", "stored", time.time() + 3600)


@pytest.mark.parametrize(
    ("env", "user", "stored", "secret", "said"),
    [
        ({}, None, STORED, "stored", ["login of alice from the state file"]),
        (
            {"DEVPI_PASSWORD": "p", "DEVPI_USER": "alice"}, None, STORED, "p",
            ["login of alice from DEVPI_PASSWORD", "login of alice from the state file, not used"],
        ),
        (
            {"DEVPI_PASSWORD": "p", "DEVPI_TOKEN": "t", "DEVPI_USER": "alice"}, None, None, "t",
            ["login of alice from DEVPI_TOKEN", "login of alice from DEVPI_PASSWORD, not used"],
        ),
        (
            {"DEVPI_PASSWORD": "p"}, None, STORED, "stored",
            ["DEVPI_PASSWORD not used: its user is unknown", "login of alice from the state file"],
        ),
        ({"DEVPI_PASSWORD": "p"}, "alice", None, "p", ["login of alice from DEVPI_PASSWORD"]),
        ({}, None, None, None, []),
    ],
)  # fmt: skip
def test_what_is_given_comes_before_what_is_stored(
    monkeypatch: pytest.MonkeyPatch,
    env: dict[str, str],
    user: str | None,
    stored: Login | None,
    secret: str | None,
    said: list[str],
) -> None:
    lines: list[str] = []
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    given = CredentialSources(ROOT, None, user or env.get("DEVPI_USER"), stored, lines.append).given()
    assert (given.secret if given else None, lines) == (secret, said)


def test_a_token_is_not_passed_over_for_the_stored_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVPI_TOKEN", "no token")
    with pytest.raises(WrongUsage, match="DEVPI_TOKEN is set, but nothing says which user it belongs to"):
        CredentialSources(ROOT, None, None, STORED).given()


def test_no_secret_shows_in_a_representation() -> None:
    assert "SECRET" not in repr(Credential("alice", "SECRET", "the keyring"))
