"""The command devpi help: topics, and the help of commands."""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from devpi_cli.cli import plugins, topics
from devpi_cli.cli.app import App, pass_app
from devpi_cli.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Sequence

HOW = "'devpi help TOPIC' shows a topic, 'devpi help COMMAND' the help of a command."


def _complete(context: click.Context, argument: click.Parameter, current: str) -> list[str]:
    """Return topics and commands, or the subcommands of the command typed so far."""
    words = context.params.get(str(argument.name)) or ()
    try:
        parent = _context(context.find_root(), words)
    except WrongUsage:
        return []
    return [name for name in _names(parent) if name.startswith(current)]


@click.command(
    epilog="\b\nExamples:\n  devpi help\n  devpi help troubleshooting\n  devpi help token create\n"
    "  devpi help indexes | less"
)
@click.argument("words", nargs=-1, metavar="[TOPIC | COMMAND [SUBCOMMAND]]", shell_complete=_complete)
@pass_app
def command(app: App, words: tuple[str, ...]) -> None:
    """Show a help topic, or the help of a command.

    Without an argument it lists the topics. If a name is both, such as upload, the topic is shown: type 'devpi upload
    --help' for the command.
    """
    if not words:
        _list(app)
        return
    name = " ".join(words)
    if name in topics.TOPICS:
        text = topics.read(name)
        app.out.markdown(text)
    else:
        page = _context(click.get_current_context().find_root(), words).get_help()
        text = click.unstyle(page)
        app.out.help_page(page)
    app.out.document({"topic": name, "text": text}, verbatim=True)


def _list(app: App) -> None:
    page = click.get_current_context().make_formatter()
    with page.section("Topics"):
        page.write_dl(list(topics.TOPICS.items()))
    page.write_paragraph()
    page.write_text(HOW)
    app.out.lines(click.unstyle(page.getvalue()).splitlines())
    app.out.document({"topics": topics.TOPICS})


def _context(context: click.Context, words: Sequence[str]) -> click.Context:
    """Return the context of a command of devpi.

    Raises WrongUsage if it is unknown.
    """
    for position, word in enumerate(words):
        group, found = context.command, None
        if isinstance(group, click.Group):
            with suppress(click.UsageError):
                found = group.resolve_command(context, [word])[1]
        if found is None:
            raise _unknown(context, words, position)
        context = type(context)(found, info_name=word, parent=context, **found.context_settings)
    return context


def _unknown(parent: click.Context, words: Sequence[str], position: int) -> WrongUsage:
    near = get_close_matches(words[position], _names(parent), 1)
    meant = f"did you mean '{' '.join([*words[:position], near[0]])}'? " if near else ""
    return WrongUsage(
        f"there is no topic or command '{' '.join(words)}'",
        hint=f"{meant}'devpi help' lists the topics, 'devpi --help' the commands",
    )


def _names(parent: click.Context) -> list[str]:
    """Return the names of subcommands; below devpi itself also topics and plugins."""
    group = parent.command
    commands = group.list_commands(parent) if isinstance(group, click.Group) else []
    if parent.parent:
        return commands
    return [*topics.TOPICS, *commands, *(plugin.name for plugin in plugins.installed())]
