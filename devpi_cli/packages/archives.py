"""Read and unpack archives safely: inside their folder, and without zip bombs."""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import IO, TYPE_CHECKING, Any

from devpi_cli.errors import BrokenDistribution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MIB = 1024 * 1024
# A zip bomb unpacks to more than ROOMY, and to more than RATIO times the size of the archive.
ROOMY = 100 * MIB
RATIO = 50
MOST_BYTES = 4096 * MIB
MOST_MEMBERS = 100_000
MOST_AT_ONCE = 16 * MIB
ZIPS = (".zip", ".whl")
METADATA = ("METADATA", "PKG-INFO")
# What zipfile, tarfile and the file system raise for damage and for invalid names.
DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, ValueError, LookupError, RuntimeError, OSError)


@dataclass(frozen=True)
class _Member:
    name: str
    size: int
    is_folder: bool = False
    is_program: bool = False
    link_to: str | None = None
    is_hard: bool = False
    open: Callable[[], IO[bytes] | None] = lambda: None


class _Gunzip(gzip.GzipFile):
    """A gzip file that refuses large single reads: only a forged tar header asks for one."""

    def read(self, size: int | None = -1) -> bytes:
        """Read up to ``size`` bytes; more than MOST_AT_ONCE raises BrokenDistribution."""
        if size is None or not 0 <= size <= MOST_AT_ONCE:
            raise BrokenDistribution("cannot be unpacked: a header is far too long")
        return super().read(size)


class _Directory(list[zipfile.ZipInfo]):
    """The members of a zip file, limited in number because each takes half a kilobyte of memory."""

    def append(self, info: zipfile.ZipInfo) -> None:
        if len(self) == MOST_MEMBERS:
            raise BrokenDistribution(f"it has more than {MOST_MEMBERS} members, like a zip bomb: not read")
        super().append(info)


class _Zip(zipfile.ZipFile):
    """A zip file that stops reading its directory after MOST_MEMBERS entries."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, _Directory() if name == "filelist" else value)


def check(archive: Path) -> None:
    """Check that reading the metadata of an archive takes little time and memory.

    Raises BrokenDistribution for a zip bomb. Other damage is left to the code that reads the archive.
    """
    try:
        with _members(archive) as members:
            for member in members if archive.suffix in ZIPS else _limited(members, archive):
                _check_metadata(member)
    except BrokenDistribution as error:
        raise BrokenDistribution(f"{archive.name}: {error.message}") from None
    except DAMAGE:
        return


def _check_metadata(member: _Member) -> None:
    if member.name.endswith(METADATA) and member.size > MOST_AT_ONCE:
        what = f"more than {MOST_AT_ONCE // MIB} MiB"
        raise BrokenDistribution(f"{member.name!r} would be {what}, like a zip bomb: not read")


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a ``.tar.gz``, ``.tgz`` or ``.zip``; return the project's folder in it.

    ``folder`` is created. Files, folders, and symbolic links that stay inside are unpacked. Raises BrokenDistribution
    for any other member, a name that leads out of the folder, a zip bomb, or a damaged archive.
    """
    folder.mkdir(mode=0o700)
    try:
        with _members(archive) as members:
            _write(_inside(_limited(members, archive)), folder.resolve())
    except BrokenDistribution as error:
        raise BrokenDistribution(f"{archive.name}: {error.message}") from None
    except DAMAGE as error:
        raise BrokenDistribution(f"{archive.name}: cannot be unpacked: {error}") from None
    # The name of the single folder in an sdist has changed over the years, so any name will do.
    inside = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    return inside[0] if len(inside) == 1 else folder


@contextmanager
def _members(archive: Path) -> Iterator[Iterable[_Member]]:
    if archive.suffix in ZIPS:
        with _Zip(archive) as opened:
            yield (_of_zip(opened, info) for info in opened.infolist())
    else:
        with _Gunzip(archive) as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
            yield (_of_tar(tar, info) for info in tar)


def _of_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Member:
    is_program = bool(info.external_attr >> 16 & 0o100)
    return _Member(info.filename, info.file_size, info.is_dir(), is_program, open=lambda: archive.open(info))


def _of_tar(archive: tarfile.TarFile, info: tarfile.TarInfo) -> _Member:
    if not (info.isreg() or info.isdir() or info.issym() or info.islnk()):
        raise BrokenDistribution(f"it contains a device or a pipe, {info.name!r}: not unpacked")
    link_to = None if info.isreg() or info.isdir() else info.linkname
    is_program = bool(info.mode & 0o100)
    return _Member(
        info.name, info.size, info.isdir(), is_program, link_to, info.islnk(), lambda: archive.extractfile(info)
    )


def _limited(members: Iterable[_Member], archive: Path) -> Iterator[_Member]:
    """Yield the members; raise BrokenDistribution when they are too many or too big."""
    most = min(max(ROOMY, RATIO * archive.stat().st_size), MOST_BYTES)
    total = 0
    for number, member in enumerate(members, 1):
        total += member.size
        if total > most or number > MOST_MEMBERS:
            what = f"{most // MIB} MiB" if total > most else f"{MOST_MEMBERS} members"
            raise BrokenDistribution(f"it would unpack to more than {what}, like a zip bomb: not unpacked")
        yield member


def _inside(members: Iterable[_Member]) -> Iterator[_Member]:
    """Yield the members; raise BrokenDistribution for a name that leads out."""
    for member in members:
        if _leaves(member.name) or (member.is_hard and _leaves(member.link_to or "")):
            raise BrokenDistribution(f"the member {member.name!r} would leave the folder: not unpacked")
        yield member


def _leaves(name: str) -> bool:
    """Return True if a name leads out of the folder, also with Windows drives and backslashes."""
    path = PureWindowsPath(name)
    return bool(path.anchor) or ".." in path.parts


def _write(members: Iterable[_Member], root: Path) -> None:
    """Write the files first and then the symbolic links, so that nothing is written through a link."""
    links = []
    for member in members:
        path = root / member.name
        folder = path if member.is_folder else path.parent
        folder.mkdir(parents=True, exist_ok=True)
        if member.is_hard:  # to an earlier file
            os.link(root / str(member.link_to), path)
        elif member.link_to is not None:
            links.append((path, member.link_to))
        elif not member.is_folder:
            _write_file(path, member)
    for path, target in links:
        _link(path, target, root)


def _write_file(path: Path, member: _Member) -> None:
    content = member.open()
    if content is None:
        raise BrokenDistribution(f"the member {member.name!r} has no content")
    mode = 0o700 if member.is_program else 0o600
    with content:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), mode)
        with os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(content, file)


def _link(path: Path, target: str, root: Path) -> None:
    """Create a symbolic link to something inside ``root``; skip it if its target does not exist."""
    try:
        end = (path.parent / target).resolve(strict=True)
        exists = True
    except (OSError, RuntimeError):  # RuntimeError: a loop
        end, exists = Path(os.path.normpath(path.parent / target)), False
    if not end.is_relative_to(root):
        raise BrokenDistribution(f"the link {path.relative_to(root).as_posix()!r} leaves the folder: not unpacked")
    # A later link cannot redirect an existing target: links are only created at free paths.
    if exists and not os.path.lexists(path):
        path.symlink_to(target)
