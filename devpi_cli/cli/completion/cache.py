"""Cache of a server's lists of names on disk, for half a minute.

Reading it is most of the work for one press of the Tab key, so this module imports nothing expensive.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING
from zlib import crc32

from devpi_cli.system.files import read

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = 30.0
ENDING = ".names"


class Cache:
    """Lists of names in a folder; the key of a list is server, user and question.

    Errors are ignored: an unreadable list counts as missing, an unwritable one is dropped.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def names(self, *key: str, seconds: float = SECONDS) -> list[str] | None:
        """Return a list that is at most ``seconds`` old, or None."""
        path = self._path(key)
        with suppress(OSError, UnicodeError):
            if not 0 <= time.time() - os.stat(path).st_mtime <= seconds:  # noqa: PTH116 (importing pathlib takes longer than all of this)
                return None
            header, *names = read(path).split("\n")
            return names if header == _header(key) else None
        return None

    def keep(self, names: Sequence[str], *key: str) -> None:
        """Save a list and delete those that are too old."""
        from pathlib import Path

        from devpi_cli.system.files import write_private

        with suppress(OSError):
            os.makedirs(self._folder, mode=0o700, exist_ok=True)  # noqa: PTH103 (it is a string)
            self._clean()
            write_private(Path(self._path(key)), "\n".join([_header(key), *names]))

    def _path(self, key: Sequence[str]) -> str:
        return f"{self._folder}/{crc32(_header(key).encode()):08x}{ENDING}"

    def _clean(self) -> None:
        oldest = time.time() - SECONDS
        for entry in os.scandir(self._folder):
            if entry.name.endswith(ENDING) and entry.stat().st_mtime < oldest:
                os.unlink(entry.path)  # noqa: PTH108 (an entry is not a Path)


def _header(key: Sequence[str]) -> str:
    """Return the first line of a file: the key, as two can have the same checksum."""
    return repr(key)
