"""Distribution files on disk: find, read metadata, sort."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import BrokenDistribution, WrongUsage
from devpi_cli.models import Dist
from devpi_cli.packages.dists import ENDINGS, Found, Watched, find, is_file_of, latest, read
from tests.support.dists import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable

METADATA = "Metadata-Version: {}\nName: Demo.Pkg\nVersion: 1.0\nSummary: a demo\nKeywords: one,two\n"
MORE = "Project-URL: Home, https://example.com\nRequires-Dist: attrs\nRequires-Dist: click>=8\nClassifier: A :: B\n"
NEWER = {
    "2.1": "",
    "2.2": "Dynamic: description\n",
    "2.3": "Provides-Extra: fast\n",
    "2.4": "License-Expression: MIT\n",
}


def make_sdist(path: Path, metadata: str) -> Path:
    folder = path.name.removesuffix(".tar.gz")
    with tarfile.open(path, "w:gz") as archive:
        for name, content in (("PKG-INFO", metadata.encode()), ("demo.py", b"")):
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def make_wheel_with(path: Path, metadata: str) -> Path:
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("demo_pkg-1.0.dist-info/METADATA", metadata)
        wheel.writestr("demo_pkg-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
    return path


def why_not(path: Path) -> str:
    with pytest.raises(BrokenDistribution) as failure:
        read(path)
    assert str(path.parent) not in str(failure.value)
    return str(failure.value)


# -- reading


@pytest.mark.parametrize("version", NEWER)
@pytest.mark.parametrize(
    ("name", "make", "filetype", "pyversion"),
    [
        ("demo_pkg-1.0.tar.gz", make_sdist, "sdist", "source"),
        ("demo_pkg-1.0-py3-none-any.whl", make_wheel_with, "bdist_wheel", "py3"),
        ("demo_pkg-1.0-cp314-cp314t-linux_x86_64.whl", make_wheel_with, "bdist_wheel", "cp314"),
    ],
)
def test_the_metadata_becomes_the_fields_of_a_form(
    tmp_path: Path, version: str, name: str, make: Callable[[Path, str], Path], filetype: str, pyversion: str
) -> None:
    dist = read(make(tmp_path / name, METADATA.format(version) + MORE + NEWER[version] + "\nthe description\n"))
    assert (dist.path.name, dist.project, dist.version) == (name, "demo-pkg", "1.0")
    expected = {
        "metadata_version": version,
        "name": "Demo.Pkg",
        "version": "1.0",
        "filetype": filetype,
        "pyversion": pyversion,
        "summary": "a demo",
        "keywords": "one,two",
        "project_urls": ["Home, https://example.com"],
        "requires_dist": ["attrs", "click>=8"],
        "classifiers": ["A :: B"],
    }
    assert {field: dist.fields.get(field) for field in expected} == expected
    assert str(dist.fields["description"]).strip() == "the description"
    assert dist.fields.get("license_expression") == ("MIT" if version == "2.4" else None)


@pytest.mark.parametrize(
    ("tag", "pyversion"),
    [
        ("cp39-cp39-linux_x86_64", "cp39"),
        ("cp310-abi3-linux_x86_64", "cp310"),
        ("cp314-cp314t-linux_x86_64", "cp314"),
        ("py3-none-any", "py3"),
        ("py2.py3-none-any", "py2.py3"),
    ],
)
def test_a45_the_name_of_a_wheel_tells_its_python(tmp_path: Path, tag: str, pyversion: str) -> None:
    wheel = make_wheel_with(tmp_path / f"demo_pkg-1.0-{tag}.whl", METADATA.format("2.1"))
    assert read(wheel).fields["pyversion"] == pyversion


@pytest.mark.parametrize(("name", "content", "why"), [
    ("demo-1.0.whl", b"", "the archive is broken"),
    ("demo-1.0-py3-none-any.whl", b"", "the archive is broken"),
    ("demo-1.0-py3-none-any.whl", b"no zip at all", "the archive is broken"),
    ("demo-1.0.tar.gz", b"", "the archive is broken"),
    ("demo-1.0.tar.gz", b"no tar at all", "the archive is broken"),
    ("demo-1.0.zip", b"no zip at all", "the archive is broken"),
    ("demo.txt", b"text", f"is not a distribution (a file ending in {ENDINGS})"),
    ("demo-1.0.tar.xz", b"text", f"is not a distribution (a file ending in {ENDINGS})"),
    ("demo-1.0.tar.bz2", b"text", "the archive is broken"),
    ("demo-1.0.tar.bz2", b"BZh9 and no end", "the archive is broken"),
    ("demo-1.0-py2.7.egg", b"text", "the archive is broken"),
    ("demo-1.0.win32.exe", b"MZ, a program", "not an installer made by wininst"),
    ("noversion.tar.gz", b"no tar at all", "the archive is broken"),
])  # fmt: skip
def test_a_file_that_is_no_archive_is_called_that(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert why_not(tmp_path / name).startswith(f"{name}: ")
    assert why_not(tmp_path / name) == f"{name}: {why}"


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("name", ["demo_pkg-1.0.tar.gz", "demo_pkg-1.0-py3-none-any.whl"])
def test_a_truncated_archive_is_broken(tmp_path: Path, name: str, kept: float) -> None:
    make = make_sdist if name.endswith(".tar.gz") else make_wheel_with
    path = make(tmp_path / name, METADATA.format("2.1") + "\n" + " ".join(map(str, range(5000))))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert why_not(path) == f"{name}: the archive is broken"


def test_a_wheel_with_a_damaged_member_is_broken(tmp_path: Path) -> None:
    path = make_wheel_with(tmp_path / "demo_pkg-1.0-py3-none-any.whl", METADATA.format("2.1"))
    path.write_bytes(path.read_bytes().replace(b"Demo.Pkg", b"Demo.Pkx"))  # the checksum is that of the old text
    assert why_not(path) == f"{path.name}: the archive is broken"


def test_an_archive_without_metadata_is_no_distribution(tmp_path: Path) -> None:
    for name in ("docs.zip", "demo-1.0-py3-none-any.whl"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("index.html", "<html>")
        assert why_not(tmp_path / name).startswith(f"{name}: ")
    with tarfile.open(tmp_path / "demo-1.0.tar.gz", "w:gz"):
        pass
    assert why_not(tmp_path / "demo-1.0.tar.gz").startswith("demo-1.0.tar.gz: ")


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    assert why_not(tmp_path / "demo-1.0.tar.gz").startswith("demo-1.0.tar.gz: ")
    (tmp_path / "folder-1.0.tar.gz").mkdir()
    assert why_not(tmp_path / "folder-1.0.tar.gz") == "folder-1.0.tar.gz: cannot be read: Is a directory"


# -- finding


def test_files_are_found_in_order_and_folders_stand_for_what_is_below_them(tmp_path: Path) -> None:
    """A38."""
    names = ["b-1.0.tar.gz", "a-1.0.zip", "sub/c-1.0-py3-none-any.whl", "sub/notes.txt", "a-1.0.tar.gz.asc"]
    (tmp_path / "sub" / "folder.zip").mkdir(parents=True)
    for name in names:
        (tmp_path / name).touch()
    files, left_out = find([tmp_path, tmp_path / "b-1.0.tar.gz"], from_dir=True)
    assert [str(path.relative_to(tmp_path)) for path in files] == [
        "a-1.0.zip", "b-1.0.tar.gz", "sub/c-1.0-py3-none-any.whl",
    ]  # fmt: skip
    assert [str(path.relative_to(tmp_path)) for path in left_out] == ["a-1.0.tar.gz.asc", "sub/notes.txt"]


def test_a_file_that_was_named_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    assert find([tmp_path / "notes.txt"], from_dir=False) == Found([tmp_path / "notes.txt"], [])


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("demo-1.0.tar.gz.asc", True),
        ("demo-1.0.tar.gz.sig", True),
        ("demo-1.0.tar.gz.publish.attestation", True),
        ("demo-1.0-py3-none-any.whl.sigstore.json", True),
        ("demo-1.0-py3-none-any.whl.metadata", True),
        ("multiple.intoto.jsonl", True),
        ("demo-1.0.tar.gz.sha256", True),
        ("demo-1.0.tar.gz.md5", True),
        ("SHA256SUMS", True),
        ("SHA512SUMS.txt", True),
        ("sha256sum.txt", True),
        ("checksums.txt", True),
        ("CHECKSUMS", True),
        ("checksums-1.0.tar.gz", False),
        ("md5sum-1.0-py3-none-any.whl", False),
        ("notes.txt", False),
        ("summary", False),
    ],
)
def test_what_is_about_a_distribution_is_left_out(tmp_path: Path, name: str, *, left_out: bool) -> None:
    (tmp_path / name).touch()
    (tmp_path / "demo-1.0.tar.gz").touch()
    found = find([tmp_path / name, tmp_path / "demo-1.0.tar.gz"], from_dir=False)
    assert found.left_out == ([tmp_path / name] if left_out else [])


@pytest.mark.parametrize(
    ("file", "is_one"),
    [
        ("demo_pkg-1.0-py3-none-any.whl", True),
        ("demo-pkg-1.0.tar.gz", True),
        ("Demo.Pkg-1.0.zip", True),
        ("demo_pkg-1.0-py2.7-win32.egg", True),
        ("demo-pkg-1.0.win32-py2.7.exe", True),
        ("demo-pkg-1.0.linux-x86_64.tar.gz", True),
        ("demo-pkg-1.0.1.tar.gz", False),
        ("demo-1.0.tar.gz", False),
        ("demo_pkg_more-1.0-py3-none-any.whl", False),
        ("notes.txt", False),
    ],
)
def test_the_name_of_a_file_tells_its_release(file: str, *, is_one: bool) -> None:
    assert is_file_of(Path(file), "Demo.Pkg", "1.0") is is_one


@pytest.mark.parametrize(("name", "from_dir", "why"), [
    ("nothing.whl", False, "{}: no such file"),
    ("empty", False, "{}: is a directory\nadd --from-dir to upload the files in it"),
    ("empty", True, "nothing to upload: no file in {} ends in " + ENDINGS),
    ("socket", True, "{}: is not a file"),
])  # fmt: skip
def test_what_cannot_be_uploaded_is_wrong_usage(tmp_path: Path, name: str, from_dir: bool, why: str) -> None:
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "socket")
    with pytest.raises(WrongUsage) as failure:
        find([tmp_path / name], from_dir=from_dir)
    assert str(failure.value) == why.format(tmp_path / name)


def test_latest_keeps_the_newest_version_of_each_project(tmp_path: Path) -> None:
    def dist(project: str, version: str, suffix: str) -> Dist:
        return Dist(tmp_path / f"{project}-{version}{suffix}", project, version, {})

    new = [
        dist("a", "1.10", ".whl"),
        dist("a", "1.10", ".zip"),
        dist("b", "1.0rc1", ".zip"),
        dist("c", "2004d", ".zip"),
    ]
    old = [dist("a", "1.9", ".whl"), dist("b", "1.0.dev3", ".zip")]
    assert latest([*old, *new]) == new
    assert latest([]) == []


def test_reading_a_watched_file_is_reported_byte_by_byte(wheel: Path) -> None:
    seen: list[int] = []
    with Watched(wheel, seen.append) as file:
        assert file.read(10) + file.read(None) + file.read() == wheel.read_bytes()
    assert seen == [10, wheel.stat().st_size - 10, 0]


def test_a_wheel_of_the_fixtures_can_be_read(tmp_path: Path) -> None:
    assert read(make_wheel(tmp_path, "my-demo", "2.0")).project == "my-demo"


def test_reading_anew_takes_back_what_was_told(wheel: Path) -> None:
    seen: list[int] = []
    with Watched(wheel, seen.append) as file:
        file.seek(0)
        file.read(10)
        file.seek(0)
        file.read(4)
    assert seen == [10, -10, 4]
