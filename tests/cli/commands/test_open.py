from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.cli.commands.test_search import WITHOUT_WEB
from tests.support.clients import make_member
from tests.support.dists import put
from tests.support.servers import running_server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member

BROWSER = """#!/bin/sh
printf '%s\\n' "$1" >> opened
env >> environment
"""


@pytest.fixture
def reader(member: Member, tmp_path: Path) -> Member:
    """A member with demo 1.0, which has documentation, and 2.0; their browser writes down what it opens."""
    for version in ("1.0", "2.0"):
        put(member.server, member.index, version)
    archive = tmp_path / "demo-1.0.doc.zip"
    with zipfile.ZipFile(archive, "w") as pages:
        pages.writestr("index.html", "<h1>Demo</h1>")
    with archive.open("rb") as file:
        fields = {"name": "demo", "version": "1.0"}
        member.server.upload(member.index, fields, archive.name, file, action="doc_upload")
    browser = member.home / "browser"
    browser.write_text(BROWSER)
    browser.chmod(0o700)
    member.env |= {"BROWSER": f"{browser} %s", "DEVPI_PASSWORD": "geheim"}
    return member


@pytest.mark.parametrize(("typed", "path"), [
    ("", ""), ("Demo", "/demo"), ("demo==1.0", "/demo/1.0"), ("demo<2", "/demo/1.0"),
    ("demo==1.0 --docs", "/demo/1.0/+d/index.html"),
])  # fmt: skip
def test_the_page_is_opened_on_a_terminal_and_printed_elsewhere(reader: Member, typed: str, path: str) -> None:
    url = f"{reader.index_url}{path}"
    assert reader.ok("open", *typed.split()) == [url]
    assert json.loads("".join(reader.ok("open", *typed.split(), "--json"))) == {"url": url, "opened": False}
    assert reader.at_terminal("open", *typed.split(), "--url") == (0, [url])
    assert not (reader.home / "opened").exists()
    assert reader.at_terminal("open", *typed.split()) == (0, [url])
    assert (reader.home / "opened").read_text() == f"{url}\n"
    assert "geheim" not in (reader.home / "environment").read_text()


def test_without_a_browser_the_url_is_there_to_be_opened(reader: Member) -> None:
    reader.env["BROWSER"] = "false %s"
    reader.env["PATH"] = str(reader.home)
    said = [f"{reader.index_url}", "python could not open a browser (status 1): open the URL yourself"]
    status, lines = reader.at_terminal("open")
    assert (status, lines[0], lines[1].partition(" ")[2]) == (0, said[0], said[1].partition(" ")[2])


@pytest.mark.parametrize(("typed", "status", "said"), [
    ("--docs", 2, "--docs needs NAME or NAME==VERSION"),
    ("demo==2.0 --docs", 4, "demo 2.0 on INDEX has no documentation"),
    ("demo==3", 4, "no release of demo on INDEX matches ==3"),
    ("other", 4, "no project 'other'"),
    ("--index nobody/here", 4, "no index 'nobody/here'"),
])  # fmt: skip
def test_what_is_not_there_is_not_opened(reader: Member, typed: str, status: int, said: str) -> None:
    found, stderr = reader.fails("open", *typed.split())
    said = said.replace("INDEX", reader.index).replace("HOST", reader.server.root)
    assert (found, stderr.splitlines()[0]) == (status, said)


def test_a_server_without_devpi_web_has_no_pages(tmp_path: Path) -> None:
    with running_server(tmp_path / "server", "--no-root-pypi", program=WITHOUT_WEB) as live:
        member = make_member(live, tmp_path, "ann")
        assert member.fails("open") == (
            1,
            f"the server at {live.url} has no devpi-web, so it has no pages\n"
            "'devpi show NAME' shows a release, 'devpi index NAME' an index\n",
        )
