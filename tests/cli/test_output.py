"""Output and questions: streams, colours, unusual terminals, prompts."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING

import pexpect
import pytest

from devpi_cli.cli.output import Output
from devpi_cli.errors import DevpiError, Missing
from tests.support.clients import DEVPI
from tests.support.dists import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.clients import Client, Member
    from tests.support.servers import Live

NO_SERVER = "no server in use"
NO_SERVER_HINT = "type 'devpi use URL', or 'devpi quickstart' for a server on this machine"
RED, DIM, OFF = "\x1b[31m\x1b[1m", "\x1b[90m\x1b[22m", "\x1b[0m"


def shell(client: Client, line: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which ``devpi`` is the client's command."""
    return subprocess.run(
        ["sh", "-c", line.replace("devpi", shlex.join(DEVPI))],
        env={name: value for name, value in client.environment.items() if name != "PYTHONUNBUFFERED"} | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(autouse=True)
def colourless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)


# -- what goes where


def test_lines_are_for_text_and_documents_for_json(capsys: pytest.CaptureFixture[str]) -> None:
    for out in (Output(), Output(as_json=True)):
        out.line("a line")
        out.lines(["two", "lines"])
        out.document({"b": 1, "a": ["ü"]})
    assert capsys.readouterr() == ('a line\ntwo\nlines\n{\n  "a": [\n    "\\u00fc"\n  ],\n  "b": 1\n}\n', "")


def test_what_is_no_result_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """V8."""
    for out in (Output(debugging=True), Output()):
        out.note("a note")
        out.warn("careful")
        out.debug("details")
        out.failure("FAILED one")
    usual = "note: a note\nwarning: careful\nFAILED one\n"
    assert capsys.readouterr() == ("", f"note: a note\nwarning: careful\ndebug: details\nFAILED one\n{usual}")


@pytest.mark.parametrize("verbose", [False, True])
def test_who_wants_it_quiet_gets_results_and_errors_only(capsys: pytest.CaptureFixture[str], *, verbose: bool) -> None:
    """D13."""
    for as_json in (False, True):
        out = Output(quiet=True, verbose=verbose, as_json=as_json)
        out.line("a line")
        out.document({})
        out.note("a note")
        out.warn("careful")
        out.failure("FAILED one")
        out.error(DevpiError("what"))
    error = '{"error": {"exit": 1, "message": "what", "type": "DevpiError"}}'
    assert capsys.readouterr() == ("a line\n{}\n", f"FAILED one\nerror: what\n{error}\n")


@pytest.mark.parametrize("options", [["-q"], ["-q", "--json"], ["-q", "--insecure"]])
def test_a_quiet_command_says_nothing_of_a_warning(member: Member, options: list[str]) -> None:
    """D13."""
    loud = member("refresh", "demo", *options[1:])
    assert "is not a mirror, nor are its bases" in loud.stderr
    result = member("refresh", "demo", *options)
    assert (result.stdout, result.stderr, result.status) == (loud.stdout, "", loud.status)


def test_an_error_is_a_message_and_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    Output().error(DevpiError("what", hint="so"))
    Output().error(DevpiError("what"), "otherwise")
    Output().error(DevpiError("what", hint="so"), "otherwise")
    assert capsys.readouterr() == ("", "error: what\nso\nerror: what\notherwise\nerror: what\nso\n")


def test_an_error_is_one_document_with_json(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=True).error(Missing("GET http://host/", 404, "Not Found", hint="look"))
    shown = capsys.readouterr()
    assert shown.out == ""
    said = {"type": "Missing", "message": "GET http://host/\n404 Not Found", "hint": "look", "exit": 4, "status": 404}
    assert json.loads(shown.err) == {"error": said}
    assert shown.err.count("\n") == 1


def test_with_json_all_that_is_said_is_json_and_the_document_says_what_failed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for out in (Output(as_json=True), Output(as_json=True, verbose=True, debugging=True)):
        out.note("a note")
        out.warn("careful: \x1b[31m")
        out.debug("details")
        out.failure("FAILED one")
    assert [json.loads(line) for line in capsys.readouterr().err.splitlines()] == [
        {"warning": "careful: \x1b[31m"},
        {"note": "a note"},
        {"warning": "careful: \x1b[31m"},
        {"debug": "details"},
    ]


def test_long_lines_and_markup_stay_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    Output().line("x" * 300 + " [bold]demo[extra]==1.0[/bold] :smile:")
    assert capsys.readouterr().out == "x" * 300 + " [bold]demo[extra]==1.0[/bold] :smile:\n"


@pytest.mark.parametrize(("text", "shown"), [
    ("\x1b[31mred\x1b]0;title\x07", "\\x1b[31mred\\x1b]0;title\\x07"),
    ("over\rwritten\b\x00", "over\\x0dwritten\\x08\\x00"),
    ("\x7f\x9b31m", "\\x7f\\x9b31m"),
    ("tab\tnew\nline ü", "tab\tnew\\nline ü"),
    ("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", "\\x0b\\x0c\\x1c\\x1d\\x1e\\x85\\u2028\\u2029"),
])  # fmt: skip
def test_control_characters_are_shown_and_not_sent(capsys: pytest.CaptureFixture[str], text: str, shown: str) -> None:
    Output().line(text)
    Output().error(DevpiError(text, hint=text))
    assert capsys.readouterr() == (f"{shown}\n", f"error: {shown}\n{shown}\n")


def test_control_characters_of_a_server_are_shown(member: Member) -> None:
    member.server.modify_user(member.user, {"title": "\x1b[31mred"})
    assert "  title=\\x1b[31mred" in member.ok("user")


# -- colours


@pytest.mark.parametrize(("env", "coloured"), [
    ({}, False),
    ({"FORCE_COLOR": "1"}, True),
    ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ({"FORCE_COLOR": "", "NO_COLOR": ""}, False),
])  # fmt: skip
def test_a_pipe_has_no_colours_unless_they_are_wanted(devpi: Client, env: dict[str, str], coloured: bool) -> None:
    mark = f"{RED}error:{OFF}" if coloured else "error:"
    assert devpi("user", "-l", **env).printed == f"{mark} {NO_SERVER}\n{NO_SERVER_HINT}\n"


@pytest.mark.parametrize(("env", "coloured"), [
    ({"TERM": "xterm"}, True),
    ({"TERM": "dumb"}, False),
    ({"TERM": "xterm", "NO_COLOR": "1"}, False),
    ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
])  # fmt: skip
def test_a_terminal_has_colours_unless_they_are_not_wanted(
    at_terminal: Callable[..., pexpect.spawn[str]], env: dict[str, str], coloured: bool
) -> None:
    child = at_terminal("user", "-l", **env)
    child.expect(pexpect.EOF)
    mark = f"{RED}error:{OFF}" if coloured else "error:"
    assert child.before == f"{mark} {NO_SERVER}\r\n{NO_SERVER_HINT}\r\n"


def test_colours_are_for_the_eye_and_never_in_a_result(at_server: Client) -> None:
    result = at_server("user", "-l", "--debug", FORCE_COLOR="1")
    assert "root" in result.lines
    assert "\x1b" not in result.stdout
    assert result.stderr.startswith(f"{DIM}debug:{OFF} GET ")


def test_a_dumb_terminal_gets_no_progress_bar(member: Member, wheel: Path) -> None:
    member.env["TERM"] = "dumb"
    assert member.at_terminal("upload", wheel) == (0, [f"file_upload of {wheel.name} to {member.index_url}/"])


# -- odd streams


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_an_encoding_lacks_is_escaped(member: Member, encoding: str) -> None:
    member.server.modify_user(member.user, {"title": "Zoë €"})
    title = {"ascii": b"Zo\\xeb \\u20ac", "latin-1": b"Zo\xeb \\u20ac"}[encoding]
    done = subprocess.run(
        [*DEVPI, "user"], env={**member.environment, "PYTHONIOENCODING": encoding}, capture_output=True, check=True
    )
    assert b"  title=" + title in done.stdout.splitlines()


@pytest.mark.parametrize("command", ["devpi --version", "devpi --help", "devpi user -l"])
def test_a_closed_stdout_is_no_failure(at_server: Client, command: str) -> None:
    done = shell(at_server, f"{command} >&-")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.mark.parametrize("command", ["devpi list nothing", "devpi use --no-such-option"])
def test_a_closed_stderr_changes_no_status(at_server: Client, command: str) -> None:
    assert shell(at_server, f"{command} 2>&-").returncode == at_server(*command.split()[1:]).status != 0


def test_a_closed_stderr_keeps_no_file_from_being_uploaded(member: Member, wheel: Path) -> None:
    done = shell(member, f"devpi upload {wheel} 2>&-")
    assert (done.stdout, done.returncode) == (f"file_upload of {wheel.name} to {member.index_url}/\n", 0)


@pytest.mark.parametrize("stdin", ["</dev/null", "<&-"])
def test_without_stdin_there_is_nobody_to_ask(at_server: Client, server: Live, stdin: str) -> None:
    done = shell(at_server, f"devpi login alice {stdin}")
    assert (done.stdout, done.stderr, done.returncode) == (
        "",
        f"error: no terminal to ask on: password for user alice at {server.url}:\n"
        "use --password-stdin, DEVPI_PASSWORD or DEVPI_TOKEN "
        "(looked at the environment, the state file, the keyring, ~/.pypirc and ~/.netrc)\n",
        2,
    )


def test_a_reader_who_saw_enough_hears_no_complaint(at_server: Client) -> None:
    """V18."""
    done = shell(at_server, "devpi getjson / | head -1")
    assert (done.stdout, done.stderr, done.returncode) == ("{\n", "", 0)


def test_a_reader_who_leaves_in_the_middle_of_a_change_is_told_how_far_it_came(member: Member, tmp_path: Path) -> None:
    for number in range(20):
        make_wheel(tmp_path, f"demo{number}")
    done = shell(member, f"devpi upload --from-dir --jobs 1 {tmp_path}/*.whl | head -1")
    assert (len(done.stdout.splitlines()), done.returncode) == (1, 0)
    there = len(member.server.index(member.index).projects)
    told = re.fullmatch(
        r"error: standard output was closed: (\d+) of 20 files uploaded; the same command with --skip-existing goes on"
        r" from there\n",
        done.stderr,
    )
    assert told, done.stderr
    assert int(told[1]) in (there, there - 1)


@pytest.mark.parametrize("command", [["getjson", "/"], ["--help"], ["--version"], ["user", "--help"]])
def test_a_pipe_that_nobody_reads_ends_the_command_quietly(at_server: Client, command: list[str]) -> None:
    """V18."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*DEVPI, *command], env=at_server.environment, stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (done.stderr, done.returncode) == ("", 1)


FULL = "error: cannot write to standard output: No space left on device\n"
FULL_JSON = {"error": {"type": "DevpiError", "message": FULL[len("error: ") :].rstrip(), "exit": 1}}


@pytest.mark.parametrize("buffering", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("command", ["getjson /", "user -l", "--help", "--version", "user --help"])
def test_a_full_disk_is_a_failure_in_one_line(at_server: Client, command: str, buffering: dict[str, str]) -> None:
    """Python adds lines of its own, and makes the status 120, where it cannot flush stdout when it ends."""
    done = shell(at_server, f"devpi {command} >/dev/full", **buffering)
    assert (done.stderr, done.returncode) == (FULL, 1)
    done = shell(at_server, f"devpi {command} >/dev/full 2>&1", **buffering)
    assert done.returncode == 1


def test_a_full_disk_is_a_failure_in_json_too(at_server: Client) -> None:
    done = shell(at_server, "devpi --json --version >/dev/full")
    assert (json.loads(done.stderr), done.returncode) == (FULL_JSON, 1)


@pytest.mark.parametrize("buffering", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("command", [
    "--version", "--help", "user -l", "list nothing", "use --no-such-option", "no-such-command", "getjson /nothing",
    "user -l --debug", "--json list nothing",
])  # fmt: skip
def test_a_full_stderr_changes_neither_result_nor_status(
    at_server: Client, command: str, buffering: dict[str, str]
) -> None:
    done = shell(at_server, f"devpi {command} 2>/dev/full", **buffering)
    usual = at_server(*command.split())
    assert (done.stdout, done.returncode) == (usual.stdout, usual.status)


# -- questions


@pytest.fixture
def at_terminal(devpi: Client) -> Iterator[Callable[..., pexpect.spawn[str]]]:
    """Start a command at a terminal of its own."""
    started = []

    def start(*arguments: str, **env: str) -> pexpect.spawn[str]:
        started.append(
            pexpect.spawn(
                DEVPI[0], [*DEVPI[1:], *arguments], env={**devpi.environment, **env}, encoding="utf-8", timeout=30
            )
        )
        return started[-1]

    yield start
    for child in started:
        child.close(force=True)


def end(child: pexpect.spawn[str]) -> tuple[str, int | None]:
    """Return what came until the end, and the exit status."""
    child.expect(pexpect.EOF)
    child.close()
    return child.before, child.exitstatus


def test_a_new_password_is_asked_for_twice_and_not_shown(at_server: Client) -> None:
    assert at_server.at_terminal("user", "-c", "twice", typed=["long enough", "long enough"]) == (
        0,
        ["new password for user twice: ", "repeat new password for user twice: ", "user created: twice"],
    )


def test_a_mistyped_password_is_asked_for_again_three_times(at_server: Client) -> None:
    asked = ["new password for user mist: ", "repeat new password for user mist: ", "the passwords do not match"]
    assert at_server.at_terminal("user", "-c", "mist", typed=["long enough", "other one"] * 3) == (
        1, [*asked * 3, "no password was set"],
    )  # fmt: skip
    assert at_server.fails("user", "mist")[0] == 4


@pytest.mark.parametrize(("answer", "status", "said"), [
    ("yes", 0, "user created: short"), ("no", 1, "nothing was changed"),
])  # fmt: skip
def test_a_short_password_is_asked_about(at_server: Client, answer: str, status: int, said: str) -> None:
    assert at_server.at_terminal("user", "-c", f"short{answer}", typed=["short", "short", answer]) == (
        status,
        [
            f"new password for user short{answer}: ",
            f"repeat new password for user short{answer}: ",
            f"The password has fewer than 8 characters. Use it anyway? [y/N] {answer}",
            said + (answer if status == 0 else ""),
        ],
    )


def test_a_question_is_asked_until_the_answer_is_yes_or_no(
    at_server: Client, at_terminal: Callable[..., pexpect.spawn[str]]
) -> None:
    child = at_terminal("user", "-c", "again")
    for typed in ("short", "short", "maybe", "x", "yess", "Y"):
        child.expect(r"[:\]] $")
        child.sendline(typed)
    assert end(child) == ("Y\r\nuser created: again\r\n", 0)


@pytest.mark.parametrize("typed", [0, 1])
def test_ctrl_c_at_a_question_interrupts(
    at_server: Client, at_terminal: Callable[..., pexpect.spawn[str]], typed: int
) -> None:
    child = at_terminal("user", "-c", "nobody", NO_COLOR="1")
    for _ in range(typed):
        child.expect(": $")
        child.sendline("long enough")
    child.expect(": $")
    child.sendintr()
    shown, status = end(child)
    assert (shown.replace("^C", "").strip(), status) == ("interrupted", 130)


def test_the_end_of_the_input_at_a_password_interrupts(
    at_server: Client, at_terminal: Callable[..., pexpect.spawn[str]]
) -> None:
    child = at_terminal("login", "alice", NO_COLOR="1")
    child.expect(": $")
    child.sendeof()
    shown, status = end(child)
    assert (shown.strip(), status) == ("interrupted", 130)


@pytest.mark.parametrize(("key", "ending"), [("c", "^C\r\ninterrupted\r\n"), ("d", "\r\ninterrupted\r\n")])
@pytest.mark.parametrize(
    ("typed", "answers", "question"),
    [
        ("login", [], "user:"),
        ("login", ["", "  "], "user:"),
        ("login alice", [], "password for user alice at {url}:"),
        ("user -c nobody", ["short"], "repeat new password for user nobody:"),
    ],
)
def test_a_question_that_nobody_answers_ends_on_a_line_of_its_own(
    at_server: Client,
    server: Live,
    at_terminal: Callable[..., pexpect.spawn[str]],
    typed: str,
    answers: list[str],
    question: str,
    key: str,
    ending: str,
) -> None:
    """An empty user name is asked for again; Ctrl-C and Ctrl-D end the command."""
    child = at_terminal(*typed.split(), NO_COLOR="1")
    for answer in answers:
        child.expect(": $")
        child.sendline(answer)
    child.expect(": $")
    assert child.before.splitlines()[-1] + ":" == question.format(url=server.url)
    child.sendcontrol(key)
    shown, status = end(child)
    assert (shown.lstrip("^C"), status) == (ending.lstrip("^C"), 130)


@pytest.mark.parametrize(
    ("options", "env"), [(["--no-input"], {}), ([], {"CI": "true"}), ([], {"DEVPI_NO_INPUT": "1"})]
)
def test_nobody_is_asked_where_nobody_should_be(
    at_server: Client, at_terminal: Callable[..., pexpect.spawn[str]], options: list[str], env: dict[str, str]
) -> None:
    assert end(at_terminal("user", "-c", "nobody", *options, NO_COLOR="1", **env)) == (
        "error: no terminal to ask on: new password for user nobody:\r\n"
        "give it as password=…, or use --password-stdin\r\n", 2,
    )  # fmt: skip


def test_yes_answers_a_question_and_not_a_password(at_server: Client) -> None:
    assert at_server.fails("-y", "user", "-c", "nobody") == (
        2, "no terminal to ask on: new password for user nobody:\ngive it as password=…, or use --password-stdin\n",
    )  # fmt: skip
