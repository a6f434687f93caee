"""Put names side by side, as ``ls`` does; without rich, for there can be half a million."""

from __future__ import annotations

import shutil
from itertools import zip_longest
from typing import TYPE_CHECKING

from devpi_cli.printable import one_line, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = 2
MOST_COLUMNS = 12


def width() -> int:
    """Return the columns of the terminal; ``COLUMNS`` tells them where there is none."""
    return shutil.get_terminal_size().columns


def columns(names: Sequence[str], width: int) -> list[str]:
    """Return lines with the names, ordered downwards, no wider than ``width`` if no name is."""
    cells = [visible(one_line(name)) for name in names]
    lengths = [len(cell) for cell in cells]
    for count in range(min(MOST_COLUMNS, len(cells)), 1, -1):
        height = -(-len(cells) // count)
        starts = range(0, len(cells), height)
        widths = [max(lengths[start : start + height]) for start in starts]
        if sum(widths) + GAP * (len(widths) - 1) <= width:
            stacks = [cells[start : start + height] for start in starts]
            rows = zip_longest(*stacks, fillvalue="")
            gap = " " * GAP
            return [gap.join(f"{cell:{wide}}" for cell, wide in zip(row, widths, strict=True)).rstrip() for row in rows]
    return cells
