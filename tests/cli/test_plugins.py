from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest

from devpi_cli.cli import topics
from tests.support.pages import blocks

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Client, Member
    from tests.support.servers import Live

HELLO = '''import click

@click.command()
@click.pass_obj
def command(app):
    """Say hello."""
    app.out.line(f"hello from {app.state.server}")
'''


def plugin(folder: Path, entry_points: str, module: str) -> None:
    """Install a package into a folder as pip would."""
    info = folder / "devpi_hello-2.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: devpi-hello\nVersion: 2.0\n")
    (info / "entry_points.txt").write_text(f"[devpi_cli.commands]\n{entry_points}\n")
    (folder / "devpi_hello.py").write_text(module)


@pytest.fixture
def with_plugins(at_server: Client, tmp_path: Path) -> tuple[Client, Path]:
    """A client, and a folder that its Python looks into."""
    at_server.env["PYTHONPATH"] = str(tmp_path / "site")
    return at_server, tmp_path / "site"


def test_a_plugin_brings_a_command(with_plugins: tuple[Client, Path], server: Live) -> None:
    devpi, site = with_plugins
    plugin(site, "hello = devpi_hello:command", HELLO)
    assert devpi.ok("hello", "-q") == [f"hello from {server.url}"]
    assert devpi.ok("--version")[1:] == ["plugin hello: devpi_hello 2.0"]


@pytest.mark.parametrize(
    ("module", "why"),
    [
        ("import nothing_like_that", "ModuleNotFoundError: No module named 'nothing_like_that'"),
        ("raise RuntimeError('at import')", "RuntimeError: at import"),
        ("", "AttributeError: module 'devpi_hello' has no attribute 'command'"),
    ],
)
def test_a58_a_broken_plugin_breaks_only_itself(with_plugins: tuple[Client, Path], module: str, why: str) -> None:
    devpi, site = with_plugins
    plugin(site, "hello = devpi_hello:command", module)
    assert devpi.fails("hello") == (
        1,
        f"the command 'hello' of the plugin devpi_hello 2.0 cannot be loaded: {why}\n"
        "update or uninstall that package\n",
    )
    assert devpi("--help").status == 0
    assert devpi.ok("--version")[1:] == ["plugin hello: devpi_hello 2.0"]
    assert devpi.ok("logoff") == ["not logged in"]


def test_the_example_of_the_topic_works(with_plugins: tuple[Client, Path]) -> None:
    devpi, site = with_plugins
    page = topics.read("plugins")
    [settings], [module] = blocks(page, "toml"), blocks(page, "python")
    [(name, place)] = tomllib.loads(settings)["project"]["entry-points"]["devpi_cli.commands"].items()
    assert place == "devpi_salute:command"
    plugin(site, f"{name} = devpi_hello:command", module)
    assert devpi.ok("salute", "alice") == ["Hello alice!"]
    assert json.loads("\n".join(devpi.ok("salute", "alice", "--json"))) == {"greeted": "alice"}
    assert devpi.ok("help", "salute") == devpi.ok("salute", "--help")


def test_a_plugin_does_not_replace_a_command_of_ours(with_plugins: tuple[Client, Path]) -> None:
    devpi, site = with_plugins
    plugin(site, "logoff = devpi_hello:command", HELLO)
    assert devpi.ok("logoff") == ["not logged in"]


def test_damaged_entry_points_do_not_disturb(with_plugins: tuple[Client, Path]) -> None:
    devpi, site = with_plugins
    plugin(site, "\x00 [broken", "")
    assert len(devpi.ok("--version")) == 1
    assert devpi.fails("hello")[0] == 2


def test_version_with_v_shows_what_the_server_runs(member: Member) -> None:
    lines = member.ok("--version", "-v")
    assert [line.rsplit(" ", 1)[0] for line in lines[1:]] == [
        f"{member.server.root}: devpi-server",
        f"{member.server.root}: devpi-tokens",
        f"{member.server.root}: devpi-web",
    ]
    assert member.ok("--version") == lines[:1]


def test_a_command_is_needed(devpi: Client) -> None:
    assert devpi.fails("-q") == (
        2,
        "Usage: devpi [OPTIONS] COMMAND [ARGS]...\nTry 'devpi --help' for help.\n\nError: Missing command.\n",
    )
