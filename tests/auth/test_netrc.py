"""Which login of a netrc is for which server, and what is said of a netrc that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devpi_cli.auth.netrc import login_for
from devpi_cli.errors import BrokenSettings

if TYPE_CHECKING:
    from pathlib import Path

OWN = "machine git.example login me password mine\n"
ME = ("me", "mine")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)
    return tmp_path


@pytest.mark.parametrize("name", [".netrc", "_netrc"])
def test_the_users_own_login_for_a_host_is_found(home: Path, name: str) -> None:
    (home / name).write_text(f"{OWN}default login anybody password anything")
    assert login_for("https://git.example/") == ME
    assert login_for("https://pypi.example/") is None


@pytest.mark.parametrize(
    ("machine", "url", "is_sent"),
    [
        ("git.example", "https://git.example/", True),
        ("git.example", "https://git.example:8443/devpi/", True),  # as curl and pip do
        ("git.example", "https://GIT.example/", True),
        ("Git.Example", "https://git.example/", True),
        ("git.example", "https://git.example.evil.example/", False),
        ("git.example", "https://evil-git.example/", False),
        ("git.example", "https://sub.git.example/", False),
        ("git.example:8443", "https://git.example:8443/", True),
        ("git.example:8443", "https://git.example/", False),
        ("git.example:443", "https://git.example/", True),
        ("git.example:3141", "http://git.example:3141/", True),
        ("git.example:80", "http://git.example/", True),
        ("git.example:443", "http://git.example/", False),
        ("127.0.0.1", "http://127.0.0.1:3141/", True),
        ("localhost", "http://localhost:3141/", True),
        ("::1", "http://[::1]:3141/", True),
        ("[::1]:3141", "http://[::1]:3141/", True),
        ("[::1]:3142", "http://[::1]:3141/", False),
    ],
)
def test_a_login_is_for_a_host_or_for_one_port_of_it(home: Path, machine: str, url: str, is_sent: bool) -> None:
    (home / ".netrc").write_text(f"machine {machine} login me password mine\n")
    assert login_for(url) == (ME if is_sent else None)


@pytest.mark.parametrize(
    ("url", "port"),
    [("http://git.example:3141/devpi/", 3141), ("http://git.example/", 80), ("http://GIT.example/", 80)],
)
def test_a_login_for_a_host_does_not_go_out_without_tls(home: Path, url: str, port: int) -> None:
    (home / ".netrc").write_text(OWN)
    with pytest.raises(BrokenSettings) as caught:
        login_for(url)
    assert str(caught.value) == (
        f"the login for git.example in {home}/.netrc is not sent without TLS\n"
        f"use https://, or name the port in the entry: machine git.example:{port}"
    )
    (home / ".netrc").write_text(f"{OWN}machine git.example:{port} login me password 0ther\n")
    assert login_for(url) == ("me", "0ther")


def test_half_a_login_is_none(home: Path) -> None:
    (home / ".netrc").write_text("machine git.example login me")
    assert login_for("https://git.example/") is None


BROKEN = {
    "no word": ("machine", "cannot read {path}: line 1 is invalid"),
    "an unknown word": (f"{OWN}machine git.example s3cret", "cannot read {path}: line 2 is invalid"),
    "not UTF-8": ("\udcff", "cannot read {path}: it is not UTF-8 text"),
    "a folder": (None, "cannot read {path}: Is a directory"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_read_is_said_without_its_text(home: Path, case: str) -> None:
    content, expected = BROKEN[case]
    path = home / ".netrc"
    if content is None:
        path.mkdir()
    else:
        path.write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(BrokenSettings) as caught:
        login_for("https://git.example/")
    assert str(caught.value) == expected.format(path=path)


def test_a_netrc_that_is_named_and_missing_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert login_for("https://git.example/") is None
    monkeypatch.setenv("NETRC", str(home / "other"))
    with pytest.raises(BrokenSettings, match=r"there is no .*/other, which NETRC names"):
        login_for("https://git.example/")
