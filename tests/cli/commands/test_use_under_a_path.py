"""A server with devpi-web under a path, behind a web server that strips the path and redirects /devpi to /devpi/."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.gates import Gate, Page, open_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.support.clients import Client, Member

PATH = "/devpi"


class UnderPath(Gate):
    """A web server in front of devpi, as nginx is with ``location /devpi/ { proxy_pass http://…/; }``."""

    def page(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Page:
        if not path.startswith(f"{PATH}/"):
            place = f"{self.url.rstrip('/')}{PATH}/"
            return Page(301, headers={"Location": place}) if path.partition("?")[0] == PATH else Page(404)
        told = replace(self, url=f"{self.url.rstrip('/')}{PATH}")
        return Gate.page(told, method, path.removeprefix(PATH), headers, body)


@pytest.fixture
def gate(member: Member) -> Iterator[UnderPath]:
    """The web server; the member uses devpi through it."""
    front = UnderPath(member.home, behind=member.server.root)
    with open_at(front):
        member.ok("use", f"{front.url}devpi/{member.index}")
        member.ok("login", member.user, "--password-stdin", stdin=member.password)
        front.asked.clear()
        yield front


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("user -l", "{user}"),
        ("use -l", "{user}/dev"),
        ("use -l {url}", "{user}/dev"),
        ("use -l {url}/", "{user}/dev"),
        ("index -l", "{user}/dev"),
        ("use", "current devpi index: {url}/{user}/dev"),
        ("use {url}", "using server: {url}/"),
        ("status", "server: {url}/"),
        ("getjson /", '"{user}"'),
        ("getjson {url}", '"{user}"'),
        ("getjson {url}/", '"{user}"'),
        ("getjson /{user}/dev", '"indexconfig"'),
        ("getjson {url}/{user}/dev", '"indexconfig"'),
        ("doctor", "server: {url}/"),
    ],
)
def test_every_command_that_reads_works_there(gate: UnderPath, member: Member, typed: str, shown: str) -> None:
    names = {"url": f"{gate.url}devpi", "user": member.user}
    result = member(*typed.format(**names).split())
    assert (result.status, "redirect" in result.stderr) == (0, False)
    assert shown.format(**names) in result.stdout


def test_no_request_is_wasted_on_redirects(gate: UnderPath, member: Member) -> None:
    member.ok("user", "-l")
    assert gate.asked == [f"{PATH}/?no_projects="]


def test_what_changes_something_works_there(gate: UnderPath, member: Member, wheel: Path) -> None:
    url = f"{gate.url}devpi/{member.index}/"
    assert member.ok("upload", wheel) == [f"file_upload of {wheel.name} to {url}"]
    assert member.ok("list") == ["demo"]
    member.ok("user", "-m", member.user, "email=a@example.com")
    assert json.loads("\n".join(member.ok("getjson", f"/{member.user}")))["result"]["email"] == "a@example.com"
    assert member("remove", "-y", "demo").status == 0


def test_a_stranger_lists_the_indexes_by_the_bare_path(gate: UnderPath, devpi: Client, member: Member) -> None:
    assert any(line.startswith(f"{member.user}/dev") for line in devpi.ok("use", "-l", f"{gate.url}devpi"))
