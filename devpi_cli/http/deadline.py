"""How long a request may take, with all that is tried again, however slowly an answer drips."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import httpcore

SECONDS = 600.0
_ends: ContextVar[float] = ContextVar("_ends", default=math.inf)  # every thread has its own


class DeadlineExceeded(Exception):
    """There is no time left, while an answer is on its way."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let the time of a request begin; one that is made meanwhile has a time of its own."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


@contextmanager
def suspended() -> Iterator[None]:
    """Let no time pass inside the block, in which the body of a file comes."""
    started, token = time.monotonic(), _ends.set(math.inf)
    try:
        yield
    finally:
        _ends.reset(token)
        _add(time.monotonic() - started)


def left() -> float:
    """Return how many seconds are left; without end where no request is under way."""
    return max(0.0, _ends.get() - time.monotonic())


def trace() -> Callable[[str, Mapping[str, Any]], None]:
    """Return what holds a request to its deadline when httpx tells it about the steps of that (extension ``trace``).

    The time that its body takes does not count.
    """
    sending = 0.0

    def heard(event: str, about: Mapping[str, Any]) -> None:
        nonlocal sending
        step = event.partition(".")[2]
        if step in ("connect_tcp.complete", "start_tls.complete"):
            _hold(about["return_value"])
        elif step == "send_request_body.started":
            sending = time.monotonic()
        elif step in ("send_request_body.complete", "send_request_body.failed"):
            _add(time.monotonic() - sending)

    return heard


def _hold(stream: httpcore.NetworkStream) -> None:
    """Let every read of a network stream end in time; httpx only limits a single one, and a drip makes very many."""
    read = stream.read

    def read_in_time(max_bytes: int, timeout: float | None = None) -> bytes:
        rest = left()
        if not rest:
            raise DeadlineExceeded
        return read(max_bytes, timeout=timeout if rest == math.inf else min(rest, timeout or rest))

    stream.read = read_in_time  # type: ignore[method-assign]  # the only seam of a stream that httpcore makes


def _add(seconds: float) -> None:
    _ends.set(_ends.get() + seconds)
