"""Downloads: streaming, redirects, and what another server gets to see."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import httpx
import pytest

from devpi_cli.errors import BrokenDistribution, Missing, NotDevpi, TooLarge, Unreachable
from devpi_cli.http.identity import Identity
from devpi_cli.http.session import Session
from devpi_cli.models import Link, Login
from devpi_cli.server.api import Server
from devpi_cli.server.downloads import MOST_FILE_GIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = "https://devpi.example/"
FILE = f"{ROOT}root/pypi/+f/demo-1.0.tar.gz"
SHA256 = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"  # of b"content"


def session(answer: Callable[[httpx.Request], httpx.Response]) -> Session:
    identity = Identity(ROOT, Login("alice", "token"), ("proxy", "password"))
    return Session(identity, transport=httpx.MockTransport(answer))


def downloaded(answer: Callable[[httpx.Request], httpx.Response], sha256: str | None = SHA256) -> bytes:
    file = io.BytesIO()
    Server(ROOT, session(answer)).download(Link(FILE, sha256=sha256), file, allow_unverified=sha256 is None)
    return file.getvalue()


@pytest.mark.parametrize("sha256", [SHA256, None])
def test_a_file_is_asked_for_as_it_is_and_with_the_login(sha256: str | None) -> None:
    seen: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200, content=iter([b"content"]))

    assert downloaded(answer, sha256) == b"content"
    assert [seen[0][name] for name in ("accept", "accept-encoding", "x-devpi-auth", "authorization")] == [
        "*/*",
        "identity",
        "YWxpY2U6dG9rZW4=",
        "Basic cHJveHk6cGFzc3dvcmQ=",
    ]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_and_a_server_elsewhere_gets_no_credentials(status: int) -> None:
    """Mirrors that use external URLs send their clients to PyPI."""
    asked: list[tuple[str, bool]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.host, bool({"x-devpi-auth", "authorization"} & set(request.headers))))
        if request.url.host == "devpi.example":
            return httpx.Response(status, headers={"location": "https://files.example/demo-1.0.tar.gz"})
        return httpx.Response(200, content=iter([b"content"]))

    assert downloaded(answer) == b"content"
    assert asked == [("devpi.example", True), ("files.example", False)]


def test_another_content_than_announced_is_refused() -> None:
    with pytest.raises(
        BrokenDistribution, match=r"^demo-1.0.tar.gz: the download has the SHA-256 [0-9a-f]+, but the index says"
    ):
        downloaded(lambda request: httpx.Response(200, content=iter([b"other content"])))


def test_a_file_that_is_gone_is_said_to_be_missing() -> None:
    gone = httpx.Response(404, json={"message": "no such file"}, headers={"x-devpi-api-version": "2"})

    with pytest.raises(Missing, match="no such file"):
        downloaded(lambda request: gone)


def test_redirects_without_end_are_given_up() -> None:
    with pytest.raises(NotDevpi, match="more than 10 redirects"):
        downloaded(lambda request: httpx.Response(302, headers={"location": FILE}))


def test_a_connection_that_breaks_in_the_middle_is_no_file() -> None:
    def half() -> Iterator[bytes]:
        yield b"cont"
        raise httpx.ReadError("connection reset")

    with pytest.raises(Unreachable, match=r"^cannot reach https://devpi.example/"):
        downloaded(lambda request: httpx.Response(200, content=half()))


def test_a_file_of_unknown_size_that_does_not_end_is_given_up() -> None:
    """The limit is 8 GiB, unless the index knows the size."""
    left = iter(range(1000))
    server, file = (
        Server(ROOT, session(lambda request: httpx.Response(200, content=(b"x" for _ in left)))),
        io.BytesIO(),
    )
    assert MOST_FILE_GIB == 8
    with pytest.raises(TooLarge, match=r"^demo-1.0.tar.gz: the download is larger than 10 bytes$"):
        server.download(Link(FILE, sha256=SHA256), file, most=10)
    assert (len(file.getvalue()), next(left)) == (10, 11)
