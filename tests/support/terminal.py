"""Real shells at a pseudo-terminal: send keys, and read the resulting line."""

from __future__ import annotations

import os
import re
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SECONDS = 60
WIPE = "\x15"
TELL = "\x18t"
"""The keys that make a shell print its current line."""
START = {
    "bash": ["--noprofile", "--norc", "-i"],
    "zsh": ["-f", "-i"],
    "fish": ["-i"],
}
SET_UP = {
    "bash": r"""
PS1='$ '
bind 'set show-all-if-ambiguous on'
bind 'set completion-query-items 0'
bind 'set page-completions off'
bind 'set enable-bracketed-paste off'
bind -x '"\C-xt": printf "\n{%s}\n" "$READLINE_LINE"'
""",
    "zsh": r"""
PS1='%% '
unset zle_bracketed_paste
LISTMAX=1000
tell() { print -r -- $'\n'"{$BUFFER}" }
zle -N tell
bindkey '\Ct' tell
bindkey '^Xt' tell
bindkey '^U' kill-whole-line
""",
    "fish": r"""
function fish_prompt; echo '> '; end
function tell; echo; echo "{"(commandline)"}"; end
bind \cxt tell
bind \cu 'commandline ""'
""",
}
ESCAPES = re.compile(
    r"\x1b(\[[0-9;?>=<]*[a-zA-Z~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][A-Z0-9]|[=>78MPk\\])|.\x08|[\a\x0f]"
)


def needs(program: str) -> None:
    """Skip a test whose program is not installed; in CI it must be."""
    if shutil.which(program):
        return
    if os.environ.get("CI"):
        pytest.fail(f"{program} is not installed")
    pytest.skip(f"{program} is not installed")


def program(folder: Path) -> Path:
    """Write the program ``devpi`` into a folder for the PATH."""
    folder.mkdir()
    path = folder / "devpi"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m devpi_cli "$@"\n')
    path.chmod(0o755)
    return path


class Terminal:
    """A shell that waits for input."""

    def __init__(self, child: Any) -> None:
        self._child = child

    def run(self, command: str) -> None:
        """Run a command and wait until it ends."""
        self._child.send(f"{command}; echo do''ne\r")
        self._child.expect("done")

    def tab(self, typed: str) -> str:
        """Type something and press TAB; return the resulting line."""
        return self.tab_and_list(typed)[0]

    def tab_and_enter(self, typed: str) -> str:
        """Type something, press TAB and then Enter; return the line that was run."""
        self._child.send(f"{WIPE}{typed}\t{TELL}")
        self._child.expect(r"\n\{([^\r\n]*)\}\r?\n")
        line: str = ESCAPES.sub("", self._child.match[1])
        self._child.send("\r")
        self.run("true")
        return line

    def tab_and_list(self, typed: str) -> tuple[str, list[str]]:
        """Type something and press TAB; return the line and the words listed below it."""
        self._child.send(f"{WIPE}{typed}\t{TELL}")
        self._child.expect(r"\{([^{}]*)\}\r?\n")
        line, shown = self._child.match[1], ESCAPES.sub("", self._child.before)
        words = shown.partition("\n")[2].split()  # some shells redraw the line below
        return ESCAPES.sub("", line), [word for word in words if word not in typed.split()]


@contextmanager
def terminal(shell: str, home: Path, environment: Mapping[str, str], *commands: str) -> Iterator[Terminal]:
    """Start a shell in a home folder and run commands in it."""
    needs(shell)
    place = home / f"{shell}-set-up"
    place.write_text(SET_UP[shell])
    child = pexpect.spawn(
        shell,
        START[shell],
        cwd=str(home),
        env={**environment, "TERM": "xterm", "LC_ALL": "C.UTF-8"},
        encoding="utf-8",
        timeout=SECONDS,
        dimensions=(100, 200),
    )
    try:
        started = Terminal(child)
        for command in (f"source {place}", *commands):
            started.run(command)
        yield started
    finally:
        child.close(force=True)
