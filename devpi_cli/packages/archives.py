"""Read and unpack archives safely: inside their folder, and without zip bombs."""

from __future__ import annotations

import bz2
import gzip
import os
import shutil
import tarfile
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import IO, TYPE_CHECKING, Any, cast

from devpi_cli.errors import BrokenDistribution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Rank = tuple[int, int, str]

MIB = 1024 * 1024
# A zip bomb unpacks to more than ROOMY, and to more than RATIO times the size of the archive.
ROOMY = 100 * MIB
RATIO = 50
MOST_BYTES = 4096 * MIB
MOST_MEMBERS = 100_000
MOST_AT_ONCE = 16 * MIB
MOST_TEXTS = 20
# An .exe made by wininst is a program with a zip at its end, which a zip file may have.
ZIPS = (".zip", ".whl", ".egg", ".exe")
GZIP, BZIP2, ZIP = b"\x1f\x8b", b"BZh", b"PK\3\4"
# Headers of tars, and extra fields of zips (of NTFS, Info-ZIP and Unix), with times and owners of a member.
PASSING_HEADERS = ("mtime", "atime", "ctime", "uid", "gid", "uname", "gname")
PASSING_EXTRAS = (b"\x0a\0", b"UT", b"UX", b"Ux", b"ux")
# Those besides the permissions, which follow from the umask of whoever builds: setuid, setgid, sticky.
ODD_MODES = 0o7000
# What zipfile, tarfile and the file system raise for damage and for invalid names.
DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, ValueError, LookupError, RuntimeError, OSError)


@dataclass(frozen=True)
class Member:
    """A member of an archive; ``open`` opens its contents."""

    name: str
    size: int
    is_folder: bool = False
    is_program: bool = False
    link_to: str | None = None
    is_hard: bool = False
    is_device: bool = False
    traits: tuple[object, ...] = ()
    """What else makes it what it is; its times and owners do not."""
    open: Callable[[], IO[bytes] | None] = lambda: None

    @property
    def is_file(self) -> bool:
        """A regular file, not a folder, a link or a device."""
        return not self.is_folder and not self.is_device and self.link_to is None


@dataclass(frozen=True)
class Text:
    """A small file in an archive, which can be read while its turn lasts."""

    name: str
    rank: Rank
    _member: Member

    def read(self) -> bytes:
        """Return its contents. Raises BrokenDistribution if it is not small."""
        if self._member.size > MOST_AT_ONCE:
            what = f"more than {MOST_AT_ONCE // MIB} MiB"
            raise BrokenDistribution(f"{self.name!r} would be {what}, like a zip bomb: not read")
        content = self._member.open()
        if content is None:
            raise BrokenDistribution(f"the member {self.name!r} has no content")
        with content:
            return content.read(MOST_AT_ONCE)


class _Cautious:
    """Wraps the file below a tar file and refuses large single reads.

    Only a forged header asks for one.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.seek, self.tell, self.close = file, file.seek, file.tell, file.close

    def read(self, size: int | None = -1) -> bytes:
        """Read up to ``size`` bytes; more than MOST_AT_ONCE raises BrokenDistribution."""
        if size is None or not 0 <= size <= MOST_AT_ONCE:
            raise BrokenDistribution("cannot be unpacked: a header is far too long")
        return self.file.read(size)


class _Directory(list[zipfile.ZipInfo]):
    """The members of a zip file, limited in number.

    Each takes half a kilobyte of memory.
    """

    def append(self, info: zipfile.ZipInfo) -> None:
        if len(self) == MOST_MEMBERS:
            raise BrokenDistribution(f"it has more than {MOST_MEMBERS} members, like a zip bomb: not read")
        super().append(info)


class _Zip(zipfile.ZipFile):
    """A zip file that stops reading its directory after MOST_MEMBERS entries."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, _Directory() if name == "filelist" else value)


def texts(archive: Path, rank: Callable[[str], Rank | None]) -> Iterator[Text]:
    """Yield the files that have a rank.

    Those of a zip come with the best first, those of a tar as they stand. A tar is read to its end, so damage
    anywhere in it is found. Raises BrokenDistribution for a zip bomb, or DAMAGE.
    """
    is_zip = _is_zip(archive)
    with _members(archive) as members:
        found = (
            Text(member.name, order, member)
            for member in (members if is_zip else limited(members, archive))
            if member.is_file and (order := rank(member.name)) is not None
        )
        if is_zip:  # Of two members with one name, the later one counts, as it does for zipfile.
            unique = {text.name: text for text in found}
            yield from sorted(unique.values(), key=lambda text: text.rank)[:MOST_TEXTS]
        else:
            yield from found


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack an archive; return the project's folder in it.

    It is a tar file, compressed or not, or a zip. ``folder`` is created. Files, folders, and symbolic links that
    stay inside are unpacked. Raises BrokenDistribution for any other member, a name that leads out of the folder, a
    zip bomb, or a damaged archive.
    """
    folder.mkdir(mode=0o700)
    try:
        with _members(archive) as members:
            _write(_inside(limited(members, archive)), folder.resolve())
    except BrokenDistribution as error:
        raise BrokenDistribution(f"{archive.name}: {error.message}") from None
    except DAMAGE as error:
        raise BrokenDistribution(f"{archive.name}: cannot be unpacked: {error}") from None
    # The name of the single folder in an sdist has changed over the years, so any name will do.
    inside = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    return inside[0] if len(inside) == 1 else folder


@contextmanager
def _members(archive: Path) -> Iterator[Iterable[Member]]:
    with opened(archive) as found:
        yield members_of(found)


@contextmanager
def opened(archive: Path) -> Iterator[zipfile.ZipFile | tarfile.TarFile]:
    """Open an archive whose members are read with care.

    What it cannot read raises DAMAGE.
    """
    with ExitStack() as files:
        if _is_zip(archive):
            yield files.enter_context(_Zip(archive))
        else:
            stream = _Cautious(files.enter_context(_uncompressed(archive)))
            yield files.enter_context(tarfile.open(fileobj=stream, mode="r:"))  # type: ignore[call-overload]


def members_of(archive: zipfile.ZipFile | tarfile.TarFile) -> Iterable[Member]:
    """Return the members in their order, without a limit."""
    if isinstance(archive, zipfile.ZipFile):
        return (_of_zip(archive, info) for info in archive.infolist())
    return (_of_tar(archive, info) for info in archive)


def _is_zip(archive: Path) -> bool:
    """Return True for a zip.

    The names of old sdists are not always those of their contents.
    """
    begins = beginning(archive)
    return begins == ZIP or (archive.name.lower().endswith(ZIPS) and not begins.startswith((GZIP, BZIP2)))


def _uncompressed(archive: Path) -> IO[bytes]:
    """Open what is in a compressed file, or a file that is not compressed."""
    begins = beginning(archive)
    if begins.startswith(BZIP2):
        return bz2.open(archive)
    return cast("IO[bytes]", gzip.open(archive)) if begins.startswith(GZIP) else archive.open("rb")


def beginning(archive: Path) -> bytes:
    """Return the first bytes of a file, which tell its kind."""
    with archive.open("rb") as file:
        return file.read(len(ZIP))


def _of_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    is_program = bool(info.external_attr >> 16 & 0o100)
    traits = (info.compress_type, info.external_attr >> 16 & ODD_MODES, info.comment, _lasting(info.extra))
    return Member(
        info.filename, info.file_size, info.is_dir(), is_program, traits=traits, open=lambda: archive.open(info)
    )


def _lasting(extra: bytes) -> tuple[bytes, ...]:
    """Return the extra fields of a member of a zip.

    Those with its times and owners are left out.
    """
    fields = []
    while extra:
        size = 4 + int.from_bytes(extra[2:4], "little")
        if extra[:2] not in PASSING_EXTRAS:
            fields.append(extra[:size])
        extra = extra[size:]
    return tuple(fields)


def _of_tar(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    is_link = info.issym() or info.islnk()
    headers = {name: text for name, text in info.pax_headers.items() if name not in PASSING_HEADERS}
    return Member(
        info.name,
        info.size,
        info.isdir(),
        is_program=bool(info.mode & 0o100),
        link_to=info.linkname if is_link else None,
        is_hard=info.islnk(),
        is_device=not (info.isreg() or info.isdir() or is_link),
        traits=(info.type, info.mode & ODD_MODES, info.devmajor, info.devminor, headers),
        open=lambda: archive.extractfile(info) if info.isreg() else None,
    )


def limited(members: Iterable[Member], archive: Path) -> Iterator[Member]:
    """Yield the members; raise BrokenDistribution when they are too many or too big."""
    most = min(max(ROOMY, RATIO * archive.stat().st_size), MOST_BYTES)
    total = 0
    for number, member in enumerate(members, 1):
        total += member.size
        if total > most or number > MOST_MEMBERS:
            what = f"{most // MIB} MiB" if total > most else f"{MOST_MEMBERS} members"
            raise BrokenDistribution(f"it would unpack to more than {what}, like a zip bomb: not unpacked")
        yield member


def _inside(members: Iterable[Member]) -> Iterator[Member]:
    """Yield the members.

    Raise BrokenDistribution for a name that leads out, a device or a pipe.
    """
    for member in members:
        if member.is_device:
            raise BrokenDistribution(f"it contains a device or a pipe, {member.name!r}: not unpacked")
        if _leaves(member.name) or (member.is_hard and _leaves(member.link_to or "")):
            raise BrokenDistribution(f"the member {member.name!r} would leave the folder: not unpacked")
        yield member


def _leaves(name: str) -> bool:
    """Return True if a name leads out of the folder.

    Windows drives and backslashes count, too.
    """
    path = PureWindowsPath(name)
    return bool(path.anchor) or ".." in path.parts


def _write(members: Iterable[Member], root: Path) -> None:
    """Write the files first and then the symbolic links.

    So nothing is written through a link.
    """
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


def _write_file(path: Path, member: Member) -> None:
    content = member.open()
    if content is None:
        raise BrokenDistribution(f"the member {member.name!r} has no content")
    mode = 0o700 if member.is_program else 0o600
    with content:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), mode)
        with os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(content, file)


def _link(path: Path, target: str, root: Path) -> None:
    """Create a symbolic link to something inside ``root``.

    It is skipped if its target does not exist.
    """
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
