"""Derive the options and arguments to complete from the click commands."""

from __future__ import annotations

import re
from typing import cast

import click

from devpi_cli.cli.completion.shells import FILE, FOLDER, NOTHING, REPEATED, Command, Option

LONGEST = 100
# The kind of value for each metavar.
KINDS = {
    "DIR": FOLDER,
    "ENVNAME": "environments",
    "FIELD": "field",
    "FILE": FILE,
    "INDEX": "index",
    "KEY=VALUE": "user-setting",
    "KEY=VALUE|KEY+=VALUE|KEY-=VALUE": "setting",
    "PATH": FILE,
    "PATH|URL": "path",
    "PKG": "project",
    "PLACE": "place",
    "REQUIREMENT": "requirement",
    "REQUIREMENT|URL": "requirement",
    "NAME[==VERSION]": "requirement",
    "WORD": "project",
    "NAME==VERSION": "release",
    "NAME|PATTERN": "project",
    "TARGET": "target",
    "URL|USER/INDEX|INDEX": "index",
    "USER": "user",
}
# Exceptions for a command and parameter.
SPECIAL = {
    ("help", "words"): "plugin",  # click lists the commands, also those of plugins
    ("index", "name"): "index-or-setting",
    ("install", "packages"): "package",
    ("open", "requirement"): "requirement",
    ("patchjson", "path"): "path",
    ("push", "requirements"): "release",
    ("show", "requirement"): "requirement",
}


def grammar(root: click.Context) -> tuple[Command, tuple[Option, ...]]:
    """Return the command ``devpi`` with its subcommands, and the generic options.

    ``root`` is the context of ``devpi``; all its own subcommands are imported, plugins are left out.
    """
    devpi = cast("click.Group", root.command)
    everywhere = [option for option in _options(devpi.get_params(root)) if option.name != "version"]
    known = {name for option in everywhere for name in option.opts}
    commands = [_command(devpi, name, root, known) for name in devpi.list_commands(root)]
    own = [option for option in _options(devpi.params) if option.name == "version"]
    top = Command("devpi", "", tuple(map(_option, own)), commands=tuple(commands))
    return top, tuple(map(_option, everywhere))


def _command(group: click.Group, name: str, above: click.Context, known: set[str]) -> Command:
    command = cast("click.Command", group.resolve_command(above, [name])[1])
    context = click.Context(command, info_name=name, parent=above)
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    kinds = [_kind(argument, context) for argument in arguments]
    if any(argument.nargs < 0 for argument in arguments):
        kinds[-1] += REPEATED
    below = command.list_commands(context) if isinstance(command, click.Group) else []
    return Command(
        name,
        _purpose(command.help or ""),
        tuple(_option(option) for option in _options(command.params) if not known & set(option.opts)),
        tuple(kinds),
        tuple(_command(cast("click.Group", command), sub, context, known) for sub in below),
    )


def _options(params: list[click.Parameter]) -> list[click.Option]:
    return [param for param in params if isinstance(param, click.Option) and not param.hidden]


def _option(option: click.Option) -> Option:
    kind = "" if option.is_flag or option.count else _choices(option) or KINDS.get(option.metavar or "", NOTHING)
    return Option((*option.opts, *option.secondary_opts), _purpose(option.help or ""), kind, option.multiple)


def _purpose(text: str) -> str:
    """Return what something is for, as a menu shows it: the first sentence, without the default and a long list."""
    sentence = re.split(r"\.(?:\s|$)|\s*\[", text.partition("\n")[0], maxsplit=1)[0]
    return sentence if len(sentence) <= LONGEST else sentence.partition(": ")[0]


def _kind(argument: click.Argument, context: click.Context) -> str:
    special = SPECIAL.get((context.info_name or "", argument.name or ""))
    metavar = re.sub(r"[\[\] ]|\.\.\.", "", argument.make_metavar(context))
    return special or _choices(argument) or KINDS.get(metavar, NOTHING)


def _choices(param: click.Parameter) -> str:
    """Return the choices as a kind, ``:pip:uv``; empty if there are none."""
    if not isinstance(param.type, click.Choice):
        return ""
    return "".join(f":{choice}" for choice in param.type.choices)
