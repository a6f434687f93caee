"""When a request is repeated, and after what delay; these tests do not wait."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from email.utils import formatdate
from io import BytesIO
from typing import TYPE_CHECKING

import httpx
import pytest

from devpi_cli.errors import DevpiError, Refused, Unreachable
from devpi_cli.http.bodies import Form
from devpi_cli.http.retries import Retries, seconds
from devpi_cli.http.session import Session
from devpi_cli.server.api import Server

if TYPE_CHECKING:
    from collections.abc import Iterable

URL = "http://devpi.example/"
DEVPI = {"X-Devpi-Api-Version": "2", "X-Devpi-Serial": "1"}
OK = httpx.Response(200, headers=DEVPI)


@dataclass
class Flaky:
    """A session whose server answers one thing after the other, the last for ever."""

    outcomes: list[httpx.Response | Exception]
    most: int = 3
    waits: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.retries = Retries(self.most, self.said.append, self.waits.append, lambda: 0.5)
        self.session = Session(transport=httpx.MockTransport(self.answer), retries=self.retries)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.method)
        self.bodies.append(request.read())
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return httpx.Response(outcome.status_code, headers=outcome.headers, content=outcome.content)


def failing(status: int, times: int = 1, **headers: str) -> list[httpx.Response | Exception]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return [*[httpx.Response(status, headers=sent)] * times, OK]


def arrived(*answers: bool | DevpiError) -> Iterable[bool]:
    for answer in answers:
        if isinstance(answer, DevpiError):
            raise answer
        yield answer


def upload(flaky: Flaky, *answers: bool | DevpiError) -> str:
    told = iter(arrived(*answers))
    form = Form({"name": "demo"}, "demo.whl", BytesIO(b"content"), lambda: next(told))  # type: ignore[call-overload]
    return flaky.session.request("POST", URL, form=form).reason


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_passes_is_tried_again_after_longer_and_longer_waits(method: str, status: int) -> None:
    flaky = Flaky(failing(status, 3))
    assert flaky.session.request(method, URL).status == 200
    assert flaky.waits == [1, 2, 4]
    phrase = httpx.codes(status).name.replace("_", " ").title()
    assert flaky.said == [f"retrying in {wait} s: {status} {phrase}" for wait in (1, 2, 4)]


def test_waits_are_spread_over_half_and_one_and_a_half() -> None:
    spread, waits = iter([0.0, 0.999]), list[float]()
    retries = Retries(3, sleep=waits.append, spread=lambda: next(spread))
    session = Session(transport=httpx.MockTransport(Flaky(failing(503, 2)).answer), retries=retries)
    session.request("GET", URL)
    assert waits == [0.5, pytest.approx(3, abs=0.01)]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 500, 501])
def test_what_does_not_pass_is_not_tried_again(status: int) -> None:
    flaky = Flaky(failing(status, **DEVPI))
    with pytest.raises(DevpiError):
        flaky.session.request("GET", URL)
    assert (flaky.asked, flaky.said) == (["GET"], [])


def test_a_502_of_devpi_itself_is_about_the_upstream_of_a_mirror() -> None:
    flaky = Flaky(failing(502, **DEVPI))
    with pytest.raises(Refused):
        flaky.session.request("GET", URL)
    assert flaky.asked == ["GET"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PUSH"])
@pytest.mark.parametrize("outcome", [httpx.Response(503), httpx.ConnectError("refused"), httpx.ReadError("reset")])
def test_what_changes_something_is_done_once(method: str, outcome: httpx.Response | Exception) -> None:
    flaky = Flaky([outcome, OK])
    with pytest.raises(DevpiError):
        flaky.session.request(method, URL, json={})
    assert (flaky.asked, flaky.said) == ([method], [])


@pytest.mark.parametrize("outcome", [502, 503, 504, httpx.ConnectError("refused"), httpx.ReadError("reset")])
def test_a_login_changes_nothing_and_is_tried_again(outcome: int | Exception) -> None:
    login = httpx.Response(200, headers=DEVPI, json={"type": "proxyauth", "result": {"password": "t", "expiration": 9}})
    flaky = Flaky([httpx.Response(outcome) if isinstance(outcome, int) else outcome, login])
    assert Server(URL, flaky.session).login("alice", "secret").token == "t"
    assert flaky.asked == ["POST", "POST"]
    assert flaky.bodies == [b'{"user":"alice","password":"secret"}'] * 2


def test_a_login_that_fails_for_good_changed_nothing() -> None:
    flaky = Flaky([httpx.Response(502)])
    with pytest.raises(Refused, match=r"502 Bad Gateway$"):
        Server(URL, flaky.session).login("alice", "secret")
    assert flaky.asked == ["POST"] * 4


def test_there_is_an_end_to_it() -> None:
    flaky = Flaky(failing(503, 4), most=2)
    with pytest.raises(Refused, match="503 Service Unavailable"):
        flaky.session.request("GET", URL)
    assert flaky.waits == [1, 2]


def test_all_requests_of_a_command_share_what_they_may_wait() -> None:
    flaky = Flaky(failing(503, 1, Retry_After="400"))
    flaky.session.request("GET", URL)
    flaky.outcomes = failing(503, 1, Retry_After="400")
    with pytest.raises(Refused):
        flaky.session.request("GET", URL)
    assert flaky.waits == [400]


def test_none_switches_it_off() -> None:
    flaky = Flaky([httpx.ReadError("reset"), OK], most=0)
    with pytest.raises(Unreachable):
        upload(flaky, True)
    assert flaky.asked == ["POST"]


# -- connections


@pytest.mark.parametrize("error", [httpx.ReadError("reset"), httpx.RemoteProtocolError("gone"), httpx.WriteError("x")])
def test_a_connection_that_broke_off_is_made_again(error: Exception) -> None:
    flaky = Flaky([error, OK])
    flaky.session.request("GET", URL)
    assert flaky.said == [f"retrying in 1 s: cannot reach {URL}: {error}"]


def test_a_refused_connection_is_tried_twice_more_within_a_second_and_nothing_said() -> None:
    flaky = Flaky([httpx.ConnectError("refused")])
    with pytest.raises(Unreachable):
        flaky.session.request("GET", URL)
    assert (flaky.waits, flaky.said) == ([0.2, 0.5], [])


@pytest.mark.parametrize("error", [httpx.ConnectTimeout(""), httpx.ReadTimeout(""), httpx.ProxyError("no")])
def test_who_was_waited_for_long_enough_is_not_asked_again(error: Exception) -> None:
    flaky = Flaky([error, OK])
    with pytest.raises(Unreachable):
        flaky.session.request("GET", URL)
    assert flaky.waits == []


@pytest.mark.parametrize("url", ["http://no.such.host.invalid/", "https://{listening}/"])
def test_an_unknown_host_and_a_tls_failure_do_not_pass(url: str, not_devpi: str) -> None:
    flaky = Flaky([OK])
    session = Session(retries=flaky.retries)
    with pytest.raises(Unreachable):
        session.request("GET", url.format(listening=not_devpi.split("/")[2]))
    session.close()
    assert flaky.waits == []


def test_a_download_begins_anew_only_before_its_first_piece() -> None:
    class Broken(httpx.SyncByteStream):
        def __iter__(self) -> Iterable[bytes]:  # type: ignore[override]
            yield b"first"
            raise httpx.ReadError("reset")

    pieces: list[bytes] = []
    transport = httpx.MockTransport(lambda request: answers.pop(0))
    session = Session(transport=transport, retries=Retries(3, sleep=lambda wait: None))
    answers = [httpx.Response(503), httpx.Response(200, stream=Broken()), OK]
    with pytest.raises(Unreachable, match="reset"):
        session.download(URL, pieces.append)
    assert (pieces, len(answers)) == ([b"first"], 1)


# -- uploads


@pytest.mark.parametrize("first", [httpx.Response(503), httpx.Response(429), httpx.ConnectError("refused")])
def test_an_upload_that_cannot_have_arrived_is_sent_again_whole(first: httpx.Response | Exception) -> None:
    flaky = Flaky([first, OK])
    assert upload(flaky) == "OK"
    assert [b"content" in body for body in flaky.bodies] == [True, True]


LOST = [
    httpx.ReadError("reset"),
    httpx.ReadTimeout(""),
    httpx.WriteTimeout(""),
    httpx.Response(502),
    httpx.Response(504),
]


@pytest.mark.parametrize("lost", LOST)
def test_an_upload_whose_answer_was_lost_is_looked_for(lost: httpx.Response | Exception) -> None:
    flaky = Flaky([lost, OK])
    assert upload(flaky, True) == "uploaded, confirmed by the server"
    assert flaky.asked == ["POST"]


@pytest.mark.parametrize("lost", LOST)
def test_an_upload_that_is_not_there_is_sent_again(lost: httpx.Response | Exception) -> None:
    flaky = Flaky([lost, OK])
    assert upload(flaky, False) == "OK"
    assert [b"content" in body for body in flaky.bodies] == [True, True]


def test_an_upload_nobody_can_look_for_fails_as_it_did() -> None:
    flaky = Flaky([httpx.ReadError("reset"), OK])
    with pytest.raises(Unreachable, match="reset"):
        upload(flaky, Refused("GET", 500, "who knows"))
    assert flaky.asked == ["POST"]


def test_the_last_of_the_attempts_is_looked_for_too() -> None:
    flaky = Flaky([httpx.ReadError("reset")], most=1)
    assert upload(flaky, False, True) == "uploaded, confirmed by the server"
    assert flaky.asked == ["POST", "POST"]


# -- Retry-After


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("0", 0),
        ("7", 7),
        ("9" * 400, float("inf")),
        ("", None),
        ("-3", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0),
    ],
)
def test_retry_after_has_seconds_or_a_date(header: str, wait: float | None) -> None:
    assert seconds(header) == wait


def test_a_date_to_come_is_waited_for() -> None:
    assert seconds(formatdate(time.time() + 30, usegmt=True)) == pytest.approx(30, abs=3)


@pytest.mark.parametrize(("header", "waits"), [("7", [7]), ("0", [0]), ("soon", [1])])
def test_the_server_says_how_long_to_wait(header: str, waits: list[float]) -> None:
    flaky = Flaky(failing(503, 1, Retry_After=header))
    flaky.session.request("GET", URL)
    assert flaky.waits == waits


def test_a_server_that_wants_to_be_left_alone_for_long_is() -> None:
    flaky = Flaky(failing(503, 1, Retry_After="3600"))
    with pytest.raises(Refused, match="503"):
        flaky.session.request("GET", URL)
    assert (flaky.waits, flaky.said) == ([], [])
