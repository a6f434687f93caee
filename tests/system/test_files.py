"""Text files, written atomically."""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING

import pytest

from devpi_cli.system.files import usual_mode, write, write_private

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o640])
def test_a_file_is_replaced_and_gets_its_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    write(path, "nöw\r\nlines\n", mode)
    assert path.read_bytes() == "nöw\r\nlines\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_private_file_is_private_from_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr("os.fsync", lambda handle: seen.append(stat.S_IMODE(os.fstat(handle).st_mode)))
    write_private(tmp_path / "file", "secret")
    assert [*seen, stat.S_IMODE((tmp_path / "file").stat().st_mode)] == [0o600, 0o600]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(handle: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "file").write_text("old")
    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        write_private(tmp_path / "file", "new")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("file", "old")]


def test_the_usual_mode_is_that_of_a_new_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert usual_mode() == stat.S_IMODE((tmp_path / "file").stat().st_mode)


@pytest.mark.parametrize(("hours", "name", "goes"), [
    (2, ".pip.conf.a1b2c3d4.tmp", True),  # it may hold a password
    (0, ".pip.conf.a1b2c3d4.tmp", False),  # somebody may be writing it
    (2, ".pip.conf.a1b2c3d4", False),
    (2, "pip.conf.a1b2c3d4.tmp", False),
    (2, ".uv.toml.a1b2c3d4.tmp", False),
])  # fmt: skip
def test_the_next_write_removes_what_a_killed_one_has_left(tmp_path: Path, hours: int, name: str, goes: bool) -> None:
    left = tmp_path / name
    left.write_text("secret")
    past = time.time() - hours * 3600
    os.utime(left, (past, past))
    write(tmp_path / "pip.conf", "text", 0o600)
    assert left.exists() is not goes


def test_the_next_write_leaves_what_belongs_to_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tmp_path / ".token.a1b2c3d4.tmp"
    left.touch()
    os.utime(left, (0, 0))
    monkeypatch.setattr(os, "geteuid", lambda: left.stat().st_uid + 1)
    write(tmp_path / "token", "text", 0o600)
    assert left.exists()
