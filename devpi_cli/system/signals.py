"""Turn signals that end a command into an exception.

They are held back where needed. Only the first signal counts. A program that uses devpi-cli as a library keeps its own
handlers: only the command installs these.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

WORDS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}
# While the command tidies up, further signals are ignored; if it hangs, they get through again.
PATIENCE_SECONDS = 10.0
REPEAT_SECONDS = 0.01


class Signalled(KeyboardInterrupt):
    """A signal told the command to end; whoever handles Ctrl-C handles all of them."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Arrivals:
    """The signals that have arrived."""

    def __init__(self) -> None:
        self.installed: list[int] = []
        self.first: int | None = None
        self.since = 0.0
        self.holders = 0
        self.is_waiting = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Raise Signalled for the first signal, or later for one that is held back."""
        if self.first is not None and time.monotonic() < self.since + PATIENCE_SECONDS:
            return
        self.first, self.since = number, time.monotonic()
        self.is_waiting = True
        self.raise_waiting()

    def raise_waiting(self) -> None:
        """Raise Signalled for a signal that nobody holds back any longer."""
        if self.is_waiting and not self.holders:
            self.is_waiting = False
            raise Signalled(self.first or signal.SIGINT)

    def ignored(self, found: sys.UnraisableHookArgs) -> None:
        """Send a signal again that arrived where Python only prints.

        Such a place is ``__del__``.
        """
        if not isinstance(found.exc_value, Signalled):
            sys.__unraisablehook__(found)
            return
        self.first = None
        again = threading.Timer(REPEAT_SECONDS, _send_to_ourselves, [found.exc_value.number])
        again.daemon = True
        again.start()


_arrivals = _Arrivals()


def install() -> None:
    """Raise Signalled in the main thread on Ctrl-C, SIGTERM and SIGHUP.

    A signal that is ignored stays ignored, as SIGHUP is with nohup.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # no other thread may handle signals
    for number in filter(None, (getattr(signal, name, None) for name in WORDS)):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _arrivals.handle)
            _arrivals.installed.append(number)
    sys.unraisablehook = _arrivals.ignored


def uninstall() -> None:
    """Let signals end the process at once: there is nothing left to tidy up."""
    for number in _arrivals.installed:
        signal.signal(number, signal.SIG_DFL)


def received() -> int | None:
    """Return the number of the signal that ends the command, if any."""
    return _arrivals.first


def described(number: int | None) -> tuple[str, int]:
    """Return the words for a signal, and the exit status.

    The status is what shells expect; None is Ctrl-C.
    """
    known = signal.Signals(number or signal.SIGINT)
    return WORDS[known.name], 128 + known


class held:  # noqa: N801 (it reads as a function)
    """Hold back signals during a block: the exception is raised at its end.

    For short blocks that must not stop half-way, such as those that start a program.
    """

    def __enter__(self) -> None:
        self._holds = threading.current_thread() is threading.main_thread()  # others get no signals
        _arrivals.holders += self._holds

    def __exit__(self, *_: object) -> None:
        if self._holds:
            _arrivals.holders -= 1
            _arrivals.raise_waiting()


def _send_to_ourselves(number: int) -> None:
    if os.name == "nt":
        signal.raise_signal(number)
    else:
        os.kill(os.getpid(), number)  # unlike raise_signal, it wakes up the main thread
