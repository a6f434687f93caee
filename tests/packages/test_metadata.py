"""Metadata of every age: what is read, what is enough, what it costs."""

from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import BrokenDistribution
from devpi_cli.packages import archives, dists, metadata
from tests.support.peculiar import FILES, METADATA, PLAIN, Peculiar, packed, sdist

if TYPE_CHECKING:
    from pathlib import Path


def names(case: Peculiar) -> str:
    return case.what


@pytest.mark.parametrize("case", [*METADATA, *FILES], ids=names)
def test_the_metadata_of_every_age_are_read(tmp_path: Path, case: Peculiar) -> None:
    dist = dists.read(case.make(tmp_path))
    assert {field: dist.fields.get(field, type(value)()) for field, value in case.stored.items()} == case.stored
    assert dist.version == case.version


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (sdist("", "Name: a\n", {}), ""),
        (Peculiar("", "demo-1.0.tar.gz", "Metadata-Version: 1.0\nVersion: 1.0\n", {}), "no name in its metadata"),
        (Peculiar("", "demo-1.0.tar.gz", "Name: demo\n", {}), "no version in its metadata, demo-1.0/PKG-INFO"),
        (Peculiar("", "demo-1.0.tar.gz", "\0\1\2", {}), "no name and no version in its metadata"),
        (Peculiar("", "demo-1.0.tar.gz", "", {}, more=("demo-1.0/setup.py",)), "no metadata in it (no PKG-INFO)"),
        (Peculiar("", "demo-1.0-py3-none-any.whl", "", {}, more=("x.py",)), "no metadata in it (no METADATA)"),
        (packed("", "demo-1.0-py3-none-any.whl", "demo-1.0.dist-info/PKG-INFO"), "no metadata in it (no METADATA)"),
        (Peculiar("", "demo-1.0.win32.exe", "Name: demo\n", {}, "PURELIB/demo.egg-info"), ""),
    ],
)
def test_a_name_and_a_version_are_enough(tmp_path: Path, case: Peculiar, why: str) -> None:
    path = case.make(tmp_path)
    if why:
        with pytest.raises(BrokenDistribution) as failure:
            dists.read(path)
        assert failure.value.message.startswith(f"{path.name}: {why}")
    else:
        assert (dists.read(path).fields["name"], dists.read(path).version) == ("demo", "1.0")


@pytest.mark.parametrize(
    ("name", "kind", "python"),
    [
        ("demo-1.0-py2.5.egg", "bdist_egg", "2.5"),
        ("demo-1.0-py2.7-win-amd64.egg", "bdist_egg", "2.7"),
        ("demo-1.0.egg", "bdist_egg", "any"),
        ("demo-1.0.win32-py2.5.exe", "bdist_wininst", "2.5"),
        ("demo-1.0.win-amd64-py3.3.exe", "bdist_wininst", "3.3"),
        ("demo-1.0.win32.exe", "bdist_wininst", "any"),
        ("demo-1.0.linux-x86_64.tar.gz", "bdist_dumb", "any"),
        ("demo-1.0.win32.zip", "bdist_dumb", "any"),
        ("demo.windows-1.0.tar.gz", "sdist", "source"),
        ("demo-1.0.TGZ", "sdist", "source"),
    ],
)
def test_the_name_tells_the_kind(tmp_path: Path, name: str, kind: str, python: str) -> None:
    dist = dists.read(packed("", name, "demo-1.0/PKG-INFO").make(tmp_path))
    assert (dist.fields["filetype"], dist.fields["pyversion"]) == (kind, python)


def test_a_wheel_with_two_folders_of_metadata_is_remarked(tmp_path: Path) -> None:
    case = packed("", "demo-1.0-py3-none-any.whl", "", "other-2.0.dist-info/METADATA", "demo/x.dist-info/METADATA")
    dist = dists.read(case.make(tmp_path))
    assert dist.fields["name"] == "demo"
    assert dist.remark == "it has the metadata of another release, too: other-2.0.dist-info/METADATA"


def test_of_two_members_with_one_name_the_later_one_counts(tmp_path: Path) -> None:
    """As for pip, which unpacks both."""
    import warnings
    import zipfile

    path = tmp_path / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel, warnings.catch_warnings(action="ignore"):
        for version in ("0.9", "1.0"):
            wheel.writestr("demo-1.0.dist-info/METADATA", PLAIN.format("2.1").replace("1.0", version))
    assert dists.read(path).version == "1.0"


def test_a_description_moves_below_the_headers() -> None:
    old = metadata.parse(b"Name: a\nVersion: 1\nDescription: One\n        Two\nAuthor: me\n")
    assert old.has_old_description
    assert metadata.modernised(old) == b"Name: a\nVersion: 1\nAuthor: me\n\nOne\nTwo"
    assert not metadata.parse(metadata.modernised(old)).has_old_description


@pytest.mark.parametrize(
    "line",
    [
        b"X-%d: y\n",
        b"Requires-Dist: y\n",
        b"Author: y\n",
        b" y\n",
        b"y\n",
        b"Keywords\n",
        b":\n",
        b"a" * 70,
        b"\r\n \r",
    ],
)
def test_hostile_headers_cost_little_time_and_memory(line: bytes) -> None:
    """Where each header has a name of its own, ``packaging`` needs hours."""
    head = PLAIN.format("2.1").encode()
    lines = (line % number if b"%d" in line else line for number in range(metadata.MOST_HEADERS // len(line) // 2))
    content = head + b"".join(lines)
    tracemalloc.start()
    before = time.process_time()
    assert metadata.parse(content).is_enough
    assert time.process_time() - before < 10  # tracemalloc makes it slow
    assert tracemalloc.get_traced_memory()[1] < 100 * archives.MIB
    with pytest.raises(BrokenDistribution) as failure:
        metadata.parse(head + b"Author: y\n" * (metadata.MOST_HEADERS // 10), "PKG-INFO")
    assert failure.value.message == "the headers in 'PKG-INFO' are longer than 2 MiB: not read"
    tracemalloc.stop()
