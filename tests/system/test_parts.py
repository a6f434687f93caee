from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import OtherFile
from devpi_cli.system import parts

if TYPE_CHECKING:
    from pathlib import Path


def left(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_file_has_its_name_once_it_is_whole(tmp_path: Path) -> None:
    with parts.part(tmp_path / "new/file") as file:
        file.write(b"whole")
        [(name, _)] = left(tmp_path / "new").items()
        assert name.startswith(".file.")
        assert name.endswith(".devpi.part")
    assert left(tmp_path / "new") == {"file": b"whole"}


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), parts.part(tmp_path / "file"):
        raise ValueError("broken")
    assert left(tmp_path) == {}


@pytest.mark.parametrize("is_late", [False, True])
def test_a_file_that_has_the_name_stays(tmp_path: Path, is_late: bool) -> None:
    if not is_late:
        (tmp_path / "file").write_bytes(b"mine")

    def write() -> None:
        with parts.part(tmp_path / "file") as file:
            file.write(b"other")
            if is_late:
                (tmp_path / "file").write_bytes(b"mine")

    with pytest.raises(OtherFile):
        write()
    assert left(tmp_path) == {"file": b"mine"}


def test_without_hard_links_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    for content in (b"first", b"second"):
        try:
            with parts.part(tmp_path / "file") as file:
                file.write(content)
        except OtherFile:
            assert content == b"second"
    assert left(tmp_path) == {"file": b"first"}


def test_a_file_is_replaced_if_that_is_meant(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with parts.part(tmp_path / "file", replace=True) as file:
        file.write(b"new")
    assert left(tmp_path) == {"file": b"new"}


def test_what_is_being_written_is_not_swept_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".gone.abcdefgh.devpi.part").write_bytes(b"left")
    with parts.part(tmp_path / "one") as one:
        one.write(b"1")
        monkeypatch.setattr(parts, "_swept", set())
        with parts.part(tmp_path / "two") as two:
            two.write(b"2")
    assert left(tmp_path) == {"one": b"1", "two": b"2"}


def test_threads_that_begin_at_once_do_not_sweep_up_what_others_begin(tmp_path: Path) -> None:
    def write(folder: Path, number: int) -> None:
        with parts.part(folder / str(number)) as file:
            file.write(b"whole")

    with ThreadPoolExecutor(8) as pool:
        for folder in (tmp_path / str(number) for number in range(200)):
            folder.mkdir()
            for _ in pool.map(partial(write, folder), range(8)):
                pass
            assert left(folder) == {str(number): b"whole" for number in range(8)}


def test_processes_that_begin_at_once_do_not_sweep_up_what_others_begin(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from devpi_cli.system import parts\n"
        "for number in range(300):\n"
        "    parts._swept.clear()\n"
        "    with parts.part(Path(sys.argv[1]) / f'{sys.argv[2]}-{number}') as file: file.write(b'whole')\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, tmp_path, str(number)]) for number in range(4)]
    assert [each.wait() for each in running] == [0] * 4
    assert set(left(tmp_path).values()) == {b"whole"}
    assert len(left(tmp_path)) == 1200
