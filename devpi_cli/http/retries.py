"""When to try again, and how long to wait before."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, TypeVar, overload

from devpi_cli.errors import DevpiError, Unreachable
from devpi_cli.http import deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    class Answer(Protocol):
        """What an attempt brings: a response of HTTP."""

        @property
        def status_code(self) -> int: ...
        @property
        def reason_phrase(self) -> str: ...
        @property
        def headers(self) -> Mapping[str, str]: ...


MOST = 3
FIRST_WAIT = 1.0
REFUSED_WAITS = (0.2, 0.5)  # where nobody listens now, seldom somebody does soon, and a script wants to know
PASSING = (429, 502, 503, 504)
MAYBE_DONE = (502, 504)  # a web server got no answer from devpi, which may have done its work


A = TypeVar("A", bound="Answer")


class Retryable(NamedTuple):
    """What went wrong and may pass: in words, how long to wait where that is known, and what the server may have done.

    ``refused``: nobody listens. ``unsettled``: the request was under way, and the answer got lost.
    """

    why: str
    wait: float | None = None
    refused: bool = False
    unsettled: bool = False


def _anything() -> float:
    import random  # here, because few requests are made again

    return random.random()  # noqa: S311 (it spreads waits)


@dataclass(eq=False, repr=False)
class Retries:
    """How often a request is made again, and how long it may take with all that, but for the body of a file.

    So long all requests of a command together may wait, too.
    ``say`` gets a line before every wait, except those of a refused connection; ``sleep`` waits, ``spread`` returns a
    number from 0 to 1, so that many clients do not come back all at once.
    """

    most: int = 0
    say: Callable[[str], None] = lambda line: None
    sleep: Callable[[float], None] = time.sleep
    spread: Callable[[], float] = _anything
    most_seconds: float = deadline.SECONDS
    waited: float = 0.0

    @classmethod
    def of(cls, most: int | None, most_seconds: float | None, say: Callable[[str], None]) -> Retries:
        """Return what a command does unless it was told otherwise."""
        return cls(MOST if most is None else most, say, most_seconds=most_seconds or deadline.SECONDS)

    @overload
    def run(self, attempt: Callable[[], A]) -> A: ...
    @overload
    def run(self, attempt: Callable[[], A], arrived: Callable[[], bool]) -> A | None: ...

    def run(self, attempt: Callable[[], A], arrived: Callable[[], bool] | None = None) -> A | None:
        """Make an attempt, and again while that may help; only for what may be done twice.

        Where the answer may have got lost, ``arrived`` asks whether what was sent is there; then None is returned.
        Raises what the last attempt raises.
        """
        for number in count():
            outcome = _outcome(attempt)
            retryable = _retryable(outcome, is_upload=arrived is not None) if self.most else None
            again = retryable is not None and self._wait(number, retryable)
            if retryable and retryable.unsettled and arrived:
                is_there = _ask(arrived)
                if is_there:
                    return None
                again = again and is_there is False
            if not again:
                break
        if isinstance(outcome, Unreachable):
            raise outcome
        return outcome

    def _wait(self, number: int, retryable: Retryable) -> bool:
        """Wait before another attempt; tell whether there shall be one."""
        if number >= min(self.most, len(REFUSED_WAITS) if retryable.refused else self.most):
            return False
        wait = retryable.wait
        if wait is None:
            wait = REFUSED_WAITS[number] if retryable.refused else FIRST_WAIT * 2**number * (0.5 + self.spread())
        if self.waited + wait > self.most_seconds or wait > deadline.left():
            return False
        if not retryable.refused:
            self.say(f"retrying in {round(wait, 1):g} s: {retryable.why}")
        self.waited += wait
        self.sleep(wait)
        return True


def _outcome(attempt: Callable[[], A]) -> A | Unreachable:
    try:
        return attempt()
    except Unreachable as error:
        return error


def _ask(arrived: Callable[[], bool]) -> bool | None:
    """Return None when there is no telling."""
    try:
        return arrived()
    except DevpiError:
        return None


def _retryable(outcome: Answer | Unreachable, *, is_upload: bool) -> Retryable | None:
    """Return what may pass; None for success, and for a failure that another attempt does not change."""
    if isinstance(outcome, Unreachable):
        # A server that was silent for so long has had its time; but an upload it may hold has to be looked for.
        if not outcome.fault or (outcome.fault == "silent" and not is_upload):
            return None
        refused = outcome.fault == "refused"
        return Retryable(outcome.message, refused=refused, unsettled=not refused)
    status, headers = outcome.status_code, outcome.headers
    # A 502 of devpi itself is about the upstream of a mirror, which it does not ask again so soon.
    if status not in PASSING or (status == PASSING[1] and "x-devpi-api-version" in headers):
        return None
    why = f"{status} {outcome.reason_phrase}"
    return Retryable(why, seconds(headers.get("retry-after", "")), unsettled=status in MAYBE_DONE)


def seconds(retry_after: str) -> float | None:
    """Return how long a ``Retry-After`` header says to wait, which has seconds or a date (RFC 9110, 10.2.3)."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(retry_after)
        return max(0.0, (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
