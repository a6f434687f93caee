"""Say on a terminal what takes longer than a second, and for how long; the line is gone when the wait is over."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from devpi_cli.printable import hide, one_line, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LATE_SECONDS = 1.0
ERASE = "\r\x1b[K"


class _Task:
    """Something that takes time."""

    def __init__(self, what: str) -> None:
        self.what, self.detail = what, ""
        self.since = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return time.monotonic() - self.since

    def tell(self, detail: str) -> None:
        """Show another detail from now on."""
        self.detail = detail


class _Line:
    """The line below all others, which a thread draws every second; nothing else is written meanwhile."""

    def __init__(self) -> None:
        self.changing = threading.Condition(threading.RLock())
        self.tasks: list[_Task] = []
        self.is_drawn = False
        self.hushed = 0
        self.thread: threading.Thread | None = None

    def begin(self, task: _Task) -> None:
        """Show a task once it takes long; the first starts the thread."""
        with self.changing:
            self.tasks.append(task)
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, daemon=True)
                self.thread.start()
            self.changing.notify()

    def end(self, task: _Task) -> None:
        """Show a task no longer."""
        with self.changing:
            self.tasks.remove(task)
            self.erase()

    def erase(self) -> None:
        """Remove the line until it is drawn again."""
        if self.is_drawn:
            self.is_drawn = False
            self._write(ERASE)

    def _run(self) -> None:
        with self.changing:
            while True:
                self.changing.wait(self._drawn())

    def _drawn(self) -> float | None:
        """Draw the line if it is time; return the seconds until the next time, None for until something begins."""
        if not self.tasks:
            return None
        first = self.tasks[0]  # what was begun last is a part of it
        if first.seconds < LATE_SECONDS:
            return LATE_SECONDS - first.seconds
        if not self.hushed:
            self.is_drawn = True
            self._write(f"\r{_fitting(first)}\x1b[K")
        return 1 - first.seconds % 1

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError):  # the terminal was closed: there is nobody to tell
            self.hushed += 1


def _fitting(task: _Task) -> str:
    """Return the line, cut to the width of the terminal."""
    import shutil  # imported here: few commands take so long

    dots = "…" if sys.stderr.encoding.lower().startswith("utf") else "..."
    detail = f": {task.detail}" if task.detail else ""
    text = visible(hide(one_line(f"{task.what} {dots} {task.seconds:.0f} s{detail}"))).replace("\t", " ")
    most = shutil.get_terminal_size().columns - 1
    return text if len(text) <= most else f"{text[: most - len(dots)]}{dots}"


_line = _Line()


@contextmanager
def shown(what: str) -> Iterator[Callable[[str], None]]:
    """Show on stderr that a block takes longer than a second; the function that is yielded adds a detail."""
    task = _Task(what)
    _line.begin(task)
    try:
        yield task.tell
    finally:
        _line.end(task)


@contextmanager
def out_of_the_way() -> Iterator[None]:
    """Remove the line during the block, which one thread at a time enters."""
    with _line.changing:
        _line.erase()
        yield


@contextmanager
def hushed() -> Iterator[None]:
    """Show nothing during a block that uses the terminal itself."""
    with _line.changing:
        _line.erase()
        _line.hushed += 1
    try:
        yield
    finally:
        with _line.changing:
            _line.hushed -= 1


def untold(detail: str) -> None:
    """Show no detail: there is no terminal."""
