"""Unusable state files: they are reported and left alone."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import BrokenState
from devpi_cli.state.file import SCHEMA
from devpi_cli.state.store import State
from tests.state.test_store import filled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Client, Member

ELSEWHERE = "name another folder with --clientdir"
AFRESH = "to start afresh, move it away"
DAMAGED = "it is damaged, or not a state file of devpi-cli"
EMPTY = {"version": SCHEMA, "server": None, "index": None, "mirror": False, "always_set_cfg": False, "servers": {}}


def with_server(**known: object) -> str:
    server = {"user": None, "features": [], "logins": {}, **known}
    return json.dumps({**EMPTY, "servers": {"http://host/": server}})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


@pytest.mark.parametrize(("content", "why"), [
    (b"", DAMAGED),
    (b"{", DAMAGED),
    (json.dumps(EMPTY)[:-20].encode(), DAMAGED),
    (b"null", DAMAGED),
    (b"[]", DAMAGED),
    (b'"text"', DAMAGED),
    (b"{}", DAMAGED),
    (b"[" * 100_000, DAMAGED),
    (b'\xef\xbb\xbf{"version": 1}', DAMAGED),
    (b"\xff\xfe\x00binary", "it is not UTF-8 text"),
    (b"PK\x03\x04\x80", "it is not UTF-8 text"),
    (b'{"index": "http://host/alice/dev", "login": "http://host/+login"}', DAMAGED),  # devpi-client's current.json
    (json.dumps({**EMPTY, "server": 7}).encode(), DAMAGED),
    (json.dumps({**EMPTY, "server": "http://["}).encode(), DAMAGED),
    (json.dumps({**EMPTY, "servers": {"http://host:port/": {}}}).encode(), DAMAGED),
    (json.dumps({**EMPTY, "servers": []}).encode(), DAMAGED),
    (json.dumps({**EMPTY, "servers": {"http://host/": None}}).encode(), DAMAGED),
    (with_server(user=7).encode(), DAMAGED),
    (with_server(features=None).encode(), DAMAGED),
    (with_server(features=[7]).encode(), DAMAGED),
    (with_server(logins=[]).encode(), DAMAGED),
    (with_server(logins={"alice": "t0ken"}).encode(), DAMAGED),
    (with_server(logins={"alice": {"token": None, "expires": 1}}).encode(), DAMAGED),
    (with_server(logins={"alice": {"token": "t", "expires": "soon"}}).encode(), DAMAGED),
    (with_server(basic_auth=["alone"]).encode(), DAMAGED),
    (with_server(basic_auth={"user": "x"}).encode(), DAMAGED),
])  # fmt: skip
def test_a_file_that_is_no_state_is_named_and_left_alone(path: Path, content: bytes, why: str) -> None:
    path.write_bytes(content)
    for use in (lambda: State.load(path), State(path).changing().__enter__):
        with pytest.raises(BrokenState) as failure:
            use()
        assert str(failure.value) == f"cannot use the state file {path}: {why}\n{AFRESH}"
    assert path.read_bytes() == content


def test_a_server_without_a_name_is_none(devpi: Client) -> None:
    devpi.state_file.parent.mkdir(parents=True)
    devpi.state_file.write_text(json.dumps({**EMPTY, "server": "", "index": ""}))
    for command in (["list"], ["logoff"], ["login", "alice", "--password=x"]):
        assert devpi.fails(*command) == (
            1,
            "no server in use\ntype 'devpi use URL', or 'devpi quickstart' for a server on this machine\n",
        )


def test_a_command_says_which_file_is_broken(devpi: Client) -> None:
    """V12."""
    devpi.state_file.parent.mkdir(parents=True)
    devpi.state_file.write_text('{"version": 1, "serv')
    for command in (["use"], ["user", "-l"], ["login", "alice", "--password=x"], ["logoff"]):
        assert devpi.fails(*command) == (1, f"cannot use the state file {devpi.state_file}: {DAMAGED}\n{AFRESH}\n")
    assert devpi.state_file.read_text() == '{"version": 1, "serv'


# -- links, and everything but a good file in its place


def test_a_link_to_the_file_stays_a_link(member: Member, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "state.json"
    real.parent.mkdir()
    member.state_file.rename(real)
    member.state_file.symlink_to(real)
    member.ok("use", "/")
    assert member.state_file.is_symlink()
    assert State.load(real).index is None
    assert {file.name for file in real.parent.iterdir()} <= {"state.json", "state.json.lock"}


def test_a_link_to_nothing_is_no_state_and_what_it_leads_to_is_made(at_server: Client, tmp_path: Path) -> None:
    root = at_server.state.server
    at_server.state_file.unlink()
    at_server.state_file.symlink_to(tmp_path / "not-yet.json")
    at_server.ok("use", root)
    assert at_server.state_file.is_symlink()
    assert State.load(tmp_path / "not-yet.json").server == root


IN_ITS_PLACE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (lambda path: path.mkdir(), "Is a directory"),
    "a pipe": (os.mkfifo, "it is not a regular file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "it is not a regular file"),
    "links in a ring": (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    "zeros, as after a power cut": (lambda path: path.write_bytes(b"\0" * 512), DAMAGED),
    "UTF-16": (lambda path: path.write_text(good(), encoding="utf-16"), "it is not UTF-8 text"),
    "UTF-16 without a mark": (lambda path: path.write_text(good(), encoding="utf-16-le"), "it is not UTF-8 text"),
    "Latin-1": (lambda path: path.write_text(good(), encoding="latin-1"), "it is not UTF-8 text"),
    "UTF-8 with a mark": (lambda path: path.write_text(good(), encoding="utf-8-sig"), DAMAGED),
}


def good() -> str:
    return json.dumps({"version": SCHEMA, "server": "http://jörg/", "index": None}, ensure_ascii=False)


@pytest.mark.parametrize("case", IN_ITS_PLACE)
def test_what_is_no_good_file_is_named_and_left_alone(devpi: Client, case: str) -> None:
    make, why = IN_ITS_PLACE[case]
    path = devpi.state_file
    path.parent.mkdir(parents=True)
    make(path)
    before = path.lstat()
    for command in ("use", "login alice", "logoff", "use --delete"):
        assert devpi.fails(*command.split(), DEVPI_PASSWORD="x") == (
            1, f"cannot use the state file {path}: {why}\n{AFRESH}\n",
        )  # fmt: skip
    after = path.lstat()
    assert (after.st_ino, after.st_mtime_ns, after.st_size) == (before.st_ino, before.st_mtime_ns, before.st_size)


def test_a_file_of_a_newer_version_is_left_to_that(devpi: Client) -> None:
    devpi.state_file.parent.mkdir(parents=True)
    text = json.dumps({"version": SCHEMA + 1, "anything": ["else"]})
    devpi.state_file.write_text(text)
    assert devpi.fails("use") == (
        1,
        f"cannot use the state file {devpi.state_file}: its version is {SCHEMA + 1}, and this devpi-cli supports "
        f"{SCHEMA}\n"
        f"update devpi-cli, or {ELSEWHERE}\n",
    )
    assert devpi.state_file.read_text() == text


def test_no_truncation_of_a_good_file_is_taken_for_one(path: Path) -> None:
    filled(path)
    text = path.read_bytes()
    for length in range(len(text)):
        path.write_bytes(text[:length])
        with pytest.raises(BrokenState):
            State.load(path)
        assert path.read_bytes() == text[:length]
