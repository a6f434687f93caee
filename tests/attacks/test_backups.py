"""What lies beside the user's settings is not theirs of yesterday: ``use --undo`` brings back what was there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.commands.test_use_settings import pip_conf, uv_toml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Member

    Attack = Callable[[str, str, str], None]

KIND = "a backup that is not ours"
OLDER = {
    "pip.conf": "[global]\nindex-url = https://older.example/simple\n",
    "uv.toml": 'index-url = "https://older.example/simple"\n',
}
NOW = {
    "pip.conf": "# mine\n[global]\nindex-url = https://now.example/simple\ntrusted-host = now.example\n",
    "uv.toml": '# mine\n[[index]]\nurl = "https://now.example/simple"\ndefault = true\n',
}


@pytest.fixture(params=NOW)
def mine(member: Member, request: pytest.FixtureRequest) -> Path:
    """A settings file, and beside it what somebody else left."""
    path = {"pip.conf": pip_conf, "uv.toml": uv_toml}[request.param](member)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(NOW[path.name])
    return path


def beside(path: Path) -> dict[str, str]:
    return {each.name: each.read_text() if each.is_file() else "" for each in path.parent.iterdir() if each != path}


def leave(path: Path, case: str) -> None:
    backup = path.with_name(f"{path.name}-bak")
    if case == "a folder":
        backup.mkdir()
        return
    backup.write_text("no [ settings" if case == "no settings" else OLDER[path.name])
    if case == "two older files":
        backup.with_name(f"{backup.name}2").write_text(OLDER[path.name])


@pytest.mark.parametrize("case", ["an older file", "two older files", "no settings", "a folder"])
@pytest.mark.parametrize("typed", ["use --set-cfg", "use --set-cfg --always-set-cfg yes"])
def test_undo_brings_back_what_was_there(member: Member, mine: Path, typed: str, case: str, attack: Attack) -> None:
    leave(mine, case)
    before = beside(mine)
    member.ok(*typed.split())
    member.ok("use", member.index)
    assert mine.read_text() != NOW[mine.name]
    member.ok("use", "--undo")
    attack(
        KIND, f"{case} as {mine.name}-bak: {typed}, use --undo", f"what was there: {mine.read_text() == NOW[mine.name]}"
    )
    assert (mine.read_text(), beside(mine)) == (NOW[mine.name], before)


@pytest.mark.parametrize("case", ["an older file", "no settings"])
def test_undo_without_a_change_leaves_everything(member: Member, mine: Path, case: str, attack: Attack) -> None:
    leave(mine, case)
    before = beside(mine)
    if case == "an older file":
        member.ok("use", "--set-cfg")
        member.ok("use", "--undo")
    result = member("use", "--undo", "-y")
    attack(KIND, f"{case} as {mine.name}-bak: use --undo -y, and nothing was changed", result.stderr.splitlines()[0])
    assert (mine.read_text(), beside(mine), result.status) == (NOW[mine.name], before, 0)
    assert f"{mine}-bak is not what {mine} was before devpi changed it" in result.stderr


def test_what_was_edited_between_two_changes_is_not_lost(member: Member, mine: Path, attack: Attack) -> None:
    member.ok("use", "--set-cfg")
    mine.write_text(f"{mine.read_text()}\n# a whole day's work\n")
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    member.ok("use", "other", "--set-cfg")
    member.ok("use", "dev", "--set-cfg")
    status, said = member.fails("use", "--undo")
    attack(
        KIND, f"{mine.name} edited between two --set-cfg: use --undo", f"exit status {status}: {said.splitlines()[0]}"
    )
    assert (status, "# a whole day's work" in mine.read_text()) == (2, True)
    assert f"Changed since devpi wrote them: {mine}" in said


def test_another_state_finds_the_old_file(member: Member, mine: Path) -> None:
    """The state was lost, or the change was made with another ``--clientdir``."""
    leave(mine, "an older file")
    member.ok("use", "--set-cfg")
    with member.state.changing() as state:
        state.written = {}
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    member.ok("use", "other", "--set-cfg")
    with member.state.changing() as state:
        state.written = {}
    member("use", "--undo", "-y")
    assert (mine.read_text(), list(beside(mine))) == (NOW[mine.name], [f"{mine.name}-bak"])
