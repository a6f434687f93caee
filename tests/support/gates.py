"""Web servers that record the logins they are shown: in front of devpi, and somewhere else."""

from __future__ import annotations

import base64
import itertools
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, NamedTuple

import httpx

from tests.support.webservers import QuietHttp

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.support.clients import Member

CHALLENGE = {"WWW-Authenticate": 'Basic realm="gate"'}
HOP = ("connection", "content-length", "transfer-encoding", "content-encoding", "date", "server", "host")


class Page(NamedTuple):
    """A response."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


REFUSAL = Page(401, headers=CHALLENGE)


@dataclass
class Recorder:
    """A web server that records what it is shown; it has files, and pages that link to them.

    A ``strict`` one asks for a login with status 401, which is when pip and uv look for one, and takes any.
    """

    folder: Path
    strict: bool = True
    url: str = ""
    asked: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    """The logins that requests carried, as ``user:secret``."""

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Page:
        self.asked.append(path)
        login = self.login_in(headers)
        return REFUSAL if self.strict and not login else self.page(method, path, headers, body)

    def login_in(self, headers: Mapping[str, str]) -> str:
        """Return the login of a request, and record it."""
        found = [headers.get("Authorization", "").removeprefix("Basic "), headers.get("X-Devpi-Auth", "")]
        logins = [base64.b64decode(text).decode() for text in found if text]
        self.shown += logins
        return logins[0] if logins else ""

    def page(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Page:
        del method, headers, body
        name = path.rstrip("/").rpartition("/")[2]
        if name.endswith((".whl", ".tar.gz")):
            return Page(200, (self.folder / name).read_bytes())
        files = [file.name for file in self.folder.glob(f"{name}-*.whl")]
        links = "".join(f'<a href="{file}">{file}</a>' for file in files)
        return Page(200 if files else 404, f"<!DOCTYPE html><html><body>{links}</body></html>".encode())


@dataclass
class Gate(Recorder):
    """A web server in front of devpi, which lets through who shows one of its logins; without any, everybody.

    Everybody else gets the ``refusal``.
    ``links`` replaces what a simple page links to, ``files`` redirects the files of the index; both are prefixes.
    """

    behind: str = ""
    logins: tuple[str, ...] = ()
    refusal: Page = REFUSAL
    links: str = ""
    files: str = ""
    passes_on: bool = False
    """Whether devpi is shown the login, too, as most web servers do."""

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Page:
        self.asked.append(path)
        is_welcome = not self.logins or self.login_in(headers) in self.logins or path.endswith(("/+api", "/+login"))
        return self.page(method, path, headers, body) if is_welcome else self.refusal

    def page(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Page:
        name = path.rpartition("/")[2].partition("#")[0]
        if self.files and "+f/" in path.replace("%2B", "+"):
            return Page(302, headers={"Location": f"{self.files}{name}"})
        kept_back = HOP if self.passes_on else (*HOP, "authorization")
        sent = {key: value for key, value in headers.items() if key.lower() not in kept_back}
        sent["X-Outside-Url"], sent["Accept-Encoding"] = self.url.rstrip("/"), "identity"
        reply = httpx.request(method, f"{self.behind.rstrip('/')}{path}", headers=sent, content=body, trust_env=False)
        content = reply.content
        if self.links and "/+simple/" in path:
            content = content.replace(b"../../+f/", f"{self.links}+f/".encode())
        return Page(
            reply.status_code, content, {k.title(): v for k, v in reply.headers.items() if k.lower() not in HOP}
        )


_numbers = itertools.count(1)


def own_address() -> str:
    """Return a loopback address that no other test uses, of which every port is free."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    return f"127.77.{worker}.{next(_numbers)}"


@contextmanager
def open_at(
    server: Recorder, address: str = "127.0.0.1", port: int = 0, context: ssl.SSLContext | None = None
) -> Iterator[None]:
    """Serve at an address, with TLS if given a context; its URL names the port unless it is the usual one."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            page = server.answer(self.command, self.path, self.headers, body)
            self.send_response(page.status)
            for name, value in {"Content-Type": "text/html", **page.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(page.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 (http.server's names)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with QuietHttp((address, port), Handler) as web:
        if context:
            web.socket = context.wrap_socket(web.socket, server_side=True)
        scheme = "https" if context else "http"
        suffix = "" if port == {"http": 80, "https": 443}[scheme] else f":{web.server_port}"
        server.url = f"{scheme}://{address}{suffix}/"
        thread = threading.Thread(target=web.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield
        finally:
            web.shutdown()
            thread.join()


@contextmanager
def locked(member: Member) -> Iterator[Gate]:
    """Lock a member's server: only with their login it shows anything; they use it through the gate."""
    known = member.state.servers[member.server.root]
    login = f"{member.user}:{known.logins[member.user].token}"
    gate = Gate(member.home, behind=member.server.root, logins=(login,))
    with open_at(gate):
        with member.state.changing() as state:
            state.servers[gate.url] = known
            state.server = gate.url
        yield gate
