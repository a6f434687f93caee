"""The devpi protocol: cases that the command tests cannot reach, because current servers do not behave so."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from devpi_cli.errors import Conflict, NotDevpi, WrongUsage
from devpi_cli.http.responses import Reply
from devpi_cli.http.session import Session
from devpi_cli.models import Index, Link, Replica, Status
from devpi_cli.server import parse
from devpi_cli.server.api import KEY_VALUE_PARSING, Server, discover

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clients import Member

ROOT = "http://host/"


def answering(*replies: object, asked: list[tuple[str, str, Any]] | None = None) -> Session:
    """Return a session with a server that gives these replies, one after the other."""
    left = list(replies)

    def answer(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append((request.method, str(request.url), json.loads(request.content or b"null")))
        return httpx.Response(200, headers={"X-DEVPI-API-VERSION": "2", "X-Devpi-Serial": "1"}, json=left.pop(0))

    return Session(transport=httpx.MockTransport(answer))


def config(**settings: object) -> dict[str, object]:
    return {"type": "indexconfig", "result": settings}


# -- what a server says of itself


def api(**places: object) -> dict[str, object]:
    return {"type": "apiconfig", "result": {"login": "http://host/+login", "authstatus": ["noauth", "", []], **places}}


@pytest.mark.parametrize(("asked", "login", "root"), [
    ("http://host", "http://host/+login", "http://host/"),
    ("http://host/alice/dev", "/+login", "http://host/"),
    ("http://host/devpi/alice/dev", "/devpi/+login", "http://host/devpi/"),
    ("http://host:3141", "http://devpi.example/+login", "http://devpi.example/"),
    ("http://host", "https://host/+login", "https://host/"),
    ("https://host", "http://host/+login", "https://host/"),
    ("https://host:8443", "http://localhost:3141/+login", "https://host:8443/"),
    ("https://host", "http://other/prefix/+login", "https://host/prefix/"),
    ("https://host", "https://other/+login", "https://other/"),
])  # fmt: skip
def test_the_root_is_where_the_server_says_but_https_is_never_left(asked: str, login: str, root: str) -> None:
    assert discover(answering(api(login=login)), asked).root == root


def test_no_place_of_an_index_leaves_https() -> None:
    places = {"index": "http://h/a/b", "simpleindex": "http://h/a/b/+simple/", "pypisubmit": "http://h/a/b/"}
    service = discover(answering(api(**places)), "https://host/a/b")
    assert (service.index, service.simpleindex, service.pypisubmit, service.login) == (
        "https://host/a/b", "https://host/a/b/+simple/", "https://host/a/b/", "https://host/+login",
    )  # fmt: skip


def test_an_old_server_has_no_features() -> None:
    assert discover(answering(api()), ROOT).features == ()
    assert discover(answering(api(features=None)), ROOT).features == ()
    assert discover(answering(api(features=["b", "a"])), ROOT).features == ("a", "b")


@pytest.mark.parametrize("login", [None, 7, "", "/login", "http://alice:s3cret@host/", "ftp://host/+login"])
def test_a_server_that_names_no_place_to_log_in_is_no_devpi(login: object) -> None:
    with pytest.raises(NotDevpi) as failure:
        discover(answering(api(login=login)), ROOT)
    assert "the reply has no valid login URL: " in str(failure.value)
    assert "s3cret" not in str(failure.value)


@pytest.mark.parametrize(
    "places",
    [{"features": 7}, {"features": {}}, {"authstatus": "ok"}, {"authstatus": []}, {"authstatus": [[]]}, {"index": 7}],
)
def test_parts_of_another_shape_count_as_missing(places: dict[str, object]) -> None:
    service = discover(answering(api(**places)), ROOT)
    assert (service.root, service.index, service.features) == (ROOT, None, ())


@pytest.mark.parametrize("key", ["login", "index", "pypisubmit", "simpleindex"])
@pytest.mark.parametrize("place", ["http://[/+login", "http://host:99999/+login"])
def test_a_place_that_is_no_url_is_no_devpi(key: str, place: str) -> None:
    with pytest.raises(NotDevpi) as failure:
        discover(answering(api(**{key: place})), ROOT)
    assert str(failure.value) == f"http://host/+api\nthe reply has an invalid URL: {place!r}"


# -- an index at a server that cannot apply single changes


@pytest.mark.parametrize(("before", "change", "after"), [
    ({"bases": ["root/pypi"]}, "title=new", {"bases": ["root/pypi"], "title": "new"}),
    ({"title": "old"}, "title=a=b", {"title": "a=b"}),
    ({"bases": ["root/pypi"]}, "bases=", {"bases": ""}),
    ({"bases": ["a/b"]}, "bases+=c/d,e/f", {"bases": ["a/b", "c/d", "e/f"]}),
    ({"bases": ["a/b"]}, "bases+=a/b", {"bases": ["a/b"]}),
    ({"bases": ["a/b", "c/d"]}, "bases-=a/b", {"bases": ["c/d"]}),
    ({"bases": ["a/b"]}, "bases-=c/d", {"bases": ["a/b"]}),
    ({}, "mirror_whitelist+=demo", {"mirror_whitelist": ["demo"]}),
    ({}, "mirror_whitelist-=demo", {"mirror_whitelist": []}),
])  # fmt: skip
def test_an_old_server_gets_the_changed_configuration(
    before: dict[str, object], change: str, after: dict[str, object]
) -> None:
    asked: list[tuple[str, str, Any]] = []
    session = answering(config(**before, projects=["demo"]), config(type="stage"), asked=asked)
    assert Server(ROOT, session).modify_index("alice/dev", [change]) == Index("alice/dev", {"type": "stage"})
    assert asked == [
        ("GET", "http://host/alice/dev?no_projects=", None),
        ("PATCH", "http://host/alice/dev", after),
    ]


@pytest.mark.parametrize("change", ["title+=x", "volatile-=x"])
def test_only_lists_can_be_added_to(change: str) -> None:
    asked: list[tuple[str, str, Any]] = []
    server = Server(ROOT, answering(config(title="text", volatile=True), asked=asked))
    with pytest.raises(WrongUsage) as failure:
        server.modify_index("alice/dev", [change])
    assert str(failure.value) == f"{change!r}: {change[:-3]} is not a list, so only = can change it"
    assert [method for method, _, _ in asked] == ["GET"]


def test_a_server_of_today_gets_the_changes_and_is_not_asked_before() -> None:
    """A46, A47."""
    asked: list[tuple[str, str, Any]] = []
    server = Server(ROOT, answering(config(), asked=asked), (KEY_VALUE_PARSING,))
    server.modify_index("alice/dev", ["bases+=root/pypi", "title=x"])
    assert asked == [("PATCH", "http://host/alice/dev", ["bases+=root/pypi", "title=x"])]


def test_both_ways_have_the_same_outcome(member: Member) -> None:
    server = member.server
    assert KEY_VALUE_PARSING in server.features
    server.create_index(f"{member.user}/one", {"bases": ""})
    server.create_index(f"{member.user}/two", {"bases": ""})
    for change in (f"bases+={member.index}", "title=x", "acl_upload+=bob", "acl_upload-=bob", "mirror_whitelist=a,b"):
        today = server.modify_index(f"{member.user}/one", [change])
        before = Server(server.root, server.session).modify_index(f"{member.user}/two", [change])
        assert today.config == before.config


# -- replies of another shape


REQUESTS: dict[str, Callable[[Server], object]] = {
    "proxyauth": lambda server: server.login("alice", "secret"),
    "list:userconfig": lambda server: server.users(),
    "userconfig": lambda server: server.user("alice"),
    "indexconfig": lambda server: server.index("alice/dev"),
    "projectconfig": lambda server: server.releases("alice/dev", "demo"),
}


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize("reply", [
    {}, [], 7, None, "text", {"type": "other", "result": {}}, {"type": None, "result": None}, {"result": {}},
])  # fmt: skip
def test_a_reply_about_something_else_is_no_devpi(kind: str, reply: object) -> None:
    with pytest.raises(NotDevpi) as failure:
        REQUESTS[kind](Server(ROOT, answering(reply)))
    lines = str(failure.value).splitlines()
    assert lines[0].startswith(ROOT)
    assert lines[1].startswith(f"unexpected type of reply: expected {kind!r}, got ")
    assert lines[2] == "is this the URL of a devpi server?"


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize("result", [[], 7, None, "text"])
def test_a_result_of_another_shape_is_no_devpi(kind: str, result: object) -> None:
    with pytest.raises(NotDevpi):
        REQUESTS[kind](Server(ROOT, answering({"type": kind, "result": result})))


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"password": None, "expiration": 1},
        {"password": "t0ken", "expiration": "soon"},
        {"password": "t0ken", "expiration": 10**400},
    ],
)
def test_a_login_without_a_token_is_no_devpi(result: dict[str, object]) -> None:
    with pytest.raises(NotDevpi) as failure:
        Server(ROOT, answering({"type": "proxyauth", "result": result})).login("alice", "secret")
    assert str(failure.value) == "http://host/+login\nthe reply to a login has no valid token"


@pytest.mark.parametrize(("kind", "result"), [
    ("list:userconfig", {"alice": None}),
    ("list:userconfig", {"alice": {"indexes": []}}),
    ("list:userconfig", {"alice": {"indexes": {"dev": None}}}),
    ("list:userconfig", {"alice": {"indexes": {"dev": 7}}}),
    ("userconfig", {"indexes": "dev"}),
    ("indexconfig", {"projects": 7}),
    ("indexconfig", {"projects": None}),
    ("projectconfig", {"1.0": None}),
    ("projectconfig", {"1.0": {"+links": 7}}),
    ("projectconfig", {"1.0": {"+links": [7, None, {}, {"href": None}]}}),
    ("projectconfig", {"1.0": {"+links": [{"href": "/a", "hashes": "abc"}]}}),
    ("projectconfig", {"1.0": {"+shadowing": [7]}}),
])  # fmt: skip
def test_a_damaged_part_of_a_reply_counts_as_missing(kind: str, result: dict[str, object]) -> None:
    found = REQUESTS[kind](Server(ROOT, answering({"type": kind, "result": result})))
    assert found not in (None, [])


def test_the_paths_of_an_old_server_become_urls() -> None:
    links = [
        {"href": "/alice/dev/+f/b.whl", "rel": "releasefile"},
        {"href": "http://host/alice/dev/+f/a.zip", "rel": "doczip"},
    ]
    server = Server(ROOT, answering({"type": "projectconfig", "result": {"1.0": {"+links": links}}}))
    assert server.releases("alice/dev", "demo")[0].links == (
        Link("http://host/alice/dev/+f/a.zip", "doczip"),
        Link("http://host/alice/dev/+f/b.whl"),
    )


UPLOADED = {"what": "upload", "who": "alice", "when": [2026, 11, 25, 2, 5, 6], "dst": "alice/dev"}


@pytest.mark.parametrize(("log", "when", "who"), [
    ([UPLOADED], "2026-11-25T02:05:06Z", "alice"),
    ([UPLOADED, {"what": "push", "who": "bob", "when": [2027, 1, 1, 0, 0, 0]}], "2026-11-25T02:05:06Z", "alice"),
    ([{**UPLOADED, "who": "bob"}, {"what": "overwrite", "who": None}, UPLOADED], "2026-11-25T02:05:06Z", "alice"),
    ([{**UPLOADED, "when": [2026, 11]}], None, "alice"),
    ([{**UPLOADED, "when": "now", "who": 7}], None, None),
    ([7, {}], None, None), ("upload", None, None), (None, None, None),
])  # fmt: skip
def test_the_log_of_a_file_tells_when_and_by_whom_it_was_uploaded(
    log: object, when: str | None, who: str | None
) -> None:
    result = {"1.0": {"+links": [{"href": "/alice/dev/+f/b.whl", "rel": "releasefile", "log": log, "size": 12}]}}
    server = Server(ROOT, answering({"type": "projectconfig", "result": result}))
    link = server.releases("alice/dev", "demo")[0].links[0]
    assert (link.upload_time, link.uploaded_by, link.size) == (when, who, 12)


@pytest.mark.parametrize(("result", "status", "behind"), [
    ({"role": "MASTER", "serial": 5, "versioninfo": {"devpi-server": "6.20"}},
     Status({"devpi-server": "6.20"}, "primary", 5), None),
    ({"role": "PRIMARY", "serial": 5, "polling_replicas": {
        "u1": {"serial": 3, "outside-url": "http://replica/"}, "u2": {"serial": 5, "outside-url": None}, "u3": 7}},
     Status({}, "primary", 5, replicas=(Replica("http://replica/", 3), Replica(None, 5))), None),
    ({"role": "REPLICA", "serial": 5, "primary-url": "http://p/", "primary-serial": 8, "replica-in-sync-at": 1.5,
      "master-url": "http://m/", "master-serial": 9}, Status({}, "replica", 5, "http://p/", 8, 1.5), 3),
    ({"role": "REPLICA", "serial": 5, "master-url": "http://m/", "master-serial": 4},
     Status({}, "replica", 5, "http://m/", 4), 0),
    ({"role": "REPLICA", "serial": 0, "primary-url": "http://p/", "primary-serial": None},
     Status({}, "replica", 0, "http://p/"), None),
    ({"role": 7, "serial": "5", "versioninfo": 7, "polling_replicas": 7, "replica-in-sync-at": "now"}, Status({}),
     None),
    (None, Status({}), None),
])  # fmt: skip
def test_how_a_server_is(result: object, status: Status, behind: int | None) -> None:
    found = Server(ROOT, answering({"type": "status", "result": result})).status()
    assert (found, found.behind) == (status, behind)


def replying(status: int, reason: str, message: str = "") -> Server:
    """A server that answers everything like this; over HTTP/2 there is no reason."""
    body = {"json": {"message": message}} if message else {}
    answer = httpx.Response(
        status,
        headers={"X-Devpi-Api-Version": "2", "X-Devpi-Serial": "1"},
        extensions={"reason_phrase": reason.encode()},
        **body,
    )
    return Server(ROOT, Session(transport=httpx.MockTransport(lambda request: answer)))


FAILED_TRIGGER = "OK, but a trigger plugin failed: no disk"


@pytest.mark.parametrize("reason", ["OK", "", "Upload of identical file", FAILED_TRIGGER])
def test_c9_200_says_more_than_ok_in_its_reason(reason: str) -> None:
    server = replying(200, reason)
    said = server.upload("alice/dev", {"name": "demo"}, "demo.whl", BytesIO(b"content"))
    assert said == ("" if reason == "OK" else reason)


@pytest.mark.parametrize(
    ("reason", "message", "said"),
    [
        ("demo.whl already exists", "", "demo.whl already exists"),
        ("", "demo.whl already exists", "Conflict: demo.whl already exists"),
        ("", "", "Conflict"),
    ],
)
def test_c8_what_went_wrong_stands_in_the_reason_or_in_the_body(reason: str, message: str, said: str) -> None:
    with pytest.raises(Conflict) as failure:
        replying(409, reason, message).upload("alice/dev", {"name": "demo"}, "demo.whl", BytesIO(b"content"))
    assert failure.value.reason == said


@pytest.mark.parametrize(("sent", "url"), [
    ("http://h/+f/1/2/d\ud800-1.0.zip", "http://h/+f/1/2/d%3F-1.0.zip"), ("/+f/\udcff.zip", "http://host/+f/%3F.zip"),
    ("https://h/a\nwarning: b.zip", "https://h/a%0Awarning:%20b.zip"), ("/a\u2028b.zip", "http://host/a%E2%80%A8b.zip"),
    ("/jörg/a.zip", "http://host/jörg/a.zip"), ("/a%0Ab.zip#sha256=00", "http://host/a%0Ab.zip#sha256=00"),
])  # fmt: skip
def test_what_no_url_has_is_quoted_in_a_link(sent: str, url: str) -> None:
    """A lone surrogate cannot be sent, and a line end would make a line of its own where the link is shown."""
    data = {"+links": [{"href": sent, "rel": "releasefile"}]}
    (link,) = parse.links(data, Reply("http://host/alice/dev/demo", 200, "OK"))
    assert link.url == url
