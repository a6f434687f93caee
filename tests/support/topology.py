"""A primary with two replicas behind nginx, set up as 'devpi help server' says."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.support.clients import Client
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
ROOT_PASSWORD = "the password"
SECONDS = 120
NGINX = """
{user}pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/devpi-nginx.conf;
}}
"""


@dataclass
class Node:
    """A server of the topology."""

    data: Path
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/"

    @property
    def place(self) -> tuple[object, ...]:
        return ("--serverdir", self.data, "--host", HOST, "--port", self.port)

    @property
    def pid(self) -> int:
        found: int = json.loads((self.data / ".devpi-cli.json").read_text())["pid"]
        return found

    def hashes(self) -> set[str]:
        """Return the hashes of the wheels that it has on its disk."""
        return {hashlib.sha256(path.read_bytes()).hexdigest() for path in (self.data / "+files").rglob("*.whl")}


@dataclass
class Topology:
    """An administrator, the servers, and the URL that users know."""

    admin: Client
    primary: Node
    replicas: list[Node]
    outside: Node

    @property
    def nodes(self) -> list[Node]:
        return [self.primary, *self.replicas]

    def server(self, *typed: object, **settings: Any) -> dict[str, Any]:
        """Run a server command that must succeed; return its document."""
        result = self.admin("server", *typed, "--json", **settings)
        assert result.status == 0, result.stderr
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def start_primary(self) -> None:
        self.server("start", *self.primary.place)

    def kill_primary(self) -> None:
        """End the primary as a power failure does."""
        pid = self.primary.pid
        os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + SECONDS
        while _is_alive(pid):
            assert time.monotonic() < until
            time.sleep(0.02)

    def serial(self, node: Node) -> int:
        asked = httpx.get(f"{node.url}+status", headers={"Accept": "application/json"}, trust_env=False)
        found: int = asked.json()["result"]["serial"]
        return found

    def in_step(self) -> float:
        """Wait until both replicas have all changes; return the seconds that it took."""
        began, wanted = time.monotonic(), self.serial(self.primary)
        while any(self.serial(node) < wanted for node in self.replicas):
            assert time.monotonic() < began + SECONDS
            time.sleep(0.01)
        return time.monotonic() - began


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def topology(folder: Path) -> Iterator[Topology]:
    """Set it up with our commands, and take it down."""
    (folder / "admin").mkdir()
    admin = Client(folder / "admin", {"DEVPISERVER_INDEXER_BACKEND": "null"})
    nodes = [Node(folder / name) for name in ("primary", "eu", "us")]
    made = Topology(admin, nodes[0], nodes[1:], Node(folder / "nginx"))
    with ExitStack() as stack:
        typed = ("--role", "primary", "--no-root-pypi", "--no-stretching", "--root-password-stdin")
        made.server("init", "--serverdir", made.primary.data, *typed, stdin=f"{ROOT_PASSWORD}\n")
        stack.callback(lambda: made.server("stop", "--serverdir", made.primary.data))
        made.start_primary()
        for node in made.replicas:
            secret = made.primary.data / ".secret"
            made.server("replica", "--primary", made.primary.url, "--secretfile", secret, *node.place)
            stack.callback(lambda node=node: made.server("stop", "--serverdir", node.data))
        made.outside.data.mkdir()
        reads = [word for node in made.replicas for word in ("--replica", node.url)]
        site = ("--outside-url", made.outside.url.rstrip("/"), *reads, "-o", made.outside.data)
        made.server("config", "nginx", *made.primary.place, *site)
        stack.enter_context(nginx(made.outside))
        yield made


@contextmanager
def nginx(node: Node) -> Iterator[None]:
    """Run nginx with the site that was written into a folder."""
    settings, folder = node.data / "nginx.conf", node.data
    settings.write_text(NGINX.format(folder=folder, user="user root root;\n" if os.geteuid() == 0 else ""))
    server = subprocess.Popen(["nginx", "-c", settings, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + SECONDS
        while True:
            try:
                httpx.get(f"{node.url}+api", trust_env=False)
            except httpx.TransportError:
                is_late = server.poll() is not None or time.monotonic() > until
                log = folder / "nginx.log"
                assert not is_late, log.read_text() if log.exists() else ""
                time.sleep(0.05)
            else:
                break
        yield
    finally:
        server.terminate()
        server.wait(30)
