"""Servers that show nothing without a login, as with devpi-lockdown."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clients import NOT_LOGGED_IN
from tests.support.webservers import DEVPI_HEADERS, QuietHttp, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clients import Client

TOKEN = {"type": "proxyauth", "result": {"password": "t0ken", "expiration": 36000}}


class LockedDown(BaseHTTPRequestHandler):
    """What a web server in front of devpi lets through: no login that it does not know, and else two pages only."""

    def answer(self, status: int, document: dict[str, Any]) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(status)
        for name, value in DEVPI_HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def do_GET(self) -> None:
        if "X-Devpi-Auth" in self.headers or not self.path.endswith("/+api"):
            self.answer(403, {})
            return
        index = self.path.removesuffix("/+api")
        places = {"index": index, "simpleindex": f"{index}/+simple/"} if index else {}
        result = {"login": "/+login", "authstatus": ["noauth", "", []], **places}
        self.answer(200, {"type": "apiconfig", "result": result})

    def do_POST(self) -> None:
        self.answer(*(200, TOKEN) if self.path == "/+login" else (403, {}))

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def locked() -> Iterator[str]:
    with serving(QuietHttp(("127.0.0.1", 0), LockedDown)) as address:
        yield f"http://{address}/"


@pytest.mark.parametrize("index", ["", "alice/dev"])
def test_a8_a_server_that_refuses_an_old_login_is_used_and_takes_a_new_one(
    devpi: Client, locked: str, index: str
) -> None:
    devpi.ok("use", locked)
    devpi.ok("login", "alice", DEVPI_PASSWORD="secret")
    used = devpi("use", f"{locked}{index}")
    assert used.lines[0].endswith(f"{locked}{index} (not logged in)")
    assert (used.stderr, used.status) == ("the login of alice is no longer valid: type 'devpi login alice'\n", 0)
    assert (devpi.state.server, devpi.state.index) == (locked, index or None)
    assert devpi.ok("login", "alice", DEVPI_PASSWORD="secret")[0].endswith("credentials valid for 10.00 hours")


@pytest.mark.parametrize("command", ["index", "list", "list demo", "getjson /alice/dev"])
def test_a21_who_is_shown_nothing_is_told_to_log_in(devpi: Client, locked: str, command: str) -> None:
    devpi.ok("use", f"{locked}alice/dev")
    status, said = devpi.fails(*command.split())
    assert (status, said) == (3, f"{locked} answered 403 Forbidden\n{NOT_LOGGED_IN}\n")
