from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from devpi_cli import connect
from devpi_cli.errors import DevpiError, NotDevpi
from devpi_cli.server.search import SearchFailed, search
from tests.support.clients import make_member
from tests.support.dists import make_wheel, put
from tests.support.servers import QUICK_SERVER, running_server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live

INDEXING = f"""
import os
os.environ["DEVPISERVER_INDEXER_BACKEND"] = "whoosh"
{QUICK_SERVER}
"""
WITHOUT_WEB = f"""
import pluggy
load = pluggy.PluginManager.load_setuptools_entrypoints
def without_web(self, group, name=None):
    self.set_blocked("devpi-web")
    self.set_blocked("devpi-web-whoosh")
    return load(self, group, name)
pluggy.PluginManager.load_setuptools_entrypoints = without_web
{QUICK_SERVER}
"""
BY_WEB = "searched with devpi-web: names and summaries\n"


def test_devpi_web_finds_words_of_summaries_on_an_index_and_its_bases(tmp_path: Path) -> None:
    with running_server(tmp_path / "server", "--no-root-pypi", program=INDEXING) as live:
        member = make_member(live, tmp_path, "ann")
        member.server.create_index("ann/top", {"bases": "ann/dev"})
        member.ok("use", "ann/top")
        for name, summary, index in (("demo-tool", "A hammer", "dev"), ("other", "A hammer, and  more", "top")):
            wheel = make_wheel(member.home, name, metadata=f"Summary: {summary}\n")
            member.ok("upload", wheel, "--index", index)
        until = time.monotonic() + 60
        while len(search(member.server, "ann/top", "hammer")) < 2 and time.monotonic() < until:
            time.sleep(0.2)
        found = member("search", "hammer")
        rows = ["demo-tool 1.0  ann/dev  A hammer", "other 1.0      ann/top  A hammer, and more"]
        assert (found.status, sorted(found.lines), found.stderr) == (0, rows, BY_WEB)
        document = json.loads(member("search", "demo", "tool", "--json").stdout)
        hit = {"project": "demo-tool", "version": "1.0", "index": "ann/dev", "summary": "A hammer"}
        common = {"index": "ann/top", "total": 1, "left_out": [], "unlisted": []}
        assert document == {"by": "web", "query": "demo tool", "hits": [hit], **common}
        first = member("search", "hammer", "--limit", "1")
        assert (len(first.lines), first.stderr) == (1, f"1 more, use --limit to see them\n{BY_WEB}")
        nothing = member("search", "saw")
        assert (nothing.status, nothing.stderr) == (4, f"{BY_WEB}nothing on ann/top matches 'saw'\n")
        with connect(member.server.root) as client:
            assert [each.project for each in client.search("demo", index="ann/dev").hits] == ["demo-tool"]


def test_without_devpi_web_names_are_searched(tmp_path: Path) -> None:
    with running_server(tmp_path / "server", "--no-root-pypi", program=WITHOUT_WEB) as live:
        member = make_member(live, tmp_path, "ann")
        put(member.server, member.index, "1.0")
        found = member("search", "DEM")
        assert (found.status, found.lines) == (0, ["demo  ann/dev"])
        assert found.stderr == "searched names only: the server has no devpi-web\n"
        missing = member("search", "demo", "--index", "ann/gone")
        assert (missing.status, missing.stderr.splitlines()[0]) == (4, f"{live.url} answered 404 Not Found")
        refused = member("search", "demo", "--index", f"{live.url}nobody/here", "--json")
        assert json.loads(refused.stderr)["error"]["exit"] == 4


def test_names_are_those_of_the_index_and_its_bases_but_not_of_mirrors(member: Member, server: Live) -> None:
    user, url = member.user, f"{member.index_url}/+simple/"
    put(member.server, f"{user}/dev", "1.0", name="big-mirrored")  # before the mirror reads the names
    member.server.create_index(f"{user}/mirror", {"type": "mirror", "mirror_url": url})
    member.server.create_index(f"{user}/base", {"bases": f"{user}/mirror"})
    member.server.create_index(f"{user}/top", {"bases": f"{user}/base"})
    for index, name in (("base", "big-demo"), ("top", "big.demo.two"), ("top", "demo")):
        put(member.server, f"{user}/{index}", "1.0", name=name)
    typed = ["search", "Big", "demo", "--index", "top"]
    with server.requests() as seen:
        found = member(*typed, "--names")
    assert (found.status, found.lines) == (0, [f"big-demo      {user}/base", f"big-demo-two  {user}/top"])
    assert found.stderr == (
        "searched names only: names were asked for\n"
        f"mirrors were left out, use --mirrors to search them: {user}/mirror\n"
    )
    assert seen == ["GET /", f"GET /{user}/top", f"GET /{user}/base"]
    document = json.loads(member(*typed, "--names", "--json").stdout)
    hits = [{"project": "big-demo", "index": f"{user}/base"}, {"project": "big-demo-two", "index": f"{user}/top"}]
    assert document == {
        "by": "names",
        "query": "Big demo",
        "index": f"{user}/top",
        "total": 2,
        "left_out": [f"{user}/mirror"],
        "unlisted": [],
        "hits": [{**hit, "version": None, "summary": None} for hit in hits],
    }
    assert member("search", "big", "--mirrors", "--index", "top").lines[-1] == f"big-mirrored  {user}/mirror"
    member.server.modify_index(f"{user}/mirror", ["mirror_no_project_list=True"])
    status, said = member.fails("search", "nothere", "--mirrors", "--index", "top")
    assert (status, said.splitlines()[1]) == (
        4, f"{user}/mirror lists only what somebody has asked for: 'devpi list NAME' asks its upstream for a name",
    )  # fmt: skip


ANSWER = "<?xml version='1.0'?><methodResponse><params><param><value>{}</value></param></params></methodResponse>"
HIT = "<array><data><value><struct><member><name>{}</name><value><string>x</string></value></member></struct></value>"


class Answering:
    """A server that answers a search with a text."""

    def __init__(self, text: str) -> None:
        self.text, self.session = text, self

    def url(self, index: str) -> str:
        return f"http://h/{index}"

    def ask(self, url: str, question: bytes, kind: str) -> bytes:
        del url, question, kind
        return self.text.encode()


@pytest.mark.parametrize(("text", "kind"), [
    ("", NotDevpi), ("<html>", NotDevpi), ("<a/>", NotDevpi), ("{}", NotDevpi),
    (ANSWER.format("<int>7</int>"), NotDevpi), (ANSWER.format("<int>x</int>"), NotDevpi),
    (ANSWER.format("<odd>7</odd>"), NotDevpi), (ANSWER.format("<array><data>" * 9), NotDevpi),
    (f"<!DOCTYPE a [<!ENTITY b 'c'>]>{ANSWER.format('<string>&b;</string>')}", NotDevpi),
    ("<?xml version='1.0'?><methodResponse><fault><value><struct><member><name>faultCode</name><value><int>1</int>"
     "</value></member><member><name>faultString</name><value><string>ValueError()</string></value></member></struct>"
     "</value></fault></methodResponse>", SearchFailed),
])  # fmt: skip
def test_an_answer_that_is_none_is_a_failure(text: str, kind: type[DevpiError]) -> None:
    with pytest.raises(kind):
        search(Answering(text), "a/b", "x")  # type: ignore[arg-type]


@pytest.mark.parametrize(("rows", "hits"), [
    ("<array><data></data></array>", []),
    (f"{HIT.format('summary')}</data></array>", []),
    (f"{HIT.format('name')}</data></array>", [("x", "a/b", None, None)]),
    ("<array><data><value><int>7</int></value></data></array>", []),
])  # fmt: skip
def test_what_is_missing_in_a_hit_is_unknown(rows: str, hits: list[tuple[str, str, None, None]]) -> None:
    assert search(Answering(ANSWER.format(rows)), "a/b", "x") == hits  # type: ignore[arg-type]
