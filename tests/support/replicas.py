"""A real replica of a devpi-server, behind a gate that can be closed."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import BaseRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.support.servers import Live, running_server
from tests.support.webservers import QuietTcp, serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Gate:
    """The way from a replica to its primary; closed, it ends all connections and takes no new ones."""

    url: str = ""
    is_open: bool = True
    _sockets: list[socket.socket] = field(default_factory=list)

    def close(self) -> None:
        self.is_open = False
        for end in self._sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def open(self) -> None:
        self.is_open = True


@contextmanager
def gate_to(url: str) -> Iterator[Gate]:
    where, gate = urlsplit(url), Gate()

    def copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            if not gate.is_open:
                return
            with socket.create_connection((where.hostname, where.port)) as behind:
                gate._sockets += [self.request, behind]
                back = threading.Thread(target=copy, args=(behind, self.request))
                back.start()
                copy(self.request, behind)
                back.join()

    with serving(QuietTcp(("127.0.0.1", 0), Handler)) as address:
        gate.url = f"http://{address}"
        yield gate
        gate.close()


@dataclass
class Pair:
    """A primary and its replica; the gate is between them."""

    primary: Live
    replica: Live
    gate: Gate


@contextmanager
def primary_and_replica(folder: Path) -> Iterator[Pair]:
    """Run a primary without mirrors, and a replica of it."""
    folder.mkdir()
    secret = folder / "secret"
    generate = Path(sys.executable).parent / "devpi-gen-secret"
    subprocess.run([generate, "--secretfile", secret], check=True, capture_output=True)
    known = ("--secretfile", str(secret))
    with (
        running_server(folder / "primary", "--no-root-pypi", options=(*known, "--role", "primary")) as primary,
        gate_to(primary.url) as gate,
        running_server(
            folder / "replica", "--role", "replica", "--primary-url", gate.url, options=(*known, "--role", "replica")
        ) as replica,
    ):
        yield Pair(primary, replica, gate)
