"""Run commands at a terminal and draw a picture of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from io import StringIO
from typing import TYPE_CHECKING

import pexpect
from rich.console import Console as Paper
from rich.text import Text

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 120
# What differs between runs: the server's port, what else runs on this machine, and size and hash of built files.
PORT = re.compile(r"http://127\.0\.0\.1:\d+")
TAKEN = re.compile(r"^.*\bport \d+ is taken by .*\n", re.MULTILINE)
HASH = re.compile(r"\+f/\w{3}/\w{13}/(\S+)")
SIZE = re.compile(r"(?<=built: )(\S+) \(.*B\)$", re.MULTILINE)
COLUMNS = 92
# The format of rich without its web fonts, which a picture in a README may not load.
SVG = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


@dataclass
class Console:
    """A terminal without cursor movements; ``shown`` maps folders of this machine to placeholders."""

    folder: Path
    env: dict[str, str]
    shown: dict[str, str] = field(default_factory=dict)

    def type(self, command: str) -> list[str]:
        """Run a command that must succeed; return the lines that the terminal shows."""
        child = pexpect.spawn(
            "bash",
            ["-c", command],
            cwd=str(self.folder),
            env={**self.env, "TERM": "dumb"},
            encoding="utf-8",
            timeout=SECONDS,
            dimensions=(50, 200),
        )
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0, f"{command}\n{child.before}"
        return [line.rstrip() for line in self._in_general(child.before).splitlines()]

    def _in_general(self, text: str) -> str:
        for here, there in self.shown.items():
            text = text.replace(here, there)
        text = TAKEN.sub("", text.replace("\r\n", "\n"))
        text = SIZE.sub(r"\1 (812 B)", text)
        return HASH.sub(_with_hash_of_name, PORT.sub("http://127.0.0.1:3141", text))


def _with_hash_of_name(found: re.Match[str]) -> str:
    digest = sha256(found[1].encode()).hexdigest()
    return f"+f/{digest[:3]}/{digest[3:16]}/{found[1]}"


def draw(title: str, typed: dict[str, list[str]]) -> str:
    """Return an SVG of the commands and their coloured output."""
    paper = Paper(record=True, file=StringIO(), width=COLUMNS, force_terminal=True, color_system="standard")
    for command, lines in typed.items():
        paper.print(Text.assemble(("$ ", "green"), (command, "bold")))
        paper.print(Text.from_ansi("\n".join(lines)))
    drawn = paper.export_svg(title=title, unique_id="devpi", code_format=SVG)
    return "".join(f"{line.rstrip()}\n" for line in drawn.splitlines())
