"""Malicious archives: for upload, which reads them, and for test, which unpacks them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import struct
import tarfile
import time
import tracemalloc
import warnings
import zipfile
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devpi_cli.errors import BrokenDistribution
from devpi_cli.packages import archives, dists
from tests.hostile.cases import hostile
from tests.hostile.wire import Answer, Replay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.hostile.harness import Somebody

METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
TEXTS = [
    *(METADATA, b"", b"Metadata-Version: 9.9\nName: demo\nVersion: 1.0\n", b"Metadata-Version: 2.1\nName: \x1b[31m\n"),
    *(b"\xff\xfe", b"Metadata-Version: 2.1\nName: a\nVersion: x\nKeywords: \xff\n", METADATA + b"Requires-Dist: @@\n"),
    *(METADATA + b"Description-Content-Type: \x00\n\n\x9b", METADATA * 3, METADATA + b"Project-URL: x\n", b"[tox]\n"),
    METADATA + "Summary: \u202e\nAuthor: \ud800\n".encode("utf-8", "surrogatepass"),
]
NAMES = [
    *(
        "demo-1.0/PKG-INFO",
        "demo-1.0.dist-info/METADATA",
        "demo-1.0/tox.ini",
        "demo-1.0/",
        "demo-1.0",
        "demo-1.0/a/b/c",
    ),
    *(
        "../out",
        "demo-1.0/../../out",
        "/etc/out",
        "//out",
        "C:\\out",
        "..\\out",
        "demo-1.0/..",
        ".",
        "",
        "/",
        "a\0b",
        "METADATA",
    ),
    *("EGG-INFO/PKG-INFO", "PURELIB/demo-1.0.egg-info", "demo-1.0.egg-info/PKG-INFO", "other-1.0.dist-info/METADATA"),
    *("\udcff", "\x1b[31m", "\u202e", "x" * 300, "y/" * 200, "demo-1.0/PKG-INFO/x", "demo-1.0/link/x", "demo-1.0/link"),
]
TYPES = [
    *(tarfile.REGTYPE,) * 6,
    tarfile.DIRTYPE,
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.CHRTYPE,
    tarfile.FIFOTYPE,
    b"x",
    b"g",
    b"L",
    b"S",
    b"?",
]
STUB = b"MZ" + bytes(200) + b"[metadata]\nname=demo\nversion=1.0\n\0"
TARGETS = ["", ".", "..", "/etc/passwd", "demo-1.0/PKG-INFO", "PKG-INFO", "link", "../../..", "\0", "z" * 200]


@dataclass(frozen=True)
class Member:
    name: str
    text: bytes = METADATA
    kind: bytes = tarfile.REGTYPE
    target: str = ""
    said: int | None = None
    """The size that it claims."""


@dataclass(frozen=True)
class Archive:
    """What is packed, and what happens to it then."""

    members: tuple[Member, ...]
    cut: int | None = None
    flip: int | None = None
    trailing: bytes = b""

    def packed(self, suffix: str) -> bytes:
        if suffix.endswith(archives.ZIPS):
            made = (STUB if suffix.endswith(".exe") else b"") + self._zip()
        elif "bz" in suffix:
            made = bz2.compress(self._tar(), 1)
        else:
            made = self._tar() if suffix.endswith(".tar") else gzip.compress(self._tar(), 1)
        if self.flip is not None and made:
            place = self.flip % len(made)
            made = made[:place] + bytes([made[place] ^ 0x55]) + made[place + 1 :]
        return made[: self.cut] + self.trailing

    def _tar(self) -> bytes:
        made = io.BytesIO()
        for member in self.members:
            info = tarfile.TarInfo(member.name)
            info.type, info.linkname, info.mode = member.kind, member.target, 0o7777
            info.size = len(member.text) if member.said is None else member.said
            made.write(info.tobuf(tarfile.GNU_FORMAT, errors="surrogateescape"))
            made.write(member.text + bytes(-len(member.text) % 512))
        return made.getvalue() + bytes(1024)

    def _zip(self) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as packed, warnings.catch_warnings(action="ignore"):  # of a name that is there
            for member in self.members:
                info = zipfile.ZipInfo(member.name.encode("utf-8", "replace").decode())
                info.external_attr = 0o120777 << 16 if member.target else 0
                with packed.open(info, "w") as file:
                    file.write(member.target.encode() or member.text)
        made = bytearray(made.getvalue())
        for number, place in enumerate(_directory(made)):
            said = self.members[number].said
            if said is not None:
                struct.pack_into("<L", made, place + 24, said % 2**32)
        return bytes(made)


def _directory(packed: bytearray) -> Iterator[int]:
    place = packed.find(b"PK\1\2")
    while place >= 0:
        yield place
        place = packed.find(b"PK\1\2", place + 1)


members = st.builds(
    Member,
    st.sampled_from(NAMES),
    st.sampled_from(TEXTS),
    st.sampled_from(TYPES),
    st.sampled_from(TARGETS),
    st.one_of(st.none(), st.none(), st.sampled_from([0, 1, 2**31, 2**33 - 1])),
)
packings = st.builds(
    Archive,
    st.one_of(
        st.lists(members, max_size=4),
        st.lists(members, max_size=3).map(
            lambda more: [Member("demo-1.0/PKG-INFO"), Member("demo-1.0.dist-info/METADATA"), *more]
        ),
    ).map(tuple),
    st.one_of(st.none(), st.none(), st.integers(0, 400)),
    st.one_of(st.none(), st.none(), st.integers(0, 2000)),
    st.sampled_from([b"", b"", b"", b"\0" * 99, b"PK\5\6" + bytes(18)]),
)
SUFFIXES = [
    "-1.0-py3-none-any.whl",
    "-1.0.tar.gz",
    "-1.0.zip",
    "-1.0.doc.zip",
    "-1.0.doc.tar.gz",
    "-1.0-py2.7.egg",
    "-1.0.win32-py2.7.exe",
    "-1.0.tar.bz2",
    "-1.0.tar",
    ".whl",
    "-.zip",
    ".tgz",
    ".tbz",
]


@hostile("archives", 0.6)
@given(
    archive=packings,
    suffix=st.sampled_from(SUFFIXES),
    project=st.sampled_from(["demo", "\x1b[31m", "\u202e", "demo-x"]),
)
def test_no_archive_breaks_an_upload(somebody: Somebody, archive: Archive, suffix: str, project: str) -> None:
    path = somebody.folder / f"{project}{suffix}"
    path.write_bytes(archive.packed(suffix))
    before = sorted(somebody.folder.rglob("*"))
    somebody("upload", "-n", path.name)
    assert sorted(somebody.folder.rglob("*")) == before


@hostile("archives", 0.4)
@given(archive=packings, suffix=st.sampled_from([".tar.gz", ".zip", ".tgz"]))
def test_no_archive_breaks_a_test(somebody: Somebody, archive: Archive, suffix: str) -> None:
    """It is downloaded and unpacked; then tox cannot be run, because there is none."""
    programs = somebody.folder / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "tox").touch(0o755)
    index = f"{somebody.root}{somebody.folder.name}/dev"
    file = f"{index}/+f/abc/0123/demo-1.0{suffix}"
    headers = ((b"X-Devpi-Api-Version", b"2"), (b"Content-Type", b"application/json"))
    releases = {"type": "projectconfig", "result": {"1.0": {"+links": [{"rel": "releasefile", "href": file}]}}}
    answers = {
        ("GET", f"{index}/demo"): Answer(200, b"OK", headers, json.dumps(releases).encode()),
        ("GET", file): Answer(200, b"OK", headers, archive.packed(suffix)),
    }
    before = sorted(somebody.folder.rglob("*"))
    outcome = replace(somebody, wire=Replay(answers))("test", "demo", env={"PATH": str(programs)})
    assert outcome.status in (1, 4)  # it cannot be unpacked, or nothing in it is for tox
    assert sorted(somebody.folder.rglob("*")) == before


def _zeros(size: int, compressed: Callable[..., Any] = gzip.GzipFile) -> bytes:
    """Return so many zeros, compressed, without ever having them."""
    packed = io.BytesIO()
    with compressed(packed) as file:
        for _ in range(size // archives.MIB):
            file.write(bytes(archives.MIB))
    return packed.getvalue()


def _gzip(packed: io.BytesIO) -> gzip.GzipFile:
    return gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1)


def _bzip2(packed: io.BytesIO) -> bz2.BZ2File:
    return bz2.BZ2File(packed, "wb", compresslevel=1)


def _crowd() -> bytes:
    """Return a zip file whose directory has a million members."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, *[0] * 8, 1, *[0] * 6) + b"a"
    directory = entry * 1_000_000
    return directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(directory), 0, 0)


def _big_metadata(name: str, size: int = 20 * archives.MIB, stub: bytes = b"", times: int = 1) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for number in range(times):
            packed.writestr(name.format(number), METADATA * (times == 1) + bytes(size))
    return stub + made.getvalue()


def _big_member(compress: Callable[[bytes], bytes], zeros: Callable[..., Any]) -> bytes:
    info = tarfile.TarInfo("demo-1.0/zeros")
    info.size = 10**12
    return compress(info.tobuf()) + _zeros(20 * archives.MIB, zeros)


def _long_header(compress: Callable[[bytes], bytes], zeros: Callable[..., Any]) -> bytes:
    info = tarfile.TarInfo("demo-1.0/name")
    info.type, info.size = tarfile.XHDTYPE, 2**33 - 1
    return compress(info.tobuf()) + _zeros(20 * archives.MIB, zeros)


def _many_texts() -> bytes:
    """Return a tar with many large PKG-INFOs, none of which is enough."""
    made = io.BytesIO()
    with bz2.BZ2File(made, "wb", compresslevel=1) as file:
        for number in range(12):
            info = tarfile.TarInfo(f"demo-1.0/{number}/PKG-INFO")
            info.size = 10 * archives.MIB
            file.write(info.tobuf() + b"A: b\n\n".ljust(info.size, b"\0"))
    return made.getvalue()


TOO_BIG = "{!r} would be more than 16 MiB, like a zip bomb: not read"
TOO_MUCH = "it would unpack to more than 100 MiB, like a zip bomb: not unpacked"
TOO_LONG = "cannot be unpacked: a header is far too long"
WHEEL, EGG, EXE = "demo-1.0-py3-none-any.whl", "demo-1.0-py2.7.egg", "demo-1.0.win32-py2.7.exe"
BOMBS = [
    (WHEEL, partial(_big_metadata, "demo-1.0.dist-info/METADATA"), TOO_BIG.format("demo-1.0.dist-info/METADATA")),
    (EGG, partial(_big_metadata, "EGG-INFO/PKG-INFO"), TOO_BIG.format("EGG-INFO/PKG-INFO")),
    (EXE, partial(_big_metadata, "PURELIB/x.egg-info", stub=b"MZ" * 99), TOO_BIG.format("PURELIB/x.egg-info")),
    ("demo-1.0.zip", partial(_big_metadata, "{}/PKG-INFO", 10**6, times=99), "no name and no version in its metadata"),
    ("demo-1.0.tar.gz", partial(_big_member, gzip.compress, _gzip), TOO_MUCH),
    ("demo-1.0.tar.bz2", partial(_big_member, bz2.compress, _bzip2), TOO_MUCH),
    ("demo-1.0.tbz", partial(_big_member, bz2.compress, _bzip2), TOO_MUCH),
    ("demo-1.0.tar.gz", partial(_long_header, gzip.compress, _gzip), TOO_LONG),
    ("demo-1.0.tar.bz2", partial(_long_header, bz2.compress, _bzip2), TOO_LONG),
    ("demo-1.0.tar", partial(_long_header, bytes, _gzip), TOO_LONG),
    ("demo-1.0.tar.bz2", _many_texts, TOO_MUCH),
]


@pytest.mark.parametrize(("name", "packed", "said"), BOMBS)
def test_no_bomb_is_expanded(
    tmp_path: Path, attack: Callable[[str, str, str], None], name: str, packed: Callable[[], bytes], said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(packed())
    tracemalloc.start()
    before = time.process_time()
    with pytest.raises(BrokenDistribution) as failure:
        dists.read(path)
    seconds, peak = time.process_time() - before, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert failure.value.message.startswith(f"{name}: {said}")
    assert peak < 5 * archives.MOST_AT_ONCE  # two texts, each as it is and as headers and description
    assert seconds < 10
    attack("archive that unpacks to more than it seems", name, failure.value.message)


def test_a_million_members_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0.zip"
    path.write_bytes(_crowd())
    with pytest.raises(BrokenDistribution) as failure:
        dists.read(path)
    assert failure.value.message == "demo-1.0.zip: it has more than 100000 members, like a zip bomb: not read"
