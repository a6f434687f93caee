"""Web servers in a thread: some that are no devpi, and TLS in front of one that is."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import trustme

    from tests.conftest import Live

DEVPI_HEADERS = {"X-DEVPI-API-VERSION": "2", "Content-Type": "application/json"}


class Quiet:
    """A server in a thread whose connections all end with it, and that says nothing of those that fail."""

    block_on_close = True
    daemon_threads = True

    def handle_error(self, request: object, address: object) -> None:
        pass


class QuietTcp(Quiet, ThreadingTCPServer):
    pass


class QuietHttp(Quiet, ThreadingHTTPServer):
    pass


@dataclass
class Front:
    """A web server that gives the answers it was told to, and remembers what it was asked."""

    url: str
    answers: dict[str, tuple[int, Mapping[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def answer(self, path: str, result: object = None, status: int = 200, **headers: str) -> str:
        """Answer as devpi does; return the URL for it."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = status, {**DEVPI_HEADERS, **sent}, json.dumps({"result": result}).encode()
        return self.url.rstrip("/") + path


@contextmanager
def serving(server: ThreadingTCPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def a_front() -> Iterator[Front]:
    """Start a web server that has no answers yet."""
    found = Front("")

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.asked.append(f"{self.command} {self.path}")
            found.headers.append({name.lower(): value for name, value in self.headers.items()})
            status, headers, body = found.answers[self.path.partition("?")[0]]
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_PUSH = answer  # noqa: N815 (http.server's names)

        def log_message(self, *arguments: Any) -> None:
            pass

    with serving(QuietHttp(("127.0.0.1", 0), Handler)) as address:
        found.url = f"http://{address}/"
        yield found


@contextmanager
def tls_front(server: Live, ca: trustme.CA, name: str) -> Iterator[str]:
    """Serve a devpi-server through TLS, as a web server in front of it does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name).configure_cert(context)
    where = urlsplit(server.url)

    def copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with (
                context.wrap_socket(self.request, server_side=True) as client,
                socket.create_connection((where.hostname, where.port)) as behind,
            ):
                back = threading.Thread(target=copy, args=(behind, client))
                back.start()
                copy(client, behind)
                back.join()

    with serving(QuietTcp(("127.0.0.1", 0), Handler)) as address:
        yield f"https://{address}/"
