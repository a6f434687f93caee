"""Web servers in a thread: some that are not devpi, and TLS in front of devpi."""

from __future__ import annotations

import json
import re
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

    from tests.support.servers import Live

DEVPI_HEADERS = {"X-DEVPI-API-VERSION": "2", "X-Devpi-Serial": "1", "Content-Type": "application/json"}


class Quiet:
    """A threaded server that closes its connections when it ends, and ignores failed ones."""

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
    """A web server that sends prepared replies and records its requests."""

    url: str
    answers: dict[str, tuple[int, Mapping[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    certificates: list[bool] = field(default_factory=list)
    """Whether the client presented a certificate, for each request."""

    def answer(
        self, path: str, result: object = None, status: int = 200, kind: str | None = None, **headers: str
    ) -> str:
        """Prepare a reply as devpi sends it; return its URL."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        body = {"result": result, **({"type": kind} if kind else {})}
        self.answers[path] = status, {**DEVPI_HEADERS, **sent}, json.dumps(body).encode()
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
def a_front(context: ssl.SSLContext | None = None, *, version: str = "HTTP/1.0") -> Iterator[Front]:
    """Start a web server without replies, with TLS if given a context; 1.1 keeps connections open."""
    found = Front("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = version
        disable_nagle_algorithm = True

        def answer(self) -> None:
            found.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            found.asked.append(f"{self.command} {self.path}")
            found.headers.append({name.lower(): value for name, value in self.headers.items()})
            found.certificates.append(
                isinstance(self.connection, ssl.SSLSocket) and bool(self.connection.getpeercert())
            )
            status, headers, body = found.answers[self.path.partition("?")[0]]
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_PUSH = answer  # noqa: N815 (http.server's names)

        def log_message(self, *arguments: Any) -> None:
            pass

    web = QuietHttp(("127.0.0.1", 0), Handler)
    if context:
        web.socket = context.wrap_socket(web.socket, server_side=True)
    with serving(web) as address:
        found.url = f"{'https' if context else 'http'}://{address}/"
        yield found


def tls_context(certificate: trustme.LeafCert, clients: trustme.CA | None = None) -> ssl.SSLContext:
    """Return a TLS context for a server; with a CA, clients need a certificate from it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    if clients:
        clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@contextmanager
def tls_front(server: Live, context: ssl.SSLContext, *, told: bool = False) -> Iterator[str]:
    """Serve a devpi-server through TLS, as a web server in front does; may send it the outside URL."""
    where = urlsplit(server.url)
    headers: list[bytes] = []

    def copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(re.sub(rb"^([A-Z]+ \S+ HTTP/1.1\r\n)", rb"\1" + b"".join(headers), data))
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
        headers += [f"X-Outside-Url: https://{address}\r\n".encode()] if told else []
        yield f"https://{address}/"
