"""The TAB key in bash, zsh and fish."""

from __future__ import annotations

import shutil
import socket
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_plugins import plugin
from tests.support.clients import make_member
from tests.support.dists import put
from tests.support.terminal import program, terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clients import Member
    from tests.support.servers import Live
    from tests.support.terminal import Terminal

ENOUGH = 5.0
"""Seconds in which a command surely has started and ended, on a machine that does much else."""
SALUTE = """import click

@click.command()
@click.option("--loudly", is_flag=True)
def command(loudly):
    pass
"""
SHELLS = ("bash", "zsh", "fish")
PYPIRC = "[distutils]\nindex-servers = pypi testpypi\n[pypi]\npassword = x\n[testpypi]\npassword = y\n"
TOX = "[tox]\nenv_list = py{311,312}-{unit,docs}, lint\n"


@pytest.fixture(scope="module")
def alice(server: Live, tmp_path_factory: pytest.TempPathFactory) -> Member:
    """Somebody with releases on ``tabby/dev``, logged in; and ``tabby2/stable`` belongs to somebody else."""
    member = make_member(server, tmp_path_factory.mktemp("tabby"), "tabby")
    other = make_member(server, tmp_path_factory.mktemp("other"), "tabby2")
    other.server.create_index("tabby2/stable", {"bases": ""})
    other.server.delete_index("tabby2/dev")
    member.server.create_index("tabby/prod", {"bases": ""})
    for version in ("1.0", "1.10", "2.0"):
        put(member.server, "tabby/dev", version)
    home = member.home
    (home / ".pypirc").write_text(PYPIRC)
    (home / "tox.ini").write_text(TOX)
    (home / "documents").mkdir()
    program(home / "bin")
    member.env["PYTHONPATH"] = str(home / "site")
    member.env["PATH"] = f"{home / 'bin'}:{member.environment['PATH']}"
    return member


@pytest.fixture(scope="module", params=SHELLS)
def shell(alice: Member, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """A shell that was told how to complete devpi."""
    script = alice.home / f"devpi.{request.param}"
    script.write_text("\n".join(alice.ok("completion", request.param)) + "\n")
    start = ["autoload -Uz compinit", "compinit -u -D"] if request.param == "zsh" else []
    with terminal(request.param, alice.home, alice.environment, *start, f"source {script}") as started:
        yield started


TRIES = 5


def tab(shell: Terminal, alice: Member, typed: str) -> tuple[str, list[str]]:
    """Press TAB until something happens: a busy machine may take more than the time that a server gets."""
    for _ in range(TRIES):
        line, shown = shell.tab_and_list(typed)
        if line != typed or shown:
            break
        shutil.rmtree(alice.home / ".cache", ignore_errors=True)  # where it is written that the server is dead
    return line, shown


@pytest.mark.parametrize(("typed", "line"), [
    ("devpi uplo", "devpi upload "), ("devpi server stat", "devpi server status "),
    ("devpi --quiet inst", "devpi --quiet install "), ("devpi --clientdir x quick", "devpi --clientdir x quickstart "),
    ("devpi list --ign", "devpi list --ignore-bases "), ("devpi --vers", "devpi --version "),
    ("devpi upload --no-iso", "devpi upload --no-isolation "), ("devpi use --insec", "devpi use --insecure "),
    ("devpi install --installer u", "devpi install --installer uv "),
    ("devpi install --installer=u", "devpi install --installer=uv "),
    ("devpi completion install f", "devpi completion install fish "), ("devpi upload toxi", "devpi upload toxi"),
    ("devpi upload tox", "devpi upload tox.ini "), ("devpi upload --docs doc", "devpi upload --docs documents/"),
    ("devpi xyzzy", "devpi xyzzy"), ("devpi list --nosuch", "devpi list --nosuch"),
])  # fmt: skip
def test_what_the_shell_knows_itself(shell: Terminal, typed: str, line: str) -> None:
    assert shell.tab(typed) == line


@pytest.mark.parametrize(("typed", "line"), [
    ("devpi use pro", "devpi use prod "), ("devpi use tabby2", "devpi use tabby2/stable "),
    ("devpi login -- tabby2", "devpi login -- tabby2 "), ("devpi login tabby2", "devpi login tabby2 "),
    ("devpi use {root}tabby2", "devpi use {root}tabby2/stable "),
    ("devpi list --index tabby2/", "devpi list --index tabby2/stable "),
    ("devpi list --index=tabby2/", "devpi list --index=tabby2/stable "),
    ("devpi list de", "devpi list demo "), ("devpi list demo==2", "devpi list demo==2.0 "),
    ("devpi list 'demo>=2", "devpi list 'demo>=2.0' "), ('devpi remove "demo<2', 'devpi remove "demo<2.0" '),
    ("devpi push de", "devpi push demo=="), ("devpi push demo==2.0 pypi:t", "devpi push demo==2.0 pypi:testpypi "),
    ("devpi push demo==2.0 demo==1.0", "devpi push demo==2.0 demo==1.0 "),
    ("devpi index dev vol", "devpi index dev volatile="),
    ("devpi index dev volatile=F", "devpi index dev volatile=False "),
    ("devpi index dev acl_upload+=tabby2", "devpi index dev acl_upload+=tabby2 "),
    ("devpi index dev bases=tabby/prod,tabby2", "devpi index dev bases=tabby/prod,tabby2/stable "),
    ("devpi index title=x acl_t", "devpi index title=x acl_toxresult_upload="),
    ("devpi user tabby em", "devpi user tabby email="),
    ("devpi test -e py312-u", "devpi test -e py312-unit "),
    ("devpi test -e lint,py311-d", "devpi test -e lint,py311-docs "),
    ("devpi getjson /tabby2/", "devpi getjson /tabby2/stable "),
    ("devpi help troub", "devpi help troubleshooting "), ("devpi help token cr", "devpi help token create "),
    ("devpi install -r to", "devpi install -r tox.ini "), ("devpi install ./to", "devpi install ./tox.ini "),
])  # fmt: skip
def test_what_the_server_and_files_know(shell: Terminal, alice: Member, typed: str, line: str) -> None:
    root = alice.server.root
    assert tab(shell, alice, typed.format(root=root))[0] == line.format(root=root)


@pytest.mark.parametrize(
    "typed", ["devpi list nosuch", "devpi use nobody/", "devpi logoff ta", "devpi passwd tabby ta"]
)
def test_where_nothing_fits_nothing_happens(shell: Terminal, typed: str) -> None:
    assert shell.tab_and_list(typed) == (typed, [])


@pytest.mark.parametrize(("typed", "shown"), [
    ("devpi completion install ", ["bash", "zsh", "fish", "powershell"]),
    ("devpi use ", ["dev", "prod", "tabby/dev", "tabby/prod", "tabby2/stable"]),
    ("devpi list demo==", ["2.0", "1.10", "1.0"]), ("devpi index dev volatile=", ["True", "False"]),
])  # fmt: skip
def test_what_is_shown_where_there_is_a_choice(shell: Terminal, alice: Member, typed: str, shown: list[str]) -> None:
    found = [word.rpartition("=")[2] for word in tab(shell, alice, typed)[1]]
    assert [word for word in found if word in shown] == shown if "==" in typed else set(shown) <= set(found)


def test_a_server_that_is_silent_costs_no_time_and_no_word(shell: Terminal, alice: Member) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with alice.state.changing() as state:
            state.server = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        try:
            for typed in ("devpi use de", "devpi list de", "devpi list demo==", "devpi index dev bases=ta"):
                started = time.monotonic()
                assert shell.tab_and_list(typed) == (typed, [])
                assert time.monotonic() - started < ENOUGH
            assert shell.tab("devpi use --loc") == "devpi use --local "
        finally:
            with alice.state.changing() as state:
                state.server = alice.server.root


def test_who_is_not_logged_in_sees_what_everybody_may_see(shell: Terminal, alice: Member) -> None:
    with alice.state.changing() as state:
        logins, state.at(alice.server.root).logins = state.at(alice.server.root).logins, {}
    try:
        assert shell.tab_and_list("devpi use pro") == ("devpi use pro", [])
        assert tab(shell, alice, "devpi use tabby/p")[0] == "devpi use tabby/prod "
    finally:
        with alice.state.changing() as state:
            state.at(alice.server.root).logins = logins


def test_the_command_of_a_plugin(shell: Terminal, alice: Member) -> None:
    plugin(alice.home / "site", "salute = devpi_hello:command", SALUTE)
    try:
        assert shell.tab("devpi salu") == "devpi salute "
        assert shell.tab("devpi salute --lou") == "devpi salute --loudly "
    finally:
        shutil.rmtree(alice.home / "site")
