"""Users of devpi-client keep their server, index and logins."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Client, Member


@pytest.fixture
def left_behind(member: Member, devpi: Client) -> tuple[Client, Path]:
    """A home that only devpi-client has been used from, and the folder where it kept its state."""
    folder = devpi.home / ".devpi" / "client"
    folder.mkdir(parents=True)
    root, token = member.server.root, member.state.servers[member.server.root].logins[member.user].token
    current = {
        "features": list(member.server.features),
        "index": member.index_url,
        "login": f"{root}+login",
        "pypisubmit": f"{member.index_url}/",
        "simpleindex": f"{member.index_url}/+simple/",
        "username": member.user,
    }
    (folder / "current.json").write_text(json.dumps(current))
    (folder / "auth.json").write_text(json.dumps({"auth": {root: [[member.user, token]]}}))
    return devpi, folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_login_and_the_index_go_on(left_behind: tuple[Client, Path], member: Member, wheel: Path) -> None:
    devpi, folder = left_behind
    before = contents(folder)
    assert devpi.ok("upload", wheel) == [f"file_upload of {wheel.name} to {member.index_url}/"]
    assert devpi.ok("list") == ["demo"]
    assert contents(folder) == before
    assert not devpi.state_file.exists()


def test_use_makes_it_ours_once_and_says_so(left_behind: tuple[Client, Path], member: Member) -> None:
    devpi, folder = left_behind
    before = contents(folder)
    first = devpi("use")
    assert first.lines[0] == f"current devpi index: {member.index_url} (logged in as {member.user})"
    assert first.stderr == f"imported from devpi-client: server, index and logins in {folder}\n"
    assert contents(folder) == before
    assert devpi.state_file.stat().st_mode & 0o777 == 0o600
    assert devpi.ok("logoff") == ["login information deleted"]
    assert devpi.ok("use")[0] == f"current devpi index: {member.index_url} (not logged in)"


def test_a_clientdir_of_ones_own_inherits_only_from_itself(left_behind: tuple[Client, Path], member: Member) -> None:
    devpi, folder = left_behind
    assert devpi.ok("use", DEVPI_CLIENTDIR=str(devpi.home / "elsewhere"))[0].startswith("no server")
    here = devpi("use", "--clientdir", folder)
    assert here.lines[0] == f"current devpi index: {member.index_url} (logged in as {member.user})"
    assert (folder / "state.json").exists()


def test_what_an_environment_was_set_to_counts_while_it_is_active(
    left_behind: tuple[Client, Path], member: Member, tmp_path: Path
) -> None:
    devpi, folder = left_behind
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    current = json.loads((folder / "current.json").read_text())
    other = {**current, "index": f"{member.server.root}{member.user}/other"}
    (venv / "devpi.json").write_text(json.dumps(other))
    with_venv = devpi("use", VIRTUAL_ENV=str(venv))
    assert with_venv.lines[0] == f"current devpi index: {other['index']} (logged in as {member.user})"
    assert devpi.ok("use")[0] == f"current devpi index: {member.index_url} (logged in as {member.user})"
