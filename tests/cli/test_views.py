"""What a terminal shows in place of the lines for scripts, with the same requests."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import unmarked
from tests.support.dists import put

if TYPE_CHECKING:
    from tests.support.clients import Client, Member
    from tests.support.servers import Live

HOSTILE = "\x1b[31m[red]x[/red] :smile:"
SHOWN = "\\x1b[31m[red]x[/red] :smile:"
# Commands that have a view, and the requests that they make.
COMMANDS = {
    "list": "GET /{index}",
    "list -v": "GET /{index},GET /{index}/demo,GET /{index}/other",
    "list -v --all": "GET /{index},GET /{index}/demo,GET /{index}/other",
    "list demo": "GET /{index}/demo",
    "list demo --all -t": "GET /{index}/demo",
    "use -l": "GET /",
    "index": "GET /{index}",
    "index -l": "GET /{user}",
    "status": "GET /+api,GET /+status,GET /{index}",
    "token list": "GET /{user}/+tokens",
    "user": "GET /{user}",
    "user -l": "GET /",
    "show demo": "",
    "search demo": "",
    "why demo --python 3.12 --platform any": "",
    "test demo --list": "GET /{index}/demo",
    "doctor": "",
}


@pytest.fixture
def stocked(member: Member) -> Member:
    """Somebody with two indexes, two projects, a token and hostile texts."""
    member.env["COLUMNS"] = "100"
    base = f"{member.user}/base"
    member.server.create_index(base, {"bases": "", "title": HOSTILE})
    member.server.modify_index(member.index, [f"bases={base}", f"title={HOSTILE}"])
    member.server.modify_user(member.user, {"title": HOSTILE})
    for index, name, version in ((base, "demo", "0.9"), (member.index, "demo", "1.0"), (member.index, "other", "2.0")):
        put(member.server, index, version, name=name)
    member.ok("token", "create", "-a", "upload", "-o", "token")
    return member


def lines(client: Client, typed: str) -> list[str]:
    """Return what a command prints on stdout and stderr at a terminal."""
    return client.at_terminal(*typed.split())[1]


@pytest.mark.parametrize("typed", COMMANDS)
def test_a_view_is_for_eyes_and_plain_lines_for_scripts(stocked: Member, server: Live, typed: str) -> None:
    with server.requests() as plainly:
        piped = stocked(*typed.split())
    with server.requests() as drawing:
        drawn = stocked(*typed.split(), "--pretty")
    assert (drawn.status, drawn.stderr) == (piped.status, piped.stderr)
    assert drawn.stdout != piped.stdout
    assert "\x1b" not in drawn.stdout + piped.stdout
    assert max(map(len, drawn.lines)) <= 100
    assert sorted(drawing) == sorted(plainly)
    if expected := COMMANDS[typed]:
        assert ",".join(sorted(plainly)) == expected.format(index=stocked.index, user=stocked.user)


@pytest.mark.parametrize("typed", [typed for typed in COMMANDS if typed != "doctor"])  # which tells the time
def test_a_terminal_shows_the_view_unless_plain_lines_are_wanted(stocked: Member, typed: str) -> None:
    piped, drawn = stocked(*typed.split()), stocked(*typed.split(), "--pretty")
    assert sorted(lines(stocked, typed)) == sorted([*drawn.lines, *drawn.stderr.splitlines()])
    assert sorted(lines(stocked, f"{typed} --plain")) == sorted([*piped.lines, *piped.stderr.splitlines()])
    assert lines(stocked, f"{typed} --pretty --json") == stocked(*typed.split(), "--json").lines


def test_the_variable_and_the_last_option_decide(stocked: Member) -> None:
    drawn, plain = ["demo  other"], ["demo", "other"]
    assert stocked.ok("list", DEVPI_PRETTY="1") == drawn
    assert stocked.ok("--pretty", "list") == drawn
    assert stocked.ok("list", "--plain", DEVPI_PRETTY="1") == plain
    assert stocked.ok("--plain", "list", "--pretty") == drawn
    assert stocked.ok("list", "--pretty", "--plain") == plain
    stocked.env["DEVPI_PRETTY"] = "no"
    assert lines(stocked, "list") == plain


def test_texts_of_others_are_shown_as_they_are(stocked: Member) -> None:
    for typed in ("index", "user", "use -l"):
        drawn = stocked(*typed.split(), "--pretty", FORCE_COLOR="1").stdout
        assert SHOWN in drawn
        assert "\x1b[31m[red]" not in drawn


def test_colours_are_for_terminals_that_have_them(stocked: Member) -> None:
    typed = ("list", "demo", "--pretty")
    plain = stocked(*typed).stdout
    assert "\x1b" not in plain
    assert "\x1b[" in stocked(*typed, FORCE_COLOR="1").stdout
    assert stocked(*typed, FORCE_COLOR="1", NO_COLOR="1").stdout == plain
    stocked.env["TERM"] = "dumb"
    assert "\r\n".join(lines(stocked, "list demo")) == "\r\n".join(plain.splitlines())


def test_files_of_an_index(stocked: Member) -> None:
    base = f"{stocked.user}/base"
    cells = [re.split("  +", line) for line in stocked.ok("list", "demo", "--pretty")]
    assert cells == [
        ["version", "file", "uploaded", "by", "index"],
        ["1.0", "demo-1.0.tar.gz", "just now", stocked.user, stocked.index],
        ["0.9", "demo-0.9.tar.gz", "just now", stocked.user, base],
    ]


def test_sizes_are_shown_with_v(stocked: Member) -> None:
    heading, *rows = stocked.ok("list", "demo", "-v", "--pretty")
    assert "size" in heading
    assert all(" B  " in row for row in rows)


def test_releases_of_an_index(stocked: Member) -> None:
    assert stocked.ok("list", "-v", "--pretty") == [
        "project  version  uploaded  releases",
        "demo     1.0      just now         2",
        "other    2.0      just now         1",
    ]


def test_indexes_are_trees(stocked: Member) -> None:
    assert stocked.ok("index", "-l", "--pretty") == [
        f"{stocked.user}/base",
        stocked.index,
        f"└── {stocked.user}/base",
    ]
    shown = stocked.ok("index", "--pretty")
    assert shown[:3] == [f"{stocked.index}  {stocked.index_url}", f"└── {stocked.user}/base", ""]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("list --index empty", "no projects on {user}/empty"),
        ("list -v --index empty", "no projects on {user}/empty"),
        ("index -l nobody", "nobody has no indexes"),
        ("use -l --user nobody", "no indexes"),
        ("token list", "{user} has no tokens"),
    ],
)
def test_nothing_is_said_to_be_nothing(member: Member, typed: str, said: str) -> None:
    member.server.create_index(f"{member.user}/empty", {"bases": ""})
    nobody = f"{member.user}-nobody"
    member.server.create_user(nobody, {"password": "secret123"})
    typed, said = typed.replace("nobody", nobody), said.replace("nobody", nobody)
    drawn = member(*typed.split(), "--pretty")
    assert unmarked(drawn.stdout + drawn.printed) == f"{said.format(user=member.user)}\n"
    assert member(*typed.split()).stdout == ""


def test_without_a_view_nothing_is_imported_for_it(stocked: Member) -> None:
    """So it costs scripts nothing."""
    code = "import sys; from devpi_cli.__main__ import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    for option, is_drawn in (("--plain", False), ("--pretty", True)):
        done = subprocess.run(
            [sys.executable, "-c", code, "list", "demo", option],
            env=stocked.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        found = {name for name in done.stderr.split() if name in ("rich.table", "devpi_cli.cli.views.paper")}
        assert bool(found) is is_drawn
