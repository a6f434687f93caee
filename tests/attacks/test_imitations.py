"""Something in front of the server swallows a change and answers in its place: nothing is reported as done."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.faults.faults import say
from tests.faults.proxy import Door, Exchange, door_of
from tests.support.dists import make_wheel, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.proxy import Action
    from tests.support.clients import Member, Result

VERSION, SERIAL, JSON = "X-Devpi-Api-Version: 2", "X-Devpi-Serial: 7", "Content-Type: application/json"
IMITATIONS: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "an empty 200": ("200 OK", b"", ()),
    "an empty 200 with the version": ("200 OK", b"", (VERSION,)),
    "204 with all headers": ("204 No Content", b"", (VERSION, SERIAL)),
    "202 with all headers": ("202 Accepted", b'{"message": "queued"}', (VERSION, SERIAL, JSON)),
    "null": ("200 OK", b"null", (VERSION, SERIAL, JSON)),
    "[]": ("200 OK", b"[]", (VERSION, SERIAL, JSON)),
    "a message without a serial": ("200 OK", b'{"message": "done", "code": "200 OK"}', (VERSION, JSON)),
    "a page": ("200 OK", b"<h1>Log in</h1>", ("Content-Type: text/html",)),
    "a redirect with the version": ("302 Found", b"", (VERSION, "Location: /login")),
    "a redirect with all headers": ("303 See Other", b"", (VERSION, SERIAL, "Location: /")),
    "a redirect that keeps the method": ("307 Temporary Redirect", b"", ("Location: /login",)),
    "a redirect to nowhere": ("301 Moved Permanently", b"", ("Location: http://[",)),
}


@dataclass(frozen=True)
class Change:
    """A command that changes something, the method of its request, and the words that would be a lie."""

    name: str
    typed: str
    method: str
    claim: str


CHANGES = [
    Change("upload", "upload {wheel}", "POST", "file_upload of"),
    Change("upload of docs", "upload {docs}", "POST", "doc_upload of"),
    Change("push", "push there==1.0 {user}/other", "PUSH", "store_releasefile"),
    Change("refresh", "refresh --index {user}/mirror there", "POST", "Refreshed"),
    Change("remove", "remove -y there==1.0", "DELETE", "deleted"),
    Change("user -c", "user -c new-{user} password=x", "PUT", "user created"),
    Change("user", "user {user} title=new", "PATCH", "user modified"),
    Change("user --delete", "user -y --delete {user}", "DELETE", "user deleted"),
    Change("passwd", "passwd --password-stdin", "PATCH", "user modified"),
    Change("index -c", "index -c new bases=", "PUT", "type=stage"),
    Change("index", "index dev title=new", "PATCH", "title=new"),
    Change("index --delete", "index -y --delete other", "DELETE", "index deleted"),
    Change("token create", "token create", "POST", "devpi-"),
    Change("patchjson", "patchjson /{user}/dev {folder}/changes.json", "PATCH", "PATCH REQUEST sent"),
]


@pytest.fixture
def door(member: Member) -> Iterator[Door]:
    """The way of a member to the server, who has something for each command to change."""
    put(member.server, member.index, "1.0", "there")
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    upstream = {"type": "mirror", "mirror_url": f"{member.index_url}/+simple/"}
    member.server.create_index(f"{member.user}/mirror", upstream)
    (member.home / "changes.json").write_text('["title=new"]')
    with door_of(member) as door:
        yield door


def typed(change: Change, member: Member) -> list[str]:
    (member.home / "new").mkdir(exist_ok=True)
    wheel = make_wheel(member.home / "new")
    docs = member.home / "there-1.0.doc.zip"
    docs.write_bytes(wheel.read_bytes())
    names = {"wheel": wheel, "docs": docs, "folder": member.home, "user": member.user}
    return [word.format(**names) for word in change.typed.split()]


def answering(imitation: str) -> Action:
    status, body, headers = IMITATIONS[imitation]
    return partial(say, status, headers, body)


def words(result: Result) -> str:
    """Return the line with the status that the server sent, or else all that was said."""
    sent = re.search(r"^\d{3} .*", result.stderr, re.MULTILINE)
    return f"exit status {result.status}: {sent[0] if sent else result.stderr.strip()}"


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_nothing_is_done_on_a_proxys_word(
    member: Member, door: Door, change: Change, attack: Callable[[str, str, str], None]
) -> None:
    line = typed(change, member)
    for imitation in IMITATIONS:
        door.open()
        door.action, door.method = answering(imitation), change.method
        result = member(*line, stdin="a new password\n")
        attack("a change answered by a proxy", f"{change.name}: {imitation}", words(result))
        assert (result.status, change.claim in result.stdout) == (1, False), (imitation, result)
        assert not [asked for asked in door.passed_on if asked.startswith(change.method)], imitation
        assert [asked for asked in door.asked if asked.startswith(change.method)], imitation


@pytest.mark.parametrize("imitation", IMITATIONS)
@pytest.mark.parametrize("retries", ["3", "0"])
def test_a_file_that_arrived_is_found_whatever_the_proxy_says(
    member: Member, door: Door, imitation: str, retries: str, attack: Callable[[str, str, str], None]
) -> None:
    async def forward_and_imitate(exchange: Exchange) -> None:
        await exchange.ask_devpi()
        await answering(imitation)(exchange)

    wheel = make_wheel(member.home)
    door.action, door.method = forward_and_imitate, "POST"
    result = member("upload", wheel, "--retries", retries)
    attack("an upload whose reply a proxy replaces", f"{imitation}, --retries {retries}", words(result))
    assert (result.lines, result.stderr, result.status) == (
        [f"file_upload of {wheel.name} to {door.url}{member.index}/"],
        f"{wheel.name}: uploaded, confirmed by the server\n",
        0,
    )
    assert [asked.split()[0] for asked in door.asked] == ["POST", "GET"]


@pytest.mark.parametrize("volatile", ["True", "False"])
def test_devpis_own_replies_are_believed_at_once(member: Member, door: Door, volatile: str) -> None:
    member.server.modify_index(member.index, [f"volatile={volatile}"])
    wheel = make_wheel(member.home)
    line = f"file_upload of {wheel.name} to {door.url}{member.index}/"
    assert member.ok("upload", wheel) == [line]
    again = member("upload", wheel)
    there = f"already there: {wheel.name} at {door.url}{member.index}/"
    assert (again.lines, again.stderr, again.status) == ([line if volatile == "True" else there], "", 0)
    assert [asked.split()[0] for asked in door.asked] == ["POST", "POST"]
