"""Sum up devpi-client's functional tests: how many passed, and why others did not."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def summary(told: Iterable[list[str]]) -> Iterator[str]:
    """Return the lines of the table, from name, outcome and reason of each test."""
    rows = [(outcome, reason) for _, outcome, reason in told]
    for (outcome, reason), count in sorted(Counter(rows).items()):
        yield f"  {count:4} {outcome}{f': {reason}' if reason else ''}"
