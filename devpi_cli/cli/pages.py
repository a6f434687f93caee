"""Lay out help pages: commands in groups, their own options first, the global ones once."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# A prefix, because click stores values by name, and a plugin may have its own parameter "json".
PREFIX = "generic_"
GLOBAL = "Global options"
POINTER = "'devpi --help' lists those that every command takes, such as --json and --verbose."
OTHERS = "Tools"
LONGEST = 1000  # no summary is cut
RANGE = re.compile(r"  \[[\d<=x]+\]$")
GROUPS = {
    "Start": ("quickstart", "use", "login", "status", "doctor", "help"),
    "Packages": (
        *("upload", "list", "show", "search", "open", "download", "install", "env", "why", "wait", "push", "copy"),
        *("diff", "verify", "refresh", "remove", "prune", "test"),
    ),
    "Indexes and users": ("index", "user", "passwd", "apply"),
    "Logins": ("whoami", "logoff", "logout", "token"),
    "Server": ("server",),
    OTHERS: (),
}
BEGIN = {
    "devpi quickstart": "set up your own server on this machine",
    "devpi use URL": "use an existing server",
    "devpi COMMAND --help": "show the options of a command, with examples",
    "devpi help TOPIC": "read about credentials, ci, indexes, troubleshooting and more",
}
# What somebody types who does not know the command, and the one that is meant.
MEANT = {
    **dict.fromkeys(("ls", "packages", "versions"), "list"),
    **dict.fromkeys(("info", "view", "describe"), "show"),
    "find": "search",
    **dict.fromkeys(("delete", "rm", "del", "yank", "uninstall"), "remove"),
    **dict.fromkeys(("publish", "add", "build", "deploy", "release"), "upload"),
    **dict.fromkeys(("promote", "move", "mv"), "push"),
    **dict.fromkeys(("cp", "sync"), "copy"),
    **dict.fromkeys(("compare", "cmp"), "diff"),
    **dict.fromkeys(("cleanup", "clean", "expire", "retention"), "prune"),
    **dict.fromkeys(("signin", "auth", "log-in"), "login"),
    **dict.fromkeys(("signout", "log-out", "log-off"), "logoff"),
    **dict.fromkeys(("get", "fetch"), "download"),
    "i": "install",
    "browse": "open",
    **dict.fromkeys(("init", "setup", "new"), "quickstart"),
    **dict.fromkeys(("check", "diagnose", "debug"), "doctor"),
    **dict.fromkeys(("users", "register", "account"), "user"),
    **dict.fromkeys(("indexes", "indices", "create", "mirror"), "index"),
    **dict.fromkeys(("config", "connect", "switch", "url"), "use"),
    **dict.fromkeys(("start", "serve", "run"), "server start"),
    "stop": "server stop",
    "who": "whoami",
    "me": "whoami",
    "tokens": "token",
    "password": "passwd",
    "explain": "why",
    "update": "refresh",
}


class Formatter(click.HelpFormatter):
    """Writes headings that stand out on a terminal; click takes the colours out elsewhere."""

    def write_heading(self, heading: str) -> None:
        super().write_heading(_stands_out(heading))

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, _stands_out("Usage:") + " " if prefix is None else prefix)


class Context(click.Context):
    """A context whose help pages we lay out."""

    formatter_class = Formatter


def _stands_out(text: str) -> str:
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if is_plain else click.style(text, fg="cyan", bold=True)


def write_options(command: click.Command, context: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the options of a command's own, its subcommands, and where the global options are listed."""
    _write(formatter, "Options", _records(command, context, are_global=False))
    if isinstance(command, click.Group):
        found = {name: command.get_command(context, name) for name in command.list_commands(context)}
        summaries = {name: inner.get_short_help_str(LONGEST) for name, inner in found.items() if inner}
        _write(formatter, "Commands", summaries.items())
    with formatter.section(GLOBAL):
        formatter.write_text(POINTER)


def write_main(command: click.Group, context: click.Context, formatter: click.HelpFormatter) -> None:
    """Write how to begin, the commands in their groups, and the global options, one line each where there is room."""
    _write(formatter, "To begin", BEGIN.items())
    write_groups(formatter, {name: found.help or "" for name, found in command.commands.items()})
    _write(formatter, "Options", _records(command, context, are_global=False))
    _write(formatter, GLOBAL, _records(command, context, are_global=True))


def write_groups(formatter: click.HelpFormatter, summaries: Mapping[str, str]) -> None:
    """Write commands with their whole summaries, in groups; one that is in none is a tool."""
    grouped = {name for names in GROUPS.values() for name in names}
    width = max(map(len, summaries))  # the same in every group
    for title, names in GROUPS.items():
        found = [*names, *(name for name in summaries if title == OTHERS and name not in grouped)]
        _write(formatter, title, [(f"{name:<{width}}", summaries[name]) for name in found if name in summaries])


def _write(formatter: click.HelpFormatter, title: str, rows: Iterable[tuple[str, str]]) -> None:
    if rows := list(rows):
        with formatter.section(title):
            formatter.write_dl(rows)


def _records(command: click.Command, context: click.Context, *, are_global: bool) -> list[tuple[str, str]]:
    """Return name and help of the options; the range of a global one is left out, so that it fits on a line."""
    options = [param for param in command.get_params(context) if isinstance(param, click.Option)]
    wanted = [option for option in options if (option.name or "").startswith(PREFIX) == are_global]
    records = [record for option in wanted if (record := option.get_help_record(context))]
    return [(names, RANGE.sub("", text)) for names, text in records] if are_global else records
