"""Word sizes, times and numbers as people read them; JSON has the exact ones."""

from __future__ import annotations

import time

UNITS = ("B", "kB", "MB", "GB")
KILO = 1000
MINUTE, HOUR, DAY = 60, 3600, 86400
# From how many seconds on an age is told in which unit, the largest first.
AGES = ((365 * DAY, "year"), (30 * DAY, "month"), (DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))


def size(found: int | None) -> str:
    """Return a number of bytes as in ``1.2 MB``; empty if it is unknown."""
    if found is None:
        return ""
    value, units = float(found), list(UNITS)
    while value >= KILO and units[1:]:
        value, units = value / KILO, units[1:]
    return f"{value:.0f} {units[0]}" if units[0] == UNITS[0] else f"{value:.1f} {units[0]}"


def number(found: int, noun: str, plural: str = "") -> str:
    """Return a number and what is counted, as in ``1 file`` or ``2 files``."""
    return f"{found} {noun if found == 1 else plural or f'{noun}s'}"


def when(iso: str | None, now: float | None = None) -> str:
    """Return how far a time like ``2026-11-25T02:55:26Z`` is from now, as in ``3 days ago``.

    It is returned as it is if nobody can read it, and empty if there is none.
    """
    if not iso:
        return ""
    from datetime import UTC, datetime  # imported here: commands that ask questions count, and tell no time

    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return distance(known.timestamp(), now)


def distance(moment: float, now: float | None = None) -> str:
    """Return how far a time, in seconds since the epoch, is from now: ``3 days ago`` or ``in 3 days``."""
    seconds = (time.time() if now is None else now) - moment
    for least, unit in AGES:
        if abs(seconds) >= least:
            told = number(int(abs(seconds) // least), unit)
            return f"{told} ago" if seconds > 0 else f"in {told}"
    return "just now" if seconds >= 0 else "in less than a minute"
