"""Somebody who listens where a devpi-server used to, imitates it, and records what is sent."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FEATURES = ["server-keyvalue-parsing"]


@dataclass
class Squatter:
    """Imitates the stopped server and records what it is sent. ``says`` answers whether a login is valid."""

    folder: Path
    says: Callable[[str], bool]
    real: str = ""
    """The URL of the real server, to which questions are relayed."""
    sent: list[str] = field(default_factory=list)

    def reply(self, method: str, path: str, headers: dict[str, str], body: str) -> dict[str, Any]:
        auth = headers.get("x-devpi-auth", "")
        login = base64.b64decode(auth).decode() if auth else ""
        self.sent.append(f"{method} {path} {headers} {login} {body}")
        root = f"http://{headers['host']}/"
        if path == "/+status":
            return {"type": "status", "result": {"serverdir": str(self.folder / "data"), "role": "STANDALONE"}}
        if path.endswith("/+api"):
            user = login.partition(":")[0]
            if self.real:
                status = httpx.get(f"{self.real}+api", headers={"x-devpi-auth": auth}).json()["result"]["authstatus"]
            else:
                status = ["ok", user, []] if self.says(login) else ["noauth", "", []]
            return {
                "type": "apiconfig",
                "result": {"login": f"{root}+login", "authstatus": status, "features": FEATURES},
            }
        if path == "/+login":
            return {"type": "proxyauth", "result": {"password": "token of the squatter", "expiration": 36000}}
        return {"type": "list:userconfig", "result": {}}


@contextmanager
def squatting(squatter: Squatter, port: int) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            text = json.dumps({"status": 200, **squatter.reply(self.command, self.path, headers, body)}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-DEVPI-API-VERSION", "2")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_PATCH = answer  # noqa: N815 (http.server's names)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as web:
        web.daemon_threads = True
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield
        web.shutdown()
        thread.join()
