"""Secrets for one server, and a second one that would like to have them and records what it is sent."""

from __future__ import annotations

import base64
import json
import re
import ssl
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
from pymacaroons import Macaroon

from devpi_cli.cli.app import App, Options
from devpi_cli.cli.commands import quickstart
from devpi_cli.http.session import Session
from devpi_cli.models import Login
from devpi_cli.server.api import Server
from devpi_cli.state.store import State
from tests.support.webservers import DEVPI_HEADERS, Front, a_front, tls_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import trustme

    from tests.support.clients import Client, Member

    Record = Callable[[str, str, str], None]

SECRET = "S3CRET-of-one-server"
FILE = "alice/dev/+f/2ed/2df83d4eb29af/demo-1.0.tar.gz"


def names(front: Front, root: str, index: str = "alice/dev") -> None:
    """Let a server say that its root is somewhere."""
    api = {"login": f"{root}+login", "authstatus": ["noauth", "", []], "features": []}
    front.answer("/+api", api, kind="apiconfig")
    places = {"index": f"{root}{index}", "simpleindex": f"{root}{index}/+simple/", "pypisubmit": f"{root}{index}/"}
    front.answer(f"/{index}/+api", {**api, **places}, kind="apiconfig")


@contextmanager
def devpi_like(context: ssl.SSLContext | None = None) -> Iterator[Front]:
    """Serve what looks like devpi, wants a login for everything, and takes none."""
    with a_front(context) as front:
        front.answers = defaultdict(lambda: (401, DEVPI_HEADERS, b'{"message": "who are you?"}'))
        names(front, front.url)
        yield front


@pytest.fixture
def one() -> Iterator[Front]:
    with devpi_like() as front:
        yield front


@pytest.fixture
def other() -> Iterator[Front]:
    with devpi_like() as front:
        yield front


def told(front: Front, secret: str) -> list[str]:
    """Return the requests that had a secret, in headers (also in base64) or in the body."""

    def has(text: str) -> bool:
        words = re.findall(r"[A-Za-z0-9+/]{8,}", text)  # of base64 without its padding; four characters are three bytes
        decoded = [base64.b64decode(word[: len(word) // 4 * 4]).decode("latin-1") for word in words]
        return any(secret in found for found in (text, *decoded))

    heads = [" ".join(headers.values()) for headers in front.headers]
    rows = zip(front.asked, heads, front.bodies, strict=True)
    return [request for request, head, body in rows if has(head) or secret in body.decode("latin-1")]


def in_files(client: Client, secret: str) -> list[str]:
    """Return the names of the files in a home that have a secret."""
    files = [path for path in client.home.rglob("*") if path.is_file()]
    return [path.name for path in files if secret in path.read_text("utf-8", "replace")]


# -- what was typed for one server, which says that it is another

MANY = 6
AFTER = [
    ("use",),
    ("use", "alice/dev", "--set-cfg"),
    ("use", "-l"),
    ("list",),
    ("whoami",),
    ("getjson", "/"),
    ("login", "alice", "--password", "x"),
    ("env", "--login"),
    ("index", "dev", "title=x"),
]


@pytest.mark.parametrize("first", ["use", "use --set-cfg", "use -l", "use --always-set-cfg yes"])
def test_basic_auth_stays_where_it_was_typed(
    devpi: Client, one: Front, other: Front, attack: Record, first: str
) -> None:
    names(one, other.url)
    place = one.url.replace("//", f"//web:{SECRET}@")
    said = devpi(*first.split(), f"{place}alice/dev")
    for command in AFTER:
        devpi(*command)
    assert told(one, SECRET) != []
    assert len(other.asked) >= (1 if first == "use -l" else MANY)
    seen = told(other, SECRET) + in_files(devpi, SECRET)
    assert seen == []
    if first != "use -l":
        hint = f"the password in the URL is not sent to {other.url}, which you did not type"
        assert hint in said.stderr
        assert devpi.state.servers[other.url].basic_auth is None
    attack("typed for one server", f"{first} with basic auth, then all commands", f"the other and files got: {seen}")


def test_basic_auth_of_a_variable_stays_there(devpi: Client, one: Front, other: Front, attack: Record) -> None:
    names(one, other.url)
    env = {"DEVPI_INDEX": one.url.replace("//", f"//web:{SECRET}@") + "alice/dev"}
    devpi("use", "alice/dev", "--set-cfg", **env)
    for command in AFTER:
        devpi(*command)
        devpi(*command, **env)
    assert told(one, SECRET) != []
    seen = told(other, SECRET) + in_files(devpi, SECRET)
    assert (seen, len(other.asked) >= MANY) == ([], True)
    attack("typed for one server", "DEVPI_INDEX with basic auth, use, all commands", f"the other and files got: {seen}")


def test_basic_auth_stays_with_the_server_that_keeps_its_name(devpi: Client, one: Front) -> None:
    devpi("use", one.url.replace("//", f"//web:{SECRET}@") + "alice/dev", "--set-cfg")
    devpi("list")
    assert told(one, SECRET) == one.asked
    assert devpi.state.servers[one.url].basic_auth == ("web", SECRET)
    assert "pip.conf" in in_files(devpi, SECRET)


@pytest.mark.parametrize("keeps", [False, True])
def test_a_client_certificate_stays_where_it_was_typed(
    devpi: Client, ca: trustme.CA, attack: Record, *, keeps: bool
) -> None:
    ca.issue_cert("alice@example.com").private_key_and_cert_chain_pem.write_to_path(str(devpi.home / "alice.pem"))
    ca.cert_pem.write_to_path(str(devpi.home / "ca.pem"))
    devpi.env["DEVPI_CA_BUNDLE"] = str(devpi.home / "ca.pem")
    context = tls_context(ca.issue_cert("127.0.0.1"), ca)
    context.verify_mode = ssl.CERT_OPTIONAL
    with ExitStack() as stack:
        one, other = [stack.enter_context(devpi_like(context)) for _ in range(2)]
        names(one, one.url if keeps else other.url)
        devpi("use", f"{one.url}alice/dev", "--client-cert", "alice.pem")
        for command in AFTER:
            devpi(*command)
        if keeps:
            assert all(one.certificates)
            assert other.asked == []
            return
        assert (any(one.certificates), len(other.certificates) >= MANY) == (True, True)
        seen = [request for request, shown in zip(other.asked, other.certificates, strict=True) if shown]
    assert seen == []
    attack("typed for one server", "a client certificate, then all commands", f"the other was shown it: {seen}")


def test_quickstart_keeps_a_login_for_the_server_that_gave_it(
    tmp_path: Path, one: Front, other: Front, attack: Record
) -> None:
    names(one, other.url)
    app, session = App(Options(clientdir=str(tmp_path))), Session()
    quickstart._use(app, Server(one.url, session), "alice/dev", Login("alice", SECRET))
    session.close()
    state = State.load(tmp_path / "state.json")
    holders = [root for root, known in state.servers.items() if known.logins]
    assert (holders, state.server) == ([one.url], one.url)
    attack(
        "typed for one server", "quickstart: a server with another name", f"logins kept for the other: {holders[1:]}"
    )


# -- secrets in the environment, and an index elsewhere

ELSEWHERE = [
    "whoami --index {url}alice/dev",
    "status --index {url}alice/dev",
    "list --index {url}alice/dev",
    "list demo --index {url}alice/dev",
    "upload {wheel} --index {url}alice/dev",
    "upload -n {wheel} --index {url}alice/dev",
    "remove -y demo --index {url}alice/dev",
    "push demo==1.0 bob/dev --index {url}alice/dev",
    "refresh demo --index {url}alice/dev",
    "test demo --index {url}alice/dev",
    "env --login --index {url}alice/dev",
    "install demo --venv {venv} --index {url}alice/dev",
    "index {url}alice/dev title=x",
    "getjson {url}alice",
    "patchjson {url}alice {body}",
    "remove -y {url}{file}",
    "use {url}alice/dev",
    "use -l {url}",
]


def secrets(how: str) -> dict[str, str]:
    """Return the variables of a pipeline, with a secret that can be searched for."""
    if how == "an API token":
        return {"DEVPI_TOKEN": f"devpi-{Macaroon(identifier='ci-abcdEFGH', key=SECRET, version=2).serialize()}"}
    return {"DEVPI_USER": "ci", {"a password": "DEVPI_PASSWORD", "a token": "DEVPI_TOKEN"}[how]: SECRET}


@pytest.mark.parametrize("how", ["a password", "a token", "an API token"])
def test_secrets_of_the_environment_stay_with_its_server(
    devpi: Client, one: Front, other: Front, attack: Record, wheel: Path, venv: Path, how: str
) -> None:
    (devpi.home / "body.json").write_text("{}")
    devpi("use", f"{other.url}alice/dev")
    env = {"DEVPI_INDEX": f"{one.url}alice/dev", **secrets(how)}
    secret = env.get("DEVPI_TOKEN") or env["DEVPI_PASSWORD"]
    for command in ELSEWHERE:
        before = len(other.asked)
        parts = {"url": other.url, "file": FILE, "wheel": wheel, "venv": venv, "body": devpi.home / "body.json"}
        devpi(*command.format(**parts).split(), **env)
        seen = told(other, secret)
        assert seen == []
        asked = f"{len(other.asked) - before} requests to the other"
        attack("secrets of the environment", f"{how}: {command}", f"{asked}, with the secret: {seen}")
    assert len(other.asked) >= len(ELSEWHERE) - 1
    assert one.asked == []


@pytest.mark.parametrize("index", ["{url}alice/dev", "{url}", ""])
def test_they_go_to_the_server_that_the_variable_names(devpi: Client, other: Front, index: str) -> None:
    env = {"DEVPI_INDEX": index.format(url=other.url), **secrets("a password")}
    devpi("whoami", "--index", f"{other.url}alice/dev", **env)
    assert told(other, SECRET) == ["POST /+login"]


def test_what_to_set_is_said(devpi: Client, one: Front, other: Front) -> None:
    env = {"DEVPI_INDEX": one.url, **secrets("a password")}
    hint = (
        f"DEVPI_PASSWORD is only for {one.url}, which DEVPI_INDEX names: "
        f"to use it at {other.url}, set DEVPI_INDEX to a URL there"
    )
    status, said = devpi.fails("whoami", "--index", f"{other.url}alice/dev", **env)
    assert (status, said) == (3, f"not logged in at {other.url}\ntype 'devpi login USER'; {hint}\n")
    status, said = devpi.fails("index", f"{other.url}alice/dev", "title=x", "--json", "--debug", **env)
    lines = [json.loads(line) for line in said.splitlines()]
    assert (status, lines[-1]["error"]["hint"].endswith(hint)) == (3, True)
    assert {"debug": f"DEVPI_PASSWORD not used: it is only for {one.url}, which DEVPI_INDEX names"} in lines


def test_a_login_there_is_used_as_ever(member: Member, one: Front) -> None:
    env = {"DEVPI_INDEX": one.url, "DEVPI_PASSWORD": SECRET, "DEVPI_TOKEN": SECRET}
    assert member.ok("whoami", "--index", member.index_url, **env) == [member.user]


# -- the user of a token that is missing


@pytest.mark.parametrize(
    "command", ["whoami", "index {index} title=taken", "remove -y demo", "passwd --password-stdin"]
)
def test_the_user_of_no_token_is_nobody(member: Member, attack: Record, command: str) -> None:
    before = member.server.user(member.user)
    typed = command.format(index=member.index).split()
    status, _ = member.fails(*typed, DEVPI_USER="__token__", DEVPI_TOKEN="", stdin="secret456\n")
    assert status in (2, 3, 4)
    assert member.server.user(member.user) == before
    assert member.ok("whoami") == [member.user]
    attack(
        "secrets of the environment", f"DEVPI_USER=__token__ without a token: {command}", f"exit {status}, unchanged"
    )


def test_the_missing_token_is_named(member: Member) -> None:
    status, said = member.fails("index", member.index, "title=x", DEVPI_USER="__token__")
    assert (status, said.splitlines()[1:]) == (
        2,
        ["DEVPI_USER is __token__, but there is no token", "set DEVPI_TOKEN, or unset DEVPI_USER"],
    )


def test_a_token_may_be_the_password_of_its_user(member: Member) -> None:
    (token,) = member.ok("token", "create")
    env = {"DEVPI_USER": "__token__", "DEVPI_PASSWORD": token, "DEVPI_INDEX": member.index_url}
    assert member.ok("whoami", **env) == [member.user]
    assert member.ok("index", "-l", **env) == [member.index]
