"""Unpacking: the result, and that nothing leaves the folder, whatever the archive contains."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import BrokenDistribution
from devpi_cli.packages import archives

if TYPE_CHECKING:
    from pathlib import Path


def tar_of(path: Path, *members: tarfile.TarInfo | tuple[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            info, content = (tarfile.TarInfo(member[0]), member[1]) if isinstance(member, tuple) else (member, b"")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def zip_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def member(name: str, kind: bytes, target: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, mode
    return info


def everything_in(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["demo-1.0.tar.gz", "demo-1.0.tgz", "demo-1.0.zip"])
def test_an_sdist_is_unpacked_and_the_folder_in_it_is_found(tmp_path: Path, name: str) -> None:
    members = {"demo-1.0/tox.ini": b"[tox]\n", "demo-1.0/tests/test_it.py": b"pass\n"}
    make = zip_of(tmp_path / name, members) if name.endswith(".zip") else tar_of(tmp_path / name, *members.items())

    package = archives.unpack(make, tmp_path / "unpacked")

    assert package == tmp_path / "unpacked/demo-1.0"
    assert everything_in(package) == {"tox.ini": "[tox]\n", "tests/test_it.py": "pass\n"}
    assert (tmp_path / "unpacked").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("folder", ["Foo-Bar-1.0", "foo_bar-1.0", "foo-bar-1.0", "something-else"])
def test_a50_the_folder_in_an_sdist_may_have_any_name(tmp_path: Path, folder: str) -> None:
    archive = tar_of(tmp_path / "foo_bar-1.0.tar.gz", (f"{folder}/tox.ini", b""))

    assert archives.unpack(archive, tmp_path / "unpacked").name == folder


def test_an_archive_without_a_folder_of_its_own_is_the_project_itself(tmp_path: Path) -> None:
    archive = zip_of(tmp_path / "demo-1.0.zip", {"tox.ini": b"", "src/demo.py": b"", "tests/test_it.py": b""})

    assert archives.unpack(archive, tmp_path / "unpacked") == tmp_path / "unpacked"


def test_programs_stay_programs_and_links_inside_stay_links(tmp_path: Path) -> None:
    script = member("demo-1.0/run", tarfile.REGTYPE, mode=0o755)
    archive = tar_of(
        tmp_path / "demo-1.0.tar.gz",
        script,
        ("demo-1.0/README", b"read me"),
        member("demo-1.0/docs", tarfile.DIRTYPE),
        member("demo-1.0/docs/index", tarfile.SYMTYPE, "../README"),
        member("demo-1.0/doc", tarfile.SYMTYPE, "docs"),
        member("demo-1.0/COPY", tarfile.LNKTYPE, "demo-1.0/README"),
        member("demo-1.0/lost", tarfile.SYMTYPE, "not-in-the-sdist"),
    )

    package = archives.unpack(archive, tmp_path / "unpacked")

    assert os.access(package / "run", os.X_OK)
    assert [(package / name).read_text() for name in ("docs/index", "doc/index", "COPY")] == ["read me"] * 3
    assert not os.path.lexists(package / "lost")


BAD_NAMES = ["../evil", "demo/../../evil", "/evil", "..\\evil", "C:\\evil", "C:evil", "\\\\host\\share\\evil"]


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("ending", ["tar.gz", "zip"])
def test_a_member_that_would_leave_the_folder_is_refused(tmp_path: Path, name: str, ending: str) -> None:
    """The zip-slip of devpi-client's ``test``."""
    path = tmp_path / f"demo-1.0.{ending}"
    archive = zip_of(path, {name: b"evil"}) if ending == "zip" else tar_of(path, (name, b"evil"))

    with pytest.raises(BrokenDistribution) as failure:
        archives.unpack(archive, tmp_path / "unpacked")

    assert failure.value.message == f"demo-1.0.{ending}: the member {name!r} would leave the folder: not unpacked"
    assert not list(tmp_path.rglob("*evil*"))


LINKS_OUT = {
    "absolute": [member("a", tarfile.SYMTYPE, "/etc/passwd")],
    "upwards": [member("d/a", tarfile.SYMTYPE, "../../secret")],
    "upwards to nothing": [member("a", tarfile.SYMTYPE, "../nothing-there")],
    "through another link": [
        member("x/y", tarfile.DIRTYPE),
        member("x/y/z", tarfile.SYMTYPE, "../.."),
        member("a", tarfile.SYMTYPE, "x/y/z/../secret"),
    ],
}


@pytest.mark.parametrize("members", LINKS_OUT.values(), ids=LINKS_OUT.keys())
def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, members: list[tarfile.TarInfo]) -> None:
    (tmp_path / "secret").write_text("secret")
    archive = tar_of(tmp_path / "demo-1.0.tar.gz", *members)

    with pytest.raises(BrokenDistribution, match=r"^demo-1.0.tar.gz: the link '(d/)?a' leaves the folder"):
        archives.unpack(archive, tmp_path / "unpacked")

    assert "secret" not in everything_in(tmp_path / "unpacked").values()


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    link = member("demo", tarfile.SYMTYPE, str(tmp_path / "outside"))
    archive = tar_of(tmp_path / "demo-1.0.tar.gz", link, ("demo/evil", b"evil"))

    with pytest.raises(BrokenDistribution):
        archives.unpack(archive, tmp_path / "unpacked")

    assert everything_in(tmp_path / "outside") == {}


def test_a_hard_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    archive = tar_of(tmp_path / "demo-1.0.tar.gz", member("a", tarfile.LNKTYPE, "../demo-1.0.tar.gz"))

    with pytest.raises(BrokenDistribution, match="the member 'a' would leave the folder"):
        archives.unpack(archive, tmp_path / "unpacked")


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_and_pipes_are_refused(tmp_path: Path, kind: bytes) -> None:
    archive = tar_of(tmp_path / "demo-1.0.tar.gz", member("a", kind))

    with pytest.raises(BrokenDistribution, match=r"^demo-1.0.tar.gz: it contains a device or a pipe, 'a'"):
        archives.unpack(archive, tmp_path / "unpacked")

    assert list((tmp_path / "unpacked").iterdir()) == []


@pytest.mark.parametrize("ending", ["tar.gz", "zip"])
def test_a_zip_bomb_is_not_expanded(tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "ROOMY", archives.MIB)
    path, zeros = tmp_path / f"demo-1.0.{ending}", bytes(8 * archives.MIB)
    archive = zip_of(path, {"zeros": zeros}) if ending == "zip" else tar_of(path, ("zeros", zeros))

    with pytest.raises(BrokenDistribution) as failure:
        archives.unpack(archive, tmp_path / "unpacked")

    what = "it would unpack to more than 1 MiB, like a zip bomb: not unpacked"
    assert failure.value.message == f"demo-1.0.{ending}: {what}"
    assert list((tmp_path / "unpacked").iterdir()) == []


def test_a_million_members_are_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_MEMBERS", 10)
    archive = tar_of(tmp_path / "demo-1.0.tar.gz", *((f"file{number}", b"") for number in range(11)))

    with pytest.raises(BrokenDistribution, match="more than 10 members"):
        archives.unpack(archive, tmp_path / "unpacked")


def test_a_header_as_big_as_the_memory_is_not_read(tmp_path: Path) -> None:
    header = tarfile.TarInfo("long")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 8 * 1024**3
    path = tmp_path / "demo-1.0.tar.gz"
    path.write_bytes(gzip.compress(header.tobuf(tarfile.GNU_FORMAT)))

    with pytest.raises(BrokenDistribution, match="a header is far too long"):
        archives.unpack(path, tmp_path / "unpacked")


def whole_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("demo/a", b"content")
    return buffer.getvalue()


BROKEN = {
    "no gzip": ("demo-1.0.tar.gz", b"not an archive"),
    "no tar": ("demo-1.0.tar.gz", gzip.compress(b"not an archive" * 100)),
    "cut short": ("demo-1.0.tar.gz", gzip.compress(bytes(10240))[:20]),
    "no zip": ("demo-1.0.zip", b"not an archive"),
    "a wrong checksum": ("demo-1.0.zip", whole_zip().replace(b"content", b"CONTENT")),
    "a folder in place of a file": ("demo-1.0.zip", whole_zip().replace(b"demo/a", b"////..")),
}


@pytest.mark.parametrize(("name", "content"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_archive_is_said_to_be_broken(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(BrokenDistribution, match=f"^{name}: "):
        archives.unpack(tmp_path / name, tmp_path / "unpacked")
