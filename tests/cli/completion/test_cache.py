"""The short-lived cache of names on disk."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from devpi_cli.cli.completion.cache import SECONDS, Cache

if TYPE_CHECKING:
    from pathlib import Path

KEY = ("http://localhost/", "alice", "users")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(str(tmp_path / "a/cache"))


def only_file(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "a/cache").iterdir()
    return path


@pytest.mark.parametrize("names", [[], ["dev"], ["alice/dev", "bob/dev", "ünicode"]])
def test_what_was_kept_is_known(cache: Cache, names: list[str]) -> None:
    assert cache.names(*KEY) is None
    cache.keep(names, *KEY)
    assert cache.names(*KEY) == names


@pytest.mark.parametrize("other", [
    ("http://localhost:1/", "alice", "users"), ("http://localhost/", "bob", "users"),
    ("http://localhost/", "", "users"), ("http://localhost/", "alice", "projects"), ("http://localhost/",),
])  # fmt: skip
def test_everything_is_about_one_server_one_user_and_one_question(cache: Cache, other: tuple[str, ...]) -> None:
    cache.keep(["dev"], *KEY)
    assert cache.names(*other) is None


def test_a_file_about_something_else_with_the_same_checksum_is_not_taken(cache: Cache, tmp_path: Path) -> None:
    cache.keep(["dev"], "of bob")
    theirs = only_file(tmp_path)
    cache.keep(["prod"], *KEY)
    (ours,) = {*(tmp_path / "a/cache").iterdir()} - {theirs}
    theirs.replace(ours)
    assert cache.names(*KEY) is None


@pytest.mark.parametrize(("age", "known"), [(0, True), (SECONDS - 5, True), (SECONDS + 1, False), (-60, False)])
def test_it_is_known_for_a_short_time(cache: Cache, tmp_path: Path, age: float, known: bool) -> None:
    cache.keep(["dev"], *KEY)
    then = time.time() - age
    os.utime(only_file(tmp_path), (then, then))
    assert cache.names(*KEY) == (["dev"] if known else None)


def test_what_is_too_old_is_deleted_and_nothing_else_is(cache: Cache, tmp_path: Path) -> None:
    cache.keep(["dev"], "old")
    old = only_file(tmp_path)
    foreign = old.with_name("notes.txt")
    foreign.write_text("mine")
    for path in (old, foreign):
        os.utime(path, (1, 1))
    cache.keep(["dev"], *KEY)
    assert not old.exists()
    assert foreign.exists()
    assert cache.names(*KEY) == ["dev"]


def test_only_its_owner_can_look_into_it(cache: Cache, tmp_path: Path) -> None:
    cache.keep(["dev"], *KEY)
    assert only_file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert only_file(tmp_path).parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"\0\0\0"])
def test_a_damaged_file_is_not_known(cache: Cache, tmp_path: Path, content: bytes) -> None:
    cache.keep(["dev"], *KEY)
    only_file(tmp_path).write_bytes(content)
    assert cache.names(*KEY) is None


def test_where_nothing_can_be_written_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = Cache(str(tmp_path / "file/cache"))
    cache.keep(["dev"], *KEY)
    assert cache.names(*KEY) is None
