"""How a session gets its login: one trade for many requests, and none of them is refused for coming too early."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from devpi_cli.auth.authenticator import Authenticator
from devpi_cli.auth.sources import CredentialSources
from devpi_cli.errors import NotAllowed
from devpi_cli.http.identity import Identity
from devpi_cli.http.session import Session
from devpi_cli.models import Login

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = "http://host/"
DEVPI = {"X-Devpi-Api-Version": "2"}
TOKEN = {"type": "proxyauth", "result": {"password": "t0ken", "expiration": 36000}}


def session_at(
    answer: Callable[[httpx.Request], httpx.Response],
    stored: Login | None = None,
    asked: tuple[str, str] | None = ("alice", "secret"),
) -> Session:
    """Return a session that asks the user for a login when the server wants one."""
    sources = CredentialSources(ROOT, user="alice", stored=stored)
    return Session(
        Identity(ROOT, stored),
        authenticator=Authenticator(sources, lambda: asked),
        transport=httpx.MockTransport(answer),
    )


def answer(request: httpx.Request) -> httpx.Response:
    """Answer as a server that lets in nobody without a login."""
    if request.url.path == "/+login":
        return httpx.Response(200, headers=DEVPI, json=TOKEN)
    status = 200 if "X-Devpi-Auth" in request.headers else 401
    return httpx.Response(status, headers=DEVPI, json={})


@pytest.fixture(autouse=True)
def no_login_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the environment, the keyring, .pypirc and netrc."""
    for name in ("DEVPI_TOKEN", "DEVPI_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(CredentialSources, "found", lambda self: iter(()))


def test_the_user_is_asked_when_the_server_refuses_and_the_request_is_repeated() -> None:
    session = session_at(answer)
    assert session.request("GET", f"{ROOT}alice").status == 200
    assert session.identity.login == Login("alice", "t0ken", pytest.approx(session.identity.login.expires))  # type: ignore[union-attr]


def test_without_an_answer_the_refusal_is_raised() -> None:
    with pytest.raises(NotAllowed, match="not logged in: type 'devpi login USER'"):
        session_at(answer, asked=None).request("GET", f"{ROOT}alice")


def test_d14_a_request_that_was_on_its_way_while_another_one_logged_in_is_repeated() -> None:
    """The first is refused and logs in; the second was sent before that, and is refused after it."""
    second_is_sent, first_is_in = threading.Event(), threading.Event()
    asked: list[str] = []

    def slow_for_the_second(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path == "/second" and "X-Devpi-Auth" not in request.headers:
            second_is_sent.set()
            assert first_is_in.wait(10)
        if request.url.path == "/first" and "X-Devpi-Auth" not in request.headers:
            assert second_is_sent.wait(10)
        return answer(request)

    session = session_at(slow_for_the_second)
    outcomes: dict[str, int] = {}

    def ask(name: str) -> None:
        outcomes[name] = session.request("GET", f"{ROOT}{name}").status
        if name == "first":
            first_is_in.set()

    threads = [threading.Thread(target=ask, args=[name]) for name in ("second", "first")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert outcomes == {"first": 200, "second": 200}
    assert asked.count("/+login") == 1


def test_many_threads_trade_a_password_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVPI_PASSWORD", "secret")
    asked: list[str] = []

    def counting(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return answer(request)

    session = session_at(counting)
    threads = [threading.Thread(target=session.request, args=["GET", f"{ROOT}{number}"]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert asked.count("/+login") == 1
    assert len(asked) == 21


def test_a_stored_login_that_expired_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    del monkeypatch
    stored = Login("alice", "0ld", expires=1.0)

    def refusing_the_old(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/+login":
            assert json.loads(request.read()) == {"user": "alice", "password": "secret"}
        is_old = "MGxk" in request.headers.get("X-Devpi-Auth", "")  # "0ld", in base64
        return (
            httpx.Response(401, headers=DEVPI, json={}) if is_old and request.url.path != "/+login" else answer(request)
        )

    assert session_at(refusing_the_old, stored).request("GET", f"{ROOT}alice").status == 200
