"""Refuse empty words on the command line.

Most likely they come from a variable that is not set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from collections.abc import Mapping

# Parameters for which an empty word is an answer.
MAY_BE_EMPTY = (
    "client_cert",  # none
    "password",  # root of a new server has an empty one
    "tox_args",  # none
)
_Parameter = TypeVar("_Parameter", bound=click.Parameter)
_Original = TypeVar("_Original")


def copied(original: _Original) -> _Original:
    """Return a shallow copy."""
    from copy import copy  # here: no command is copied for --version and --help

    return copy(original)


def required(command: click.Command) -> click.Command:
    """Return a copy of a command and its subcommands that takes no empty words."""
    command = copied(command)
    command.params = [refusing(copied(param)) for param in command.params]
    if isinstance(command, click.Group):
        command.commands = {name: required(inner) for name, inner in command.commands.items()}
    return command


def refusing(param: _Parameter) -> _Parameter:
    """Make a new parameter refuse empty words; return it.

    A path would be made of one.
    """
    consume = param.consume_value

    def consume_value(ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        value, source = consume(ctx, opts)
        typed = value if isinstance(value, list | tuple) else (value,)
        if source is ParameterSource.COMMANDLINE and "" in typed and not ctx.resilient_parsing:
            raise click.BadParameter("it is empty: is a variable not set?", ctx, param)
        return value, source

    if param.name not in MAY_BE_EMPTY:
        param.consume_value = consume_value  # type: ignore[method-assign]
    return param
