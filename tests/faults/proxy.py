"""A web server in front of devpi that treats requests as networks, proxies and broken servers do.

All doors share one thread with an asyncio loop. The faults are in ``faults``; this module receives requests, forwards
them, and returns the replies.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterator

    from tests.support.clients import Member

    Action = Callable[["Exchange"], Awaitable[None]]


@dataclass(eq=False)
class Exchange:
    """One request, and the way back to who made it."""

    door: Door
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    method: str = ""
    path: str = ""
    head: bytes = b""
    body: bytes = b""

    async def read_head(self) -> bool:
        """Read the request but for its body; tell whether there was one."""
        try:
            self.head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return False
        self.method, self.path = self.head.decode("latin-1").split(" ", 2)[:2]
        return True

    async def read_body(self) -> None:
        length = self.header("content-length")
        if length:
            self.body = await self.reader.readexactly(int(length))
        elif self.header("transfer-encoding") == "chunked":
            while size := int(await self.reader.readline(), 16):
                self.body += await self.reader.readexactly(size)
                await self.reader.readexactly(2)
            await self.reader.readline()

    def header(self, name: str) -> str:
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            if line.lower().startswith(f"{name}:"):
                return line.partition(":")[2].strip()
        return ""

    async def ask_devpi(self) -> tuple[bytes, bytes]:
        """Pass the request on; return head and body of what devpi answered."""
        kept = [
            line
            for line in self.head[:-4].split(b"\r\n")[1:]
            if not line.lower().startswith((b"connection:", b"transfer-encoding:", b"content-length:"))
        ]
        first = f"{self.method} {self.path} HTTP/1.1".encode("latin-1")
        kept += [b"Connection: close", b"Content-Length: %d" % len(self.body)]
        self.door.passed_on.append(f"{self.method} {self.path}")
        behind = urlsplit(self.door.behind)
        reader, writer = await asyncio.open_connection(behind.hostname, behind.port)
        writer.write(b"\r\n".join([first, *kept, b"", self.body]))
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        return b"\r\n".join([*lines, b"Connection: close", b"", b""]), body

    async def send(self, *parts: bytes) -> None:
        self.writer.write(b"".join(parts))
        await self.writer.drain()

    async def say(self, status: str, body: bytes = b"", *headers: str) -> None:
        """Answer in devpi's place."""
        lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]
        await self.send("\r\n".join(lines).encode(), body)

    async def until_they_leave(self) -> None:
        while await self.reader.read(65536):
            pass

    def reset(self) -> None:
        """End the connection with a reset."""
        given = self.writer.get_extra_info("socket")
        given.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


async def pass_on(exchange: Exchange) -> None:
    """What happens where there is no fault."""
    await exchange.send(*await exchange.ask_devpi())


@dataclass
class Door:
    """One port of the web server, and the fault that is on it."""

    behind: str
    url: str = ""
    elsewhere: str = ""
    """The URL of a door without faults, on another port."""
    at_once: Action | None = None
    """What happens before anything is read, if anything does."""
    after_head: Action | None = None
    """What happens before the body is read, if anything does."""
    action: Action = pass_on
    method: str | None = None
    """Which requests the fault is for, if not for all."""
    times: int = 10**9
    """How many of them it hits."""
    asked: list[str] = field(default_factory=list)
    passed_on: list[str] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    serving: list[Exchange] = field(default_factory=list)
    """Those under way: asyncio holds no reference to a connection that is not read from."""

    def open(self) -> None:
        """Be without a fault, and forget."""
        self.at_once, self.after_head, self.action, self.method, self.times = None, None, pass_on, None, 10**9
        self.asked, self.passed_on, self.heads = [], [], []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        exchange = Exchange(self, reader, writer)
        self.serving.append(exchange)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._exchange(exchange)
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()
            self.serving.remove(exchange)

    async def _exchange(self, exchange: Exchange) -> None:
        if self.at_once and self.method is None and self._is_hit(""):
            await self.at_once(exchange)
            return
        if not await exchange.read_head():
            return
        self.asked.append(f"{exchange.method} {exchange.path}")
        self.heads.append(exchange.head)
        hit = not (self.at_once and self.method is None) and self._is_hit(exchange.method)
        early = self.after_head or self.at_once
        if hit and early:
            await early(exchange)
            return
        await exchange.read_body()
        await (self.action if hit else pass_on)(exchange)

    def _is_hit(self, method: str) -> bool:
        if self.times <= 0 or (self.method and method != self.method):
            return False
        self.times -= 1
        return True


@dataclass
class Doors:
    """The thread in which all doors are."""

    loop: asyncio.AbstractEventLoop
    servers: list[asyncio.Server] = field(default_factory=list)

    def make(self, behind: str, context: ssl.SSLContext | None = None) -> Door:
        """Open one more door to what is behind."""
        door = Door(behind)

        async def begin() -> int:
            server = await asyncio.start_server(door.serve, "127.0.0.1", 0, ssl=context)
            self.servers.append(server)
            port: int = server.sockets[0].getsockname()[1]
            return port

        port = asyncio.run_coroutine_threadsafe(begin(), self.loop).result(30)
        door.url = f"{'https' if context else 'http'}://127.0.0.1:{port}/"
        return door


@contextmanager
def open_doors() -> Iterator[Doors]:
    """Run the thread as long as the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    doors = Doors(loop)
    try:
        yield doors
    finally:
        asyncio.run_coroutine_threadsafe(_end_all(doors), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def door_of(member: Member) -> Iterator[Door]:
    """Open a door through which a member goes to the server, without a fault at first."""
    with open_doors() as doors:
        found = doors.make(member.server.root)
        with member.state.changing() as state:
            state.servers[found.url] = state.servers.pop(member.server.root)
            state.server = found.url
        yield found


async def _end_all(doors: Doors) -> None:
    for server in doors.servers:
        server.close()
    mine = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not mine]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.05)  # in which the loop closes what was aborted
