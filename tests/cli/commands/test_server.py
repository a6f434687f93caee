from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.loopback import Owner, owner_of_a_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clients import Client
    from tests.support.servers import Live


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    """Somebody who typed quickstart once."""
    with owner_of_a_server(tmp_path_factory.mktemp("server") / "home") as somebody:
        yield somebody


@pytest.fixture
def own(made: Owner) -> Owner:
    """Somebody whose server runs on the port that it had at first."""
    if f"{made.url}: running" not in made.ok("server", "status")[0]:
        made.ok("server", "stop")
        made.ok("server", "start", "--port", made.port)
    return made


def change_record(somebody: Owner, **values: object) -> None:
    (somebody.folder / "server.json").write_text(json.dumps({**somebody.record, **values}))


def test_status_tells_where_it_runs_and_where_its_data_is(own: Owner) -> None:
    assert own.ok("server", "status") == [
        f"{own.url}: running (process {own.record['pid']})",
        f"  data={own.folder / 'data'}",
        f"  log={own.folder / 'server.log'}",
    ]


@pytest.mark.parametrize("typed", ["--json server status", "server --json status", "server status --json"])
def test_generic_options_stand_on_every_side(own: Owner, typed: str) -> None:
    assert json.loads("\n".join(own.ok(*typed.split()))) == {
        "server": own.url,
        "running": True,
        "pid": own.record["pid"],
        "data": str(own.folder / "data"),
        "log": str(own.folder / "server.log"),
        "stretching": "not at all",
        "port_taken_by": None,
    }


@pytest.mark.skipif(sys.platform != "linux", reason="the most memory that a process had is told by Linux")
def test_it_needs_little_memory(own: Owner) -> None:
    """With a secret that has to be stretched it is 600 MiB, and 10 s of CPU more."""
    kib = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{own.record['pid']}/status").read_text())
    assert kib
    assert int(kib[1]) < 300 * 1024


def test_it_stops_and_starts_again_and_logins_outlive_that(own: Owner) -> None:
    assert own.ok("server", "stop") == [f"server stopped: {own.url}"]
    assert own.ok("server", "stop") == [f"server not running: {own.url}"]
    assert own.ok("server", "status")[0] == f"{own.url}: not running"
    assert own.ok("server", "start") == [f"server started: {own.url} (process {own.record['pid']})"]
    assert own.ok("server", "start") == [f"server already running: {own.url} (process {own.record['pid']})"]
    assert own.ok("index", "title=still logged in")[0] == "/alice/dev title=still logged in"


def test_stop_and_start_have_a_json_document(own: Owner) -> None:
    stopped = json.loads("\n".join(own.ok("server", "stop", "--json")))
    assert stopped == {"server": own.url, "running": False, "pid": None}
    started = json.loads("\n".join(own.ok("server", "start", "--json")))
    assert started == {"server": own.url, "running": True, "pid": own.record["pid"]}


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_no_proxy_is_asked_for_a_server_on_this_machine(
    own: Owner, wheel: Path, venv: Path, tmp_path: Path, variable: str
) -> None:
    """D2: neither by us nor by pip; a proxy elsewhere could not reach it, and this one leads nowhere."""
    env = {"NO_PROXY": "", variable: "http://127.0.0.1:9/"}
    assert own.ok("server", "status", **env)[0] == f"{own.url}: running (process {own.record['pid']})"
    assert own("upload", wheel, **env).status == 0
    installed = own("install", "--venv", venv, "demo", "--", "--no-deps", "--target", tmp_path / "site", **env)
    assert (installed.status, (tmp_path / "site" / "demo.py").exists()) == (0, True)
    assert own.ok("server", "stop", **env) == [f"server stopped: {own.url}"]
    assert own.ok("server", "start", "--port", own.port, **env)[0].startswith(f"server started: {own.url} (process ")


def test_a_server_that_died_is_noticed_and_started_again(own: Owner) -> None:
    dead = own.record["pid"]
    os.kill(dead, signal.SIGKILL)
    wait_for_the_end_of(dead)
    assert own.ok("server", "status")[0] == f"{own.url}: not running"
    assert own.ok("server", "stop") == [f"server not running: {own.url}"]
    assert own.ok("server", "start") == [f"server started: {own.url} (process {own.record['pid']})"]


def wait_for_the_end_of(pid: int) -> None:
    """Nobody here is the parent of that process, who could wait for it."""
    deadline = time.monotonic() + 30
    while state_of(pid) not in ("", "Z"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def state_of(pid: int) -> str:
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.strip()[:1]


def test_a_process_that_is_not_the_server_cannot_be_stopped_in_its_place(own: Owner) -> None:
    pid = own.record["pid"]
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for recorded in (ended.pid, None):
        change_record(own, pid=recorded)
        assert own.ok("server", "status")[0] == f"{own.url}: running (not started by 'devpi server start')"
        assert own.fails("server", "stop") == (
            1,
            f"{own.url} was not started by 'devpi server start'\nstop it the way it was started\n",
        )
    change_record(own, pid=pid)


def test_a_port_that_another_devpi_server_took_is_left_for_the_next(own: Owner, server: Live) -> None:
    own.ok("server", "stop")
    taken = int(server.url.rstrip("/").rpartition(":")[2])
    change_record(own, port=taken)
    status = own.ok("server", "status")
    assert status[0] == f"{server.url}: not running"
    who = re.escape(f"  port {taken} is taken by another program (process ") + r"\d+ of \w+\): "
    assert re.fullmatch(who + re.escape("'devpi server start' takes another port"), status[3])
    assert own.fails("server", "start", "--port", taken) == (
        1,
        f"port {taken} is taken by another program\nchoose another one with --port\n",
    )
    started = own("server", "start")
    assert started.lines == [f"server started: http://127.0.0.1:{own.record['port']}/ (process {own.record['pid']})"]
    assert started.stderr.startswith(f"port {taken} is taken by another program (process ")
    assert own.record["port"] > taken
    assert own.ok("server", "stop") == [f"server stopped: http://127.0.0.1:{own.record['port']}/"]


def test_a_server_that_cannot_come_up_says_where_to_look(own: Owner) -> None:
    own.ok("server", "stop")
    secret = (own.folder / "secret").read_text()
    (own.folder / "secret").write_text("short")
    before = own.record
    status, said = own.fails("server", "start")
    (own.folder / "secret").write_text(secret)
    first, hint = said.splitlines()
    assert (status, hint) == (1, f"see {own.folder / 'server.log'}")
    why = "The secret in the given secret file is too short, it should be at least 32 characters long."
    assert first.endswith(f"ended with status 1 before it was ready: {why}")
    assert own.record == before
    assert "too short" in "\n".join(own.ok("server", "log", "-n", 3))


def test_log_shows_the_last_lines(devpi: Client) -> None:
    log = devpi.state_file.parent / "server" / "server.log"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"first\nsecond \xff\nthird\n")
    assert devpi.ok("server", "log") == ["first", "second \ufffd", "third"]
    assert devpi.ok("server", "log", "--lines", 1) == ["third"]
    document = json.loads("\n".join(devpi.ok("server", "log", "-n", 1, "--json")))
    assert document == {"log": str(log), "lines": ["third"]}


@pytest.mark.parametrize("subcommand", ["status", "start", "stop"])
def test_without_a_server_each_says_what_makes_one(devpi: Client, subcommand: str) -> None:
    assert devpi.fails("server", subcommand) == (
        4,
        "there is no local server yet\ntype 'devpi quickstart'\n",
    )


def test_without_a_log_it_says_what_makes_one(devpi: Client) -> None:
    log = devpi.state_file.parent / "server" / "server.log"
    assert devpi.fails("server", "log") == (4, f"there is no log at {log}\ntype 'devpi quickstart'\n")


def test_a_damaged_record_is_named(devpi: Client) -> None:
    folder = devpi.state_file.parent / "server"
    (folder / "data").mkdir(parents=True)
    (folder / "server.json").write_text("{}")
    assert devpi.fails("server", "status") == (
        1,
        f"{folder / 'server.json'} is damaged\nto start afresh, move {folder} away\n",
    )


def test_alone_it_shows_its_help(devpi: Client) -> None:
    status, said = devpi.fails("server")
    assert (status, said.splitlines()[0]) == (2, "Usage: devpi server [OPTIONS] COMMAND [ARGS]...")


@pytest.mark.parametrize("subcommand", ["start", "stop", "status", "log"])
def test_each_has_examples(devpi: Client, subcommand: str) -> None:
    text = "\n".join(devpi.ok("server", subcommand, "--help"))
    assert f"  devpi server {subcommand}" in text.partition("Example")[2]
