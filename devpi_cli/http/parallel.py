"""Several requests under way at once, as many as the way to the server is worth; and reading ahead of them."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from devpi_cli.errors import DevpiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MOST = 8
TRIALS = 2
# What a small request costs a devpi-server itself. Changes take turns at its single writer: one more than are on their
# way find it always at work, and more than that keep it from its work.
SERVER_SECONDS = 0.015
# What only reads waits for nobody.
READING_SECONDS = 0.006
# To show what is to be removed, which is the request that tells how far the server is, costs more than a small one.
REMOVING_SECONDS = 0.03
AHEAD = 2

T = TypeVar("T")
R = TypeVar("R")


def run(
    work: Callable[[T], R],
    items: Iterable[T],
    jobs: int | None = None,
    *,
    seconds: float | None = None,
    server_seconds: float = SERVER_SECONDS,
) -> Iterator[tuple[T, R | DevpiError]]:
    """Do the same with every item, and yield each with what came of it, in the order of the items.

    ``jobs`` says how many are under way at once; without it that follows from how many ``seconds`` a request takes,
    beside the ``server_seconds`` that are the server's own; where nobody knows, the first are done one after the other.
    A DevpiError is an outcome; anything else ends it all. What has not begun when nobody asks for more is left.
    """
    left = iter(items)
    if jobs is None and seconds is None:
        seconds = math.inf
        for _, item in zip(range(TRIALS), left, strict=False):
            started = time.monotonic()
            yield item, _outcome(work, item)
            seconds = min(seconds, time.monotonic() - started)
    if jobs is None:
        jobs = int(min(MOST, (seconds or 0.0) / server_seconds + 1))
    if jobs > 1:
        yield from _Team(work, left).outcomes(jobs)
    else:
        yield from ((item, _outcome(work, item)) for item in left)


def read_ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield what an iterator does, which makes the next item while the one before is in use."""
    return (item for item, _ in _Team(_nothing, items).outcomes(1))


def _nothing(item: object) -> None:
    """Do nothing: what takes time is to get the item."""


def _outcome(work: Callable[[T], R], item: T) -> R | DevpiError:
    try:
        return work(item)
    except DevpiError as error:
        return error


class _Task(Generic[T, R]):
    """An item that somebody works on."""

    def __init__(self, item: T) -> None:
        self.item = item
        self.outcome: R | DevpiError | None = None
        self.failure: BaseException | None = None
        self.is_done = False


class _Team(Generic[T, R]):
    """Threads that take items from an iterator, in turn, and not too far ahead of who takes what comes of them."""

    def __init__(self, work: Callable[[T], R], items: Iterable[T]) -> None:
        self._work = work
        self._items = iter(items)
        self._tasks: deque[_Task[T, R]] = deque()
        self._changed = threading.Condition()
        self._taking = threading.Lock()
        self._running = 0
        self._most_ahead = AHEAD
        self._is_over = False

    def outcomes(self, jobs: int) -> Iterator[tuple[T, R | DevpiError]]:
        """Yield each item with its outcome, in order."""
        self._running, self._most_ahead = jobs, jobs + AHEAD
        for _ in range(jobs):
            threading.Thread(target=self._run, daemon=True).start()  # Ctrl-C waits for no request
        try:
            while task := self._next():
                if task.failure:
                    raise task.failure
                yield task.item, task.outcome  # type: ignore[misc]  # what is done has an outcome
        finally:
            with self._changed:
                self._is_over = True
                self._changed.notify_all()

    def _next(self) -> _Task[T, R] | None:
        with self._changed:
            while not (self._tasks and self._tasks[0].is_done):
                if not (self._tasks or self._running):
                    return None
                self._changed.wait()
            self._changed.notify_all()
            return self._tasks.popleft()

    def _run(self) -> None:
        try:
            while task := self._take():
                if not task.failure:
                    self._do(task)
                with self._changed:
                    task.is_done = True
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _do(self, task: _Task[T, R]) -> None:
        try:
            task.outcome = _outcome(self._work, task.item)
        except BaseException as error:
            task.failure = error

    def _take(self) -> _Task[T, R] | None:
        """Return the next item as a task; only one thread at a time asks the iterator, which may take its time."""
        with self._taking:
            with self._changed:
                while len(self._tasks) >= self._most_ahead and not self._is_over:
                    self._changed.wait()
                if self._is_over:
                    return None
            task = self._asked()
            if task:
                with self._changed:
                    self._tasks.append(task)
            return task

    def _asked(self) -> _Task[T, R] | None:
        try:
            return _Task(next(self._items))
        except StopIteration:
            return None
        except BaseException as error:
            self._is_over = True
            task: _Task[T, R] = _Task(None)  # type: ignore[arg-type]  # nobody sees this item
            task.failure = error
            return task
