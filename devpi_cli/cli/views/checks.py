"""Draw what doctor finds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.table import Table

from devpi_cli.cli.views.paper import BAD, CAREFUL, GAP, GOOD, MORE, text

if TYPE_CHECKING:
    from collections.abc import Iterable

STYLES = {"ok": GOOD, "warning": CAREFUL, "WRONG": BAD}
# Where a finding goes on with what to do about it.
VERBS = "type|run|add|set|unset|start|install|uninstall|upgrade|use|ask|remove"
REMEDY = re.compile(rf"[;:,] (?=(?:to [^;:]*, )?(?:{VERBS}) )")


def finding(verdict: str, name: str, detail: str, names: Iterable[str]) -> Table:
    """Return a check, coloured by its verdict, and below it what to do; ``names`` are those of all checks."""
    grid = Table.grid(padding=(0, GAP, 0, 0), pad_edge=False)
    grid.add_column(no_wrap=True, width=max(map(len, STYLES)))
    grid.add_column(no_wrap=True, width=max(map(len, names)))
    grid.add_column(overflow="fold")
    split = REMEDY.search(detail) if verdict != "ok" else None
    what = detail[: split.start()] if split else detail
    grid.add_row(text(verdict, STYLES.get(verdict, "")), text(name, MORE), text(what))
    if split:
        grid.add_row("", "", text(detail[split.end() :], STYLES.get(verdict, "")))
    return grid
