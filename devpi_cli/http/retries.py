"""Decide when to retry a request, and how long to wait before."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, TypeVar, overload

from devpi_cli.errors import DevpiError, NotDevpi, ServerFailed, Unreachable
from devpi_cli.http import deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    class Answer(Protocol):
        """An HTTP response, as far as retries need it."""

        @property
        def status_code(self) -> int: ...
        @property
        def reason_phrase(self) -> str: ...
        @property
        def headers(self) -> Mapping[str, str]: ...


MOST = 3
FIRST_WAIT = 1.0
REFUSED_WAITS = (0.2, 0.5)  # a refused connection seldom recovers soon, and scripts want to know
PASSING = (429, 502, 503, 504)
MAYBE_DONE = (502, 504)  # a web server got no response from devpi, which may have done its work


A = TypeVar("A", bound="Answer")


class Retryable(NamedTuple):
    """A failure that may be temporary.

    ``why`` describes it. ``wait`` is in seconds, if the server says how long. ``refused``: nothing listens on that
    port. ``unsettled``: the response got lost, so the server may have done its work.
    """

    why: str
    wait: float | None = None
    refused: bool = False
    unsettled: bool = False


def _random() -> float:
    import random  # here, because retries are rare

    return random.random()  # noqa: S311 (not for security)


@dataclass(eq=False, repr=False)
class Retries:
    """How often to retry a request, and for how long.

    ``most`` is the number of retries. ``most_seconds`` limits the total time of a request with its retries, except for
    the transfer of a file; it also limits the waits of all requests together, which ``waited`` sums up.
    ``log`` gets a line before every wait, except after a refused connection. ``sleep`` waits; ``spread`` returns a
    number from 0 to 1, so that many clients do not retry at the same time.
    """

    most: int = 0
    log: Callable[[str], None] = lambda line: None
    sleep: Callable[[float], None] = time.sleep
    spread: Callable[[], float] = _random
    most_seconds: float = deadline.SECONDS
    waited: float = 0.0

    @classmethod
    def of(cls, most: int | None, most_seconds: float | None, log: Callable[[str], None]) -> Retries:
        """Return retries with the given limits; None means the default."""
        return cls(MOST if most is None else most, log, most_seconds=most_seconds or deadline.SECONDS)

    @overload
    def run(self, attempt: Callable[[], A]) -> A: ...
    @overload
    def run(self, attempt: Callable[[], A], arrived: Callable[[], bool]) -> A | None: ...

    def run(self, attempt: Callable[[], A], arrived: Callable[[], bool] | None = None) -> A | None:
        """Call ``attempt``, and again while that may help.

        It must be safe to repeat. If the response to an upload may have got lost, ``arrived`` asks whether the server
        has the file; if so, return None. Raises what the last attempt raises.
        """
        for number in count():
            outcome = _outcome(attempt)
            retryable = _retryable(outcome, is_upload=arrived is not None) if self.most else None
            again = retryable is not None and self._wait(number, retryable)
            if retryable and retryable.unsettled and arrived:
                has_arrived = ask(arrived)
                if has_arrived:
                    return None
                again = again and has_arrived is False
            if not again:
                break
        if isinstance(outcome, Unreachable):
            raise outcome
        return outcome

    def _wait(self, number: int, retryable: Retryable) -> bool:
        """Wait before another attempt; return False if there should be none."""
        if number >= min(self.most, len(REFUSED_WAITS) if retryable.refused else self.most):
            return False
        wait = retryable.wait
        if wait is None:
            wait = REFUSED_WAITS[number] if retryable.refused else FIRST_WAIT * 2**number * (0.5 + self.spread())
        if self.waited + wait > self.most_seconds or wait > deadline.left():
            return False
        if not retryable.refused:
            self.log(f"retrying in {round(wait, 1):g} s: {retryable.why}")
        self.waited += wait
        self.sleep(wait)
        return True


def _outcome(attempt: Callable[[], A]) -> A | Unreachable:
    try:
        return attempt()
    except Unreachable as error:
        return error


def ask(arrived: Callable[[], bool]) -> bool | None:
    """Return whether the upload has arrived; None if the server does not tell."""
    try:
        return arrived()
    except DevpiError:
        return None


def _retryable(outcome: Answer | Unreachable, *, is_upload: bool) -> Retryable | None:
    """Return why a retry may help; None if it cannot, or is not needed."""
    if isinstance(outcome, Unreachable):
        # After a long silence a retry makes no sense, but an upload may have arrived: look for it.
        if not outcome.fault or (outcome.fault == "silent" and not is_upload):
            return None
        refused = outcome.fault == "refused"
        return Retryable(outcome.message, refused=refused, unsettled=not refused)
    status, headers = outcome.status_code, outcome.headers
    # A 502 from devpi itself concerns the upstream of a mirror, which it does not ask again so soon.
    if status not in PASSING or (status == PASSING[1] and "x-devpi-api-version" in headers):
        return None
    why = f"{status} {outcome.reason_phrase}"
    return Retryable(why, seconds(headers.get("retry-after", "")), unsettled=status in MAYBE_DONE)


def seconds(retry_after: str) -> float | None:
    """Return the seconds to wait by a ``Retry-After`` header; None if it is invalid.

    It has seconds or a date (RFC 9110, 10.2.3).
    """
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(retry_after)
        return max(0.0, (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def may_be_done(error: Unreachable | ServerFailed | NotDevpi) -> bool:
    """Return whether a failed request may have changed something."""
    if isinstance(error, NotDevpi):
        return not error.hint  # with a hint it is probably not a devpi server at all
    return error.fault in ("broken", "silent") if isinstance(error, Unreachable) else error.status in MAYBE_DONE
