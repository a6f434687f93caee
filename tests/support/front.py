"""A web server in front of devpi, and a separate package index that accepts uploads."""

from __future__ import annotations

import base64
import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.clients import Member


HTML = {"Content-Type": "text/html"}


@dataclass
class Front:
    """A web server that forwards requests to devpi, except those with methods that it refuses."""

    refused: Mapping[str, int] = field(default_factory=dict)
    """method -> status"""
    hidden: tuple[str, ...] = ()
    """Features to hide, as if its devpi did not have them."""
    page: str = ""
    """The page that it returns instead of asking devpi."""
    plugins: Mapping[str, str] = field(default_factory=dict)
    """Plugins, with their versions, to name as if its devpi had them."""
    behind: str = ""
    url: str = ""
    seen: list[tuple[str, str]] = field(default_factory=list)
    """Method and user of every request."""
    tokens: list[str] = field(default_factory=list)
    """The token or password of every request."""

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        auth = base64.b64decode(headers.get("X-Devpi-Auth") or "").decode()
        self.seen.append((method, auth.partition(":")[0]))
        self.tokens.append(auth.partition(":")[2])
        if method in self.refused:
            return self.refused[method], HTML, b"<h1>What is that?</h1>"
        if self.page:
            return 200, HTML, self.page.encode()
        reply = httpx.request(method, self.behind.rstrip("/") + path, headers=dict(headers), content=body)
        content = reply.content
        if path.endswith("+api"):
            said = reply.json()
            said["result"]["features"] = [name for name in said["result"]["features"] if name not in self.hidden]
            content = json.dumps(said).encode()
        if path.endswith("+status"):
            said = reply.json()
            said["result"]["versioninfo"] |= self.plugins
            content = json.dumps(said).encode()
        kept = {name: reply.headers[name] for name in ("Content-Type", "Location") if name in reply.headers}
        return reply.status_code, kept, content

    def serve(self, member: Member) -> None:
        """Make a client use devpi through this web server, with its features still unknown."""
        self.behind = member.server.root
        with member.state.changing() as state:
            state.servers[self.url] = state.servers.pop(self.behind)
            state.servers[self.url].features = []
            state.server = self.url


@dataclass
class Elsewhere:
    """A package index that accepts uploads like PyPI."""

    statuses: Mapping[str, int] = field(default_factory=dict)
    """Its status for ``submit`` or ``file_upload``, if not 200."""
    page: str = ""
    url: str = ""
    got: list[tuple[str, str, str]] = field(default_factory=list)
    """Action, user and password of every request."""

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        del method, path
        user, _, password = base64.b64decode(headers["Authorization"].split()[1]).decode().partition(":")
        action = re.search(rb"(?:%3A|:)action(?:=|\"\r\n\r\n)(\w+)", body)
        name = action[1].decode() if action else ""
        self.got.append((name, user, password))
        return self.statuses.get(name, 200), HTML, self.page.encode()


@dataclass
class Page:
    """A web server that has a single page, at every path."""

    kind: str
    text: str
    url: str = ""

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        del method, path, headers, body
        return 200, {"Content-Type": self.kind}, self.text.encode()


@contextmanager
def served(service: Front | Elsewhere | Page) -> Iterator[None]:
    """Serve on a free loopback port, at its ``url``."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            status, kept, content = service.answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            for name, value in (
                *kept.items(),
                ("Content-Length", str(len(content))),
                ("X-Devpi-Api-Version", "2"),
                ("X-Devpi-Serial", "1"),
            ):
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_PUSH = answer  # noqa: N815 (http.server's names)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        service.url = f"http://127.0.0.1:{web.server_port}/"
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield
        web.shutdown()
        thread.join()
