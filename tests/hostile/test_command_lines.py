"""Absurd command lines: every command with every option, and with random words."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click
from hypothesis import given
from hypothesis import strategies as st

from devpi_cli.cli.main import ALIASES, COMMANDS, devpi
from tests.hostile.cases import hostile
from tests.hostile.harness import documents
from tests.hostile.texts import anything, key_values, requirements, urls

if TYPE_CHECKING:
    from tests.hostile.harness import Somebody

GENERIC = [name for parameter in devpi.params for name in parameter.opts]


def options(command: str) -> list[str]:
    """Return the options that a command knows."""
    found: click.Command = import_module(f"devpi_cli.cli.commands.{ALIASES.get(command, command)}").command
    inner = found.commands.values() if isinstance(found, click.Group) else [found]
    return [name for each in inner for parameter in each.params for name in parameter.opts if name.startswith("-")]


OPTIONS = {command: options(command) for command in COMMANDS}
SERVER = [["server", word] for word in ("start", "stop", "status", "log", "passwd", "")]
# Those that take seconds if all is well get options that end them before.
SERVER += [["server", word, "--serverdir", "nothere"] for word in ("check", "export", "backup", "run")]
SERVER += [["server", word, "--serverdir", ".", "nothere"] for word in ("import", "restore")]


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    """Return a command, mostly one there is, with options, mostly its own, and words."""
    name = draw(st.sampled_from([*COMMANDS, "", "-"]))
    typed = draw(st.sampled_from(SERVER)) if name == "server" else [name]
    option = st.sampled_from([*OPTIONS.get(name, GENERIC), *GENERIC[:8]])
    word = st.one_of(option, anything, st.builds("{}={}".format, option, anything))
    before = (
        draw(st.lists(st.one_of(st.sampled_from(GENERIC), anything), max_size=2))
        if draw(st.integers(0, 9)) == 0
        else []
    )
    return [*before, *typed, *draw(st.lists(word, max_size=5))]


@hostile("command lines")
@given(typed=lines(), stdin=st.sampled_from(["", "\n", "secret\n", "yes\n", "\udcff", "{}"]))
def test_no_command_line_breaks_a_command(nobody: Somebody, typed: list[str], stdin: str) -> None:
    outcome = nobody(*typed, stdin=stdin)
    if "--json" in typed and "--" not in typed:
        documents(outcome)


ARGUMENTS = {
    "list": requirements,
    "remove -y": st.one_of(requirements, urls),
    "prune -n --keep-last 1": anything,
    "prune --policy": anything,
    "push -n": requirements,
    "test --list": requirements,
    "refresh": requirements,
    "index": key_values,
    "index -c x": key_values,
    "user x": key_values,
    "user -c": anything,
    "getjson": st.one_of(anything, urls),
    "list --index": anything,
    "login --password=x": anything,
    "index -l": anything,
}


@hostile("names that lead to requests")
@given(data=st.data(), command=st.sampled_from(sorted(ARGUMENTS)), as_json=st.booleans())
def test_no_name_breaks_a_request(somebody: Somebody, data: st.DataObject, command: str, as_json: bool) -> None:
    word = data.draw(ARGUMENTS[command]).replace("\0", "")
    more = ["other"] if command == "push -n" else []
    outcome = somebody(*command.split(), "--no-input", *(["--json"] if as_json else []), "--", word, *more)
    if as_json:
        assert documents(outcome)
