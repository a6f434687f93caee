"""Requests: credentials, replies that do not come from devpi, servers that do not answer."""

from __future__ import annotations

import base64
import socket
import subprocess
import sys
from http.server import SimpleHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest

from devpi_cli._version import __version__
from devpi_cli.errors import Missing, NotAllowed, NotDevpi, Refused, ServerFailed, Unreachable
from devpi_cli.http.identity import Identity
from devpi_cli.http.session import Session
from devpi_cli.models import Login
from tests.support.webservers import DEVPI_HEADERS, Front, QuietHttp, a_front, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.clients import Client, Member
    from tests.support.servers import Live

IS_IT_DEVPI = "is this the URL of a devpi server?"


@pytest.fixture
def front() -> Iterator[Front]:
    with a_front() as found:
        yield found


# -- what is sent


def test_a_request_names_the_program_and_wants_json(session: Session, front: Front) -> None:
    session.request("GET", front.answer("/"))
    assert front.headers[0]["user-agent"] == f"devpi-cli/{__version__} devpi-client/7.3.0"
    assert front.headers[0]["accept"] == "application/json"
    assert not front.headers[0].keys() & {"authorization", "x-devpi-auth"}


def test_basic_auth_is_kept_apart_from_the_login(new_session: Callable[..., Session], front: Front) -> None:
    """V37."""
    session = new_session(Identity(front.url, Login("jörg", "t0ken"), ("proxy", "s€cret:@/")))
    session.request("POST", front.answer("/jörg/dev".replace("ö", "%C3%B6"), no="body"), json={})
    sent = front.headers[0]
    assert base64.b64decode(sent["x-devpi-auth"]).decode() == "jörg:t0ken"
    assert sent["authorization"].startswith("Basic ")
    assert base64.b64decode(sent["authorization"].removeprefix("Basic ")).decode() == "proxy:s€cret:@/"


@pytest.mark.parametrize("path", ["/devpi", "/devpi/", "/devpi/?no_projects=", "/devpi/alice/dev?x=y"])
def test_credentials_go_to_every_url_of_the_server(
    new_session: Callable[..., Session], front: Front, path: str
) -> None:
    """A15."""
    front.answer(path.partition("?")[0])
    new_session(Identity(f"{front.url}devpi/", Login("alice", "t0ken"))).request("GET", front.url.rstrip("/") + path)
    assert "x-devpi-auth" in front.headers[0]


@pytest.mark.parametrize("path", ["/", "/devpi-other/", "/other/devpi/"])
def test_credentials_go_nowhere_else(new_session: Callable[..., Session], front: Front, path: str) -> None:
    identity = Identity(f"{front.url}devpi/", Login("alice", "t0ken"), ("proxy", "secret"))
    new_session(identity).request("GET", front.answer(path))
    assert not front.headers[0].keys() & {"authorization", "x-devpi-auth"}


def test_netrc_is_not_asked(
    new_session: Callable[..., Session], front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login netrc password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    new_session(Identity(front.url, Login("alice", "t0ken"))).request("GET", front.answer("/"))
    assert "authorization" not in front.headers[0]


def test_secrets_are_in_no_repr() -> None:
    assert repr(Identity("http://host/", Login("alice", "t0ken"), ("proxy", "secret"))).count("host") == 1
    assert "t0ken" not in repr(Identity("http://host/", Login("alice", "t0ken")))
    assert "secret" not in repr(Identity("http://host/", None, ("proxy", "secret")))


# -- replies


@pytest.mark.parametrize(("status", "kind", "exit_status"), [
    (400, Refused, 1), (401, NotAllowed, 3), (403, NotAllowed, 3), (404, Missing, 4), (407, NotAllowed, 3),
    (500, ServerFailed, 6), (502, ServerFailed, 6),
])  # fmt: skip
def test_a_refusal_says_what_the_server_said(
    session: Session, front: Front, status: int, kind: type[Refused], exit_status: int
) -> None:
    front.answers["/x"] = status, DEVPI_HEADERS, b'{"message": "because\\n  of\\u001b[31m that"}'
    with pytest.raises(kind) as failure:
        session.request("PUT", f"{front.url}x", json={})
    assert failure.value.message.splitlines()[0] == f"PUT {front.url}x"
    assert failure.value.message.endswith(": because of\x1b[31m that")
    assert (failure.value.status, failure.value.exit_status) == (status, exit_status)


@pytest.mark.parametrize(("status", "headers", "body", "why"), [
    (200, {"Content-Type": "text/html"}, b"<html>", "200 OK, but no devpi server answers like this (text/html)"),
    (200, {}, b"", "200 OK, but no devpi server answers like this (no content type)"),
    (200, {"Content-Type": "text/json"}, b"{}", "200 OK, but no devpi server answers like this (text/json)"),
    (404, {"Content-Type": "text/html"}, b"<html>", "404 Not Found"),
])  # fmt: skip
def test_a_reply_that_no_devpi_server_gives_is_called_that(
    session: Session, front: Front, status: int, headers: dict[str, str], body: bytes, why: str
) -> None:
    front.answers["/+api"] = status, headers, body
    with pytest.raises(NotDevpi) as failure:
        session.request("GET", f"{front.url}+api")
    assert str(failure.value) == f"GET {front.url}+api\n{why}\n{IS_IT_DEVPI}"


@pytest.mark.parametrize("body", [b"{", b"<html>", b"\xff\xfe", b"[" * 100_000])
def test_what_devpi_says_has_to_be_json(session: Session, front: Front, body: bytes) -> None:
    front.answers["/"] = 200, DEVPI_HEADERS, body
    with pytest.raises(NotDevpi) as failure:
        session.request("GET", front.url)
    assert str(failure.value) == f"GET {front.url}\n200 OK, but this is not JSON (application/json)"


def test_another_version_of_the_api_is_refused(session: Session, front: Front) -> None:
    front.answers["/"] = 200, {**DEVPI_HEADERS, "X-DEVPI-API-VERSION": "3"}, b"{}"
    with pytest.raises(NotDevpi) as failure:
        session.request("GET", front.url)
    assert str(failure.value) == f"GET {front.url}\nthe server speaks devpi API version 3, this client 2"


def test_json_of_anyone_is_taken_where_that_is_wanted(session: Session, front: Front) -> None:
    front.answers["/"] = 200, {"Content-Type": "application/json"}, b"[1, 2]"
    assert session.request("GET", front.url, anyone=True).json == [1, 2]


@pytest.mark.parametrize(("headers", "body"), [
    ({"Content-Encoding": "gzip"}, b"not compressed"),
    ({"Content-Length": "1000"}, b"{"),
    ({"Transfer-Encoding": "chunked"}, b"no chunk"),
    ({"Content-Length": "many"}, b"{}"),
])  # fmt: skip
def test_a_damaged_reply_is_a_failure_like_others(
    session: Session, front: Front, headers: dict[str, str], body: bytes
) -> None:
    front.answers["/"] = 200, {**DEVPI_HEADERS, **headers}, body
    with pytest.raises((NotDevpi, Unreachable)) as failure:
        session.request("GET", front.url)
    assert front.url in str(failure.value)


def test_a_server_that_is_no_devpi_is_called_that(devpi: Client, tmp_path: Path) -> None:
    class Files(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(tmp_path))

        def log_message(self, *arguments: Any) -> None:
            pass

    with serving(QuietHttp(("127.0.0.1", 0), Files)) as address:
        assert devpi.fails("use", f"http://{address}") == (
            1, f"http://{address}/+api: 404 File not found\n{IS_IT_DEVPI}\n",
        )  # fmt: skip
    assert not devpi.state_file.exists()


# -- servers that do not answer


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nobody listens on, and nobody else gets."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_silent_server_is_given_up(new_session: Callable[..., Session], silent: str) -> None:
    """V35."""
    with pytest.raises(Unreachable) as failure:
        new_session(timeout=0.1).request("POST", f"{silent}+login", json={}, safe=True)
    assert str(failure.value) == f"no answer from {silent} within 0.1 s\nto wait longer, add --timeout SECONDS"


def test_a_refused_connection_says_so(devpi: Client, closed_port: int) -> None:
    url = f"http://127.0.0.1:{closed_port}/"
    assert devpi.fails("use", url) == (
        6, f"cannot reach {url}: Connection refused\nis the server running, and the URL right?\n",
    )  # fmt: skip


@pytest.mark.parametrize("proxy", ["nonsense://host", "http://host:port", "socks5://host:1080"])
def test_a_proxy_that_cannot_be_used_is_named(devpi: Client, proxy: str) -> None:
    status, said = devpi.fails("getjson", "http://devpi.example/", HTTP_PROXY=proxy, NO_PROXY="")
    assert status == 2
    assert said.startswith("cannot use the proxy set in the environment: ")
    assert said.endswith("\ncheck HTTP_PROXY, HTTPS_PROXY and ALL_PROXY\n")


# -- secrets


def test_debug_shows_requests_and_no_secrets(member: Member, server: Live) -> None:
    url = server.url.replace("http://", "http://proxy:s3cret@") + "+api"
    result = member("--debug", "getjson", url)
    assert result.status == 0
    login, asked = result.stderr.splitlines()
    assert login == f"debug: login of {member.user} from the state file"
    assert asked.startswith(f"debug: GET {server.url}+api -> 200 OK, ")
    token = member.state.at(server.url).logins[member.user].token
    for secret in ("s3cret", token, base64.b64encode(f"{member.user}:{token}".encode()).decode()):
        assert secret not in result.stdout + result.stderr


def test_failures_hide_the_password_in_a_url(new_session: Callable[..., Session], closed_port: int) -> None:
    log: list[str] = []
    session = new_session(timeout=5, log=log.append)
    with pytest.raises(Unreachable) as failure:
        session.request("GET", f"http://alice:s3cret@127.0.0.1:{closed_port}/")
    assert "s3cret" not in str(failure.value)
    assert "s3cret" not in "".join(log)
    assert f"GET http://alice:****@127.0.0.1:{closed_port}/" in log[0]


# -- what is imported, and what the environment may say


def test_the_command_line_of_httpx_is_not_imported() -> None:
    """The one place where a module of somebody else is touched: httpx does without it, and it stays importable."""
    code = (
        "import sys\nfrom devpi_cli.http.connections import import_httpx\nimport_httpx()\n"
        "print('rich' in sys.modules, [name for name, module in sys.modules.items() if module is None])\n"
        "import httpx._main\nprint(import_httpx() is sys.modules['httpx'], callable(httpx._main.main))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False []\nTrue True\n"


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_is_asked_for_servers_elsewhere_and_never_for_this_machine(
    front: Front, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Nobody elsewhere can reach 127.0.0.1 for us."""
    with a_front() as proxy:
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.setenv(variable, proxy.url)
        proxy.answer("http://devpi.example/")
        session = Session()
        session.request("GET", "http://devpi.example/")
        session.request("GET", front.answer("/"))
        session.close()
    assert proxy.asked == ["GET http://devpi.example/"]
    assert front.asked == ["GET /"]
