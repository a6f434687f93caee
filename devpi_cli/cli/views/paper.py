"""Draw with rich: text that is clean, tables that fit, colours where they are shown."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from devpi_cli.cli.views.columns import width
from devpi_cli.printable import hide, one_line, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import ConsoleOptions, RenderableType, RenderResult

GAP = 2
# A column whose texts may be folded is not narrower than that, unless all columns that can be left out are.
LEAST = 24
# Blanks with which rich fills a line, before the end of a colour.
FILLING = re.compile(r"[ ]+((?:\x1b\[[\d;]*m)*)$")
GOOD, BAD, CAREFUL, LESS, MORE = "green", "red", "yellow", "dim", "bold"


def text(value: object, style: str = "") -> Text:
    """Return text on one line as it may be shown, whatever is in it: no control characters, markup or passwords."""
    return Text(visible(hide(one_line(str(value)))), style)


def joined(*parts: tuple[object, str]) -> Text:
    """Return texts with a style each, one after the other."""
    found = Text()
    for value, style in parts:
        found.append_text(text(value, style))
    return found


def drawn(view: RenderableType, *, encoding: str | None, with_colours: bool) -> str:
    """Return the characters of a view; without colours there is no escape sequence among them."""
    paper = _Paper()
    paper.encoding = encoding or "ascii"
    colours: dict[str, Any] = {"force_terminal": with_colours, "color_system": "standard" if with_colours else None}
    console = Console(file=paper, width=width(), highlight=False, legacy_windows=False, no_color=False, **colours)
    console.print(view)
    return "\n".join(FILLING.sub(r"\1", line) for line in paper.getvalue().rstrip("\n").split("\n"))


class _Paper(io.StringIO):
    """Keeps what is drawn; rich draws no lines that the encoding of stdout lacks."""

    encoding = ""


class Column(NamedTuple):
    """A column of a table; of those with a rank the highest is left out first if there is no room."""

    title: str
    rank: int = 0
    folds: bool = False
    is_right: bool = False


class Rows:
    """A table without lines. Columns without any value, and those for which there is no room, are left out."""

    def __init__(self, columns: Sequence[Column], rows: Iterable[Sequence[Text]]) -> None:
        found = [list(row) for row in rows]
        used = [place for place in range(len(columns)) if any(row[place].plain for row in found)]
        self.columns = [columns[place] for place in used]
        self.rows = [[row[place] for place in used] for row in found]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield a table of the columns for which there is room."""
        del console
        places = list(range(len(self.columns)))
        while self._least(places) > options.max_width:
            ranked = [place for place in places if self.columns[place].rank]
            if not ranked:
                break
            places.remove(max(ranked, key=lambda place: self.columns[place].rank))
        yield self._table(places)

    def _least(self, places: Sequence[int]) -> int:
        """Return how wide a table of some columns is if those that can be are folded."""
        total = GAP * (len(places) - 1)
        for place in places:
            column = self.columns[place]
            lines = [column.title, *(line for row in self.rows for line in row[place].plain.split("\n"))]
            wide = max(map(cell_len, lines))
            total += min(wide, LEAST) if column.folds else wide
        return total

    def _table(self, places: Sequence[int]) -> Table:
        table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style=LESS)
        for place in places:
            column = self.columns[place]
            table.add_column(
                column.title,
                justify="right" if column.is_right else "left",
                no_wrap=not column.folds,
                overflow="fold" if column.folds else "ellipsis",
            )
        for row in self.rows:
            table.add_row(*(row[place] for place in places))
        return table


def facts(pairs: Iterable[tuple[str, Text]]) -> Table:
    """Return names and values below each other; a name that repeats is shown once."""
    grid, before = Table.grid(padding=(0, GAP, 0, 0), pad_edge=False), None
    grid.add_column(no_wrap=True, style=LESS)
    grid.add_column(overflow="fold")
    for name, value in pairs:
        grid.add_row(text("" if name == before else name), value)
        before = name
    return grid


def parts(*views: RenderableType | None) -> Group:
    """Return views below each other, with an empty line between them."""
    found = [view for view in views if view is not None]
    spaced = [part for view in found for part in (Text(), view)]
    return Group(*spaced[1:])
