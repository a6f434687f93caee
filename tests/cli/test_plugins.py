from __future__ import annotations

import json
import os
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
# The command prints the value of its own option or argument, and which of the generic flags are set.
OWN_OPTION = '''import json, click

@click.command()
@click.{declared}
@click.pass_obj
def command(app, **own):
    """Say what was typed."""
    [value] = own.values()
    flags = ("verbose", "quiet", "json", "no_input", "yes")
    generic = [name for name in flags if getattr(app.options, name)]
    print(json.dumps({{"value": getattr(value, "name", value), "generic": generic}}))

group = click.Group("group", commands={{"hello": command}})
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


@pytest.mark.parametrize(("second", "name"), [
    ("link", "devpi_hello-2.0"), ("old", "devpi_hello-1.0"), ("old", "Devpi.Hello-1.0"),
])  # fmt: skip
def test_a_package_that_is_there_twice_is_one_plugin(
    with_plugins: tuple[Client, Path], server: Live, second: str, name: str
) -> None:
    """D13: the first on the path is the one that Python imports."""
    devpi, site = with_plugins
    plugin(site, "hello = devpi_hello:command", HELLO)
    (site.parent / "link").symlink_to(site)
    plugin(site.parent / "old", "hello = devpi_hello:gone\nbye = devpi_hello:gone", "")
    (site.parent / "old/devpi_hello-2.0.dist-info").rename(site.parent / "old" / f"{name}.dist-info")
    devpi.env["PYTHONPATH"] = f"{site}{os.pathsep}{site.parent}/{second}"
    assert devpi.ok("--version")[1:] == ["plugin hello: devpi_hello 2.0"]
    assert devpi.ok("hello") == [f"hello from {server.url}"]


def test_of_two_plugins_with_the_same_command_json_names_the_one_that_runs(
    with_plugins: tuple[Client, Path], server: Live
) -> None:
    devpi, site = with_plugins
    plugin(site, "hello = devpi_hello:command", HELLO)
    plugin(site.parent / "other", "hello = devpi_hello:gone", "")
    (site.parent / "other/devpi_hello-2.0.dist-info").rename(site.parent / "other/devpi_other-1.0.dist-info")
    devpi.env["PYTHONPATH"] = f"{site}{os.pathsep}{site.parent}/other"
    assert devpi.ok("--version")[1:] == ["plugin hello: devpi_hello 2.0", "plugin hello: devpi_other 1.0"]
    assert json.loads("".join(devpi.ok("--version", "--json")))["plugins"] == {"hello": "devpi_hello 2.0"}
    assert devpi.ok("hello") == [f"hello from {server.url}"]


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
        f"cannot load the command 'hello' of the plugin devpi_hello 2.0: {why}\nupdate or uninstall that package\n",
    )
    assert devpi("--help").status == 0
    assert devpi.ok("--version")[1:] == ["plugin hello: devpi_hello 2.0"]
    assert devpi.ok("logoff") == ["not logged in"]


@pytest.mark.parametrize(("declared", "typed", "value", "generic"), [
    ('option("-v", "level", type=int)', ["-v", "3"], 3, []),
    ('option("-v", "level", type=int)', ["-v", "3", "--verbose"], 3, ["verbose"]),
    ('option("--verbose", type=int)', ["-v", "--verbose", "3"], 3, ["verbose"]),
    ('option("-v", "--verbose", type=int)', ["-v", "3", "-q"], 3, ["quiet"]),
    ('option("--json", type=click.File("w"))', ["--json", "-"], "<stdout>", []),
    ('option("--input/--no-input")', ["--no-input"], False, []),
    ('option("-V", "verbose", count=True)', ["-VV"], 2, []),
    ('option("-V", "verbose", count=True)', ["-V", "-v"], 1, ["verbose"]),
    ('argument("json")', ["a.json"], "a.json", []),
    ('argument("json")', ["a.json", "--json"], "a.json", ["json"]),
])  # fmt: skip
@pytest.mark.parametrize("is_sub", [False, True])
def test_a_plugin_may_have_options_of_the_same_name(
    with_plugins: tuple[Client, Path],
    declared: str,
    typed: list[str],
    value: object,
    generic: list[str],
    *,
    is_sub: bool,
) -> None:
    """D5: they win for its command, and what else the generic option is called still works."""
    devpi, site = with_plugins
    plugin(site, f"hello = devpi_hello:{'group' if is_sub else 'command'}", OWN_OPTION.format(declared=declared))
    for before in ([], ["-y"]):
        shown = json.loads(devpi.ok(*before, *["hello"] * (1 + is_sub), *typed)[0])
        assert shown == {"value": value, "generic": [*generic, *(["yes"] if before else [])]}


@pytest.mark.parametrize(("typed", "is_json"), [
    (["hello", "--json", "x", "--bad"], False), (["--json", "hello", "--json", "x", "--bad"], True),
])  # fmt: skip
def test_the_json_of_a_plugin_makes_no_object_of_wrong_usage(
    with_plugins: tuple[Client, Path], typed: list[str], *, is_json: bool
) -> None:
    devpi, site = with_plugins
    plugin(site, "hello = devpi_hello:command", OWN_OPTION.format(declared='option("--json")'))
    status, said = devpi.fails(*typed)
    what = "no such option '--bad'"
    assert status == 2
    assert (json.loads(said)["error"]["message"] if is_json else said.splitlines()[0]) == what


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
        "missing command\nsee 'devpi --help'\n",
    )
