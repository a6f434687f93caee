"""What looks like the URL of a file, or like a name, and is the path of something larger."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from devpi_cli.client import Client as Library
from devpi_cli.errors import DevpiError, WrongUsage
from devpi_cli.server.token_issuer import TokenIssuer
from tests.support.dists import put
from tests.support.webservers import a_front

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.server.api import Server
    from tests.support.clients import Member
    from tests.support.servers import Live
    from tests.support.webservers import Front

    Record = Callable[[str, str, str], None]

NOT_A_FILE = "is not the URL of a file\ntype a URL from 'devpi list NAME', or 'NAME==VERSION'\n"
FILES = [
    "{index}?/+f/x.whl",
    "{index}/?/+f/x.whl",
    "{index}/#/+f/x.whl",
    "{index}//+f/x.whl",
    "{index}/demo?force=/+e/x.whl",
    "{index}/demo/1.0?/+f/x.whl",
    "{index}/demo/+f/..",
    "{index}/demo/+f/../x/..",
    "{index}/+f/../demo",
    "{index}/+f/%2e%2e/demo",
    "{index}/+f/.%2E/demo",
    "{index}/+f/..%2f..%2fdev",
    "{index}/+f/%252e%252e/demo",
    "{index}/+f/..\\..\\dev",
    "{index}/+f/x\n/../../demo",
    "{index}/+f/",
    "{index}/+f",
    "{user}?/+f/x.whl",
    "{user}/+f/x.whl",
    "{user}//+f/x/y",
    "{user}/./+f/../x",
    "{root}?/{index}/+f/x.whl",
    "{root}+f/x/../../",
    "{file}?x",
    "{file}/",
    "{file}/..",
    "{file}/../../../../demo",
    "{file}#/../..",
]
NAMES: list[tuple[str, ...]] = [
    ("token", "delete", ".."),
    ("token", "delete", "../.."),
    ("token", "delete", "../dev"),
    ("token", "delete", ""),
    ("token", "delete", "%2e%2e"),
    ("token", "delete", "?x"),
    ("token", "delete", "x", "-u", ".."),
    ("user", "--delete", ".."),
    ("user", "--delete", "{name}/dev"),
    ("user", "--delete", "{name}?x"),
    ("user", "--delete", "{name}#x"),
    ("user", "--delete", "%2e/{name}"),
    ("user", "-c", "../{name}", "password=secret123"),
    ("user", "{name}/dev", "title=taken"),
    ("index", "--delete", ".."),
    ("index", "--delete", "{name}/.."),
    ("index", "--delete", "{name}/dev/demo"),
    ("index", "--delete", "{name}/dev?x"),
    ("index", "--delete", "{name}/%2e%2e"),
    ("index", "-c", "{name}/.", "bases="),
    ("index", "{name}/dev?x", "title=taken"),
    ("index", "{index}/../dev", "title=taken"),
    ("index", "{index}/%2e%2e", "title=taken"),
    ("remove", "demo", "--index", "{name}/.."),
    ("remove", "demo", "--index", "{index}/x/.."),
    ("refresh", "demo", "--index", "{index}/%2e%2e/%2e%2e"),
    ("push", "demo==1.0", "{name}/.."),
    ("patchjson", "/{name}/dev/..", "{body}"),
    ("patchjson", "/{name}/dev/x/%2e%2e", "{body}"),
    ("patchjson", "..", "{body}"),
    ("patchjson", "//{name}", "{body}"),
    ("patchjson", "/{name}#/dev", "{body}"),
    ("patchjson", "{index}/..", "{body}"),
]
LIBRARY: dict[str, Callable[[Server, str], object]] = {
    "delete_index(USER)": lambda server, name: server.delete_index(name),
    "delete_index(USER/INDEX/..)": lambda server, name: server.delete_index(f"{name}/dev/.."),
    "create_index(NEW)": lambda server, name: server.create_index(f"{name}-new", {"password": "x"}),
    "modify_index(USER)": lambda server, name: server.modify_index(name, ["title=taken"]),
    "delete_user(USER/INDEX)": lambda server, name: server.delete_user(f"{name}/dev"),
    "modify_user(USER/INDEX)": lambda server, name: server.modify_user(f"{name}/dev", {"title": "taken"}),
    "remove_project('')": lambda server, name: server.remove_project(f"{name}/dev", ""),
    "remove_project(.)": lambda server, name: server.remove_project(f"{name}/dev", "."),
    "remove_project(PROJECT/VERSION)": lambda server, name: server.remove_project(f"{name}/dev", "demo/1.0"),
    "remove_release(PROJECT, ..)": lambda server, name: server.remove_release(f"{name}/dev", "demo", ".."),
    "remove_release(PROJECT, '')": lambda server, name: server.remove_release(f"{name}/dev", "demo", ""),
    "remove_file(INDEX)": lambda server, name: server.remove_file(f"{server.root}{name}/dev"),
    "remove_file(PROJECT)": lambda server, name: server.remove_file(f"{server.root}{name}/dev/demo?/+f/x"),
    "attach_tox_result(INDEX)": lambda server, name: server.attach_tox_result(f"{server.root}{name}/dev/", {}),
    "push(USER)": lambda server, name: server.push(name, "demo", "1.0", {"targetindex": f"{name}/dev"}),
    "refresh(INDEX, ..)": lambda server, name: server.refresh(f"{name}/dev", ".."),
    "token_issuer.delete(..)": lambda server, name: TokenIssuer(server).delete(name, ".."),
    "token_issuer.create(USER/INDEX)": lambda server, name: TokenIssuer(server).create(f"{name}/dev", None),  # type: ignore[arg-type]
    "client.delete_index(USER/INDEX/..)": lambda server, name: Library(server, None).delete_index(f"{name}/dev/.."),
}


def holdings(server: Server, name: str) -> dict[str, Any]:
    """Return what a server has: its users and indexes, and the files of one user."""
    users = {
        user.name: (user.config, [(index.name, index.config) for index in user.indexes]) for user in server.users()
    }
    files = {
        (index.name, project): server.releases(index.name, project, ignore_bases=True)
        for index in server.user(name).indexes
        for project in server.index(index.name).projects
    }
    return {"users": users, "files": files}


@pytest.fixture
def victim(member: Member) -> Member:
    """A user with a project of two releases, and something to send to wherever a path leads."""
    put(member.server, member.index, "1.0")
    put(member.server, member.index, "1.1")
    (member.home / "body.json").write_text('{"title": "taken"}')
    return member


def in_place(victim: Member, typed: str) -> str:
    return typed.format(
        root=victim.server.root,
        user=f"{victim.server.root}{victim.user}",
        index=victim.index_url,
        file=victim.server.releases(victim.index, "demo")[0].links[0].url,
        name=victim.user,
        body=victim.home / "body.json",
    )


def changes(requests: list[str]) -> list[str]:
    return [request for request in requests if not request.startswith(("GET ", "HEAD "))]


@pytest.mark.parametrize("typed", FILES)
def test_what_is_not_a_file_is_not_removed(victim: Member, server: Live, attack: Record, typed: str) -> None:
    before, url = holdings(victim.server, victim.user), in_place(victim, typed)
    with server.requests() as seen:
        refused = victim.fails("remove", "-y", url, "--force")
        assert victim.fails("remove", "-n", url) == refused
    assert refused == (2, f"{url!r} {NOT_A_FILE}")
    assert seen == []
    assert holdings(victim.server, victim.user) == before
    attack("remove URL", repr(typed)[1:-1], f"exit {refused[0]}, {len(seen)} requests, all is there")


@pytest.mark.parametrize("typed", NAMES, ids=" ".join)
def test_a_name_leads_to_nothing_else(victim: Member, server: Live, attack: Record, typed: tuple[str, ...]) -> None:
    before, arguments = holdings(victim.server, victim.user), [in_place(victim, part) for part in typed]
    with server.requests() as seen:
        refused = victim.fails(*arguments, "-y")
        assert victim.fails(*arguments, "-n") == refused
    assert refused[0] == 2
    assert changes(seen) == []
    assert holdings(victim.server, victim.user) == before
    attack("names in paths", " ".join(typed), f"exit {refused[0]}, {len(changes(seen))} changes, all is there")


@pytest.mark.parametrize("call", LIBRARY)
def test_a_program_reaches_nothing_else(victim: Member, server: Live, attack: Record, call: str) -> None:
    before = holdings(victim.server, victim.user)
    with server.requests() as seen, pytest.raises(WrongUsage) as refused:
        LIBRARY[call](victim.server, victim.user)
    assert changes(seen) == []
    assert holdings(victim.server, victim.user) == before
    attack("names in paths", f"library: {call}", f"{refused.typename}, {len(changes(seen))} changes, all is there")


def test_a_release_named_like_a_folder_above_is_not_removed(victim: Member, server: Live, attack: Record) -> None:
    put(victim.server, victim.index, "..")
    before = holdings(victim.server, victim.user)
    assert [release.version for release in victim.server.releases(victim.index, "demo")].count("..") == 1
    with server.requests() as seen:
        refused = victim.fails("remove", "-y", "demo==..")
        assert victim.fails("remove", "-n", "demo==..") == refused
    assert refused[0] == 2
    assert changes(seen) == []
    assert holdings(victim.server, victim.user) == before
    attack("names in paths", "an upload with the version '..', removed", f"exit {refused[0]}, all is there")


HOSTILE: dict[str, dict[str, object]] = {
    "an index on another server": {"index": "http://other.example/alice/dev"},
    "an index above": {"index": "{root}alice/dev/.."},
    "a project as index": {"index": "{root}alice/dev/demo"},
    "a user as index": {"index": "{root}alice"},
    "an index with a query": {"index": "{root}alice/dev%3Fx"},
    "a simple index elsewhere": {"index": "{root}alice/dev", "simpleindex": "http://other.example/+simple/"},
    "a simple index above": {"index": "{root}alice/dev", "simpleindex": "{root}alice/dev/../x/+simple/"},
    "an upload target elsewhere": {"index": "{root}alice/dev", "pypisubmit": "http://other.example/"},
    "an upload target without index": {"pypisubmit": "{root}alice/"},
    "a login with dots": {"login": "{root}a/../+login"},
    "a login with a password": {"login": "http://web:pw@127.0.0.1/+login"},
}


@pytest.fixture
def hostile() -> Any:
    with a_front() as front:
        yield front


@pytest.mark.parametrize("sent", HOSTILE)
def test_what_a_server_says_of_itself_is_checked(victim: Member, hostile: Front, attack: Record, sent: str) -> None:
    api = {key: str(value).format(root=hostile.url) for key, value in HOSTILE[sent].items()}
    hostile.answer("/alice/dev/+api", {"login": f"{hostile.url}+login", "features": [], **api}, kind="apiconfig")
    before = victim.state_file.read_text()
    status, said = victim.fails("use", f"{hostile.url}alice/dev", "--set-cfg")
    assert (status, said.splitlines()[0].partition(" valid ")[0]) == (
        1,
        f"{hostile.url}alice/dev/+api: the reply has no",
    )
    assert victim.state_file.read_text() == before
    assert not list(victim.home.rglob("pip.conf"))
    attack("what +api names", sent, f"exit {status}, nothing remembered, no pip.conf")


@pytest.mark.parametrize("name", ["..", "../../alice", "root/..", "root/pypi/x", "root/pypi?x"])
def test_a_mirror_with_such_a_name_is_not_refreshed(victim: Member, hostile: Front, attack: Record, name: str) -> None:
    config = {"type": "stage", "bases": [name], "projects": []}
    hostile.answer("/alice/dev", config, kind="indexconfig")
    hostile.answer("/alice/dev/+api", {"login": f"{hostile.url}+login", "features": []}, kind="apiconfig")
    status, _ = victim.fails("refresh", "demo", "--index", f"{hostile.url}alice/dev")
    assert (status, changes(hostile.asked)) == (2, [])
    attack("names in paths", f"refresh: a base {name}", f"exit {status}, {len(changes(hostile.asked))} changes")


@pytest.mark.parametrize(
    "href", ["/alice/dev", "/alice/dev/", "/alice/dev/demo?/+f/x.whl", "/alice/dev/+f/../..", "/+login"]
)
def test_a_result_is_not_posted_to_what_is_not_a_file(
    victim: Member, hostile: Front, attack: Record, href: str
) -> None:
    data = {"1.0": {"name": "demo", "version": "1.0", "+links": [{"rel": "releasefile", "href": href}]}}
    hostile.answer("/alice/dev/demo", data, kind="projectconfig")
    library = Library(victim.server.__class__(hostile.url, victim.server.session.anonymous()), "alice/dev")
    (link,) = library.files("demo")
    with pytest.raises(DevpiError) as refused:
        library.server.attach_tox_result(link.url, {"testenvs": {}})
    assert changes(hostile.asked) == []
    attack("names in paths", f"a tox result for {href}", f"{refused.typename}, {len(changes(hostile.asked))} changes")


def test_the_file_itself_is_removed(victim: Member) -> None:
    url = in_place(victim, "{file}")
    assert json.loads("".join(victim.ok("remove", "-n", url, "--json")))["would_remove"] == [url]
    assert victim.ok("remove", "-yq", f"{url}#sha256=0123ABCDEF")[-1] == url
    assert len(victim.server.releases(victim.index, "demo")) == 1
