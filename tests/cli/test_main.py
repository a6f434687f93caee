"""The devpi command: its table, generic options, failures, and the rules enforced by tests."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
import pytest

from devpi_cli._version import __version__
from devpi_cli.cli import pages
from devpi_cli.cli.main import ALIASES, COMMANDS
from devpi_cli.cli.main import devpi as devpi_command
from devpi_cli.server.tokens import PERMISSIONS
from tests.support.clients import DEVPI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clients import Client
    from tests.support.servers import Live

HEAVY = [
    *("build", "configupdater", "filelock", "httpx", "importlib.metadata", "packaging", "platformdirs", "rich", "ssl"),
    *("tomlkit", "truststore", "twine"),
]
# In one clean process: what each command line prints, its exit status, and what has been imported after it.
WALK = """
import contextlib, io, json, sys
from devpi_cli.cli.main import devpi
seen = []
for arguments in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            devpi(arguments, prog_name="devpi")
        except SystemExit as exit:
            status = exit.code
    seen.append({"status": status, "text": printed.getvalue(), "modules": sorted(sys.modules)})
print(json.dumps(seen))
"""


def walk(*command_lines: list[str]) -> list[dict[str, object]]:
    command = [sys.executable, "-c", WALK, json.dumps(command_lines)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={"HOME": "/nowhere"})
    assert done.stderr == ""
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def help_pages() -> dict[str, dict[str, object]]:
    """The help page of every command."""
    return dict(zip(COMMANDS, walk(*([name, "--help"] for name in COMMANDS)), strict=True))


# -- the table


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_what_the_docstring_says(name: str) -> None:
    command = import_module(f"devpi_cli.cli.commands.{ALIASES.get(name, name)}").command
    first = " ".join((command.help or "").split("\n\n")[0].split())
    assert first == COMMANDS[name]
    assert first.endswith(".")


def test_every_command_is_in_the_table() -> None:
    folder = Path(import_module("devpi_cli.cli.commands").__file__ or "").parent
    files = {path.stem for path in folder.glob("[!_]*.py")}
    assert files == {ALIASES.get(name, name) for name in COMMANDS}


def test_help_lists_every_command(devpi: Client) -> None:
    lines = devpi.ok("--help")
    commands = lines[lines.index("Start:") : lines.index("Options:")]
    assert sorted(re.findall(r"^  (\w+)", "\n".join(commands), re.MULTILINE)) == sorted(COMMANDS)
    assert [line for line in commands if re.match(r"\S", line)] == [f"{title}:" for title in pages.GROUPS]
    assert devpi.ok("-h") == lines


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_no_summary_is_cut_and_no_line_is_too_long(devpi: Client, columns: str) -> None:
    for typed in ([], ["server"], ["token"], ["token", "create"]):
        lines = devpi.ok(*typed, "--help", COLUMNS=columns)
        assert [line for line in lines if line.endswith("...") and not line.startswith("Usage: ")] == []
        assert max(len(line) for line in lines if not line.startswith("    devpi ")) <= int(columns)
    text = " ".join(" ".join(devpi.ok("--help", COLUMNS=columns)).split())
    assert [summary for summary in COMMANDS.values() if summary not in text] == []


def pages_at(width: int) -> dict[str, list[str]]:
    """Return the help page of every command and subcommand at a width of the terminal."""

    def collect(command: click.Command, context: click.Context) -> None:
        found[context.command_path] = click.unstyle(command.get_help(context)).splitlines()
        for name in command.list_commands(context) if isinstance(command, click.Group) else ():
            inner = cast("click.Group", command).resolve_command(context, [name])[1]
            assert inner
            collect(inner, inner.context_class(inner, parent=context, info_name=name))

    found: dict[str, list[str]] = {}
    collect(devpi_command, devpi_command.context_class(devpi_command, info_name="devpi", terminal_width=width))
    return found


@pytest.mark.parametrize("width", range(60, 121, 6))
def test_no_page_is_cut_at_any_width(width: int) -> None:
    found = pages_at(width)
    assert len(found) > 50
    for name, lines in found.items():
        text = " ".join(" ".join(lines).split())
        assert [line for line in lines if re.search(r"[^]](\.\.\.|…)$", line) and "Usage: " not in line] == [], name
        wide = [line for line in lines if len(line) > width and not re.match(r" {4}(devpi |eval |pass |echo )", line)]
        assert [line for line in wide if len(line.split()) > 1 and "|" not in line] == [], name
        if name == "devpi":
            assert [summary for summary in COMMANDS.values() if summary not in text] == []


def test_the_permissions_of_a_token_are_named(devpi: Client) -> None:
    for typed in (("token", "create"), ("token", "derive")):
        page = " ".join("".join(devpi.ok(*typed, "--help")).split())
        assert [name for name in PERMISSIONS if name not in page] == []


def test_the_global_options_are_listed_once_one_line_each(devpi: Client) -> None:
    lines = devpi.ok("--help")
    rows = lines[lines.index("Global options:") + 1 :]
    assert [re.match(r"  (?:-\w, )?--[a-z-]+", row) is not None for row in rows] == [True] * 14
    for typed in (["list"], ["token", "create"], ["server"]):
        page = "\n".join(devpi.ok(*typed, "--help"))
        assert ("--retries" in page, "'devpi --help' lists those that every command takes" in page) == (False, True)


def test_a_command_that_is_meant_is_named(devpi: Client) -> None:
    for typed, meant in pages.MEANT.items():
        assert meant.split()[0] in COMMANDS
        assert typed not in COMMANDS
    for typed, meant in (("ls", "list"), ("find", "search"), ("publish", "upload"), ("stop", "server stop")):
        assert devpi.fails(typed) == (2, f"no such command '{typed}'\ndid you mean '{meant}'?\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_page_has_examples(help_pages: dict[str, dict[str, object]], name: str) -> None:
    page = help_pages[name]
    assert page["status"] == 0
    assert str(page["text"]).startswith(f"Usage: devpi {name} ")
    assert re.search(r"^  Examples?:\n(?:    .*\n)*?    .*devpi ", str(page["text"]), re.MULTILINE)


# -- start-up is a feature


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_version_and_help_import_no_command_and_nothing_heavy(arguments: list[str]) -> None:
    seen = walk(arguments)[0]
    modules = seen["modules"]
    assert isinstance(modules, list)
    assert seen["status"] == 0
    assert [name for name in modules if name in HEAVY or name.startswith("devpi_cli.cli.commands.")] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_imports_nothing_heavy(help_pages: dict[str, dict[str, object]], name: str) -> None:
    modules = help_pages[name]["modules"]
    assert isinstance(modules, list)
    assert [module for module in modules if module in HEAVY] == []


def test_a_request_imports_no_rich(at_server: Client) -> None:
    script = (
        "import sys; from devpi_cli.cli.main import devpi; devpi(['user', '-l'], standalone_mode=False);"
        "print([name for name in ('rich', 'pygments', 'twine', 'build', 'truststore') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=at_server.environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


# -- what is typed


def test_the_version(devpi: Client) -> None:
    for typed in ("--version", "-V", "version"):
        assert devpi.ok(typed)[0] == f"devpi-cli {__version__}"


def test_nothing_typed_shows_the_help(devpi: Client) -> None:
    result = devpi()
    assert "Usage: devpi [OPTIONS] COMMAND [ARGS]..." in result.stdout + result.stderr
    assert result.status == 2


@pytest.mark.parametrize(("typed", "meant"), [("lits", "list"), ("uplod", "upload"), ("logni", "login")])
def test_an_unknown_command_is_answered_with_one_that_is_near(devpi: Client, typed: str, meant: str) -> None:
    status, said = devpi.fails(typed)
    assert status == 2
    assert f"no such command '{typed}'" in said
    assert f"'{meant}'" in said


@pytest.mark.parametrize("typed", [
    ["--no-such-option"], ["use", "--no-such-option"], ["user", "a", "b"], ["getjson"], ["--timeout", "soon", "use"],
    ["--timeout", "0", "use"], ["use", "--timeout", "-1"],
])  # fmt: skip
def test_wrong_usage_is_exit_status_2(devpi: Client, typed: list[str]) -> None:
    assert devpi.fails(*typed)[0] == 2


@pytest.mark.parametrize(("typed", "env", "what"), [
    (["use"], {"DEVPI_TIMEOUT": "soon"},
     "'--timeout' from the variable DEVPI_TIMEOUT: 'soon' is not a valid float range"),
    (["install", "demo"], {"DEVPI_INSTALLER": "conda"},
     "'--installer' from the variable DEVPI_INSTALLER: 'conda' is not one of 'auto', 'pip', 'uv'"),
    (["server", "log"], {"DEVPI_SERVER_LOG_LINES": "all"},
     "'--lines' / '-n' from the variable DEVPI_SERVER_LOG_LINES: 'all' is not a valid integer range"),
    (["--timeout", "soon", "use"], {"DEVPI_TIMEOUT": "5"}, "'--timeout': 'soon' is not a valid float range"),
    (["use", "--timeout", "soon"], {"DEVPI_TIMEOUT": "5"}, "'--timeout': 'soon' is not a valid float range"),
])  # fmt: skip
def test_a_bad_value_is_wrong_usage_and_a_variable_that_holds_it_is_named(
    devpi: Client, typed: list[str], env: dict[str, str], what: str
) -> None:
    status, said = devpi.fails(*typed, **env)
    line, hint = said.splitlines()
    assert (status, line) == (2, f"invalid value for {what}")
    assert re.fullmatch("see 'devpi (use |install |server log )?--help'", hint)


@pytest.mark.parametrize(("typed", "env", "hint", "message"), [
    (["--json"], {}, "devpi", "missing command"),
    ([], {"DEVPI_JSON": "1"}, "devpi", "missing command"),
    (["--json", "--no-such"], {}, "did you mean '--no-input'?", "no such option '--no-such'"),
    (["--bad"], {"DEVPI_JSON": "1"}, "devpi", "no such option '--bad'"),
    (["lits", "--json"], {}, "did you mean 'list'?", "no such command 'lits'"),
    (["--json", "use", "--bad"], {}, "devpi use", "no such option '--bad'"),
    (["getjson", "--json"], {}, "devpi getjson", "missing argument 'PATH|URL'"),
    (["server", "--json"], {}, "devpi server", "missing command"),
    (["--json", "server"], {}, "devpi server", "missing command"),
    (["install", "--json", "--installer", "conda"], {}, "devpi install",
     "invalid value for '--installer': 'conda' is not one of 'auto', 'pip', 'uv'"),
    (["use", "--json"], {"DEVPI_TIMEOUT": "soon"}, "devpi",
     "invalid value for '--timeout' from the variable DEVPI_TIMEOUT: 'soon' is not a valid float range"),
])  # fmt: skip
def test_with_json_wrong_usage_is_an_object_as_every_error(
    devpi: Client, typed: list[str], env: dict[str, str], hint: str, message: str
) -> None:
    status, said = devpi.fails(*typed, **env)
    hint = f"see '{hint} --help'" if hint.startswith("devpi") else hint
    assert (status, json.loads(said)) == (
        2, {"error": {"type": "WrongUsage", "message": message, "hint": hint, "exit": 2}},
    )  # fmt: skip


def test_a_json_that_is_meant_for_another_program_changes_no_error(devpi: Client) -> None:
    status, said = devpi.fails("install", "--bad", "--", "--json")
    assert (status, said) == (2, "no such option '--bad'\nsee 'devpi install --help'\n")


# -- generic options


@pytest.fixture
def silent(devpi: Client) -> Iterator[str]:
    """A server that takes every connection and never says a word; the client uses it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with devpi.state.changing() as state:
            state.server = url
        yield url


@pytest.mark.parametrize(("environment", "before", "after"), [
    (None, ".2", None), (None, None, ".2"), (None, "50", ".2"), (".2", None, None), ("50", ".2", None),
    ("50", None, ".2"), ("50", "40", ".2"),
])  # fmt: skip
def test_what_stands_nearest_to_the_command_wins(
    devpi: Client, silent: str, environment: str | None, before: str | None, after: str | None
) -> None:
    typed = [*(["--timeout", before] if before else []), "user", "-l", *(["--timeout", after] if after else [])]
    env = {"DEVPI_TIMEOUT": environment} if environment else {}
    assert devpi.fails(*typed, **env) == (
        6, f"no answer from {silent} within 0.2 s\nto wait longer, add --timeout SECONDS\n",
    )  # fmt: skip


@pytest.mark.parametrize(("typed", "env"), [
    (["--json", "user", "-l"], {}), (["user", "-l", "--json"], {}), (["user", "--json", "-l"], {}),
    (["user", "-l"], {"DEVPI_JSON": "1"}), (["--json", "user", "-l", "--json"], {"DEVPI_JSON": "0"}),
])  # fmt: skip
def test_a_flag_is_accepted_on_both_sides(devpi: Client, typed: list[str], env: dict[str, str]) -> None:
    status, said = devpi.fails(*typed, **env)
    assert (status, json.loads(said)["error"]["message"]) == (1, "no server in use")


@pytest.mark.parametrize("side", ["before", "after", "environment", "after wins"])
def test_the_clientdir_is_accepted_on_both_sides(devpi: Client, server: Live, tmp_path: Path, side: str) -> None:
    here, there = str(tmp_path / "here"), str(tmp_path / "there")
    command = ["use", server.url]
    typed, env = {
        "before": (["--clientdir", here, *command], {"DEVPI_CLIENTDIR": there}),
        "after": ([*command, "--clientdir", here], {"DEVPI_CLIENTDIR": there}),
        "environment": (command, {"DEVPI_CLIENTDIR": here}),
        "after wins": (["--clientdir", there, *command, "--clientdir", here], {}),
    }[side]
    devpi.ok(*typed, **env)
    assert json.loads((tmp_path / "here/state.json").read_text())["server"] == server.url
    assert not Path(there).exists()
    assert not devpi.state_file.exists()


@pytest.mark.parametrize(
    "typed", [["-q", "-y"], ["--quiet", "--yes", "--verbose"], ["--no-input", "--insecure"], ["--debug"]]
)
def test_every_flag_stands_on_both_sides(devpi: Client, typed: list[str]) -> None:
    for line in ([*typed, "user", "-l"], ["user", "-l", *typed]):
        assert devpi.fails(*line)[1].endswith(
            "no server in use\ntype 'devpi use URL', or 'devpi quickstart' for a server on this machine\n"
        )


# -- what becomes of a failure


SABOTAGE = """
import devpi_cli.state.store
def broken(path, *more):
    try:
        {}['token']
    except KeyError as error:
        raise RuntimeError("what nobody foresaw") from error
devpi_cli.state.store.State.load = broken
"""
INTERRUPT = """
import devpi_cli.state.store
def broken(path, *more):
    raise KeyboardInterrupt
devpi_cli.state.store.State.load = broken
"""
# As Python 3.11 does when it comes while a class with fields is made, as a dataclass is.
IN_A_CLASS = """
import devpi_cli.state.store
class Field:
    def __set_name__(self, owner, name):
        raise KeyboardInterrupt
def broken(path, *more):
    class Interrupted:
        field = Field()
devpi_cli.state.store.State.load = broken
"""


@pytest.fixture
def sabotaged(devpi: Client, tmp_path: Path, request: pytest.FixtureRequest) -> Client:
    """A client whose state cannot be loaded, for the reason that a script gives."""
    (tmp_path / "sitecustomize.py").write_text(request.param)
    devpi.env["PYTHONPATH"] = str(tmp_path)
    return devpi


@pytest.mark.parametrize("sabotaged", [SABOTAGE], indirect=True)
def test_a_bug_is_reported_without_a_traceback(sabotaged: Client) -> None:
    bug = f"this is a bug in devpi-cli {__version__}: RuntimeError: what nobody foresaw"
    hint = "report it with the output of --debug"
    assert sabotaged.fails("user", "-l") == (1, f"{bug}\n{hint}\n")
    status, said = sabotaged.fails("user", "-l", "--json")
    assert (status, json.loads(said)) == (
        1, {"error": {"type": "DevpiError", "message": bug, "hint": hint, "exit": 1}},
    )  # fmt: skip


@pytest.mark.parametrize("sabotaged", [SABOTAGE], indirect=True)
@pytest.mark.parametrize("typed", [["--debug", "user", "-l"], ["user", "-l", "--debug"]])
def test_debug_shows_the_chain_of_a_bug(sabotaged: Client, typed: list[str]) -> None:
    result = sabotaged(*typed)
    assert (result.stdout, result.status) == ("", 1)
    assert "KeyError: 'token'" in result.stderr
    assert "The above exception was the direct cause of the following exception" in result.stderr
    assert result.stderr.endswith("RuntimeError: what nobody foresaw\n")


@pytest.mark.parametrize("sabotaged", [SABOTAGE], indirect=True)
def test_with_json_debug_shows_the_chain_of_a_bug_as_json(sabotaged: Client) -> None:
    result = sabotaged("user", "-l", "--json", "--debug")
    debug, error = map(json.loads, result.stderr.splitlines())
    assert (result.stdout, result.status) == ("", 1)
    assert "KeyError: 'token'" in debug["debug"]
    assert error["error"]["message"].endswith("RuntimeError: what nobody foresaw")


@pytest.mark.parametrize("sabotaged", [INTERRUPT, IN_A_CLASS], indirect=True)
def test_an_interruption_is_exit_status_130(sabotaged: Client) -> None:
    assert sabotaged.fails("user", "-l") == (130, "interrupted\n")
    status, said = sabotaged.fails("user", "-l", "--json")
    assert (status, json.loads(said)) == (
        130, {"error": {"type": "Interrupted", "message": "interrupted", "exit": 130}},
    )  # fmt: skip


def test_nothing_is_imported_before_ctrl_c_is_handled() -> None:
    """The script of the command imports our package and its main module first: there Ctrl-C would be a traceback."""

    def imported(code: str) -> set[str]:
        command = [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"]
        return set(subprocess.check_output(command, text=True).split())

    more = imported("from devpi_cli.__main__ import main") - imported("pass")
    assert more == {"devpi_cli", "devpi_cli.__main__", "devpi_cli._version"}


@pytest.mark.parametrize("name", ["module", "script"])
@pytest.mark.parametrize(("typed", "status"), [
    (["--version"], 0), (["user", "-l"], 1), (["lits"], 2), (["use", "http://127.0.0.1:1"], 6),
])  # fmt: skip
def test_the_module_and_the_script_end_alike(devpi: Client, name: str, typed: list[str], status: int) -> None:
    devpi.command = tuple(DEVPI) if name == "module" else (str(Path(sys.executable).with_name("devpi")),)
    assert devpi(*typed).status == status
