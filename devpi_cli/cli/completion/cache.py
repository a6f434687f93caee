"""What a server told a moment ago: lists of names on disk, kept for half a minute.

Reading one is most of what a press of a key does, so that nothing is imported for it that costs anything.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = 30.0
ENDING = ".names"


class Cache:
    """Lists of names in a folder, each by what tells it from all others: server, user, and question.

    Nothing can go wrong here: what cannot be read is not known, what cannot be written is forgotten.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def names(self, *key: str, seconds: float = SECONDS) -> list[str] | None:
        """Return a list that is not older than that; None where there is none."""
        path = self._path(key)
        with suppress(OSError, UnicodeError):
            if not 0 <= time.time() - os.stat(path).st_mtime <= seconds:  # noqa: PTH116 (as below)
                return None
            with open(path, encoding="utf-8") as file:  # noqa: PTH123 (pathlib costs more than all of this)
                told, *names = file.read().split("\n")
            return names if told == _line(key) else None
        return None

    def keep(self, names: Sequence[str], *key: str) -> None:
        """Keep a list for the next ones who ask, and forget those that are too old."""
        from pathlib import Path

        from devpi_cli.files import write_private

        with suppress(OSError):
            os.makedirs(self._folder, mode=0o700, exist_ok=True)  # noqa: PTH103 (it is a string)
            self._clean()
            write_private(Path(self._path(key)), "\n".join([_line(key), *names]))

    def _path(self, key: Sequence[str]) -> str:
        return f"{self._folder}/{crc32(_line(key).encode()):08x}{ENDING}"

    def _clean(self) -> None:
        oldest = time.time() - SECONDS
        for entry in os.scandir(self._folder):
            if entry.name.endswith(ENDING) and entry.stat().st_mtime < oldest:
                os.unlink(entry.path)  # noqa: PTH108 (an entry is no Path)


def _line(key: Sequence[str]) -> str:
    """Return the first line of a file: whose names these are, because two can have the same checksum."""
    return repr(key)
