"""Limit the total time of a request with its retries, however slow the response."""

from __future__ import annotations

import math
import socket
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from devpi_cli.errors import WrongUsage
from devpi_cli.http import resolution
from devpi_cli.http.connections import import_httpx

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    import httpcore

SECONDS = 600.0
MOST_SECONDS = 1_000_000.0  # clocks and sockets cannot count much further
_ends: ContextVar[float] = ContextVar("_ends", default=math.inf)  # every thread has its own


class Timeouts(NamedTuple):
    """How long a request may wait, in seconds: to connect, for silence, and in total."""

    connect: float
    silence: float
    total: float


class DeadlineExceeded(Exception):
    """The time ran out while a response was on its way."""


def checked(name: str, seconds: float) -> float:
    """Return a number of seconds.

    Raise WrongUsage unless it is positive, finite and not absurdly large.
    """
    if not isinstance(seconds, int | float) or not 0 < seconds <= MOST_SECONDS:  # NaN is in no range
        raise WrongUsage(f"{name}={seconds!r} must be a number of seconds: more than 0, at most {MOST_SECONDS:g}")
    return seconds


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


def trace() -> Callable[[str, dict[str, Any]], None]:
    """Return a callback for httpx's extension ``trace`` that enforces the deadline.

    It is called before and after each step; before, it may change the step's arguments. The time for sending the
    request body does not count.
    """
    sending = 0.0
    handshake = _Handshake()

    def on_event(event: str, info: dict[str, Any]) -> None:
        nonlocal sending
        step = event.partition(".")[2]
        if step.startswith(("connect_tcp.", "start_tls.")):
            handshake.on_step(step, info)
        elif step == "send_request_body.started":
            sending = time.monotonic()
        elif step in ("send_request_body.complete", "send_request_body.failed"):
            _add(time.monotonic() - sending)

    return on_event


class _Handshake:
    """Makes connecting and the TLS handshake end by the deadline."""

    def __init__(self) -> None:
        self._stream: httpcore.NetworkStream | None = None
        self._alarm: threading.Timer | None = None

    def on_step(self, step: str, info: dict[str, Any]) -> None:
        """Take note of a step.

        Before it, change its arguments or raise httpx.ConnectTimeout.
        """
        name, _, when = step.partition(".")
        if when == "started" and not left():
            raise import_httpx().ConnectTimeout("the deadline is over")
        if step == "connect_tcp.started":
            resolution.limit(info, left())
        elif step == "start_tls.started" and self._stream:
            self._alarm = _hang_up_later(self._stream)
        elif name == "start_tls" and self._alarm:
            self._alarm.cancel()
        if when == "complete":
            self._stream = info["return_value"]
            _limit_reads(info["return_value"])


def _hang_up_later(stream: httpcore.NetworkStream) -> threading.Timer | None:
    """End a connection at the deadline, for a handshake.

    httpx limits each of its reads only.
    """
    import threading

    seconds = left()
    if seconds == math.inf:
        return None
    connection = stream.get_extra_info("socket").dup()  # TLS takes the socket itself away

    def hang_up() -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    class Alarm(threading.Timer):
        def cancel(self) -> None:
            super().cancel()
            connection.close()

    alarm = Alarm(seconds, hang_up)
    alarm.daemon = True
    alarm.start()
    return alarm


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
