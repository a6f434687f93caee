"""Limit the total time of a request with its retries, however slow the response."""

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
    """The time ran out while a response was on its way."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Start the clock of a request; a nested request has a clock of its own."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


@contextmanager
def suspended() -> Iterator[None]:
    """Stop the clock inside the block, while the body of a file is transferred."""
    started, token = time.monotonic(), _ends.set(math.inf)
    try:
        yield
    finally:
        _ends.reset(token)
        _add(time.monotonic() - started)


def left() -> float:
    """Return how many seconds are left; infinite if no request is running."""
    return max(0.0, _ends.get() - time.monotonic())


def trace() -> Callable[[str, Mapping[str, Any]], None]:
    """Return a callback for httpx's extension ``trace`` that enforces the deadline.

    The time for sending the request body does not count.
    """
    sending = 0.0

    def on_event(event: str, info: Mapping[str, Any]) -> None:
        nonlocal sending
        step = event.partition(".")[2]
        if step in ("connect_tcp.complete", "start_tls.complete"):
            _limit_reads(info["return_value"])
        elif step == "send_request_body.started":
            sending = time.monotonic()
        elif step in ("send_request_body.complete", "send_request_body.failed"):
            _add(time.monotonic() - sending)

    return on_event


def _limit_reads(stream: httpcore.NetworkStream) -> None:
    """Make all reads of a stream end by the deadline.

    httpx limits each read only, and a slow trickle needs very many.
    """
    read = stream.read

    def read_in_time(max_bytes: int, timeout: float | None = None) -> bytes:
        rest = left()
        if not rest:
            raise DeadlineExceeded
        return read(max_bytes, timeout=timeout if rest == math.inf else min(rest, timeout or rest))

    stream.read = read_in_time  # type: ignore[method-assign]  # the only hook into a stream that httpcore makes


def _add(seconds: float) -> None:
    _ends.set(_ends.get() + seconds)
