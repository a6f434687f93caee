from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from devpi_cli.hosting.secret import UNSTRETCHED
from tests.support.ports import free_port
from tests.support.serverdirs import ROOT_PASSWORD, a_copy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clients import Client


JSON = {"Accept": "application/json"}


@pytest.fixture
def data(stocked_serverdir: Path, tmp_path: Path) -> Path:
    return a_copy(stocked_serverdir, tmp_path)


@contextmanager
def running(devpi: Client, log: Path, *typed: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in the foreground, with little stretching, as an administrator may set it."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*devpi.command, "server", "run", *map(str, typed)], cwd=devpi.home, stdout=output,
            env={**devpi.environment, **UNSTRETCHED}, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def status_of(port: int) -> dict[str, object]:
    until = time.monotonic() + 90
    while True:
        try:
            reply = httpx.get(f"http://127.0.0.1:{port}/+status", headers=JSON, trust_env=False)
            found: dict[str, object] = reply.json()["result"]
        except httpx.TransportError:
            assert time.monotonic() < until
            time.sleep(0.1)
        else:
            return found


def login(port: int) -> httpx.Response:
    fields = {"user": "root", "password": ROOT_PASSWORD}
    return httpx.post(f"http://127.0.0.1:{port}/+login", json=fields, trust_env=False, timeout=30)


def test_it_is_the_server_itself_and_logins_outlive_a_restart(devpi: Client, data: Path, tmp_path: Path) -> None:
    """S22 and S24: the secret stays, a second server on the data is refused, SIGTERM ends it."""
    port, log = free_port(), tmp_path / "log"
    typed = ("--serverdir", data, "--host", "127.0.0.1", "--port", port)
    tokens = []
    for _ in range(2):
        with running(devpi, log, *typed, "--", "--threads", "7") as server:
            uuid = json.loads((data / ".nodeinfo").read_text())["uuid"]
            assert status_of(port)["uuid"] == uuid
            words = Path(f"/proc/{server.pid}/cmdline").read_text().split("\0")  # it took the place of devpi
            assert words[-4:] == [str(data / ".secret"), "--threads", "7", ""]
            tokens.append(login(port).json()["result"]["password"])
            headers = {"X-Devpi-Auth": _basic(tokens[0])}
            asked = httpx.get(f"http://127.0.0.1:{port}/+api", headers=headers, trust_env=False).json()
            assert asked["result"]["authstatus"] == ["ok", "root", []]
            if len(tokens) == 1:
                assert devpi.fails("server", "run", "--serverdir", data, "--port", free_port()) == (
                    1,
                    f"a devpi-server already runs on {data}\nit is process {server.pid}\n",
                )
            server.send_signal(signal.SIGTERM)
            assert server.wait(30) is not None
    assert (data / ".secret").stat().st_mode & 0o777 == 0o600
    assert log.read_text().startswith(f"starting a server: {data} at http://127.0.0.1:{port}/\n")
    assert "Traceback" not in log.read_text()


KILLED = """
import os, signal, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size = 1")
database.execute("BEGIN IMMEDIATE")
database.execute("UPDATE changelog SET data = randomblob(20000)")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_ctrl_c_is_no_failure(devpi: Client, data: Path, tmp_path: Path) -> None:
    """devpi-server's own program ends with status 1, and prints an object of Python."""
    port, log = free_port(), tmp_path / "log"
    with running(devpi, log, "--serverdir", data, "--host", "127.0.0.1", "--port", port) as server:
        status_of(port)
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0
    assert "object at 0x" not in log.read_text()


def test_a_server_that_was_killed_in_the_middle_of_a_change_starts_again(
    devpi: Client, data: Path, tmp_path: Path
) -> None:
    """devpi-server itself does not: it opens its database for reading only, and cannot undo the change."""
    before, port = (data / ".sqlite").read_bytes(), free_port()
    subprocess.run([sys.executable, "-c", KILLED, data / ".sqlite"], check=False)
    assert (data / ".sqlite-journal").exists()
    assert (data / ".sqlite").read_bytes() != before
    raw = [Path(sys.executable).with_name("devpi-server"), "--serverdir", data, "--port", str(port)]
    done = subprocess.run(raw, env={**devpi.environment, **UNSTRETCHED}, capture_output=True, text=True, check=False)
    assert (done.returncode, "attempt to write a readonly database" in done.stderr) == (1, True)
    assert devpi.fails("server", "check", "--serverdir", data)[1].startswith(
        "devpi-fsck failed: the database was not closed properly\nstart it once with 'devpi server start --serverdir "
        f"{data}', which repairs the database; its output is in "
    )
    devpi.env |= UNSTRETCHED
    started = devpi("server", "start", "--serverdir", data, "--host", "127.0.0.1", "--port", port)
    try:
        assert started.status == 0
        assert started.stderr == "warning: the server was killed in the middle of a change, which is undone\n"
        assert devpi("server", "check", "--serverdir", data).status == 0
    finally:
        devpi("server", "stop", "--serverdir", data)


def _basic(token: str) -> str:
    from base64 import b64encode

    return b64encode(f"root:{token}".encode()).decode()


def test_a_port_that_is_taken_is_said_before_the_start(devpi: Client, data: Path) -> None:
    """S23."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert devpi.fails("server", "run", "--serverdir", data, "--host", "127.0.0.1", "--port", port) == (
            1,
            f"cannot listen on http://127.0.0.1:{port}/: Address already in use\nchoose another one with --port\n",
        )
    assert not (data / ".secret").exists()


PROBLEMS = [
    (["--host", "no.such.host.invalid"], "'no.such.host.invalid' is not an address of this machine\n"),
    (["--secretfile", "none"], "there is no secret at HOME/none\nname another one with --secretfile\n"),
]


@pytest.mark.parametrize(("options", "said"), PROBLEMS)
def test_what_keeps_it_from_starting(devpi: Client, data: Path, options: list[str], said: str) -> None:
    typed = ("--serverdir", data, "--port", free_port(), *options)
    assert devpi.fails("server", "run", *typed) == (1, said.replace("HOME", str(devpi.home)))
    assert not (data / ".secret").exists()


@pytest.mark.parametrize("how", ["variables", "settings"])
def test_a_dry_run_tells_where_the_settings_lead(devpi: Client, data: Path, tmp_path: Path, how: str) -> None:
    port, secret = free_port(), tmp_path / "kept"
    secret.write_text("x" * 40)
    settings = {"host": "127.0.0.1", "port": str(port), "secretfile": str(secret)}
    file = tmp_path / "devpi.yml"
    lines = [f"  {key}: {value}" for key, value in settings.items()]
    file.write_text("\n".join(["devpi-server:", f"  serverdir: {data}", *(lines if how == "settings" else [])]) + "\n")
    env = {f"DEVPISERVER_{key.upper()}": value for key, value in settings.items()} if how == "variables" else {}
    document = json.loads("\n".join(devpi.ok("server", "run", "-n", "-c", file, "--json", **env)))
    assert document == {
        "serverdir": str(data),
        "server": f"http://127.0.0.1:{port}/",
        "secretfile": str(secret),
        "dry_run": True,
    }
    assert not (data / ".secret").exists()
