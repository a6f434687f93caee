"""Scripts that let a shell complete what is typed: bash, zsh, fish and PowerShell.

A script knows all commands and options, so that these complete without a start of Python. For a value that only the
state, a file or the server knows it runs ``devpi completion values KIND CURRENT WORD…``, which prints one value per
line: those that begin with CURRENT, the word at the cursor, on a line of these WORDs.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

SHELLS = ("bash", "zsh", "fish", "powershell")
# What stands in every script, so that it is known to be ours when it is to be written anew.
MARK = "made by 'devpi completion"
# Kinds that a shell knows itself. Those that begin with a colon are choices: ``:auto:pip:uv``.
FILE, FOLDER, NOTHING = "file", "folder", "nothing"
REPEATED = "+"


@dataclass(frozen=True)
class Option:
    """An option: its names, and which kind of value it takes; empty for a flag."""

    names: tuple[str, ...]
    summary: str
    kind: str = ""
    repeats: bool = False


@dataclass(frozen=True)
class Command:
    """A command: its name, and which kinds of arguments it takes; the last kind may end in ``+`` and then repeats.

    A command with ``commands`` takes one of them instead.
    """

    name: str
    summary: str
    options: tuple[Option, ...]
    arguments: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()


def script(shell: str, devpi: Command, everywhere: tuple[Option, ...]) -> str:
    """Return the script of a shell for the command ``devpi``; ``everywhere`` are the options that all commands take."""
    write = import_module(f"devpi_cli.cli.completion.shells.{shell}").script
    text: str = write(devpi, everywhere)
    return text
