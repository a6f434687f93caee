"""The README is true: its command reference is what the program says, its picture is what import-linter enforces.

``python -m tests.test_readme`` writes the reference into the README anew.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click

from devpi_cli.cli import COMMANDS, devpi

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BEGIN, END = "<!-- reference: begin -->\n", "<!-- reference: end -->\n"


def reference() -> str:
    """Write down every command with its options, as ``--help`` has them."""
    top = devpi.make_context("devpi", ["--help"], resilient_parsing=True)
    parts = [_options("Options that every command takes, before or after its name", devpi, top)]
    for name in COMMANDS:
        _, command, _ = devpi.resolve_command(top, [name])
        assert command is not None
        parts.append(_command(command, click.Context(command, info_name=name, parent=top)))
    return "\n".join(parts)


def _command(command: click.Command, context: click.Context) -> str:
    summary = (command.help or "").split("\n\n")[0]
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    if isinstance(command, click.Group):
        below = [
            _command(sub, click.Context(sub, info_name=name, parent=context)) for name, sub in command.commands.items()
        ]
        return "\n".join([f"#### `{usage}`\n\n{summary}\n", *below])
    return _options(f"`{usage}`", command, context, summary)


def _options(title: str, command: click.Command, context: click.Context, summary: str = "") -> str:
    generic = {name for option in devpi.params for name in option.opts} if command is not devpi else set()
    rows = [
        f"| `{names}` | {what} |"
        for option in command.params
        if isinstance(option, click.Option) and not generic & set(option.opts)
        for names, what in [option.get_help_record(context) or ("", "")]
    ]
    table = ["| option | |", "| --- | --- |", *rows, ""] if rows else []
    return "\n".join([f"#### {title}", "", *([summary, ""] if summary else []), *table])


def test_the_command_reference_is_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0] == reference()


def test_the_picture_shows_every_room_in_its_layer() -> None:
    """The names in the picture, line by line, are the layers of the import contract."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = [set(re.split(r"\W+", layer)) for layer in contracts[0]["layers"]]
    picture = (
        README.read_text(encoding="utf-8").partition("<!-- picture -->")[2].partition("```\n")[2].partition("```")[0]
    )
    drawn = [names for line in picture.splitlines() if (names := set(re.findall(r"[a-z]{3,}", line)))]
    assert drawn == layers


if __name__ == "__main__":
    before, begin, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    README.write_text(before + begin + reference() + END + rest.partition(END)[2], encoding="utf-8")
