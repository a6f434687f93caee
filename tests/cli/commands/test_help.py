"""devpi help: topics, the help of commands, and their appearance on a terminal."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pexpect
import pytest

from devpi_cli.cli import topics
from devpi_cli.cli.main import COMMANDS
from tests.cli.test_main import HEAVY, walk
from tests.cli.test_plugins import HELLO, plugin
from tests.support.checkout import ROOT
from tests.support.clients import DEVPI

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Client

LISTS = "'devpi help' lists the topics, 'devpi --help' the commands"
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
COLOUR = re.compile(r"\x1b\[[0-9;]*3\dm")


def test_without_an_argument_it_lists_the_topics(devpi: Client) -> None:
    lines = devpi.ok("help")
    width = max(map(len, topics.TOPICS))
    assert lines == [
        "Topics:",
        *(f"  {name:<{width}}  {summary}" for name, summary in topics.TOPICS.items()),
        "",
        "'devpi help TOPIC' shows a topic, 'devpi help COMMAND' the help of a command.",
    ]
    assert json.loads("\n".join(devpi.ok("help", "--json"))) == {"topics": topics.TOPICS}


@pytest.mark.parametrize("topic", topics.TOPICS)
def test_in_a_pipe_a_topic_is_its_markdown(devpi: Client, topic: str) -> None:
    page = (topics.FOLDER / f"{topic}.md").read_text(encoding="utf-8")
    assert devpi("help", topic).stdout == page
    assert json.loads("\n".join(devpi.ok("help", topic, "--json"))) == {"topic": topic, "text": page}


@pytest.mark.parametrize(
    "command", [*sorted(COMMANDS.keys() - topics.TOPICS), "token create", "server start", "completion install"]
)
def test_the_help_of_a_command_is_what_its_option_shows(devpi: Client, command: str) -> None:
    words = command.split()
    shown = devpi(*words, "--help").stdout
    assert devpi("help", *words).stdout == shown
    assert json.loads("\n".join(devpi.ok("help", *words, "--json"))) == {"topic": command, "text": shown.rstrip("\n")}


def test_the_command_of_a_plugin_has_help(devpi: Client, tmp_path: Path) -> None:
    devpi.env["PYTHONPATH"] = str(tmp_path / "site")
    plugin(tmp_path / "site", "salute = devpi_hello:command", HELLO)
    assert devpi.ok("help", "salute") == devpi.ok("salute", "--help")
    assert devpi.fails("help", "salut")[1].startswith("there is no topic or command 'salut'\ndid you mean 'salute'? ")


@pytest.mark.parametrize(("typed", "meant"), [
    ("indxes", "did you mean 'indexes'? "), ("trubleshooting", "did you mean 'troubleshooting'? "),
    ("uplod", "did you mean 'upload'? "), ("token crate", "did you mean 'token create'? "), ("zzz", ""),
    ("list demo", ""), ("ci github", "did you mean 'ci'? "),
])  # fmt: skip
def test_an_unknown_name_is_answered_with_one_that_is_near(devpi: Client, typed: str, meant: str) -> None:
    assert devpi.fails("help", *typed.split()) == (2, f"there is no topic or command '{typed}'\n{meant}{LISTS}\n")


# -- on a terminal


def on_terminal(client: Client, topic: str, **env: str) -> str:
    """Return what a terminal gets of a topic, with its escape sequences."""
    return typed_on_terminal(client, f"help {topic}", **env)


def typed_on_terminal(client: Client, typed: str, **env: str) -> str:
    """Return what a terminal gets, with its escape sequences."""
    shown: bytes
    environment = {**client.environment, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **env}
    shown, status = pexpect.run(
        " ".join([*DEVPI, typed]), env=environment, cwd=str(client.home), withexitstatus=True, timeout=60
    )
    assert status == 0
    return shown.decode().replace("\r\n", "\n")


def test_a_terminal_shows_it_without_the_signs_of_markdown(devpi: Client) -> None:
    lines = on_terminal(devpi, "plugins", NO_COLOR="1").splitlines()
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert plain[0] == "Plugins"
    assert '    [project.entry-points."devpi_cli.commands"]' in plain
    assert [line for line in plain if re.search(r"`|^#|\*\*", line)] == []


@pytest.mark.parametrize("width", [50, 80, 200])
def test_it_is_as_wide_as_the_terminal_and_no_wider_than_can_be_read(devpi: Client, width: int) -> None:
    shown = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal(devpi, "credentials", COLUMNS=str(width)))
    text = [line for line in shown.splitlines() if not line.startswith("    ")]  # code is not wrapped
    assert min(width, 100) - 10 < max(map(len, text)) <= min(width, 100)


def test_colours_are_as_wanted(devpi: Client) -> None:
    assert COLOUR.search(on_terminal(devpi, "ci"))
    assert not COLOUR.search(on_terminal(devpi, "ci", NO_COLOR="1"))


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"PYTHONIOENCODING": "latin-1"}])
def test_a_terminal_that_cannot_draw_gets_the_markdown(devpi: Client, env: dict[str, str]) -> None:
    assert on_terminal(devpi, "ci", **env) == topics.read("ci")


@pytest.mark.parametrize("typed", ["help whoami", "whoami --help", "--help"])
def test_a_help_page_has_coloured_headings_on_a_terminal(devpi: Client, typed: str) -> None:
    plain, shown = devpi.ok(*typed.split()), typed_on_terminal(devpi, typed)
    coloured = [ESCAPE.sub("", line) for line in shown.splitlines() if COLOUR.search(line)]
    assert coloured == [line for line in plain if line.startswith("Usage:") or re.fullmatch(r"\S.*:", line)] != []
    assert ESCAPE.sub("", shown).splitlines() == plain
    assert typed_on_terminal(devpi, typed, NO_COLOR="1").splitlines() == plain


# -- what it costs, and where it is


def test_it_imports_nothing_heavy(devpi: Client) -> None:
    del devpi
    for seen in walk(["help"], ["help", "indexes"], ["help", "token", "create"]):
        modules = seen["modules"]
        assert isinstance(modules, list)
        assert [name for name in modules if name in HEAVY or name == "devpi_cli.cli.markdown"] == []


def test_others_do_not_import_topics() -> None:
    [seen] = walk(["list", "--help"])
    assert "devpi_cli.cli.topics" not in str(seen["modules"])


SERVER = [
    "backup",
    "check",
    "config",
    "doctor",
    "export",
    "import",
    "init",
    "log",
    "passwd",
    "replica",
    "restore",
    "run",
]
SERVER += ["start", "status", "stop", "upgrade"]


@pytest.mark.parametrize(("current", "words", "found"), [
    ("troub", [], ["troubleshooting"]), ("tok", [], ["token"]), ("in", [], ["indexes", "index", "install"]),
    ("", ["server"], SERVER), ("cr", ["token"], ["create"]), ("", ["list"], []),
    ("", ["nothere"], []),
])  # fmt: skip
def test_topics_commands_and_subcommands_complete(
    devpi: Client, current: str, words: list[str], found: list[str]
) -> None:
    assert devpi.ok("completion", "values", "plugin", current, "help", *words) == found


def test_the_wheel_has_the_topics(tmp_path: Path) -> None:
    build = f"from hatchling.build import build_wheel; print(build_wheel({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True, capture_output=True, text=True)
    with zipfile.ZipFile(tmp_path / done.stdout.split()[-1]) as wheel:
        pages = {name: wheel.read(name).decode() for name in wheel.namelist() if name.endswith(".md")}
    there = {f"devpi_cli/cli/help/{name}.md": topics.read(name) for name in topics.TOPICS}
    assert {name: text for name, text in pages.items() if "/help/" in name} == there
