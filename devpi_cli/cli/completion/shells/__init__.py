"""Completion scripts for bash, zsh, fish and PowerShell.

A script contains all commands and options, so these complete without starting Python. For a value from the state, a
file or the server it runs ``devpi completion values KIND CURRENT WORD…``, which prints one value per line: those that
begin with CURRENT, the word at the cursor. The WORDs are those before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

SHELLS = ("bash", "zsh", "fish", "powershell")
# A text in every script, by which one of ours is recognised before it is overwritten.
MARK = "made by 'devpi completion"
# Kinds that need no call of devpi. A kind that begins with a colon lists choices: ``:auto:pip:uv``.
FILE, FOLDER, NOTHING = "file", "folder", "nothing"
REPEATED = "+"


@dataclass(frozen=True)
class Option:
    """An option: its names, and the kind of its value, empty for a flag."""

    names: tuple[str, ...]
    summary: str
    kind: str = ""
    repeats: bool = False


@dataclass(frozen=True)
class Command:
    """A command: its name, its options, and the kinds of its arguments.

    The last kind repeats if it ends in ``+``. A command with ``commands`` takes one of them instead.
    """

    name: str
    summary: str
    options: tuple[Option, ...]
    arguments: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()


def script(shell: str, devpi: Command, everywhere: tuple[Option, ...]) -> str:
    """Return the script for a shell.

    ``devpi`` is the top command, ``everywhere`` are the options that all commands take.
    """
    write = import_module(f"devpi_cli.cli.completion.shells.{shell}").script
    text: str = write(devpi, everywhere)
    return text
