"""Which redirects are followed, and which are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import DevpiError, NotDevpi, Redirected
from devpi_cli.packages import dists
from tests.support.webservers import DEVPI_HEADERS, Front, a_front

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from devpi_cli.http.session import Session
    from tests.support.clients import Member


@pytest.fixture
def front() -> Iterator[Front]:
    with a_front() as found:
        yield found


@pytest.fixture
def elsewhere() -> Iterator[Front]:
    with a_front() as found:
        yield found


def test_a_get_follows_a_redirect_and_keeps_its_query(session: Session, front: Front) -> None:
    front.answer("/old", status=302, Location="/new")
    front.answer("/new", "here")
    reply = session.request("GET", f"{front.url}old?ignore_bases=&a=b")
    assert (reply.result, reply.url) == ("here", f"{front.url}new?ignore_bases=&a=b")
    assert front.asked == ["GET /old?ignore_bases=&a=b", "GET /new?ignore_bases=&a=b"]


def test_a_query_in_the_new_place_is_left_as_it_is(session: Session, front: Front) -> None:
    front.answer("/old", status=301, Location="new?c=d")
    front.answer("/new")
    session.request("GET", f"{front.url}old?a=b")
    assert front.asked[1] == "GET /new?c=d"


def test_a_query_is_not_told_to_another_server(session: Session, front: Front, elsewhere: Front) -> None:
    front.answer("/old", status=302, Location=elsewhere.answer("/new"))
    session.request("GET", f"{front.url}old?a=b")
    assert elsewhere.asked == ["GET /new"]


def test_a_redirect_of_the_real_server_keeps_the_query(
    new_session: Callable[..., Session], member: Member, wheel: Path
) -> None:
    """V32."""
    with wheel.open("rb") as file:
        member.server.upload(member.index, dists.read(wheel).fields, wheel.name, file)
    log: list[str] = []
    reply = new_session(log=log.append).request("GET", f"{member.index_url}/DEMO?ignore_bases=")
    assert list(reply.result) == ["1.0"]
    assert [line.partition(",")[0] for line in log] == [
        f"GET {member.index_url}/DEMO?ignore_bases= -> 302 Found",
        f"GET {member.index_url}/demo?ignore_bases= -> 200 OK",
    ]


def test_a59_a_slash_too_much_is_not_worth_a_word(member: Member) -> None:
    assert member.ok("getjson", f"/{member.index}/") == member.ok("getjson", f"/{member.index}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PUSH"])
def test_what_changes_something_is_not_sent_on(
    session: Session, front: Front, elsewhere: Front, method: str, status: int
) -> None:
    url = front.answer("/alice", status=status, Location=elsewhere.answer("/alice"))
    with pytest.raises(Redirected) as failure:
        session.request(method, url, json={"title": "x"})
    first, second, hint = str(failure.value).splitlines()
    assert first == f"{method} {url}"
    assert second.startswith(f"{status} ")
    assert second.endswith(f": redirected to {elsewhere.url}alice: a change is not sent on")
    assert hint == "type 'devpi use' with the URL that the server redirects to"
    assert (front.asked, elsewhere.asked) == ([f"{method} /alice"], [])


def test_a_loop_of_redirects_ends(session: Session, front: Front) -> None:
    url = front.answer("/loop", status=302, Location="/loop")
    with pytest.raises(NotDevpi) as failure:
        session.request("GET", url)
    assert str(failure.value) == f"GET {url}\nmore than 10 redirects\nis the URL right?"
    assert len(front.asked) == 11


@pytest.mark.parametrize(
    "location",
    [
        "http://host:port/",
        "http://host:99999/",
        "http://[/",
        "ftp://host/",
        "mailto:alice",
        "http://",
        "http:///x",
        "\\",
    ],
)
def test_a_redirect_to_nowhere_is_a_failure_like_others(session: Session, front: Front, location: str) -> None:
    front.answers["/\\"] = 404, DEVPI_HEADERS, b"{}"
    url = front.answer("/old", status=302, Location=location)
    with pytest.raises(DevpiError):
        session.request("GET", f"{url}?a=b")
