"""A server on any serverdir in the background, and its replica."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from devpi_cli.hosting.secret import UNSTRETCHED
from tests.support.clients import Client, Result
from tests.support.dists import put
from tests.support.ports import free_port
from tests.support.schemas import check
from tests.support.servers import Live

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GONE = 4


class Place:
    """A home, a primary on a serverdir, and a port for its replica."""

    def __init__(self, folder: Path) -> None:
        (folder / "home").mkdir()
        self.client = Client(folder / "home", {**UNSTRETCHED, "DEVPISERVER_INDEXER_BACKEND": "null"})
        self.data, self.port = folder / "primary", free_port()
        self.url = f"http://127.0.0.1:{self.port}/"

    def __call__(self, *typed: object, **settings: str) -> Result:
        return self.client("server", *typed, **settings)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("primary"))
    typed = ("--serverdir", place.data, "--no-root-pypi", "--role", "primary", "--root-password-stdin")
    assert place("init", *typed, stdin="the password\n").status == 0
    try:
        yield place
    finally:
        place("stop", "--serverdir", place.data)


@pytest.fixture
def primary(place: Place) -> Place:
    started = place("start", "--serverdir", place.data, "--host", "127.0.0.1", "--port", place.port)
    assert started.status == 0, started.stderr
    return place


@contextmanager
def stopped_afterwards(place: Place, data: Path) -> Iterator[None]:
    try:
        yield
    finally:
        place("stop", "--serverdir", data)


def pid_of(data: Path) -> int:
    found: int = json.loads((data / ".devpi-cli.json").read_text())["pid"]
    return found


def test_a_server_is_started_shown_and_stopped(place: Place) -> None:
    """S18: a primary stays one."""
    named = ("--serverdir", place.data)
    place("stop", *named)
    assert place("log", *named).status in (0, GONE)
    result = place("start", *named, "--host", "127.0.0.1", "--port", place.port)
    pid = pid_of(place.data)
    assert (result.lines, result.stderr) == ([f"server started: {place.url} (process {pid})"], "")
    result = place("start", *named, "--host", "127.0.0.1", "--port", place.port)
    assert (result.lines, result.stderr) == ([f"server already running: {place.url} (process {pid})"], "")
    assert place("status", *named).lines == [
        f"{place.url}: running (process {pid})",
        f"  data={place.data}",
        f"  log={place.data / '.devpi-cli.log'}",
        "  stretching=not at all",
        "  role=primary",
        "  serial=0",
    ]
    check(place("status", *named, "--json"), "server status")
    assert place("log", *named, "-n", 1).status == 0
    assert (place.data / ".devpi-cli.log").stat().st_mode & 0o777 == 0o600
    assert (
        place("run", *named, "--port", free_port()).stderr
        == f"a devpi-server already runs on {place.data}\nit is process {pid}\n"
    )
    assert place("stop", *named).lines == [f"server stopped: {place.url}"]
    assert place("stop", *named).lines == [f"server not running: {place.url}"]
    assert place("status", *named).lines[0] == f"{place.url}: not running"


def test_a_server_that_does_not_come_up_leaves_nothing_behind(place: Place) -> None:
    place("stop", "--serverdir", place.data)
    before = (place.data / ".devpi-cli.json").read_bytes()
    file = place.client.home / "devpi.yml"
    file.write_text(f"devpi-server:\n  serverdir: {place.data}\n  threads: many\n")
    result = place("start", "-c", file, "--port", place.port)
    assert (result.status, result.stderr.splitlines()[-1]) == (1, f"see {place.data / '.devpi-cli.log'}")
    assert (place.data / ".devpi-cli.json").read_bytes() == before
    assert place("status", "--serverdir", place.data).lines[0].endswith("/: not running")


def test_a_replica_is_made_and_follows(primary: Place, tmp_path: Path) -> None:
    root = Live(primary.url, primary.data / ".devpi-cli.log").connect("root", "the password")
    with suppress(Exception):
        root.create_index("root/dev", {"bases": ""})
    put(root, "root/dev", "1.0")
    data, port = tmp_path / "replica", free_port()
    typed = ("--primary", primary.url, "--secretfile", primary.data / ".secret", "--serverdir", data)
    planned = primary("replica", "-n", *typed, "--json")
    check(planned, "server replica --dry-run")
    assert not data.exists()
    with stopped_afterwards(primary, data):
        usual = dict.fromkeys(UNSTRETCHED, "")  # what is beside the secret says that it is not stretched
        result = primary("replica", *typed, "--host", "127.0.0.1", "--port", port, "--json", **usual)
        check(result, "server replica")
        document = json.loads(result.stdout)
        assert document["serial"] >= json.loads(planned.stdout)["serial"] > 0
        put(root, "root/dev", "1.1")
        until = time.monotonic() + 60
        while (now := json.loads(primary("status", "--serverdir", data, "--json").stdout))["behind"] != 0 or now[
            "serial"
        ] <= document["serial"]:
            assert time.monotonic() < until
        assert now["role"] == "replica"
        private = (".secret", ".sqlite", ".devpi-cli.log", ".nodeinfo")
        assert {(data / name).stat().st_mode & 0o777 for name in private} == {0o600}
        assert f"ok       replica: 0 changes behind {primary.url}" in primary("doctor", "--serverdir", data).lines
        primary("stop", "--serverdir", data)
        (data / ".secret").write_text("another secret, which is as long as it must be")
        assert primary("start", "--serverdir", data).status == 0
        put(root, "root/dev", "1.2")
        refused = f"{primary.url} refuses it (403): their secrets differ, or how they are stretched"
        until = time.monotonic() + 60
        while f"WRONG    replica: {refused}" not in (found := primary("doctor", "--serverdir", data)).lines:
            assert time.monotonic() < until, found


@pytest.mark.parametrize(("is_same", "env", "here"), [
    (False, {}, "not at all"),
    (True, {"DEVPISERVER_ARGON2_TIME_COST": "2"}, "memory cost 8, parallelism 1, time cost 2"),
], ids=["another secret", "stretched otherwise"])  # fmt: skip
def test_why_a_replica_gets_no_changes(
    primary: Place, tmp_path: Path, is_same: bool, env: dict[str, str], here: str
) -> None:
    """S26: a wrong secret, or one that is stretched otherwise; nothing is left of the replica."""
    own = (primary.data / ".secret").read_text()
    (tmp_path / "other").write_text(own if is_same else "another secret, which is as long as it must be")
    (tmp_path / "other").chmod(0o600)
    data = tmp_path / "replica"
    typed = ("--secretfile", tmp_path / "other", "--serverdir", data, "--port", free_port())
    result = primary("replica", "--primary", primary.url, *typed, **env)
    assert (result.status, result.stderr.splitlines()[-2:]) == (
        1,
        [
            f"the primary refuses the replica (403): their secrets differ, or how they are stretched (here {here})",
            "--secretfile must be a copy of the primary's, and 'devpi server status' there tells how it is stretched",
        ],
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other"]
    result = primary("replica", "--primary", "http://127.0.0.1:1/", *typed)
    assert (result.status, result.stderr.startswith("the primary does not answer: ")) == (6, True)
    assert not data.exists()


def test_a_standalone_server_takes_no_replicas(place: Place, server: Live, tmp_path: Path) -> None:
    result = place("replica", "--primary", server.url, "--secretfile", place.data / ".secret", "--serverdir",
                   tmp_path / "replica")  # fmt: skip
    assert (result.status, result.stderr) == (
        1,
        f"{server.url} is not a primary: it takes no replicas\nrun it with the option '--role primary'\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_the_process_of_another_is_not_stopped(place: Place, tmp_path: Path) -> None:
    record = place.data / ".devpi-cli.json"
    place("stop", "--serverdir", place.data)
    record.write_text(json.dumps({"pid": os.getpid(), "started": "1", "url": place.url}))
    assert place("stop", "--serverdir", place.data).lines == [f"server not running: {place.url}"]
