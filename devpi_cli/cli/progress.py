"""Show progress bars on a terminal, and keep them out of the way of other output."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from devpi_cli.cli import busy
from devpi_cli.printable import hide, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from rich.console import Console, RenderableType
    from rich.progress import Progress, Task

    Part = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]

# Columns of a terminal from which on there is room for the size, and for speed and time; and what each takes.
WIDE, WIDEST = 75, 95
NARROW_BAR, WIDE_BAR, PERCENTAGE, SIZE, SPEED, TIME = 14, 20, 6, 16, 12, 9
SHORTEST = 8

_bars: list[Progress] = []


@contextmanager
def shown(label: str, total: int, parts: int) -> Iterator[Part]:
    """Show progress bars on stderr.

    The whole task has ``total`` bytes in ``parts`` parts; if the total is not known (0), the bar of the whole counts
    parts. Yields a function that starts a part: it takes a label and the part's size in bytes, and returns a context
    manager with a function that takes the number of bytes done since its last call. Several threads may use it.
    """
    from rich.console import Console

    bars = fitting(Console(stderr=True))
    ended, what = count(1), hide(one_line(label))
    whole = bars.add_task(f"0 of {what}", total=total or parts, visible=parts > 1, counts=not total)

    @contextmanager
    def part(label: str, size: int) -> Iterator[Callable[[int], None]]:
        task = bars.add_task(hide(one_line(label)), total=size)

        def advance(done: int) -> None:
            bars.advance(task, done)
            bars.advance(whole, done if total else 0)

        try:
            yield advance
        finally:
            bars.remove_task(task)
            bars.update(whole, description=f"{next(ended)} of {what}", advance=0 if total else 1)

    with busy.hushed(), bars:
        _bars.append(bars)
        try:
            yield part
        finally:
            _bars.remove(bars)


def fitting(console: Console) -> Progress:
    """Return progress bars that fit the terminal: bar and percentage stay, size, speed and time need room."""
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.text import Text

    class Name(TextColumn):
        """The name, cut in the middle."""

        def __init__(self, width: int) -> None:
            super().__init__("")
            self.width = width

        def render(self, task: Task) -> Text:
            return Text(shortened(task.description, self.width), no_wrap=True)

    class OfBytes(ProgressColumn):
        """A column that is empty for a task that counts no bytes."""

        def __init__(self, column: ProgressColumn) -> None:
            super().__init__()
            self.column = column

        def render(self, task: Task) -> RenderableType:
            return "" if task.fields.get("counts") else self.column(task)

    class Fitting(Progress):
        def get_renderables(self) -> Iterable[RenderableType]:
            width = console.width
            bar = WIDE_BAR if width >= WIDE else NARROW_BAR
            columns: list[ProgressColumn] = [BarColumn(bar), TextColumn("{task.percentage:>3.0f}%")]
            used = bar + PERCENTAGE
            for least, taken, column in (
                (WIDE, SIZE, OfBytes(DownloadColumn())),
                (WIDEST, SPEED, OfBytes(TransferSpeedColumn())),
                (WIDEST, TIME, TimeRemainingColumn()),
            ):
                if width >= least:
                    columns.append(column)
                    used += taken
            self.columns = (Name(max(width - used, SHORTEST)), *columns)
            return super().get_renderables()

    return Fitting(
        console=console,
        transient=True,
        redirect_stdout=False,  # results must stay on stdout
        redirect_stderr=False,
    )


def shortened(name: str, width: int) -> str:
    """Return a name that is no wider than that: its middle is left out, where names of files differ least."""
    from rich.cells import cell_len

    if cell_len(name) <= width:
        return name
    kept = min(len(name), width) - 1
    while kept > 0:
        head = kept - kept // 2
        text = f"{name[:head]}…{name[len(name) - kept // 2 :]}"
        if cell_len(text) <= width:
            return text
        kept -= 1
    return "…"


@contextmanager
def no_part(label: str, size: int) -> Iterator[Callable[[int], None]]:
    """Start a part of a task without a progress bar."""
    del label, size
    yield lambda done: None


@contextmanager
def out_of_the_way() -> Iterator[None]:
    """Hide what is drawn below all lines during the block, which one thread at a time enters."""
    with busy.out_of_the_way():
        for bars in _bars:
            bars.stop()
        yield
        for bars in _bars:
            bars.start()
