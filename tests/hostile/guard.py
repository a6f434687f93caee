"""Confine a hostile case: to its folder, its server and its time limit, without other programs."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 20.0  # most cases take milliseconds; this is for those that would never end
CHANGES = {"os.mkdir": 0, "os.remove": 0, "os.rmdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1, "os.chmod": 0}


class Hang(BaseException):
    """A case took longer than any should."""


@dataclass
class Fence:
    """Where files may be written, and to which ports of this machine a connection may be made, while it is up."""

    folder: str = ""
    ports: frozenset[int] = frozenset()

    def watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Refuse what would leave a trace elsewhere, as a system does where nobody may write."""
        if not self.folder:
            return
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, str | bytes) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                self._check(path)
        elif event in CHANGES:
            self._check(arguments[CHANGES[event]])

    def _check(self, path: object) -> None:
        if isinstance(path, int) or path == os.devnull:
            return
        folder, name = os.path.split(os.path.abspath(os.fsdecode(path)))  # type: ignore[arg-type]  # noqa: PTH100 (pathlib would be watched, too)
        place = os.path.join(os.path.realpath(folder), name)  # noqa: PTH118 (as above)
        if f"{place}/".startswith((f"{self.folder}/", f"{os.path.realpath(tempfile.gettempdir())}/devpi-")):
            return
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fsdecode(path))  # type: ignore[arg-type]


FENCE = Fence()
sys.addaudithook(FENCE.watch)
RESOLVE = socket.getaddrinfo


def _resolve(host: Any, port: Any, *arguments: Any, **named: Any) -> Any:
    """Know no host but this machine, where only some ports answer; a name that can be none fails as it always does."""
    found = RESOLVE(host, port, *arguments, **{**named, "flags": socket.AI_NUMERICHOST}) if host != "localhost" else []
    if host != "localhost" and not str(found[0][4][0]).startswith("127."):
        raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
    if port not in FENCE.ports:
        raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    return found or RESOLVE("127.0.0.1", port, *arguments, **named)


class NoProgram:
    """What stands for every program: none is there."""

    def __init__(self, command: Any, *_: object, **__: object) -> None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), command[0])


def _hang(*_: object) -> NoReturn:
    raise Hang


@contextmanager
def fenced(folder: Path, *ports: int) -> Iterator[None]:
    """Keep what runs inside the block in a folder, at some ports of this machine, and from taking for ever."""
    started = subprocess.Popen
    handler = signal.signal(signal.SIGALRM, _hang)
    FENCE.folder, FENCE.ports = str(folder.resolve()), frozenset(ports)
    socket.getaddrinfo = _resolve  # type: ignore[assignment]
    subprocess.Popen = NoProgram  # type: ignore[assignment,misc]
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        FENCE.folder = ""
        socket.getaddrinfo, subprocess.Popen = RESOLVE, started  # type: ignore[misc]
