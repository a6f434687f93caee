"""What a server told a moment ago: lists of names on disk, kept for half a minute."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from devpi_cli.files import write_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SECONDS = 30.0
ENDING = ".names"


def default_folder() -> Path:
    """Return where such lists are kept unless the user names another folder for what the client keeps."""
    from platformdirs import user_cache_path

    return user_cache_path("devpi-cli", appauthor=False)


class Cache:
    """Lists of names in a folder, each by what tells it from all others, such as a server, a user and a question.

    Nothing can go wrong here: what cannot be read is not known, what cannot be written is forgotten.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self, *key: str, seconds: float = SECONDS) -> list[str] | None:
        """Return a list that is not older than that; None where there is none."""
        path = self._path(key)
        with suppress(OSError, UnicodeError):
            if 0 <= time.time() - path.stat().st_mtime <= seconds:
                return path.read_text(encoding="utf-8").splitlines()
        return None

    def keep(self, names: Sequence[str], *key: str) -> None:
        """Keep a list for the next ones who ask, and forget those that are too old."""
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._clean()
            write_private(self._path(key), "\n".join(names))

    def _path(self, key: Sequence[str]) -> Path:
        return self._folder / f"{sha256(repr(key).encode()).hexdigest()}{ENDING}"

    def _clean(self) -> None:
        oldest = time.time() - SECONDS
        for entry in os.scandir(self._folder):
            if entry.name.endswith(ENDING) and entry.stat().st_mtime < oldest:
                os.unlink(entry.path)  # noqa: PTH108 (an entry is no Path, and there may be many)
