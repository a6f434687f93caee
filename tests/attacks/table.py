"""The table of attacks that is printed after a run: what was tried, and what the victim saw."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Attack(NamedTuple):
    """An attack of some kind, and what came of it, in the words of whoever was to be harmed."""

    kind: str
    tried: str
    seen: str


def summary(recorded: Iterable[list[str]]) -> list[str]:
    """Return a heading for each kind, with its attacks below it, and the totals."""
    unique = sorted({Attack(*values) for values in recorded})
    lines: list[str] = []
    kinds = len({attack.kind for attack in unique})
    for kind, group in groupby(unique, key=lambda attack: attack.kind):
        rows = list(group)
        width = max(len(row.tried) for row in rows)
        lines += [f"{kind} ({len(rows)})", *(f"  {row.tried:{width}}  {row.seen}" for row in rows)]
    return [*lines, f"{len(unique)} attacks of {kinds} kinds"]
