"""Say in our words why a program of devpi-server failed, by what it printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devpi_cli.errors import ProgramFailed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LINES = 50

# What programs print when they fail, the most telling first: cause and remedy in our words; {} is what was found.
CAUSES = [
    (re.compile(r"\[Errno (28|122)\]|No space left|database or disk is full"), "the disk is full", "make room"),
    (re.compile(r"database is locked|Timeout after \d+ seconds"), "another process keeps the database locked",
     "stop the server, and try again"),
    (re.compile(r"database disk image is malformed|file is not a database"), "the database is damaged",
     "restore a backup with 'devpi server restore DIR'"),
    (re.compile(r"unfinished file .*/\+files/(?P<what>.*)"), "the server was killed before {} was in its place",
     "'devpi server start' puts it there"),
    (re.compile(r"missing file .*/\+files/(?P<what>.*)"), "the server's last change is incomplete: {} is missing",
     "take that file from a backup"),
    (re.compile(r"readonly database"), "the database was not closed properly",
     "start it once with 'devpi server start', which repairs the database"),
    (re.compile(r"Permission ?[dD]enied: '?(?P<what>[^']*)"), "{} may not be read or written by you",
     "run this as the user that it belongs to"),
    (re.compile(r"fatal: (?P<what>.*)"), "{}", ""),
]  # fmt: skip
EXCEPTION = re.compile(r"^(?:[\w.]+\.)?(\w*(?:Error|Exception|Exit|Timeout)\b.*)$")


def of_start(error: ProgramFailed, log: Path) -> ProgramFailed:
    """Return the error for a server that did not start, with the cause that its log tells."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LINES:]
    except OSError:
        return error
    why, remedy = cause(lines)
    hint = "; ".join(filter(None, [remedy, error.hint]))
    return ProgramFailed(f"{error.message}: {why}", status=1, hint=hint)


def cause(lines: Sequence[str]) -> tuple[str, str]:
    """Return why a program failed, and what helps, from the lines that it printed."""
    latest = lines[::-1]
    for pattern, words, remedy in CAUSES:
        if found := next(filter(None, map(pattern.search, latest)), None):
            return words.format(*found.groupdict().values()), remedy
    if found := next(filter(None, map(EXCEPTION.match, latest)), None):
        return found[1], ""
    return (lines[-1] if lines else "it printed nothing"), ""
