"""Comparison of archives by their members."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from devpi_cli.packages.sameness import is_same
from tests.support.lookalikes import OTHER, SAME, SDIST, WHEEL

if TYPE_CHECKING:
    from pathlib import Path


def compared(folder: Path, name: str, content: bytes) -> bool:
    is_sdist = name.startswith("sdist")
    ending = "demo-1.0.tar.gz" if is_sdist else "demo-1.0-py3-none-any.whl"
    (folder / "here").mkdir()
    (folder / "there").mkdir()
    here, there = folder / "here" / ending, folder / "there" / ending
    here.write_bytes(SDIST if is_sdist else WHEEL)
    there.write_bytes(content)
    assert here.read_bytes() != content
    both = is_same(here, there), is_same(there, here)
    assert both[0] is both[1]
    return both[0]


@pytest.mark.parametrize("name", SAME)
def test_times_and_owners_do_not_count(tmp_path: Path, name: str) -> None:
    assert compared(tmp_path, name, SAME[name])


@pytest.mark.parametrize("name", OTHER)
def test_everything_else_counts(tmp_path: Path, name: str) -> None:
    started = time.process_time()
    assert not compared(tmp_path, name, OTHER[name])
    assert time.process_time() - started < 5


def test_an_archive_is_the_same_as_itself(tmp_path: Path) -> None:
    for content in (SDIST, WHEEL):
        (file := tmp_path / "demo-1.0").write_bytes(content)
        assert is_same(file, file)


def test_what_cannot_be_read_is_not_the_same(tmp_path: Path) -> None:
    (file := tmp_path / "demo-1.0.zip").write_bytes(b"no zip")
    assert not is_same(file, file)
    assert not is_same(file, tmp_path / "nothing")
