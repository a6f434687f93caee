"""Undo a change that a killed server did not finish: devpi-server opens its database for reading first, and cannot."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from devpi_cli.errors import DevpiError

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = "-journal"
SECONDS = 10.0
UNDONE = "the server was killed in the middle of a change, which is undone"


def is_left(database: Path) -> bool:
    """Return True if a change has begun and has not ended: one that is under way, or that was broken off."""
    return database.with_name(database.name + SUFFIX).exists()


def undo(database: Path) -> None:
    """Undo a change that was broken off, as sqlite itself does for whoever may write.

    No server may run on the data. Raises DevpiError if that fails.
    """
    if not is_left(database):
        return
    try:
        with closing(sqlite3.connect(database, timeout=SECONDS)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    except sqlite3.Error as error:
        hint = "restore a backup: type 'devpi server restore DIR --serverdir NEW'"
        raise DevpiError(f"cannot undo the last change of {database}: {error}", hint=hint) from None
