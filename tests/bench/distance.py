"""A slow connection to a server: delays every reply and counts the traffic."""

from __future__ import annotations

import math
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.support.webservers import QuietTcp, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 1 << 18


@dataclass
class Line:
    """The way to a server; ``url`` is its near end."""

    url: str = ""
    connections: list[float] = field(default_factory=list)
    """When each was opened."""
    exchanges: list[float] = field(default_factory=list)
    """When each answer began."""
    rate: float = math.inf
    """Bytes per second of all answers together."""
    free: float = 0.0
    """When the line has passed on what it was given."""
    turn: threading.Lock = field(default_factory=threading.Lock)

    def carry(self, size: int) -> None:
        """Wait until the line has carried so many bytes."""
        if self.rate == math.inf:
            return
        with self.turn:
            self.free = max(self.free, time.monotonic()) + size / self.rate
            until = self.free
        time.sleep(max(0.0, until - time.monotonic()))


@dataclass
class _Exchange:
    """What passes on one connection: a request, its answer, a request, its answer …"""

    line: Line
    seconds: float
    is_asked: bool = False

    def ask(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(PIECE):
                self.is_asked = True
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def answer(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(PIECE):
                if self.is_asked:  # this is where an answer begins: nobody asks twice before it has come
                    self.is_asked = False
                    self.line.exchanges.append(time.monotonic())
                    time.sleep(self.seconds)
                self.line.carry(len(data))
                client.sendall(data)
            client.shutdown(socket.SHUT_WR)


@contextmanager
def line_to(url: str, seconds: float = 0.0, rate: float = math.inf) -> Iterator[Line]:
    """Put a line between clients and a server, on which every request takes so many seconds longer.

    Each connection has threads of its own, so that requests on several do not wait for one another. To open one costs
    nothing more. ``rate`` is how many bytes per second all answers have together.
    """
    where, line = urlsplit(url), Line(rate=rate)

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            line.connections.append(time.monotonic())
            with socket.create_connection((where.hostname, where.port)) as server:
                for end in (self.request, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                exchange = _Exchange(line, seconds)
                back = threading.Thread(target=exchange.answer, args=(server, self.request))
                back.start()
                exchange.ask(self.request, server)
                back.join()

    with serving(QuietTcp(("127.0.0.1", 0), Handler)) as address:
        line.url = f"http://{address}/"
        yield line
