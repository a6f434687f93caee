"""Somebody else on this machine has the port or the process id of the server that quickstart made."""

from __future__ import annotations

import base64
import json
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from devpi_cli.hosting.local_server import DEVPI_SERVER, LocalServer
from devpi_cli.hosting.secret import UNSTRETCHED
from devpi_cli.http.identity import Identity
from devpi_cli.http.session import Session
from devpi_cli.programs import process, running
from tests.support.loopback import NOWHERE, Owner, owner, owner_of_a_server
from tests.support.ports import free_port
from tests.support.servers import start_server
from tests.support.squatter import Squatter, squatting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Attack = Callable[[str, str, str], None]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    """Somebody who typed quickstart once."""
    with owner_of_a_server(tmp_path_factory.mktemp("own") / "home") as somebody:
        yield somebody


@pytest.fixture
def stopped(made: Owner) -> Owner:
    """Somebody whose server does not run; its port is that of the time when it was made."""
    made.ok("server", "stop")
    change_record(made, port=made.port)
    return made


def change_record(somebody: Owner, **values: object) -> None:
    (somebody.folder / "server.json").write_text(json.dumps({**somebody.record, **values}))


# -- the port


SAYS: dict[str, Callable[[str], bool]] = {
    "takes every login": lambda login: True,
    "takes no login": lambda login: False,
    "guesses": lambda login: random.random() < 0.5,
    "takes what looks signed": lambda login: login.count(".") == 2,
}


def secrets_of(somebody: Owner) -> list[str]:
    tokens = [login.token for known in somebody.state.servers.values() for login in known.logins.values()]
    return [*somebody.record["passwords"].values(), (somebody.folder / "secret").read_text(), *tokens]


def told(squatter: Squatter) -> str:
    """Say what a squatter was sent, which must be nothing but probes."""
    probes = sum("probe-" in line for line in squatter.sent)
    others = [line.split()[:2] for line in squatter.sent if "probe-" not in line]
    return f"{len(squatter.sent)} requests, {probes} with worthless probes" + (f", {others}" if others else "")


@pytest.mark.parametrize("typed", ["server status", "server stop"])
@pytest.mark.parametrize("says", SAYS)
def test_a_squatter_is_no_server(stopped: Owner, says: str, typed: str, attack: Attack) -> None:
    squatter = Squatter(stopped.folder, SAYS[says])
    before = stopped.record
    with squatting(squatter, stopped.port):
        lines = stopped.ok(*typed.split())
    assert "not running" in lines[0]
    assert typed == "server stop" or f"  port {stopped.port} is taken by another program" in lines[3]
    assert stopped.record == before
    require_harmless(stopped, squatter)
    attack("a squatter on the server's port", f"{typed}: it {says}", told(squatter))


@pytest.mark.parametrize(("says", "typed"), [("takes every login", "quickstart"), ("guesses", "quickstart --user bob")])
def test_quickstart_gives_a_squatter_nothing(stopped: Owner, says: str, typed: str, attack: Attack) -> None:
    squatter = Squatter(stopped.folder, SAYS[says])
    passwords = dict(stopped.record["passwords"])
    with squatting(squatter, stopped.port):
        result = stopped(*typed.split())
        moved = f"http://127.0.0.1:{stopped.record['port']}/"
        assert result.status == 0
        assert f"port {stopped.port} is taken by another program" in result.stderr
        assert result.lines[1] == f"server started: {moved}"
        assert stopped.record["port"] != stopped.port
        assert {**stopped.record["passwords"], **passwords} == stopped.record["passwords"]
        stopped.ok("index")  # the login has moved, too: this asks the real server
    assert stopped.state.server == moved
    assert stopped.state.known(stopped.url).logins == {}
    require_harmless(stopped, squatter)
    attack("a squatter on the server's port", f"{typed}: it {says}", told(squatter))
    stopped.ok("server", "stop")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_server_start_takes_the_logins_along(stopped: Owner, host: str, attack: Attack) -> None:
    stopped("quickstart", "--port", stopped.port)
    before = f"http://{host}:{stopped.port}/"
    stopped.ok("use", f"{before}alice/dev")
    stopped.ok("login", "alice", DEVPI_PASSWORD=stopped.record["passwords"]["alice"])
    stopped.ok("server", "stop")
    squatter = Squatter(stopped.folder, SAYS["takes every login"])
    with squatting(squatter, stopped.port):
        result = stopped("server", "start")
        assert f"the server has moved from {before} to " in result.stderr
        assert stopped.ok("whoami")[0].startswith("alice")
    assert stopped.state.known(before).logins == {}
    require_harmless(stopped, squatter)
    attack("a squatter on the server's port", f"server start, then whoami; known as {host}", told(squatter))


def require_harmless(somebody: Owner, squatter: Squatter) -> None:
    """Nothing that a squatter was sent is a secret, or a login that is worth anything."""
    text = "\n".join(squatter.sent)
    assert [secret for secret in secrets_of(somebody) if secret in text] == []
    assert [line for line in squatter.sent if "x-devpi-auth" in line and "probe-" not in line] == []
    assert [line for line in squatter.sent if not line.startswith("GET /+api ")] == []


@contextmanager
def by_hand(somebody: Owner, port: int) -> Iterator[str]:
    """Run the real server at another port than the one that is recorded."""
    server = LocalServer(somebody.folder)
    options = ["--serverdir", server.data, "--secretfile", server.secret.path, "--host", "127.0.0.1", "--port", port]
    url = f"http://127.0.0.1:{port}/"

    def answers() -> bool:
        try:
            return httpx.get(f"{url}+api").status_code == 200
        except httpx.TransportError:
            return False

    command = [*DEVPI_SERVER, *map(str, options)]
    pid = process.start(command, log=somebody.home / "log", ready=answers, seconds=60, extra=UNSTRETCHED)
    try:
        yield url
    finally:
        found = running.find(pid)
        assert found
        running.end(found, 30)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose a port is")
def test_relaying_the_questions_does_not_help_another_user(
    stopped: Owner, monkeypatch: pytest.MonkeyPatch, attack: Attack
) -> None:
    """It would help another process of the same user, who can read the secret anyway."""
    server = LocalServer(stopped.folder)
    with by_hand(stopped, free_port()) as real:
        squatter = Squatter(stopped.folder, SAYS["guesses"], real)
        with squatting(squatter, stopped.port):
            assert server.answers()
            squatter.sent.clear()
            monkeypatch.setattr("devpi_cli.hosting.ports.os.geteuid", lambda: 4_000_000)
            assert not server.answers()
    assert squatter.sent == []
    attack("a squatter on the server's port", "another user relays to the real one", "0 requests")


def test_a_probe_is_worth_nothing(stopped: Owner, attack: Attack) -> None:
    """The real server takes it for a user without any right, and not for long."""
    server = LocalServer(stopped.folder)
    probe = next(found for found in iter(server.secret.probe, None) if found.is_valid)
    header = base64.b64encode(f"{probe.user}:{probe.token}".encode()).decode()
    with by_hand(stopped, free_port()) as url, httpx.Client(base_url=url, headers={"X-Devpi-Auth": header}) as client:
        assert client.get("/+api").json()["result"]["authstatus"] == ["ok", probe.user, []]
        refused = [
            client.patch("/alice", json={"email": "x@example.com"}).status_code,
            client.patch("/alice/dev", json=["title=x"]).status_code,
            client.delete("/alice/dev").status_code,
            client.put("/alice/new", json={}).status_code,
            client.post("/alice/dev/", data={":action": "file_upload", "name": "x", "version": "1"}).status_code,
        ]
        deadline = time.monotonic() + 40
        while client.get("/+api").json()["result"]["authstatus"][0] == "ok":
            assert time.monotonic() < deadline
            time.sleep(0.5)
    assert set(refused) <= {401, 403}
    attack("a squatter on the server's port", "uses a probe at the real server", f"refused: {refused}, then expired")


def test_the_server_that_answers_is_recognised(stopped: Owner) -> None:
    server = LocalServer(stopped.folder)
    with by_hand(stopped, stopped.port):
        assert server.answers()
        session = Session(Identity(server.url))
        assert server.answers(session)
        session.close()
        secret = server.secret.path.read_bytes()
        server.secret.path.write_bytes(secret[::-1])
        assert not server.answers()  # another secret
        server.secret.path.write_bytes(secret)


# -- the process id


@contextmanager
def sleeping(*arguments: str) -> Iterator[int]:
    command = [sys.executable, "-c", "import time; time.sleep(600)", *arguments]
    with subprocess.Popen(command) as sleeper:
        time.sleep(0.2)
        yield sleeper.pid
        assert sleeper.poll() is None, "it was signalled"
        sleeper.kill()


@pytest.mark.parametrize("command", ["sleep", "sleep with our arguments", "devpi-server of another folder"])
def test_a_process_that_got_the_id_survives(stopped: Owner, tmp_path: Path, command: str, attack: Attack) -> None:
    arguments = {
        "sleep": [],
        "sleep with our arguments": ["--serverdir", str(stopped.folder / "data")],
        "devpi-server of another folder": ["devpi_server", "--serverdir", str(tmp_path / "data")],
    }[command]
    with sleeping(*arguments) as pid:
        change_record(stopped, pid=pid, started="123")
        lines = stopped.ok("server", "stop")
        assert stopped.ok("server", "status")[0] == f"{stopped.url}: not running"
    change_record(stopped, pid=None, started=None)
    assert lines == [f"server not running: {stopped.url}"]
    attack("a process with the server's id", f"server stop: {command}", f"still runs; {lines[0]}")


def test_a_devpi_server_of_another_folder_survives(stopped: Owner, tmp_path: Path, attack: Attack) -> None:
    live, pid = start_server(tmp_path / "other", "--no-root-pypi")
    found = running.find(pid)
    assert found
    change_record(stopped, pid=pid, started=found.started, port=int(live.url.rstrip("/").rpartition(":")[2]))
    lines = stopped.ok("server", "stop")
    assert found.is_still_there()
    running.end(found, 30)
    change_record(stopped, pid=None, started=None)
    assert lines == [f"server not running: {live.url}"]
    attack("a process with the server's id", "server stop: a devpi-server of another folder, at our port", lines[0])


@pytest.mark.parametrize("pid", [-1, 1, 0, 2**40])
def test_no_other_id_is_signalled(stopped: Owner, pid: int, attack: Attack) -> None:
    change_record(stopped, pid=pid)
    lines = stopped.ok("server", "stop")
    change_record(stopped, pid=None)
    assert lines == [f"server not running: {stopped.url}"]
    attack("a process with the server's id", f"server stop: the id {pid} is recorded", lines[0])


def test_a_server_that_hangs_is_stopped_and_not_started_twice(stopped: Owner, attack: Attack) -> None:
    stopped("server", "start", "--port", stopped.port)
    pid = stopped.record["pid"]
    found = running.find(pid)
    assert found
    subprocess.run(["kill", "-STOP", str(pid)], check=True)
    assert stopped.ok("server", "status")[0] == f"{stopped.url}: not answering (process {pid})"
    status, said = stopped.fails("server", "start")
    assert (status, said) == (
        1,
        f"the server runs (process {pid}), but does not answer at {stopped.url}\n"
        "wait a moment, or type 'devpi server stop' first\n",
    )
    stopping = threading.Timer(1, lambda: subprocess.run(["kill", f"-{int(signal.SIGCONT)}", str(pid)], check=True))
    stopping.start()
    assert stopped.ok("server", "stop") == [f"server stopped: {stopped.url}"]
    stopping.join()
    assert not found.is_still_there()
    attack("a process with the server's id", "server start while the server hangs", said.splitlines()[0])


# -- several at once


def test_five_quickstarts_at_once_make_one_server(tmp_path: Path, attack: Attack) -> None:
    with owner(tmp_path / "home") as somebody:
        typed = ["quickstart", "--port", somebody.port, "--mirror-url", NOWHERE]
        with ThreadPoolExecutor(5) as pool:
            ended = list(pool.map(lambda _: somebody(*typed, seconds=300), range(5)))
        assert [result.status for result in ended] == [0] * 5, ended
        assert [result.stdout.count("server created") for result in ended].count(1) == 1
        assert all(f"current devpi index: {somebody.url}alice/dev (logged in as alice)" in r.lines for r in ended)
        assert somebody.ok("whoami")[0].startswith("alice")
        assert sorted(somebody.record["passwords"]) == ["alice", "root"]
        somebody.ok("quickstart")  # with the passwords that are kept
    attack("races", "quickstart, 5 at once", "1 server, 5 logged in as alice")
