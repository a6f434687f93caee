"""The time limit of a request, with real sockets: httpx limits single reads only, and a slow drip makes many."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from contextlib import contextmanager, suppress
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from devpi_cli import connect
from devpi_cli.errors import NotDevpi, Unreachable, WrongUsage
from devpi_cli.http import deadline
from devpi_cli.http.bodies import Form
from devpi_cli.http.retries import Retries
from devpi_cli.http.session import LOOK, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.support.clients import Client, Member

HEAD = b"HTTP/1.1 200 OK\r\nX-Devpi-Api-Version: 2\r\nContent-Type: application/json\r\n"
DRIP_SECONDS = 0.02


@contextmanager
def dripping(begin: bytes, drops: Callable[[], Iterable[bytes]] = lambda: itertools.repeat(b"x")) -> Iterator[str]:
    """Serve one request after the other: a beginning at once, and then a drop every now and then.

    Without a length of the body its end is that of the connection.
    """
    stopped = threading.Event()

    def serve(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                connection.settimeout(0.5)
                with connection, suppress(OSError):
                    while connection.recv(65536):
                        connection.sendall(begin)
                        for drop in drops():
                            if stopped.wait(DRIP_SECONDS):
                                return
                            connection.sendall(drop)
                        if b"Content-Length" not in begin:
                            break

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=[listening])
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        stopped.set()
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


Hurried = "Callable[..., Session]"


@pytest.fixture
def hurried(new_session: Callable[..., Session]) -> Callable[..., Session]:
    """Make a session whose requests may take so many seconds."""
    import_module("httpx")  # it must not take from this time
    return lambda seconds=0.3, **how: new_session(retries=Retries(most_seconds=seconds, **how))


@pytest.mark.parametrize(
    "begin",
    [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", HEAD + b"\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n5000\r\n"],
    ids=["status line", "headers", "body", "chunk"],
)
def test_what_drips_for_ever_is_given_up(hurried: Hurried, begin: bytes) -> None:
    drops = (lambda: itertools.repeat(b"x")) if begin else (lambda: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"))
    with dripping(begin, drops) as url:
        started = time.monotonic()
        with pytest.raises(Unreachable) as failure:
            hurried().request("GET", url)
        assert time.monotonic() - started < 5
    assert str(failure.value) == f"no complete answer from {url} within 0.3 s\nto wait longer, add --deadline SECONDS"
    assert failure.value.exit_status == 6


def test_silence_ends_a_request_before_its_deadline(new_session: Callable[..., Session]) -> None:
    session = new_session(timeout=0.1, retries=Retries(most_seconds=60))
    with dripping(HEAD + b"Content-Length: 9\r\n\r\n", list) as url, pytest.raises(Unreachable) as failure:
        session.request("GET", url)
    assert str(failure.value) == f"no answer from {url} within 0.1 s\nto wait longer, add --timeout SECONDS"


def test_the_deadline_counts_anew_for_every_request_and_on_a_connection_that_is_kept(hurried: Hurried) -> None:
    body = b'{"result": 1}'
    begin = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode()
    with dripping(begin, lambda: [bytes([byte]) for byte in body]) as url:
        for _ in range(3):
            assert hurried(1).request("GET", url).result == 1


def test_a_file_may_take_longer(hurried: Hurried) -> None:
    content = b"0123456789" * 3
    pieces: list[bytes] = []
    begin = HEAD + f"Content-Length: {len(content)}\r\n\r\n".encode()
    with dripping(begin, lambda: [bytes([byte]) for byte in content]) as url:
        hurried(0.25).download(url, pieces.append)
    assert b"".join(pieces) == content


def test_sending_a_file_may_take_longer_but_not_the_answer(hurried: Hurried) -> None:
    class Slow(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            time.sleep(0.2)
            return super().read(size)

    started = time.monotonic()
    with dripping(HEAD + b"\r\n") as url, pytest.raises(Unreachable) as failure:
        hurried(0.3).request("POST", url, form=Form({}, "demo.whl", Slow(b"content")))
    assert time.monotonic() - started > 0.5
    assert str(failure.value) == f"no complete answer from {url} within 0.3 s\n{LOOK}"


def test_no_wait_goes_beyond_the_deadline(hurried: Hurried) -> None:
    busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n"
    waits: list[float] = []
    with dripping(busy, list) as url, pytest.raises(Exception, match="503 Busy"):
        hurried(1, most=3, sleep=waits.append).request("GET", url)
    assert waits == []


def test_outside_of_a_request_there_is_all_the_time_of_the_world() -> None:
    assert deadline.left() == float("inf")


def test_the_option_is_in_seconds(at_server: Client) -> None:
    with dripping(HEAD + b"\r\n") as url:
        for typed, env in ((("--deadline", "0.2"), {}), ((), {"DEVPI_DEADLINE": "0.2"})):
            assert at_server.fails("getjson", url, *typed, **env) == (
                6,
                f"no complete answer from {url} within 0.2 s\nto wait longer, add --deadline SECONDS\n",
            )
    status, said = at_server.fails("getjson", "/", "--deadline", "0")
    assert (status, "'--deadline': 0.0 is not in the range 0<x<=1000000" in said) == (2, True)


@pytest.mark.parametrize("seconds", ["nan", "NaN", "-nan", "inf", "-inf", "1e12", "1e400", "0", "-1"])
@pytest.mark.parametrize("name", ["timeout", "deadline"])
def test_seconds_that_no_clock_can_count_are_refused(at_server: Client, name: str, seconds: str) -> None:
    for typed, env in (((f"--{name}", seconds), {}), ((), {f"DEVPI_{name.upper()}": seconds})):
        status, said = at_server.fails("getjson", "/", *typed, **env)
        assert status == 2
        assert "is not in the range 0<x<=1000000" in said
    with pytest.raises(WrongUsage, match=f"{name}=.* must be a number of seconds: more than 0, at most 1e\\+06"):
        connect("http://127.0.0.1:1/", **{name: float(seconds)})


@pytest.mark.parametrize("retries", [-1, 0.5, "3", float("nan")])
def test_retries_of_the_library_are_a_number(retries: int) -> None:
    with pytest.raises(WrongUsage, match="retries="):
        connect("http://127.0.0.1:1/", retries=retries)


@pytest.mark.parametrize(
    ("option", "typed"),
    [("--retries", "-1"), ("--retries", "1" * 30), ("--jobs", "0"), ("--jobs", "65"), ("--jobs", "nan")],
)
def test_numbers_out_of_range_are_refused(at_server: Client, option: str, typed: str) -> None:
    status, said = at_server.fails("list", "-v", option, typed)
    assert status == 2
    assert option in said


# -- before anything is sent


def in_time(session: Session, url: str, started: float, most: float = 3) -> str:
    with pytest.raises(Unreachable) as failure:
        session.request("PUT", url, json={})
    assert time.monotonic() - started < most
    return str(failure.value)


def test_the_deadline_counts_while_a_name_is_looked_up(hurried: Hurried, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answered = [], threading.Event()

    def never(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        answered.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", never)
    said = in_time(hurried(0.3), "http://devpi.example/", time.monotonic())
    answered.set()
    url = "http://devpi.example/"
    assert said == f"no connection to {url} within 0.3 s\nto wait longer, add --deadline SECONDS"
    assert asked == ["devpi.example"]


def test_the_deadline_is_for_all_addresses_of_a_host_together(
    hurried: Hurried, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody accepts: the queue of connections is full, and the kernel drops what comes."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        time.sleep(0.1)
        row = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        other = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", port))
        known = [row, other, row, other]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: known)
        full_url = f"http://devpi.example:{port}/"
        said = in_time(hurried(0.6), full_url, time.monotonic())
        for one in waiting:
            one.close()
    assert "devpi.example" in said


@pytest.mark.parametrize("seconds", [0.3, 1.0])
def test_a_tls_handshake_that_drips_is_given_up(hurried: Hurried, seconds: float) -> None:
    """A record of 16 KiB that comes byte by byte: each read is quick, and the handshake never ends."""
    with dripping(b"\x16\x03\x03\x40\x00") as plain:
        url = plain.replace("http:", "https:")
        said = in_time(hurried(seconds), url, time.monotonic())
    assert said == f"no connection to {url} within {seconds:g} s\nto wait longer, add --deadline SECONDS"


def test_an_unknown_host_is_still_called_that(hurried: Hurried, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unreachable, match=r"^cannot reach http://devpi.example/: Name or service not known"):
        hurried(5).request("GET", "http://devpi.example/")


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_reply_without_end_is_not_read_to_its_end(
    session: Session, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr("devpi_cli.http.responses.MOST_MIB", 0.01)
    with dripping(HEAD + b"\r\n[", lambda: itertools.repeat(b"0," * 1000)) as url, pytest.raises(NotDevpi) as failure:
        session.request(method, url)
    said = "200 OK, but larger than 0.01 MiB\nis this the URL of a devpi server?"
    assert str(failure.value) == f"{method} {url}\n{said}"


def test_a_small_reply_that_unpacks_to_very_much_is_not_unpacked_whole(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gzip

    monkeypatch.setattr("devpi_cli.http.responses.MOST_MIB", 1)
    packed = gzip.compress(b"0" * 3 * 2**20)
    head = HEAD + f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    with dripping(head + packed, list) as url, pytest.raises(NotDevpi, match="larger than 1 MiB"):
        session.request("GET", url)


def test_a_change_whose_answer_was_lost_may_have_been_made(member: Member) -> None:
    with dripping(b"", list) as url:
        said = f"cannot reach {url}: Server disconnected without sending a response.\n{LOOK}\n"
        with member.state.changing() as state:
            state.servers[url] = state.servers.pop(member.server.root)
            state.server = url
        assert member.fails("user", member.user, "email=x") == (6, said)
        assert LOOK not in member.fails("login", member.user, "--password", "x")[1]
