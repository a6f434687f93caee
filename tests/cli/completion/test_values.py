"""Completion values for the shells: names from the server, in time or not at all."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from devpi_cli.cli.completion.context import LIMIT
from devpi_cli.models import Login
from tests.support.clients import make_member
from tests.support.dists import put
from tests.support.webservers import a_front

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.clients import Client, Member
    from tests.support.servers import Live
    from tests.support.webservers import Front

TRIES = 5
ENOUGH = 3.0
"""Seconds in which a command surely has started and ended, on a machine that does much else."""
INDEX_KEYS = [
    *("type=", "volatile=", "bases=", "acl_upload=", "acl_toxresult_upload=", "title=", "description=", "custom_data="),
    *("mirror_whitelist=", "mirror_whitelist_inheritance=", "mirror_url=", "mirror_web_url_fmt="),
    *("mirror_cache_expiry=", "mirror_no_project_list=", "mirror_use_external_urls=", "mirror_ignore_serial_header="),
    "mirror_provides_core_metadata=",
]


def once(client: Client, kind: str, current: str, *words: str, **env: str) -> list[str]:
    """Return the values that the client has for a word."""
    return client.ok("completion", "values", kind, current, *words, **env)


def values(client: Client, kind: str, current: str, *words: str) -> list[str]:
    """Return the values, of which there are some: a busy machine may be too slow for the first time."""
    for _ in range(TRIES):
        if found := once(client, kind, current, *words):
            break
        shutil.rmtree(client.home / ".cache")  # where it is written that the server is dead
    return found


# -- what there is


@pytest.fixture(scope="module")
def stocked(server: Live, tmp_path_factory: pytest.TempPathFactory) -> Member:
    """Somebody with releases on ``dev``, an index ``prod``, and files that name things."""
    member = make_member(server, tmp_path_factory.mktemp("stocked"), "stocked")
    for version in ("1.0", "1.10", "1.9", "2.0a1", "latest"):
        put(member.server, member.index, version)
    put(member.server, member.index, "0.1", "Other.Thing")
    member.server.create_index(f"{member.user}/prod", {"bases": ""})
    (member.home / ".pypirc").write_text("[distutils]\n[pypi]\npassword = secret\n[testpypi]\npassword = secret\n")
    (member.home / "corporate").write_text("[inside]\nrepository = https://example.com/\n")
    (member.home / "tox.ini").write_text("[tox]\nenv_list = py{311,312}, lint\n[testenv:docs]\n")
    return member


@pytest.mark.parametrize(("kind", "current", "found"), [
    ("index", "pro", ["prod"]), ("index", "{user}/", ["{user}/dev", "{user}/prod"]), ("index", "http", ["{root}"]),
    ("index", "{root}{user}/d", ["{root}{user}/dev"]), ("index", "'pro", ["prod"]), ("user", "{user}", ["{user}"]),
    ("project", "", ["demo", "other-thing"]), ("requirement", "de", ["demo"]),
    ("requirement", "demo==1", ["demo==1.10", "demo==1.9", "demo==1.0"]),
    ("requirement", "demo=", ["demo==2.0a1", "demo==1.10", "demo==1.9", "demo==1.0", "demo==latest"]),
    ("requirement", "demo<=1.1", ["demo<=1.10"]), ("requirement", "demo~", ["demo~=2.0a1", "demo~=1.10", "demo~=1.9",
     "demo~=1.0", "demo~=latest"]), ("requirement", "Other.Thing==", ["Other.Thing==0.1"]),
    ("release", "", ["demo==", "other-thing=="]), ("release", "demo==2", ["demo==2.0a1"]),
    ("target", "", ["dev", "prod", "pypi:pypi", "pypi:testpypi"]), ("target", "pypi:t", ["pypi:testpypi"]),
    ("target", "oth", ["other-thing=="]), ("target", "demo==latest", ["demo==latest"]),
    ("place", "pro", ["prod"]), ("place", "di", ["dir:"]), ("place", "{user}/p", ["{user}/prod"]),
    ("setting", "", INDEX_KEYS), ("setting", "acl_u", ["acl_upload="]), ("setting", "acl_upload+", ["acl_upload+="]),
    ("setting", "volatile+", []), ("setting", "mirror_whitelist-", ["mirror_whitelist-="]),
    ("setting", "volatile=", ["volatile=True", "volatile=False"]), ("setting", "type=m", ["type=mirror"]),
    ("setting", "bases={user}/p", ["bases={user}/prod"]),
    ("setting", "bases={user}/dev,{user}/", ["bases={user}/dev,{user}/prod"]),
    ("setting", "acl_upload-={user}", ["acl_upload-={user}"]),
    ("setting", "acl_upload=:", ["acl_upload=:ANONYMOUS:", "acl_upload=:AUTHENTICATED:"]),
    ("field", "requires_p", ["requires_python"]), ("field", "x", []),
    ("index-or-setting", "d", ["dev"]), ("index-or-setting", "vol", ["volatile="]),
    ("index-or-setting", "volatile=T", ["volatile=True"]),
    ("user-setting", "", ["email=", "title=", "description=", "custom_data=", "password=", "pwhash="]),
    ("environments", "", ["py311", "py312", "lint", "docs"]), ("environments", "lint,d", ["lint,docs"]),
    ("path", "/{user}/", ["/{user}/dev", "/{user}/prod"]), ("path", "/+", ["/+api", "/+status"]),
])  # fmt: skip
def test_what_completes_a_word(stocked: Member, kind: str, current: str, found: list[str]) -> None:
    words = {"user": stocked.user, "root": stocked.server.root}
    wanted = [value.format(**words) for value in found]
    told = (values if wanted else once)(stocked, kind, current.format(**words))
    assert [name for name in told if current or "/" not in name] == wanted  # others have indexes, too


@pytest.mark.parametrize(("kind", "current", "words", "found"), [
    ("project", "", ["list", "--index", "prod"], []), ("project", "de", ["list", "--index=dev"], ["demo"]),
    ("target", "pypi:", ["push", "demo==1.0", "--pypirc", "corporate"], ["pypi:inside"]),
    ("target", "pypi:", ["push", "demo==1.0", "--pypirc", "nothere"], []),
    ("index", "de", ["--clientdir", "elsewhere", "list", "--index"], []),
    ("environments", "", ["test", "-c", "nothere.ini", "-e"], []), ("no-such-kind", "", [], []),
    ("requirement", "nosuch==", [], []), ("index", "http://[", [], []), ("project", "", ["--index", "a/b/c"], []),
])  # fmt: skip
def test_the_words_before_it_count(
    stocked: Member, kind: str, current: str, words: list[str], found: list[str]
) -> None:
    assert (values if found else once)(stocked, kind, current, *words) == found


def test_a_server_that_was_never_used_has_no_names(devpi: Client) -> None:
    assert once(devpi, "index", "") == []
    assert not (devpi.home / ".cache").exists()


# -- what it costs


def test_with_names_in_the_cache_nothing_is_imported_that_costs_much(member: Member) -> None:
    assert values(member, "index", "de") == ["dev"]
    command = [sys.executable, "-X", "importtime", "-m", "devpi_cli", "completion", "values", "index", "de", "use"]
    done = subprocess.run(command, env=member.environment, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert done.stdout == "dev\n"
    heavy = {"click", "dataclasses", "devpi_cli.state.store", "hashlib", "httpx", "pathlib", "platformdirs", "tempfile"}
    assert imported & heavy == set()


def test_the_server_is_asked_once_in_a_while(member: Member, web: Front) -> None:
    use(member, web.url)
    web.answer("/", {"bob": {"indexes": {"dev": {}}}})
    described(web)
    assert values(member, "index", "b") == values(member, "index", "bob") == ["bob/dev"]
    assert values(member, "user", "b") == ["bob"]
    assert len(web.asked) == 1


# -- what must never happen


@pytest.fixture
def web() -> Iterator[Front]:
    with a_front() as front:
        yield front


def described(web: Front) -> None:
    """Give every answer the type that devpi gives it."""
    for path, (status, headers, body) in web.answers.items():
        content = {**json.loads(body), "type": "list:userconfig"}
        web.answers[path] = status, headers, json.dumps(content).encode()


def use(client: Client, url: str, *users: str) -> None:
    """Make somebody use a server, logged in as the first of some users."""
    with client.state.changing() as state:
        state.server, state.index = url, "alice/dev"
        known = state.at(url)
        known.user = users[0] if users else None
        known.logins = {user: Login(user, f"token of {user}", time.time() + 3600) for user in users}


Talk = "Callable[[socket.socket], None]"


def silent(connection: socket.socket) -> None:
    connection.recv(65536)


def dripping(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{")
    for _ in range(200):
        connection.sendall(b" ")
        time.sleep(0.05)


def closing(connection: socket.socket) -> None:
    connection.close()


def babbling(connection: socket.socket) -> None:
    connection.sendall(b"\0\xff hello\r\n\r\n")


@contextmanager
def bad_server(talk: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[socket.socket]]]:
    """Start a server that is no good; yield its URL and the connections that were made."""
    connections: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            connections.append(connection)
            threading.Thread(target=guarded, args=(connection,), daemon=True).start()

    def guarded(connection: socket.socket) -> None:
        try:
            talk(connection)
        except OSError:
            return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", connections
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("talk", [silent, dripping, closing, babbling])
@pytest.mark.parametrize("kind", ["index", "user", "project", "requirement", "target", "path"])
def test_a_bad_server_gives_nothing_says_nothing_and_is_left_alone(
    devpi: Client, talk: Callable[[socket.socket], None], kind: str
) -> None:
    with bad_server(talk) as (url, connections):
        use(devpi, url, "alice")
        started = time.monotonic()
        assert [value for value in once(devpi, kind, "") if value[0] not in "/a"] == []
        took = time.monotonic() - started
        assert once(devpi, "index", "a") == []
        assert len(connections) == 1
    assert took < LIMIT + ENOUGH


def test_a_server_that_is_not_there(devpi: Client) -> None:
    use(devpi, "http://127.0.0.1:1/", "alice")
    assert once(devpi, "index", "") == []
    assert once(devpi, "user", "") == ["alice"]


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
def test_a_server_that_says_no(devpi: Client, web: Front, status: int) -> None:
    use(devpi, web.url)
    web.answer("/", status=status)
    assert once(devpi, "index", "") == once(devpi, "index", "") == []
    assert len(web.asked) == 1


def test_names_that_would_mean_something_to_a_shell_are_left_out(member: Member, web: Front) -> None:
    bad = ["$(touch x)", "`touch x`", "a b", "a;b", "a\nb", "a'b", 'a"b', "a\\b", "a*", "\x1b[31m", "~", "a|b", "ä"]
    web.answer("/", {**{name: {"indexes": {"dev": {}}} for name in bad}, "bob": {"indexes": {"$(x)": {}, "dev": {}}}})
    described(web)
    use(member, web.url)
    assert values(member, "index", "") == ["bob/dev"]
    assert once(member, "user", "") == ["bob"]


def test_the_names_of_one_user_are_not_shown_to_another(member: Member, web: Front) -> None:
    web.answer("/", {"bob": {"indexes": {"secret": {}}}})
    described(web)
    use(member, web.url, "alice", "eve")
    assert values(member, "index", "bob/") == ["bob/secret"]
    web.answer("/", status=403)
    assert once(member, "index", "bob/") == ["bob/secret"]
    assert once(member, "index", "bob/", DEVPI_USER="eve") == []
    use(member, web.url)
    assert once(member, "index", "bob/") == []
    shown = [headers.get("x-devpi-auth") for headers in web.headers]
    assert len(set(shown)) == 3
    assert shown[-1] is None


def test_no_secret_is_in_the_cache_and_the_state_stays_as_it_is(stocked: Member) -> None:
    state = stocked.state_file.read_bytes()
    for kind, current in (("index", ""), ("requirement", "demo=="), ("target", ""), ("user", "")):
        assert values(stocked, kind, current)
    files = [path for path in (stocked.home / ".cache").rglob("*") if path.is_file()]
    assert len(files) >= 2
    token = stocked.state.at(stocked.server.root).logins[stocked.user].token
    assert [
        path for path in files if token in path.read_text() or "secret" in path.read_text().partition("\n")[2]
    ] == []
    assert stocked.state_file.read_bytes() == state


def test_the_cache_is_where_the_user_wants_it(member: Member, tmp_path: Path) -> None:
    values(member, "index", "")
    folder = member.home / ".cache/devpi-cli/completion"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]
    shutil.copytree(member.state_file.parent, tmp_path / "there")
    once(member, "index", "", "--clientdir", str(tmp_path / "there"))
    assert len([*(tmp_path / "there/cache/completion").iterdir()]) == 1


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"version": 9}', '{"version": 1, "server": 7}', "\0"])
def test_a_broken_state_file(devpi: Client, content: str) -> None:
    devpi.state_file.parent.mkdir(parents=True)
    devpi.state_file.write_text(content)
    assert once(devpi, "index", "") == []
    assert devpi.state_file.read_text() == content
