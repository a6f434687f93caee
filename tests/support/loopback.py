"""A simple index on loopback, and a watch on the programs that run and the hosts they call."""

from __future__ import annotations

import base64
import json
import os
import signal
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.support.clients import Client
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOWHERE = "http://127.0.0.1:9/simple/"
"""The URL of an index at which nobody listens."""
# Every Python program with its folder on PYTHONPATH imports this: pip, the pip that pip runs, devpi-server.
WATCH = """
import json, os, sys

def watch(event, args):
    place = {"started": 0, "subprocess.Popen": 1, "socket.connect": 1, "socket.getaddrinfo": 0}.get(event)
    if place is not None:
        what = args[place]
        what = [str(part) for part in (what if isinstance(what, (list, tuple)) else [what])]
        line = json.dumps({"event": event, "what": what}) + "\\n"
        file = os.open(os.environ["WATCHED"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(file, line.encode())
        os.close(file)

watch("started", [sys.orig_argv])  # by a program that is not Python
sys.addaudithook(watch)
"""


@dataclass
class Watch:
    """Records the programs that run, their arguments, and the addresses they call."""

    folder: Path

    @property
    def env(self) -> dict[str, str]:
        (self.folder / "sitecustomize.py").write_text(WATCH)
        return {"PYTHONPATH": str(self.folder), "WATCHED": str(self.folder / "watched")}

    def _seen(self, event: str) -> list[list[str]]:
        lines = (self.folder / "watched").read_text().splitlines()
        return [entry["what"] for entry in map(json.loads, lines) if entry["event"] == event]

    @property
    def commands(self) -> list[str]:
        return [" ".join(arguments) for event in ("subprocess.Popen", "started") for arguments in self._seen(event)]

    @property
    def hosts(self) -> set[str]:
        """Return the hosts that were called or looked up."""
        return {called[0] for event in ("socket.connect", "socket.getaddrinfo") for called in self._seen(event)}


@dataclass
class SimpleIndex:
    """A simple index of the wheels in a folder, which records its requests."""

    folder: Path
    login: tuple[str, str] | None = None
    url: str = ""
    asked: list[str] = field(default_factory=list)

    def reply(self, path: str, authorization: str | None) -> tuple[int, bytes]:
        self.asked.append(path)
        if self.login and authorization != f"Basic {base64.b64encode(':'.join(self.login).encode()).decode()}":
            return 401, b""
        name = path.rstrip("/").rpartition("/")[2]
        if name.endswith(".whl"):
            return 200, (self.folder / name).read_bytes()
        wheels = [file.name for file in self.folder.glob(f"{name}-*.whl")]
        links = "".join(f'<a href="{wheel}">{wheel}</a>' for wheel in wheels)
        return (200, f"<!DOCTYPE html><html><body>{links}</body></html>".encode()) if wheels else (404, b"")


@contextmanager
def simple_index(folder: Path, login: tuple[str, str] | None = None, prefix: str = "simple") -> Iterator[SimpleIndex]:
    """Serve the wheels in a folder; with a login, only to that user."""
    index = SimpleIndex(folder, login)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = index.reply(self.path, self.headers["Authorization"])
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 (http.server's name)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        index.url = f"http://127.0.0.1:{web.server_port}/{prefix}/"
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield index
        web.shutdown()
        thread.join()


@dataclass
class Owner(Client):
    """A user with a devpi-server of their own."""

    port: int = 0

    @property
    def folder(self) -> Path:
        return self.state_file.parent / "server"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = json.loads((self.folder / "server.json").read_text())
        return record


@contextmanager
def owner(home: Path, **env: str) -> Iterator[Owner]:
    """Create a user with a home and a free port; afterwards stop their server by its process id."""
    home.mkdir()
    somebody = Owner(home, {"LOGNAME": "alice", **env}, port=free_port())
    try:
        yield somebody
    finally:
        with suppress(FileNotFoundError, ProcessLookupError):
            pid = somebody.record["pid"]
            if pid:
                os.kill(pid, signal.SIGTERM)


@contextmanager
def owner_of_a_server(home: Path) -> Iterator[Owner]:
    """Create a user who typed quickstart once; the mirror of their server cannot reach its upstream."""
    with owner(home) as somebody:
        somebody.ok("quickstart", "--port", somebody.port, "--mirror-url", NOWHERE)
        yield somebody
