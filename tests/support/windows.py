"""Commands in a window of tmux, a real terminal with a controlling process: keys, and what is on the screen."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import DEVPI
from tests.support.terminal import needs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.clients import Client

SECONDS = 30.0
PAUSE_SECONDS = 0.05
STATUS = "status"
_numbers = itertools.count()


def tmux(socket: str, *words: str) -> str:
    return subprocess.run(["tmux", "-L", socket, *words], capture_output=True, text=True, check=True).stdout


@dataclass
class Window:
    """A window in which a command runs; its exit status is printed when it has ended."""

    socket: str

    def screen(self) -> list[str]:
        """Return the lines on the screen; what the terminal has wrapped is one line."""
        return tmux(self.socket, "capture-pane", "-p", "-J").rstrip().splitlines()

    def press(self, *keys: str) -> None:
        """Press keys, named as tmux names them: ``C-c``, ``Enter``, ``y``."""
        tmux(self.socket, "send-keys", *keys)

    def until(self, is_seen: Callable[[list[str]], object], what: str) -> list[str]:
        """Wait until the screen shows something, and return its lines."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if is_seen(lines := self.screen()):
                return [line.rstrip() for line in lines]
            time.sleep(PAUSE_SECONDS)
        pytest.fail("\n".join([f"there is no {what}:", *lines]))

    def shows(self, text: str) -> list[str]:
        """Wait until a text is on the screen."""
        return self.until(lambda lines: text in "\n".join(lines), text)

    def asks(self, question: str, times: int = 1) -> None:
        """Wait until a question stands at the end of the screen, for the n-th time."""
        self.until(
            lambda lines: lines and lines[-1].rstrip().endswith(question) and "\n".join(lines).count(question) == times,
            question,
        )

    def end(self) -> tuple[int, list[str]]:
        """Wait until the command has ended; return its exit status, and the lines above."""
        lines = self.until(lambda lines: lines and re.match(f"{STATUS} ", lines[-1]), STATUS)
        return int(lines[-1].split()[1]), lines[:-1]

    @property
    def has_cursor(self) -> bool:
        """Whether the cursor is to be seen."""
        return tmux(self.socket, "display-message", "-p", "#{cursor_flag}").strip() == "1"


@contextmanager
def window(
    client: Client, *typed: object, width: int = 100, height: int = 30, cwd: Path | None = None, **env: str
) -> Iterator[Window]:
    """Run a command of a client in a window of its own."""
    needs("tmux")
    socket = f"devpi-{os.getpid()}-{next(_numbers)}"
    variables = {**client.environment, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", **env}
    del variables["COLUMNS"]
    command = shlex.join(["env", "-i", *(f"{k}={v}" for k, v in variables.items()), *DEVPI, *map(str, typed)])
    line = f"cd {shlex.quote(str(cwd or client.home))}; {command}; echo {STATUS} $?; sleep {SECONDS:.0f}"
    tmux(socket, "-u", "-f", os.devnull, "new-session", "-d", "-x", str(width), "-y", str(height), line)
    try:
        yield Window(socket)
    finally:
        tmux(socket, "kill-server")
