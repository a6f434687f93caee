"""Options that several commands share."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from devpi_cli.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Callable


LONGEST_PASSWORD = 1 << 16
_Command = TypeVar("_Command", bound="Callable[..., Any]")


def duration(typed: str) -> float:
    """Return a time span such as ``90d`` in seconds: a type for click.

    The units are ``s``, ``m``, ``h``, ``d`` and ``w``.
    """
    from devpi_cli.indexes import durations

    found = durations.seconds(typed)
    if found is None:
        raise click.BadParameter(f"{typed!r} is not a duration. Examples: {durations.EXAMPLES}")
    return found


def index_option(purpose: str) -> Callable[[_Command], _Command]:
    """Add ``--index``; ``App.target`` resolves its value and reads the environment."""

    return click.option(
        "--index",
        allow_from_autoenv=False,
        metavar="INDEX",
        help=f"Index to {purpose}, as NAME, USER/NAME or URL. [the one in use]",
    )


def jobs_option(what: str) -> Callable[[_Command], _Command]:
    """Add ``--jobs`` (``DEVPI_JOBS``); None means to choose automatically."""
    return click.option(
        "--jobs",
        envvar="DEVPI_JOBS",
        type=click.IntRange(1, 64),
        metavar="N",
        help=f"How many to {what} at once. [automatic]",
    )


def key_values(typed: tuple[str, ...], operators: str = "") -> dict[str, str]:
    """Return ``key=value`` arguments as a dictionary.

    ``operators`` are characters that may end a key, as in ``key+=value``; the returned keys keep them.
    Raises WrongUsage for an argument without ``=`` or without a key, and for a repeated key.
    """
    found: dict[str, str] = {}
    for argument in typed:
        key, equals, value = argument.partition("=")
        name = key.rstrip(operators) if operators else key
        if not equals or not name:
            raise WrongUsage(f"{argument!r} is not of the form KEY=VALUE")
        if key in found:
            raise WrongUsage(f"{key!r} is given twice")
        found[key] = value
    return found


def password_from_stdin() -> str:
    """Return the first line of standard input.

    Raises WrongUsage at end of file, because an empty password is hardly intended, and for a line without end.
    """
    line = sys.stdin.readline(LONGEST_PASSWORD + 1) if sys.stdin else ""
    if not line:
        raise WrongUsage("no password on standard input", hint="send it as the first line")
    if len(line) > LONGEST_PASSWORD:
        raise WrongUsage(f"the password on standard input is longer than {LONGEST_PASSWORD} characters")
    return line.rstrip("\r\n")
