"""With --json every command prints the document that the topic describes, and errors as one object."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

import click
import pytest

from devpi_cli.cli.main import ALIASES, COMMANDS
from tests.support.clients import WITH_PROGRAMS, Client
from tests.support.dists import make_wheel, put
from tests.support.loopback import owner, simple_index
from tests.support.ports import free_port
from tests.support.schemas import check, documents

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member, Result

PASSWORD = "another secret"


@dataclass(frozen=True)
class Case:
    """A command line, its document in the topic (none where it fails before it has one), and its exit status."""

    typed: str
    document: str | None
    status: int = 0
    stdin: str = ""
    env: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.typed


GOOD = [
    Case("use", "use"), Case("use {user}/prod", "use"), Case("use -n --set-cfg", "use"),
    Case("use --set-cfg", "use"), Case("use --diff", "use --diff"), Case("use --undo", "use --undo"),
    Case("use -l", "use --list"), Case("use --delete", "use --delete"),
    Case("use --delete -n", "use --delete --dry-run"),
    Case("login {user}", "login", env={"DEVPI_PASSWORD": "secret of {user}"}),
    Case("logoff", "logoff"), Case("logout", "logout"), Case("whoami", "whoami"),
    Case("status", "status"), Case("status --index {url}", "status"),
    Case("user", "user"), Case("user -c new{user} password=12345678", "user --create"),
    Case("user -c --from -", "user --create --from", stdin="user,email\nlisted-{user},a@b.c\n"),
    Case("user -cn --from -", "user --create --from --dry-run", stdin="user\nlisted-{user}\n"),
    Case("user {user} email=a@b.c", "user --modify"), Case("user -y --delete {user}", "user --delete"),
    Case("user -l", "user --list"), Case("user -n --delete {user}", "user --dry-run"),
    Case("user -c {user} --exist-ok title=x", "user --create --exist-ok"),
    Case("user --delete nobody --missing-ok", "user --delete"), Case("passwd -n", "passwd --dry-run"),
    Case("passwd --password-stdin", "passwd", stdin=f"{PASSWORD}\n"),
    Case("index", "index"), Case("index dev title=x", "index"), Case("index -c new", "index --create"),
    Case("index --no-projects dev", "index"),
    Case("index -y --delete prod", "index --delete"), Case("index -l", "index --list"),
    Case("index -c dev --exist-ok title=x", "index --create --exist-ok"),
    Case("index --delete gone --missing-ok", "index --delete"),
    Case("index -n dev title=x acl_upload+=bob", "index --dry-run"),
    Case("apply -", "apply", stdin="[users.'new{user}']"), Case("apply -n -", "apply --dry-run", stdin=""),
    Case("apply --export", "apply --export"),
    Case("getjson /", "getjson"), Case("getjson demo", "getjson"),
    Case("patchjson {url} -", "patchjson", stdin='["title=x"]'),
    Case("upload other-1.0-py3-none-any.whl", "upload"), Case("upload -n other-1.0-py3-none-any.whl", "upload"),
    Case("list", "list"), Case("list -v", "list"), Case("list demo", "list REQUIREMENT"),
    Case("list -t demo", "list REQUIREMENT"), Case("list demo -v --index prod", "list REQUIREMENT"),
    Case("show demo", "show"), Case("show demo -t --all-indexes", "show"), Case("show demo==1.0 version", "show"),
    Case("search demo", "search"), Case("search --names dem", "search"), Case("open", "open"),
    Case("open demo==1.0", "open"),
    Case("wait demo==1.0", "wait"), Case("why demo", "why"),
    Case("push demo==1.0 prod --wait", "push"), Case("upload other-1.0-py3-none-any.whl --wait", "upload"),
    Case("diff dev prod", "diff"), Case("diff dev prod --metadata", "diff"), Case("verify", "verify"),
    Case("copy -n dev prod demo", "copy --dry-run"), Case("copy dev prod demo", "copy"),
    Case("download demo -d downloads", "download"), Case("download -n demo", "download --dry-run"),
    Case("push demo==1.0 prod", "push"), Case("push -n demo prod", "push"),
    Case("refresh demo", "refresh"), Case("remove -n demo", "remove --dry-run"),
    Case("remove -n {file}", "remove URL --dry-run"), Case("remove nothere --missing-ok", "remove"),
    Case("prune -n --keep-last 1", "prune --dry-run"), Case("prune -y demo --only all --keep-last 1", "prune"),
    Case("prune --keep-last 1 --save-policy", "prune --save-policy"),
    Case("prune -n --keep-last 1 --save-policy", "prune --save-policy --dry-run"),
    Case("upload --skip-existing other-1.0-py3-none-any.whl", "upload"),
    Case("remove -y demo==1.0", "remove"), Case("remove -y {file}", "remove URL"),
    Case("env", "env"), Case("env --login --shell github", "env"), Case("env --keyring", "env"),
    Case("install --installer uv --venv {venv} wheeled", "install"),
    Case("install -n --installer uv --venv {venv} wheeled", "install"),
    Case("install --installer uv --venv {venv} --list", "install --list"),
    Case("completion bash", "completion bash"), Case("completion zsh", "completion zsh"),
    Case("completion fish", "completion fish"), Case("completion powershell", "completion powershell"),
    Case("completion install fish", "completion install"),
    Case("completion install fish -n", "completion install --dry-run"),
    Case("test -l demo", "test --list"), Case("doctor", "doctor"), Case("--version", "--version"),
    Case("help", "help"), Case("help indexes", "help TOPIC"), Case("help token create", "help TOPIC"),
    Case("-v --version", "--version"),
]  # fmt: skip

BAD = [
    Case("use http://127.0.0.1:1", None, 6), Case("use nobody/here", None, 4), Case("use -l -u nobody", None, 4),
    Case("login", None, 2), Case("login {user}", None, 3, env={"DEVPI_PASSWORD": "wrong"}),
    Case("logoff", None, 1, env={"DEVPI_CLIENTDIR": "empty"}),
    Case("logout", None, 1, env={"DEVPI_CLIENTDIR": "empty"}),
    Case("whoami", None, 1, env={"DEVPI_CLIENTDIR": "empty"}),
    Case("status --index nobody/here", None, 4), Case("status --index http://127.0.0.1:1/a/b", None, 6),
    Case("user nobody", None, 4), Case("user -c {user} password=12345678", None, 5), Case("user x=1", None, 2),
    Case("user -c --from -", None, 5, stdin="user\n{user}\n"), Case("user --from x", None, 2),
    Case("user --delete {user}", None, 2), Case("passwd --password-stdin", None, 2), Case("passwd", None, 2),
    Case("index -c dev", None, 5), Case("index nobody/here", None, 4), Case("index --delete dev", None, 2),
    Case("apply", None, 2), Case("apply nothere", None, 2), Case("apply -", None, 4, stdin="[indexes.'nobody/here']"),
    Case("apply -n --exit-code -", "apply --dry-run", 7, stdin="[users.nobody]"),
    Case("getjson /nobody", None, 4), Case("getjson", None, 2), Case("patchjson /nobody {wheel}", None, 2),
    Case("patchjson /nobody -", None, 4, stdin="{}"),
    Case("upload nothere.whl", None, 2), Case("upload broken-1.0-py3-none-any.whl", "upload", 1),
    Case("upload other-1.0-py3-none-any.whl broken-1.0-py3-none-any.whl", "upload", 1),
    Case("upload other-1.0-py3-none-any.whl --index nobody/here", "upload", 4),
    Case("show", None, 2), Case("show demo==9", None, 4), Case("show demo none", None, 2),
    Case("search", None, 2), Case("search --names nothere", "search", 4), Case("open nothere", None, 4),
    Case("wait demo", None, 2), Case("wait demo==1 --index nobody/here", None, 4),
    Case("wait demo==9 --for 1s", "wait", 6), Case("why demo==9", "why", 4),
    Case("why demo --index nobody/here", None, 4), Case("why", None, 2), Case("why demo --python 2", None, 2),
    Case("list demo==9", None, 4), Case("list --index nobody/here", None, 4), Case("list a b", None, 2),
    Case("diff dev", None, 2), Case("diff dev nobody/here", None, 4), Case("diff dev prod --exit-code", "diff", 7),
    Case("copy dev prod", None, 2), Case("copy dev nobody/here demo", None, 4),
    Case("download nothere", None, 4), Case("download", None, 2), Case("verify --index nobody/here", None, 4),
    Case("push demo==1.0 nobody/here", "push", 4), Case("push demo==1.0 nothere==1.0 nobody/here", None, 4),
    Case("push demo==1.0 demo==0.9 nobody/here", "push", 4),
    Case("push prod", None, 2), Case("refresh demo --index nobody/here", None, 4), Case("refresh", None, 2),
    Case("remove -y nothere", None, 4), Case("remove demo", None, 2), Case("remove -y {url}/+f/x/y/z.whl", None, 4),
    Case("prune", None, 2), Case("prune --only all --keep-last 1 --max 0", "prune", 1),
    Case("prune --keep-last 1 --only all demo", None, 2), Case("prune -y nothere --keep-last 1", None, 4),
    Case("install --installer uv --venv {venv} nothere", None, 1), Case("install -l --venv nothere", None, 1),
    Case("env --index nobody/here", None, 4), Case("env --shell cmd", None, 2), Case("env --keyring --login", None, 2),
    Case("test nothere", None, 4), Case("test demo", "test", 1), Case("test demo==1.0 demo==0.9", "test", 1),
    Case("doctor", "doctor", 1, env={"DEVPI_INDEX": "nobody/here"}),
    Case("quickstart --port 0", None, 2), Case("server", None, 2), Case("server log", None, 4),
    Case("server start", None, 4), Case("server stop", None, 4), Case("server status", None, 4),
    Case("server init --serverdir {home}", None, 5), Case("server check --serverdir nothere", None, 4),
    Case("server upgrade --serverdir nothere --backup b", None, 4),
    Case("server doctor --serverdir nothere", "server doctor", 1),
    Case("server run --port 0 --serverdir nothere", None, 2), Case("server config nginx --serverdir nothere", None, 2),
    Case("server replica --primary http://127.0.0.1:1/ --secretfile no --serverdir new", None, 1),
    Case("server export --serverdir nothere dump", None, 4), Case("server import --serverdir new nothere", None, 4),
    Case("server backup --serverdir nothere b", None, 4), Case("server restore --serverdir new nothere", None, 4),
    Case("server passwd", None, 4), Case("server passwd --set", None, 4),
    Case("completion bash x", None, 2), Case("completion zsh x", None, 2), Case("completion fish x", None, 2),
    Case("completion powershell x", None, 2), Case("completion install tcsh", None, 2),
    Case("token create -u nobody", None, 3), Case("token list -u nobody", None, 3),
    Case("token delete abcdEFGH", None, 4), Case("token derive -e 1h", None, 2), Case("token inspect", None, 2),
    Case("token login -f nothere", None, 2), Case("token", None, 2),
    Case("help nothere", None, 2), Case("lits", None, 2), Case("--version --bad", None, 2),
]  # fmt: skip


@dataclass
class Stage:
    """Somebody with releases on ``dev``, an empty index ``prod``, files to upload, and what stands for them."""

    member: Member
    words: dict[str, str]

    def run(self, case: Case, *options: str) -> Result:
        typed = [word.format(**self.words) for word in case.typed.split()]
        env = {name: value.format(**self.words) for name, value in case.env.items()}
        stdin = case.stdin.replace("{user}", self.words["user"])
        return self.member(*typed, "--json", *options, stdin=stdin, **{"PATH": WITH_PROGRAMS, **env})


@pytest.fixture
def stage(member: Member, bare: Path) -> Stage:
    member.server.create_index(f"{member.user}/prod", {"bases": member.index})
    file = [put(member.server, member.index, version) for version in ("0.9", "1.0")][1]
    make_wheel(member.home, "other")
    (member.home / "broken-1.0-py3-none-any.whl").write_bytes(b"broken")
    wheeled = make_wheel(member.home, "wheeled")
    with wheeled.open("rb") as content:
        fields = {"name": "wheeled", "version": "1.0", "filetype": "bdist_wheel", "pyversion": "py3"}
        member.server.upload(member.index, {"metadata_version": "2.1", **fields}, wheeled.name, content)
    words = {"user": member.user, "url": member.index_url, "file": file, "venv": str(bare), "wheel": wheeled.name}
    words["home"] = str(member.home)
    return Stage(member, words)


@pytest.mark.parametrize("case", GOOD, ids=str)
def test_a_command_prints_its_document_and_nothing_else(stage: Stage, case: Case) -> None:
    result = stage.run(case)
    assert result.status == 0, result.stderr
    check(result, case.document, child=case.document == "install")


def test_a_failure_is_one_object_beside_the_document_if_there_is_one(stage: Stage) -> None:
    """None of them changes what the others meet."""
    for case in BAD:
        result = stage.run(case)
        assert (case.typed, result.status) == (case.typed, case.status), result.stderr
        check(result, case.document, child=case.typed.startswith("install --installer"))


@pytest.mark.parametrize("case", [
    Case("list -v", "list"), Case("getjson -v demo", "getjson"), Case("status", "status"),
    Case("refresh demo", "refresh"),
    Case("upload other-1.0-py3-none-any.whl broken-1.0-py3-none-any.whl", "upload", 1),
    Case("push demo==1.0 nobody/here", "push", 4), Case("user nobody", None, 4),
], ids=str)  # fmt: skip
def test_more_is_said_in_json_too(stage: Stage, case: Case) -> None:
    result = stage.run(case, "-v", "--debug", "--insecure")
    assert result.status == case.status
    check(result, case.document)
    said = [json.loads(line) for line in result.stderr.splitlines()]
    assert {"warning": "TLS certificates are not verified (--insecure)"} in said
    assert [line for line in said if "debug" in line]


def test_mirrors(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "upstream").mkdir()
    make_wheel(tmp_path / "upstream")
    with simple_index(tmp_path / "upstream") as upstream:
        mirror = f"{stage.member.user}/mirror"
        stage.member.server.create_index(mirror, {"type": "mirror", "mirror_url": upstream.url})
        for case in (
            Case(f"refresh demo --index {mirror}", "refresh"),
            Case(f"refresh nothere --index {mirror}", "refresh", 4),
            Case(f"refresh demo nothere --index {mirror}", "refresh", 1),
            Case(f"refresh -n demo --index {mirror}", "refresh --dry-run"),
            Case(f"list demo --index {mirror}", "list REQUIREMENT"),
            Case(f"status --index {mirror}", "status"),
        ):
            result = stage.run(case)
            assert (case, result.status) == (case, case.status)
            check(result, case.document)


OWN_SERVER = [
    Case("quickstart --port {port} --mirror-url http://127.0.0.1:1/", "quickstart"),
    Case("quickstart --mirror-url http://127.0.0.1:1/", "quickstart"),
    Case("server status", "server status"),
    Case("server log", "server log"),
    Case("server passwd", "server passwd"),
    Case("server passwd nobody", None, 4),
    Case("server passwd --set -n", "server passwd --set --dry-run"),
    Case("server passwd --password-stdin", "server passwd --set", stdin="a new password"),
    Case("server start --port 1", None, 2),
    Case("server start", "server start"),
    Case("server stop", "server stop"),
    Case("server stop", "server stop"),
    Case("server status", "server status"),
]


def test_the_server_of_ones_own(tmp_path: Path) -> None:
    with owner(tmp_path / "alice") as alice:
        for case in OWN_SERVER:
            result = alice(*case.typed.format(port=alice.port).split(), "--json", stdin=case.stdin)
            assert (case, result.status) == (case, case.status)
            check(result, case.document)


SERVERDIRS = [
    Case("server init -n --serverdir new", "server init --dry-run"),
    Case("server init --serverdir new --no-root-pypi", "server init"),
    Case("server init --serverdir new", None, 5),
    Case("server run -n --serverdir new --port {port}", "server run --dry-run"),
    Case("server export -n --serverdir {data} dump", "server export --dry-run"),
    Case("server export --serverdir {data} dump", "server export"),
    Case("server import -n --serverdir again dump", "server import --dry-run"),
    Case("server import --serverdir again --skip-import-type mirror dump", "server import"),
    Case("server backup -n --serverdir {data} saved", "server backup --dry-run"),
    Case("server backup --serverdir {data} saved", "server backup"),
    Case("server restore -n --serverdir back saved", "server restore --dry-run"),
    Case("server restore --serverdir back saved", "server restore"),
    Case("server check --serverdir back", "server check"),
    Case("server config yml --serverdir back", "server config"),
    Case("server doctor --serverdir new", "server doctor"),
    Case("server upgrade -n --serverdir new", "server upgrade --dry-run"),
    Case("server upgrade --serverdir new --backup before", "server upgrade"),
]


def test_the_data_of_any_server(devpi: Client, stocked_serverdir: Path) -> None:
    for case in SERVERDIRS:
        result = devpi(*case.typed.format(data=stocked_serverdir, port=free_port()).split(), "--json")
        assert (case, result.status) == (case, case.status), result.stderr
        check(result, case.document)


TOKENS = [
    Case("token list", "token list"),
    Case("token derive -e 1h", "token derive", env={"DEVPI_TOKEN": "{token}"}),
    Case("token inspect", "token inspect", env={"DEVPI_TOKEN": "{token}"}),
    Case("token create -n -p demo", "token create --dry-run"),
    Case("token delete -n {id}", "token delete --dry-run"),
    Case("token delete -y {id}", "token delete"),
    Case("token delete -y {id}", None, 4),
    Case("token create -o ci-token", "token create"),
    Case("token login -f ci-token", "token login"),
    Case("token create", None, 3),
]


def test_api_tokens(stage: Stage) -> None:
    created = stage.run(Case("token create", "token create"))
    check(created, "token create")
    stage.words |= json.loads(created.stdout)
    for case in TOKENS:
        result = stage.run(case)
        assert (case, result.status) == (case, case.status), result.stderr
        check(result, case.document)


# -- the topic describes all of them, and the tests above look at all that it describes


def forms() -> list[str]:
    """Return every command, with its subcommands where it has some."""
    found = []
    for name in COMMANDS:
        command = import_module(f"devpi_cli.cli.commands.{ALIASES.get(name, name)}").command
        is_group = isinstance(command, click.Group)
        found += [f"{name} {below}" for below in command.commands] if is_group else [name]
    return found


@pytest.mark.parametrize("form", forms())
def test_every_command_has_a_document_a_success_and_a_failure(form: str) -> None:
    assert form in documents()
    good = {
        case.document for case in [*GOOD, *OWN_SERVER, *SERVERDIRS, *TOKENS] if case.document and not case.status
    } | ELSEWHERE
    assert form in good
    assert [case for case in BAD if case.typed.startswith(form)]


# One takes a real tox, and the other does not end: test_test.py and test_server_run.py hold them to the topic;
# a replica takes a primary: test_server_replica.py; a trial takes a server: test_postgres.py.
ELSEWHERE = {"test", "server run", "server replica", "server replica --dry-run", "server check --concurrency"}


def test_every_document_is_looked_at() -> None:
    looked_at = (
        {case.document for case in [*GOOD, *BAD, *OWN_SERVER, *SERVERDIRS, *TOKENS]} | ELSEWHERE | {"refresh --dry-run"}
    )
    types = {"Failure", "Said", "Change", "Seconds", "Time", "Would", "Outcome", "File", "ToxResult", "Pushed", "Token"}
    types |= {"Policy", "Waited", "Copied", "WouldBe", "Downloaded", "Event"}
    assert documents().keys() - types == looked_at - {None}


@pytest.mark.parametrize(("label", "document", "faults"), [
    ("login", {"user": "a", "server": "s", "index": None, "expires": 1, "stored": False}, []),
    ("login", {"user": "a", "server": "s", "expires": 1, "stored": False}, ["index is missing"]),
    ("login", {"user": "a", "server": "s", "index": None, "expires": 1, "stored": False, "more": 2},
     ["more is not described"]),
    ("login", {"user": 7, "server": "s", "index": None, "expires": True, "stored": False}, ["user: 7 is no string",
     "expires: True is no number"]),
    ("login", [], ["[] is no object"]),
    ("user", {"user": "a", "indexes": [], "email": "x"}, []),
    ("user --list", {"users": ["a", 7]}, ["users: 1: 7 is no string"]),
    ("user --create", {"user": "a", "created": False}, ["created: False is no true"]),
    ("test", {"index": "a", "tested": [{"url": "u"}]}, ["tested: 0: failures is missing"]),
    ("upload", {"index": "a", "url": "u", "counts": {}, "files": {"f": {"outcome": "lost"}}},
     ["files: f: outcome: 'lost' is not \"uploaded\""]),
    ("--version", {"devpi-cli": "1", "plugins": {}, "server": {"x": 1}}, ["server: x: 1 is no string"]),
])  # fmt: skip
def test_what_differs_from_the_topic_is_noticed(label: str, document: object, faults: list[str]) -> None:
    assert documents()[label](document) == faults


def test_help_stays_text(devpi: Client) -> None:
    assert devpi.ok("--json", "--help")[0] == "Usage: devpi [OPTIONS] COMMAND [ARGS]..."
    assert devpi.ok("list", "--json", "--help")[0] == "Usage: devpi list [OPTIONS] [REQUIREMENT]"
