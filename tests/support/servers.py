"""A real devpi-server on loopback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from devpi_cli.errors import Unreachable
from devpi_cli.hosting.secret import UNSTRETCHED
from devpi_cli.http.identity import Identity
from devpi_cli.http.session import Session
from devpi_cli.programs.process import start
from devpi_cli.server.api import Server, discover
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


# devpi-server hashes passwords slowly on purpose, which would take most of the time here.
QUICK_SERVER = """
from devpi_server import auth, main
auth.pwd_context.update(argon2__memory_cost=8, argon2__parallelism=1, argon2__time_cost=1)
main.main()
"""
# The secret needs no stretching, and no test searches, so no full-text index is written after each upload.
QUICK = {**UNSTRETCHED, "DEVPISERVER_INDEXER_BACKEND": "null"}


def one_by_one(identity: Identity | None = None) -> Session:
    """Return a session that closes its connection after each request and uses no proxy."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return Session(identity, transport=httpx.HTTPTransport(verify=False, limits=limits))


@dataclass
class Live:
    """A devpi-server that runs during the tests."""

    url: str
    log: Path
    pid: int = 0

    def connect(self, user: str | None = None, password: str = "") -> Server:
        """Return a ``Server`` for this server, logged in if a user is given."""
        login = Server(self.url, one_by_one()).login(user, password) if user else None
        session = one_by_one(Identity(self.url, login))
        return Server(self.url, session, discover(session, self.url).features)

    @contextmanager
    def requests(self) -> Iterator[list[str]]:
        """Collect ``METHOD /path`` of every request that the server receives during the block."""
        before = self.log.stat().st_size
        seen: list[str] = []
        yield seen
        with self.log.open("rb") as log:
            log.seek(before)
            seen += re.findall(r"\[req\d+\] ([A-Z]+ \S+)", log.read().decode())


def start_server(
    folder: Path,
    *init: str,
    options: tuple[str, ...] = (),
    program: str = QUICK_SERVER,
    scripts: Path = Path(sys.executable).parent,
    dump: Path | None = None,
) -> tuple[Live, int]:
    """Create and start a devpi-server on a free port, with what is in a ``dump``; return it and its process id."""
    folder.mkdir(exist_ok=True)
    making = [scripts / "devpi-import", *init, dump] if dump else [scripts / "devpi-init", *init]
    subprocess.run(
        [*making, "--serverdir", folder / "data"], check=True, capture_output=True, env={**os.environ, **QUICK}
    )
    port = free_port()
    live = Live(f"http://127.0.0.1:{port}/", folder / "server.log")

    def answers() -> bool:
        try:
            return bool(discover(one_by_one(), live.url))
        except Unreachable:
            return False

    command = [str(scripts / "python"), "-c", program, "--serverdir", str(folder / "data"), "--host", "127.0.0.1"]
    command += ["--port", str(port), *options]
    pid = start(command, log=live.log, ready=answers, seconds=60, extra=QUICK)
    return replace(live, pid=pid), pid


@contextmanager
def running_server(folder: Path, *init: str, **how: Any) -> Iterator[Live]:
    """Run a devpi-server during the block, started by ``start_server``, stopped by process id."""
    live, pid = start_server(folder, *init, **how)
    try:
        yield live
    finally:
        os.kill(pid, signal.SIGTERM)


def left_running(folder: Path, seconds: float = 20) -> list[str]:
    """Return the folders of devpi-servers below a folder that do not end by themselves, and end them.

    Only Linux tells which there are.
    """
    until = time.monotonic() + seconds  # those that were told to end need a moment
    while (left := _servers_below(folder)) and time.monotonic() < until:
        time.sleep(0.2)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return list(left.values())


def _servers_below(folder: Path) -> dict[int, str]:
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            place = words[words.index("--serverdir") + 1] if "--serverdir" in words[:-1] else ""
            is_zombie = (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            if place.startswith(f"{folder}/") and not is_zombie:
                found[int(process.name)] = place
    return found
