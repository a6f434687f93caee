"""Run requests in parallel, as many as the latency justifies, and read ahead."""

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
# What a small request costs devpi-server itself. Changes take turns at its single writer: one request more than are in
# transit keeps it busy, and more than that slow it down.
SERVER_SECONDS = 0.015
# Reads do not take turns.
READING_SECONDS = 0.006
# Listing what will be removed, the request by which the latency is measured, costs more than a small one.
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
    """Call ``work`` with every item; yield items and outcomes, in order.

    ``jobs`` is how many run at once. By default it follows from the ``seconds`` that a request takes and the
    ``server_seconds`` of these that the server itself needs; if ``seconds`` is unknown, it is measured with the first
    two items, one after the other. A DevpiError is an outcome; any other exception ends the iteration. If the caller
    stops iterating, items not yet started are dropped.
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


def answers(
    ask: Callable[[T], R], items: Iterable[T], jobs: int | None = None, *, seconds: float | None = None
) -> Iterator[tuple[T, R]]:
    """Ask about every item, with requests that only read; yield items and answers, in order.

    Raises the first DevpiError. ``jobs`` and ``seconds`` are those of ``run``.
    """
    for item, outcome in run(ask, items, jobs, seconds=seconds, server_seconds=READING_SECONDS):
        if isinstance(outcome, DevpiError):
            raise outcome
        yield item, outcome


def read_ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield the items of an iterator; a thread fetches the next ones meanwhile."""
    return (item for item, _ in _Team(_nothing, items).outcomes(1))


def _nothing(item: object) -> None:
    """Do nothing: getting the item is what takes the time."""


def _outcome(work: Callable[[T], R], item: T) -> R | DevpiError:
    try:
        return work(item)
    except DevpiError as error:
        return error


class _Task(Generic[T, R]):
    """An item in work, and its outcome."""

    def __init__(self, item: T) -> None:
        self.item = item
        self.outcome: R | DevpiError | None = None
        self.failure: BaseException | None = None
        self.is_done = False


class _Team(Generic[T, R]):
    """Threads that take items from an iterator, not too far ahead of the consumer."""

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
            threading.Thread(target=self._run, daemon=True).start()  # Ctrl-C does not wait for requests
        try:
            while task := self._next():
                if task.failure:
                    raise task.failure
                yield task.item, task.outcome  # type: ignore[misc]  # a finished task has an outcome
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
        """Return the next item as a task; threads take turns at the iterator."""
        with self._taking:
            with self._changed:
                while len(self._tasks) >= self._most_ahead and not self._is_over:
                    self._changed.wait()
                if self._is_over:
                    return None
            task = self._next_item()
            if task:
                with self._changed:
                    self._tasks.append(task)
            return task

    def _next_item(self) -> _Task[T, R] | None:
        try:
            return _Task(next(self._items))
        except StopIteration:
            return None
        except BaseException as error:
            self._is_over = True
            task: _Task[T, R] = _Task(None)  # type: ignore[arg-type]  # this item is never used
            task.failure = error
            return task
