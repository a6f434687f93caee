"""Changing and restoring the settings files of pip, uv and others."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import BrokenSettings
from devpi_cli.installers.changes import Change, index_of, planned, undone
from devpi_cli.installers.formats import IndexSettings, Ini, Pip, Uv
from devpi_cli.installers.locations import SettingsFile

if TYPE_CHECKING:
    from devpi_cli.models import Written

WANTED = IndexSettings("http://new/+simple/", "http://new/")
SECRET = IndexSettings("http://bob:hunter2@new/+simple/", "http://bob:hunter2@new/")


@pytest.fixture
def pip_conf(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path / "pip.conf", Pip())


@pytest.fixture
def uv_toml(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path / "uv.toml", Uv())


def plan(place: SettingsFile, wanted: IndexSettings = WANTED, written: Written | None = None) -> Change:
    change = planned(place, wanted, written)
    assert change
    return change


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


BROKEN = {
    "pip.conf: a section twice": (Pip(), "[global]\n[a]\n[global]\nx = hunter2\n", " in line 3"),
    "pip.conf: no section": (Pip(), "# x\nx = hunter2\n", " in line 2"),
    "pip.conf: an option twice": (Pip(), "[global]\na = 1\na = hunter2\n", " in line 3"),
    "pip.conf: neither": (Pip(), "[global]\nhunter2\n", " in line 2"),
    "pip.conf: not UTF-8": (Pip(), "[global]\nx = hunter2 \udcff\n", ""),
    "uv.toml: no TOML": (Uv(), "a = 1\nb = hunter2\n", " in line 2"),
    "uv.toml: a key twice": (Uv(), "a = 'hunter2'\na = 1\n", " in line 2"),
    "uv.toml: index is a word": (Uv(), "index = 'hunter2'\n", ""),
    "uv.toml: index is of words": (Uv(), "index = ['hunter2']\n", ""),
}


@pytest.mark.parametrize(("format", "text", "where"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_stays_as_it_is_and_nothing_of_it_is_said(
    tmp_path: Path, format: Pip | Uv, text: str, where: str
) -> None:
    place = SettingsFile(tmp_path / "settings", format)
    place.path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(BrokenSettings) as caught:
        plan(place)
    assert str(caught.value) == (
        f"{place.path} is broken{where}, and was not changed\nrepair it or move it away, then try again"
    )
    assert index_of(place) == "cannot be read: it is broken"
    assert names(tmp_path) == ["settings"]


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    for path in (os.devnull, tmp_path):
        place = SettingsFile(Path(path), Pip())
        with pytest.raises(BrokenSettings, match=f"{path}"):
            plan(place)
    assert Path(os.devnull).is_char_device()


def test_a_backup_is_made_once(pip_conf: SettingsFile, tmp_path: Path) -> None:
    pip_conf.path.write_text("[global]\ntimeout = 60\n")
    written = plan(pip_conf).make(None)
    plan(pip_conf, IndexSettings("http://newer/+simple/", "http://newer/"), written).make(written)
    assert pip_conf.format.index(pip_conf.path.read_text()) == "http://newer/+simple/"
    assert (tmp_path / "pip.conf-bak").read_text() == "[global]\ntimeout = 60\n"


def test_a_backup_that_is_there_is_never_overwritten(pip_conf: SettingsFile, tmp_path: Path) -> None:
    (tmp_path / "pip.conf-bak").write_text("older")
    pip_conf.path.write_text("[global]\n")
    plan(pip_conf).make(None)
    assert (tmp_path / "pip.conf-bak").read_text() == "older"


def test_a_file_that_says_it_already_is_not_written(uv_toml: SettingsFile) -> None:
    plan(uv_toml).make(None)
    assert not plan(uv_toml).is_needed


@pytest.mark.parametrize(
    ("before", "wanted", "after"), [(0o644, WANTED, 0o644), (0o644, SECRET, 0o600), (0o400, SECRET, 0o400)]
)
def test_a_password_makes_a_file_private(uv_toml: SettingsFile, before: int, wanted: IndexSettings, after: int) -> None:
    uv_toml.path.write_text("# mine\n")
    uv_toml.path.chmod(before)
    plan(uv_toml, wanted).make(None)
    assert mode(uv_toml.path) == after


def test_a_new_file_with_a_password_is_private(uv_toml: SettingsFile) -> None:
    plan(uv_toml, SECRET).make(None)
    assert mode(uv_toml.path) == 0o600


def test_a_backup_with_a_password_is_private(uv_toml: SettingsFile, tmp_path: Path) -> None:
    uv_toml.path.write_text('index-url = "http://bob:hunter2@old/"\n')
    uv_toml.path.chmod(0o644)
    plan(uv_toml).make(None)
    assert (mode(tmp_path / "uv.toml-bak"), mode(uv_toml.path)) == (0o600, 0o644)


def test_a_symlink_stays_one(pip_conf: SettingsFile, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    pip_conf.path.symlink_to("dotfiles/pip.conf")
    (tmp_path / "dotfiles/pip.conf").write_text("[global]\n")
    written = plan(pip_conf).make(None)
    assert pip_conf.path.is_symlink()
    assert pip_conf.format.index((tmp_path / "dotfiles/pip.conf").read_text()) == WANTED.simple
    undo = undone(pip_conf, written)
    assert undo
    undo.make(written)
    assert pip_conf.path.is_symlink()
    assert (tmp_path / "dotfiles/pip.conf").read_text() == "[global]\n"
    assert names(tmp_path) == ["dotfiles", "pip.conf"]


def test_the_line_ends_of_windows_are_kept(pip_conf: SettingsFile) -> None:
    pip_conf.path.write_bytes(b"[global]\r\ntimeout = 60")
    plan(pip_conf).make(None)
    assert pip_conf.path.read_bytes() == (
        b"[global]\r\ntimeout = 60\r\nindex-url = http://new/+simple/\r\n\r\n[search]\r\nindex = http://new/\r\n"
    )


def test_a_file_in_a_folder_that_cannot_be_written_is_named(
    pip_conf: SettingsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    pip_conf.path.write_text("[global]\n")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BrokenSettings, match=r"cannot write .*/pip.conf: No space left on device"):
        plan(pip_conf).make(None)
    assert pip_conf.path.read_text() == "[global]\n"


def test_a_diff_shows_what_changes_and_no_secret(uv_toml: SettingsFile) -> None:
    uv_toml.path.write_text("# hunter1\nindex-url = 'https://bob:hunter2@old/'\n# a token\nno-index = false\n")
    assert plan(uv_toml, SECRET).diff() == [
        f"--- {uv_toml.path}",
        f"+++ {uv_toml.path}",
        "@@ -2 +2 @@",
        "-index-url = 'https://bob:****@old/'",
        '+index-url = "http://bob:****@new/+simple/"',
    ]
    assert plan(SettingsFile(uv_toml.path, Uv())).diff()[3] == "-index-url = 'https://bob:****@old/'"


def test_a_token_in_place_of_a_user_is_a_secret(uv_toml: SettingsFile) -> None:
    uv_toml.path.write_text("index-url = 'https://ghp_hunter2@old/'\n")
    assert plan(uv_toml).diff()[3] == "-index-url = 'https://****@old/'"
    assert index_of(uv_toml) == "https://****@old/"
    assert "hunter2" not in repr(plan(uv_toml))


def test_a_file_that_is_not_there_is_made_only_where_it_is_wanted(tmp_path: Path) -> None:
    assert (
        planned(SettingsFile(tmp_path / "default.cfg", Ini("buildout", "index"), is_made=False), WANTED, None) is None
    )
    assert plan(SettingsFile(tmp_path / "pip.conf", Pip())).diff()[0] == "--- /dev/null"


# -- undo


def test_undo_puts_the_old_file_back(pip_conf: SettingsFile, tmp_path: Path) -> None:
    pip_conf.path.write_text("[global]\ntimeout = 60\n")
    written = plan(pip_conf).make(None)
    change = undone(pip_conf, written)
    assert change
    assert not change.was_edited(written)
    change.make(written)
    assert pip_conf.path.read_text() == "[global]\ntimeout = 60\n"
    assert names(tmp_path) == ["pip.conf"]
    assert undone(pip_conf, None) is None


def test_undo_removes_the_file_that_was_not_there(pip_conf: SettingsFile, tmp_path: Path) -> None:
    written = plan(pip_conf).make(None)
    written = plan(pip_conf, SECRET, written).make(written)
    change = undone(pip_conf, written)
    assert change
    change.make(written)
    assert names(tmp_path) == []


def test_undo_leaves_the_file_of_somebody_else(pip_conf: SettingsFile) -> None:
    pip_conf.path.write_text("[global]\n")
    assert undone(pip_conf, None) is None


def test_undo_notices_what_was_edited_since(pip_conf: SettingsFile) -> None:
    pip_conf.path.write_text("[global]\n")
    written = plan(pip_conf).make(None)
    with pip_conf.path.open("a") as file:
        file.write("# mine\n")
    change = undone(pip_conf, written)
    assert change
    assert change.was_edited(written)


def test_v5_a_host_that_was_trusted_for_us_is_forgotten(pip_conf: SettingsFile) -> None:
    pip_conf.path.write_text("[global]\ntrusted-host = theirs\n")
    written = plan(pip_conf, IndexSettings("http://old/+simple/", "http://old/", trust="old")).make(None)
    assert pip_conf.format.trusted(pip_conf.path.read_text()) == ["theirs", "old"]
    written = plan(pip_conf, IndexSettings("http://new/+simple/", "http://new/", trust="new"), written).make(written)
    assert pip_conf.format.trusted(pip_conf.path.read_text()) == ["theirs", "new"]
    written = plan(pip_conf, WANTED, written).make(written)
    assert pip_conf.format.trusted(pip_conf.path.read_text()) == ["theirs"]


def test_v5_a_host_that_somebody_else_trusts_is_kept(pip_conf: SettingsFile) -> None:
    pip_conf.path.write_text("[global]\ntrusted-host = old\n")
    written = plan(pip_conf, IndexSettings("http://old/+simple/", "http://old/", trust="old")).make(None)
    plan(pip_conf, WANTED, written).make(written)
    assert pip_conf.format.trusted(pip_conf.path.read_text()) == ["old"]
