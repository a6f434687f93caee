"""Write to stdout and stderr: whole lines, no control characters, a colour for the word that begins a message."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from devpi_cli.cli import progress
from devpi_cli.printable import hide, one_line, visible

# The words that begin a message, and their colours on a terminal.
ERROR, WARNING, NOTE, FAILED, DEBUG = "error:", "warning:", "note:", "FAILED", "debug:"
COLOURS = {ERROR: "red", WARNING: "yellow", NOTE: "cyan", FAILED: "red", DEBUG: "bright_black"}


def write(stream: TextIO | None, text: str, *, word: str = "", end: str = "\n") -> None:
    """Write text without wrapping or markup; where colours are shown, the word that begins it has one."""
    text = visible(text)
    if stream is not None and word and text.startswith(word) and is_coloured(stream):
        import click

        text = f"{click.style(word, fg=COLOURS[word], bold=word != DEBUG)}{text[len(word) :]}"
    write_drawn(stream, text, end)


def write_drawn(stream: TextIO | None, text: str, end: str = "\n") -> None:
    """Write text of ours that may have colours; control characters of others are no longer in it."""
    if stream is None:  # the shell closed it, as in "devpi list >&-"
        return
    with progress.out_of_the_way():
        _put(stream, text + end)


def _put(stream: TextIO, text: str) -> None:
    try:
        try:
            stream.write(text)
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError:
        if stream is not sys.stderr:  # without stderr, the result and the exit status still matter
            raise


def as_line(text: str) -> str:
    """Return a text as one line without secrets."""
    return hide(one_line(text))


def json_of(value: object, *, indent: int | None = 2) -> str:
    """Return a value as JSON that has no control characters."""
    import json  # imported here: --version does not need it

    return json.dumps(value, indent=indent, sort_keys=True).replace("\x7f", "\\u007f")  # json does not escape it


def is_coloured(stream: TextIO) -> bool:
    """Return True if colours are shown on a stream: on a terminal that has them, unless a variable decides."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
