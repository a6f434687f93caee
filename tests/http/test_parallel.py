"""Parallel requests: how many run at once, and their results."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from itertools import count, islice

import pytest

from devpi_cli.errors import DevpiError
from devpi_cli.http import parallel
from devpi_cli.http.parallel import read_ahead, run

FAR = 4 * parallel.SERVER_SECONDS


@dataclass
class Work:
    """Work that takes some seconds, and sees how much of it goes on at once."""

    seconds: float = 0.0
    most: int = 0
    begun: list[int] = field(default_factory=list)
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, item: int) -> int:
        with self._lock:
            self.begun.append(item)
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(self.seconds)
        with self._lock:
            self._now -= 1
        return item * item


@pytest.mark.parametrize("jobs", [None, 1, 2, 7, 64])
@pytest.mark.parametrize("number", [0, 1, 2, 3, 30])
def test_everything_is_done_once_and_told_in_order(jobs: int | None, number: int) -> None:
    work = Work(0.001)
    assert list(run(work, range(number), jobs)) == [(item, item * item) for item in range(number)]
    assert sorted(work.begun) == list(range(number))


def test_as_many_are_under_way_as_was_said() -> None:
    work = Work(0.02)
    list(run(work, range(12), 3))
    assert work.most == 3


def test_nearby_they_take_turns() -> None:
    work = Work()
    list(run(work, range(20)))
    assert (work.most, work.begun) == (1, list(range(20)))


def test_far_away_the_first_two_tell_that_more_are_worth_it() -> None:
    work = Work(FAR + 0.002)
    list(run(work, range(20)))
    assert 4 <= work.most <= parallel.MOST
    assert work.begun[:2] == [0, 1]


def test_where_it_is_known_how_far_that_is_nobody_has_to_try() -> None:
    work = Work(0.01)
    list(run(work, range(20), seconds=FAR + 0.001))
    assert work.most == 5
    near = Work(FAR)
    list(run(near, range(3), seconds=0.001))
    assert near.most == 1


def test_what_only_reads_has_more_under_way() -> None:
    work = Work(2 * parallel.SERVER_SECONDS)
    list(run(work, range(20), server_seconds=parallel.READING_SECONDS))
    assert work.most >= 5


def test_there_are_never_too_many() -> None:
    work = Work(parallel.SERVER_SECONDS * parallel.MOST * 2)
    list(run(work, range(30)))
    assert work.most == parallel.MOST


@pytest.mark.parametrize("jobs", [None, 1, 3])
def test_a_failure_is_an_outcome(jobs: int | None) -> None:
    def work(item: int) -> int:
        if item == 1:
            raise DevpiError("no")
        return item

    outcomes = [outcome for _, outcome in run(work, range(4), jobs)]
    assert [str(outcome) for outcome in outcomes] == ["0", "no", "2", "3"]


@pytest.mark.parametrize("jobs", [None, 1, 3])
def test_a_bug_ends_it_all(jobs: int | None) -> None:
    def work(item: int) -> float:
        return 1 / (item - 3)

    with pytest.raises(ZeroDivisionError):
        list(run(work, range(10), jobs))


@pytest.mark.parametrize("jobs", [None, 1, 3])
def test_what_cannot_be_had_ends_it_all(jobs: int | None) -> None:
    with pytest.raises(KeyError):
        list(run(Work(), ({}[item] if item == 3 else item for item in range(10)), jobs))


def test_items_are_not_asked_for_long_before_they_are_used() -> None:
    asked: list[int] = []
    items = (asked.append(item) or item for item in count())  # type: ignore[func-returns-value]
    outcomes = run(Work(), items, 2)
    assert list(islice(outcomes, 3)) == [(0, 0), (1, 1), (2, 4)]
    time.sleep(0.05)
    assert len(asked) <= 3 + 2 + parallel.AHEAD + 1


def test_what_has_not_begun_when_nobody_asks_for_more_is_left() -> None:
    work = Work(0.01)
    outcomes = run(work, count(), 2)
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]  # it is a generator
    time.sleep(0.05)
    begun = len(work.begun)
    time.sleep(0.05)
    assert len(work.begun) == begun
    assert {thread.name for thread in threading.enumerate()} >= {"MainThread"}


def test_the_next_item_is_made_while_one_is_in_use() -> None:
    made: list[int] = []

    def items() -> object:
        for item in range(3):
            made.append(item)
            yield item

    got = read_ahead(items())
    assert next(got) == 0
    deadline = time.monotonic() + 5
    while 1 not in made and time.monotonic() < deadline:
        time.sleep(0.001)
    assert made[:2] == [0, 1]
    assert list(got) == [1, 2]
