"""Which index answers for a project, compared with the server itself over random graphs of indexes."""

from __future__ import annotations

import os
import random
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest

from devpi_cli.errors import Missing
from devpi_cli.indexes.resolution import order, private_on, resolve
from devpi_cli.models import Index
from tests.hostile import cases
from tests.support.dists import put
from tests.support.webservers import QuietHttp, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from devpi_cli.server.api import Server
    from tests.support.clients import Member
    from tests.support.servers import Live

GRAPHS = 300 if os.environ.get("DEEP") else 30
PROJECT = "demo"
NOBODY = "http://127.0.0.1:1"
BROKEN = "the page is broken"
DEMO = Index("u/asked", {"bases": ["u/one", "u/two"]})


@dataclass
class Upstream:
    """An index elsewhere with many parts, each with the files of a project; it records for which parts it was asked."""

    url: str = ""
    files: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def reply(self, path: str) -> tuple[int, str]:
        part, _, rest = path.strip("/").partition("/simple")
        names = self.files.get(part)
        if rest.strip("/"):
            self.asked.append(part)
            if names == [BROKEN]:
                return 503, ""
            links = "".join(f'<a href="/{part}/{name}#sha256={"0" * 64}">{name}</a>' for name in names or ())
            return (200, links) if names else (404, "")
        return (200, f'<a href="{PROJECT}/">{PROJECT}</a>' if names else "") if names is not None else (404, "")


@contextmanager
def upstream() -> Iterator[Upstream]:
    found = Upstream()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, page = found.reply(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!DOCTYPE html><html><body>{page}</body></html>".encode())

        def log_message(self, *arguments: Any) -> None:
            pass

    with serving(QuietHttp(("127.0.0.1", 0), Handler)) as address:
        found.url = f"http://{address}"
        yield found


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Upstream]:
    with upstream() as found:
        yield found


class Graph:
    """Some indexes with bases, whitelists and releases, drawn at random and made on a server."""

    def __init__(self, draw: random.Random, member: Member, elsewhere: Upstream, number: int) -> None:
        self.draw, self.member, self.elsewhere, self.number = draw, member, elsewhere, number
        self.names: list[str] = []
        self.doomed: list[str] = []
        size = draw.randint(4, 7)
        mirrors = draw.sample(range(size - 1), k=draw.randint(1, 3))
        for place in range(size):
            name = f"{member.user}/g{number}-{place}"
            (self._mirror if place in mirrors else self._stage)(name)
            self.names.append(name)
        for name in draw.sample(self.names[:-1], k=draw.choice([0, 1])):
            member.server.delete_index(name)
            self.doomed.append(name)
        self.asked = self.names[-1]

    def _bases(self) -> str:
        return ",".join(
            self.draw.sample(self.names, k=self.draw.randint(min(2, len(self.names)), min(4, len(self.names))))
        )

    def _stage(self, name: str) -> None:
        draw, server = self.draw, self.member.server
        config = {"bases": self._bases(), "mirror_whitelist": draw.choice(["", "", PROJECT, "*", "other"])}
        config["mirror_whitelist_inheritance"] = draw.choice(["union", "intersection"])
        server.create_index(name, config)
        for version in draw.sample(["1.0", "1.1", "2.0"], k=draw.choice([0, 0, 1, 2])):
            put(server, name, version)

    def _mirror(self, name: str) -> None:
        part, draw = name.replace("/", "-"), self.draw
        versions = draw.sample(["1.0", "1.1", "3.0"], k=draw.choice([0, 1, 2]))
        files = [f"{PROJECT}-{version}.tar.gz" for version in versions]
        self.elsewhere.files[part] = [BROKEN] if draw.random() < 0.2 else files
        url = f"{draw.choice([self.elsewhere.url] * 9 + [NOBODY])}/{part}/simple/"
        self.member.server.create_index(name, {"type": "mirror", "mirror_url": url, "volatile": "True"})


def test_the_server_resolves_random_graphs_as_we_do(
    member: Member, elsewhere: Upstream, record_property: Callable[[str, object], None]
) -> None:
    draw = random.Random(cases.seed())
    verdicts: list[str] = []
    for number in range(GRAPHS):
        graph = Graph(draw, member, elsewhere, number)
        elsewhere.asked.clear()
        found = resolve(member.server, graph.asked, PROJECT)
        said = (graph.asked, [(step.index, step.verdict, step.files) for step in found.steps])
        computed = {name for step in found.steps if step.verdict == "read" for name in step.files}
        assert {file.name for file in found.offered} == computed, said
        providers = [found.providers(file.name)[0] for file in found.offered]
        paths = [file.url.removeprefix(member.server.root) for file in found.offered]
        assert [path.partition("/+")[0] for path in paths] == providers, said
        assert providers == sorted(providers, key=[step.index for step in found.steps].index), said
        assert found.left_out == []
        for step in found.hidden:
            assert step.index.replace("/", "-") not in elsewhere.asked, said
        verdicts += [step.verdict for step in found.steps]
    counted = {verdict: verdicts.count(verdict) for verdict in ("read", "nothing", "hidden", "missing", "unreachable")}
    record_property(
        "compared", f"{GRAPHS} graphs of indexes resolved as the server does, seed {cases.seed()}: {counted}"
    )
    assert all(counted.values()), counted


@pytest.mark.parametrize(
    ("indexes", "expected"),
    [
        ({}, ["u/asked", "u/one", "u/two"]),
        ({"u/one": {"bases": ["u/three"]}}, ["u/asked", "u/one", "u/two", "u/three"]),
        ({"u/one": {"type": "mirror"}}, ["u/asked", "u/two", "u/one"]),
        ({"u/one": {"bases": ["u/asked", "u/two"]}}, ["u/asked", "u/one", "u/two"]),
        ({"u/one": {"bases": ["u/m"]}, "u/m": {"type": "mirror"}}, ["u/asked", "u/one", "u/two", "u/m"]),
    ],
)
def test_bases_are_asked_breadth_first_and_mirrors_last(indexes: dict[str, Any], expected: list[str]) -> None:
    existing = {"u/asked": DEMO, **{name: Index(name, config) for name, config in indexes.items()}}
    assert order("u/asked", existing) == expected


@pytest.mark.parametrize(
    ("inheritance", "lists", "owning", "private"),
    [
        ("union", ["", "", ""], [1], "u/1"),
        ("union", ["", "", ""], [2, 1], "u/1"),
        ("union", ["", "", ""], [], None),
        ("union", ["", "", "demo"], [0], None),
        ("union", ["*", "", ""], [0, 1, 2], None),
        ("union", ["other", "", ""], [0], "u/0"),
        ("intersection", ["", "demo", "demo"], [0], "u/0"),
        ("intersection", ["demo", "", ""], [1], None),
        ("intersection", ["*", "", ""], [2], None),
        (None, ["", "demo", ""], [0], None),
    ],
)
def test_a_whitelist_in_force_makes_mirrors_visible(
    inheritance: str | None, lists: list[str], owning: list[int], private: str | None
) -> None:
    stages = [Index(f"u/{number}", {"mirror_whitelist": [name]}) for number, name in enumerate(lists)]
    if inheritance:
        stages[0].config["mirror_whitelist_inheritance"] = inheritance
    assert private_on("demo", stages, [f"u/{number}" for number in owning]) == private


def test_it_takes_a_request_for_each_index_and_two_more(member: Member, server: Live) -> None:
    base, top = f"{member.user}/base", f"{member.user}/top"
    member.server.create_index(base, {"bases": ""})
    member.server.create_index(top, {"bases": f"{base},{member.index}"})
    put(member.server, base, "1.0")
    with server.requests() as seen:
        resolve(member.server, top, "De.Mo", jobs=1)
    pages = [f"GET /{name}/de-mo" for name in (top, base, member.index)]
    assert seen == ["GET /", *pages, f"GET /{top}/+simple/de-mo/"]


def test_requests_go_in_parallel_with_the_same_outcome(member: Member) -> None:
    put(member.server, member.index, "1.0")
    member.server.create_index(f"{member.user}/top", {"bases": member.index})
    found = resolve(member.server, f"{member.user}/top", "demo", jobs=8)
    assert [(step.index, step.verdict) for step in found.steps] == [
        (f"{member.user}/top", "nothing"),
        (member.index, "read"),
    ]
    assert threading.active_count() < 50


def test_an_index_that_does_not_exist_is_missing(member: Member) -> None:
    with pytest.raises(Missing):
        resolve(member.server, f"{member.user}/nowhere", "demo")


def test_only_on_demand_is_a_hidden_mirror_asked(member: Member, elsewhere: Upstream) -> None:
    mirror, top = f"{member.user}/mirror", f"{member.user}/top"
    elsewhere.files["hidden"] = ["demo-5.0.tar.gz"]
    url = f"{elsewhere.url}/hidden/simple/"
    member.server.create_index(mirror, {"type": "mirror", "mirror_url": url, "volatile": "True"})
    member.server.create_index(top, {"bases": mirror})
    put(member.server, top, "1.0")
    elsewhere.asked.clear()
    assert hidden_versions(member.server, top) == [()]
    assert elsewhere.asked == []
    assert hidden_versions(member.server, top, ask_mirrors=True) == [("5.0",)]
    assert set(elsewhere.asked) == {"hidden"}


def hidden_versions(server: Server, index: str, **how: bool) -> list[tuple[str, ...]]:
    return [step.versions for step in resolve(server, index, "demo", **how).hidden]
