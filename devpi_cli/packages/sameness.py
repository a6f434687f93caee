"""Compare two archives by their members."""

from __future__ import annotations

import os
import zipfile
from itertools import zip_longest
from typing import IO, TYPE_CHECKING

from devpi_cli.errors import BrokenDistribution
from devpi_cli.packages import archives

if TYPE_CHECKING:
    import tarfile
    from pathlib import Path

    from devpi_cli.packages.archives import Member

PIECE = 256 * 1024
MOST_AFTER_END = archives.MIB  # a tar is filled up with zeros, by default to 10 KiB
# What may stand between two members of a zip: the sizes of the first one, if they were not known in time.
DESCRIPTOR = 24
LOCAL_HEADER, END = 30, 22


def is_same(one: Path, other: Path) -> bool:
    """Return True if two archives differ at most in times, owners and compression.

    Both have the same members in the same order, and nothing besides. Permissions count as they do for git: whether a
    file is a program. An archive that is damaged, or like a zip bomb, is not the same as any other.
    """
    try:
        return _kind(one) == _kind(other) and _is_same(one, other)
    except (BrokenDistribution, *archives.DAMAGE):
        return False


def _kind(archive: Path) -> bytes:
    return archives.beginning(archive)[:2]


def _is_same(one: Path, other: Path) -> bool:
    with archives.opened(one) as first, archives.opened(other) as second:
        pairs = zip_longest(
            archives.limited(archives.members_of(first), one), archives.limited(archives.members_of(second), other)
        )
        return (
            all(_is_same_member(*pair) for pair in pairs) and _has_no_more(first, one) and _has_no_more(second, other)
        )


def _is_same_member(one: Member | None, other: Member | None) -> bool:
    return one is not None and other is not None and _outside(one) == _outside(other) and _has_same_bytes(one, other)


def _outside(member: Member) -> tuple[object, ...]:
    """Return all but the contents of a member."""
    size = member.size if member.is_file else 0
    return member.name, size, member.is_folder, member.is_program, member.link_to, member.traits


def _has_same_bytes(one: Member, other: Member) -> bool:
    if not one.is_file:
        return True
    first, second = one.open(), other.open()
    if first is None or second is None:
        return False
    with first, second:
        while (piece := first.read(PIECE)) == second.read(PIECE):
            if not piece:
                return True
    return False


def _has_no_more(found: zipfile.ZipFile | tarfile.TarFile, archive: Path) -> bool:
    """Return True if an archive has only the members that were read.

    Other programs may see more in it.
    """
    if isinstance(found, zipfile.ZipFile):
        with archive.open("rb") as file:
            return _ends_in_directory(file) and _is_seamless(found, file)
    stream = found.fileobj
    if stream is None:
        return False
    stream.seek(found.offset)
    after = bytearray()
    while len(after) <= MOST_AFTER_END and (piece := stream.read(PIECE)):
        after += piece
    return len(after) <= MOST_AFTER_END and not any(after)


def _ends_in_directory(file: IO[bytes]) -> bool:
    """Return True if nothing follows the directory of a zip, not even a comment."""
    file.seek(-END, os.SEEK_END)
    end = file.read()
    return end.startswith(b"PK\5\6") and end.endswith(b"\0\0")


def _is_seamless(found: zipfile.ZipFile, file: IO[bytes]) -> bool:
    """Return True if the members follow each other without a gap.

    They must do so from the beginning of the file to its directory.
    """
    end = most = 0
    for info in sorted(found.infolist(), key=lambda info: info.header_offset):
        if not 0 <= info.header_offset - end <= most:
            return False
        file.seek(info.header_offset)
        header = file.read(LOCAL_HEADER)
        sizes = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        end = info.header_offset + LOCAL_HEADER + sizes + info.compress_size
        most = DESCRIPTOR if info.flag_bits & 8 else 0
    return 0 <= found.start_dir - end <= most
