from __future__ import annotations

from netrc import netrc
from typing import TYPE_CHECKING

import pytest

from devpi_cli.auth.netrc import login_for, with_login

if TYPE_CHECKING:
    from pathlib import Path

OWN = "machine git.example login me password mine\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)
    return tmp_path


@pytest.mark.parametrize("secret", ["abc", "a b", 'a"b', "a\\b", "#ab", "ä:@/"])
def test_a_login_is_written_as_it_is(secret: str) -> None:
    with with_login("pypi.example", "alice", secret) as path:
        assert netrc(path).authenticators("pypi.example") == ("alice", "", secret)


@pytest.mark.parametrize("name", [".netrc", "_netrc", "named"])
def test_the_users_own_logins_stay_and_ours_comes_first(name: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / name).write_text(f"{OWN}machine pypi.example login old password old")
    if name == "named":
        monkeypatch.setenv("NETRC", str(home / name))
    with with_login("pypi.example", "alice", "secret") as path:
        logins = netrc(path)
    assert logins.authenticators("git.example") == ("me", "", "mine")
    assert logins.authenticators("pypi.example") == ("alice", "", "secret")


def test_a_broken_netrc_of_the_user_does_not_break_ours(home: Path) -> None:
    (home / ".netrc").write_text("machine")
    with with_login("pypi.example", "alice", "secret") as path:
        assert netrc(path).authenticators("pypi.example") == ("alice", "", "secret")


def test_it_is_for_its_owner_only_and_gone_afterwards() -> None:
    with with_login("pypi.example", "alice", "secret") as path:
        assert (oct(path.stat().st_mode & 0o777), oct(path.parent.stat().st_mode & 0o777)) == ("0o600", "0o700")
    assert not path.parent.exists()


def test_the_users_own_login_for_a_host_is_found(home: Path) -> None:
    (home / ".netrc").write_text(f"{OWN}default login anybody password anything")
    assert login_for("git.example") == ("me", "mine")
    assert login_for("pypi.example") is None


@pytest.mark.parametrize("content", ["machine", "machine git.example login me", "\udcff"])
def test_what_is_broken_or_half_is_no_login(home: Path, content: str) -> None:
    (home / ".netrc").write_text(content, encoding="utf-8", errors="surrogateescape")
    assert login_for("git.example") is None
