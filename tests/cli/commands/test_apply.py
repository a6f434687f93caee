from __future__ import annotations

import itertools
import json
import re
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from devpi_cli import connect
from devpi_cli.errors import DevpiError, NotAllowed
from devpi_cli.indexes import declaration
from devpi_cli.indexes.applying import prepare
from devpi_cli.server.config_requests import set_values
from tests.support.clients import UNCONFIRMED, Client, Result
from tests.support.dists import put
from tests.support.servers import running_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from devpi_cli.server.api import Server
    from tests.support.clients import Member
    from tests.support.servers import Live

FILE = """\
[users.BOB]

[users.ROB]
email = "robot@example.com"
password-from = "ROBOT_PASSWORD"

[indexes."BOB/dev"]
bases = ["ROB/prod"]
mirror_whitelist = ["My_Demo"]

[indexes."ROB/prod"]
bases = []
volatile = false
custom_data.devpi-cli.retention = { keep-last = 5 }
"""
CHANGED = """\
[users.ROB]
title = "robot"

[indexes."BOB/dev"]
bases = []
acl_upload = ["BOB", ":AUTHENTICATED:"]

[indexes."ROB/prod"]
volatile = true
description = "a, b"
custom_data.devpi-cli = { retention = { keep-last = 7 } }
custom_data.other = [1]
"""


def administrator(server: Live, home: Path) -> Client:
    """Return a client of root's."""
    home.mkdir()
    client = Client(home)
    with client.state.changing() as state:
        state.server = server.url
        known = state.at(server.url)
        known.user, known.features = "root", list(server.connect().features)
        known.logins["root"] = server.connect().login("root", "")
    return client


_numbers = itertools.count(10)


@dataclass
class Place:
    """The administrator of a server; BOB and ROB stand for two users of three letters whom it does not have yet."""

    root: Client
    server: Live
    bob: str
    rob: str

    def filled(self, text: str) -> str:
        return re.sub(r"\bROB\b", self.rob, re.sub(r"\bBOB\b", self.bob, text))

    def shown(self, text: str) -> str:
        return re.sub(rf"\b{self.rob}\b", "ROB", re.sub(rf"\b{self.bob}\b", "BOB", text))

    def apply(self, text: str, *options: str, **env: str) -> Result:
        """Apply a file; in what is printed, the tokens stand again."""
        (self.root.home / "devpi.toml").write_text(self.filled(text))
        done = self.root("apply", "devpi.toml", *options, **{"ROBOT_PASSWORD": "secret of robot", **env})
        return Result(self.shown(done.stdout), self.shown(done.stderr), done.status)

    def ok(self, text: str, *options: str) -> list[str]:
        done = self.apply(text, *options)
        assert (done.stderr, done.status) == ("", 0)
        return done.lines

    @contextmanager
    def requests(self) -> Iterator[list[str]]:
        with self.server.requests() as seen:
            yield seen
        seen[:] = map(self.shown, seen)

    def config(self, index: str) -> dict[str, Any]:
        return json.loads(self.shown(json.dumps(self.server.connect().index(self.filled(index)).config)))


@pytest.fixture
def place(server: Live, tmp_path: Path) -> Place:
    number = next(_numbers)
    return Place(administrator(server, tmp_path / "root"), server, f"b{number}", f"r{number}")


def described(client: Client, text: str) -> str:
    (client.home / "devpi.toml").write_text(text)
    return "devpi.toml"


def test_a_server_is_brought_to_what_a_file_describes(place: Place) -> None:
    plan = [
        "+ BOB",
        "+ ROB  email = robot@example.com",
        "       password from ROBOT_PASSWORD",
        "+ ROB/prod  bases = none",
        "            volatile = false",
        '            custom_data = {"devpi-cli": {"retention": {"keep-last": 5}}}',
        "+ BOB/dev  bases = ROB/prod",
        "           mirror_whitelist = my-demo",
    ]
    with place.requests() as seen:
        dry = place.ok(FILE, "-n")
    assert dry == [plan[0], "  a password would be made for BOB", *plan[1:], "4 to create, 0 to change, 0 to remove"]
    assert seen == ["GET /", "GET /+api"]
    with place.requests() as seen:
        done = place.ok(FILE)
    assert seen == ["GET /", "PUT /BOB", "PUT /ROB", "PUT /ROB/prod", "PUT /BOB/dev"]
    told, _, password = done[1].rpartition(" ")
    assert told == "  password of BOB, shown only now:"
    assert [done[0], *done[2:]] == [*plan, "4 created, 0 changed, 0 removed"]
    assert place.server.connect(place.rob, "secret of robot").user(place.rob).config["email"] == "robot@example.com"
    assert place.server.connect(place.bob, password)
    assert place.config("BOB/dev")["mirror_whitelist"] == ["my-demo"]
    assert place.config("ROB/prod")["custom_data"] == {"devpi-cli": {"retention": {"keep-last": 5}}}


def test_the_second_time_there_is_nothing_to_do(place: Place) -> None:
    place.ok(FILE)
    for options in ([], ["-n"], ["-n", "--exit-code"]):
        with place.requests() as seen:
            again = place.apply(FILE, *options, ROBOT_PASSWORD="")
        assert (again.status, again.lines) == (0, ["nothing to do: 4 as described"])
        assert again.stderr == "passwords left unchanged: the server does not show whether they differ: ROB\n"
        assert seen == ["GET /"]


def test_only_the_keys_that_are_named_change_one_request_each(place: Place) -> None:
    place.ok(FILE)
    changes = [
        "~ ROB  title: none -> robot",
        "~ BOB/dev  bases: ROB/prod -> none",
        "           acl_upload: BOB -> BOB, :AUTHENTICATED:",
        "~ ROB/prod  volatile: false -> true",
        "            description: none -> a, b",
        '            custom_data.devpi-cli: {"retention": {"keep-last": 5}} -> {"retention": {"keep-last": 7}}; '
        "custom_data.other: none -> 1",
    ]
    differs = place.apply(CHANGED, "-n", "--exit-code")
    assert (differs.status, differs.lines) == (7, [*changes, "0 to create, 3 to change, 0 to remove"])
    assert differs.stderr == "the server differs from devpi.toml: 0 to create, 3 to change, 0 to remove\n"
    with place.requests() as seen:
        assert place.ok(CHANGED) == [*changes, "0 created, 3 changed, 0 removed"]
    # Custom data that is an object can be sent only with the whole configuration, which is read again.
    assert seen == ["GET /", "PATCH /ROB", "PATCH /BOB/dev", "GET /ROB/prod", "PATCH /ROB/prod"]
    assert place.server.connect().user(place.rob).config["email"] == "robot@example.com"
    assert place.config("BOB/dev")["mirror_whitelist"] == ["my-demo"]
    prod = place.config("ROB/prod")
    assert (prod["volatile"], prod["description"]) == (True, "a, b")
    assert prod["custom_data"] == {"devpi-cli": {"retention": {"keep-last": 7}}, "other": [1]}
    assert place.ok(CHANGED, "-n", "--exit-code") == ["nothing to do: 3 as described"]


def test_json_says_what_became_of_each(place: Place) -> None:
    place.ok("[users.ROB]\n")
    text = '[users.BOB]\n[users.ROB]\ntitle = "boss"\n[indexes."BOB/dev"]\nbases = []\n'
    changed = {"users.ROB": {"title": [None, "boss"]}}
    common = {"created": ["users.BOB", "indexes.BOB/dev"], "changed": changed, "removed": []}
    rest = {"unchanged": 0, "kept": {}}
    assert json.loads("".join(place.ok(text, "-n", "--json"))) == {**common, **rest, "dry_run": True}
    done = json.loads("".join(place.ok(text, "--json")))
    assert place.server.connect(place.bob, done["passwords"]["BOB"])
    assert done == {**common, **rest, "passwords": done["passwords"], "file": None}


def test_passwords_go_to_a_private_file(place: Place) -> None:
    passwords = place.root.home / "passwords.csv"
    assert place.ok("[users.ROB]\n[users.BOB]\n", "--passwords", str(passwords)) == [
        "+ BOB",
        "+ ROB",
        f"passwords written to {passwords}",
        "2 created, 0 changed, 0 removed",
    ]
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o600
    heading, *rows = passwords.read_text().splitlines()
    assert heading == "user,password"
    for user, _, password in (row.partition(",") for row in rows):
        assert place.server.connect(user, password)
    again = place.apply("[users.BOB-2]\n", "--passwords", str(passwords))
    asked = f"{UNCONFIRMED}: {passwords} already exists. Overwrite it?\nadd -y\n"
    assert (again.status, again.stderr) == (2, asked)
    assert place.apply("[users.BOB-2]\n", "--passwords", "gone/x").status == 2
    assert f"{place.bob}-2" not in [user.name for user in place.server.connect("root").users()]
    assert passwords.read_text().splitlines()[1:] == rows


@pytest.fixture
def root(own_server: Live, tmp_path: Path) -> Client:
    return administrator(own_server, tmp_path / "root")


def populate(server: Server) -> None:
    """Create five users with four indexes each, whose bases are any of those before, and all kinds of settings."""
    random, names = Random(17), ["root/up"]
    for user in ("eve", "dan", "amy", "zoe", "kim"):
        server.create_user(user, {"password": "x", "title": random.choice(["", "é", "#"]), "custom_data": {"x": [1]}})
        for name in ("d", "c", "b", "a"):
            config: dict[str, Any] = {
                "bases": random.sample(names, min(len(names), random.randrange(4))),
                "volatile": random.random() < 0.5,
                "acl_upload": random.sample([user, "root", ":ANONYMOUS:", ":AUTHENTICATED:"], random.randrange(4)),
                "mirror_whitelist": random.sample(["*", "a-b", "x"], random.randrange(3)),
                "mirror_whitelist_inheritance": random.choice(["union", "intersection"]),
                "description": random.choice(["", "two\nlines", "'\"\\"]),
                "custom_data": random.choice(
                    ["", "text", {"devpi-cli": {"retention": {"keep-within": "90d"}}, "": 1.5}]
                ),
            }
            server.create_index(f"{user}/{name}", config)
            names.append(f"{user}/{name}")


def test_a_server_is_copied_by_its_description(root: Client, own_server: Live, tmp_path: Path) -> None:
    root.ok("apply", described(root, FILE), ROBOT_PASSWORD="secret of robot")
    root.ok("apply", described(root, CHANGED))
    url = "https://me:geheim@127.0.0.1:1/simple/"
    server = own_server.connect("root")
    mirror = {"type": "mirror", "mirror_url": url, "mirror_cache_expiry": 7, "mirror_no_project_list": True}
    server.create_index("root/up", mirror)
    server.create_index("BOB/top", {"bases": ["BOB/dev", "root/up"], "title": 'a "b"\n\\c\t\u2028', "custom_data": "x"})
    populate(server)
    exported = root("apply", "--export", "-o", "all.toml")
    assert (exported.status, exported.lines) == (0, ["8 users and 24 indexes in all.toml"])
    variable = "MIRROR_URL_ROOT_UP"
    warning = f"warning: indexes.root/up.mirror_url holds a password: set the variable {variable} to the URL\n"
    assert exported.stderr == warning
    text = (root.home / "all.toml").read_text()
    assert "geheim" not in text
    assert root("apply", "--export").stdout == text
    assert root.ok("apply", "all.toml", "-n", "--exit-code", **{variable: url}) == ["nothing to do: 32 as described"]
    with running_server(tmp_path / "empty", "--no-root-pypi") as other:
        there = administrator(other, tmp_path / "there")
        done = there("apply", root.home / "all.toml", **{variable: url})
        assert (done.status, done.lines[-1]) == (0, "31 created, 0 changed, 0 removed")
        assert "geheim" not in done.stdout + done.stderr
        assert there("apply", "--export").stdout == text
        assert other.connect("root").index("root/up").config["mirror_url"] == url
        described(there, text.replace("mirror_cache_expiry = 7", "mirror_cache_expiry = 8"))
        differs = there("apply", "-n", "devpi.toml", **{variable: url.replace("geheim", "other")})
        assert differs.lines[0] == "~ root/up  mirror_cache_expiry: 7 -> 8"
        assert differs.lines[1] == "           mirror_url: **** -> ****"


def test_a_description_is_written_over_nothing(member: Member) -> None:
    (member.home / "mine").write_text("mine")
    asked = f"{UNCONFIRMED}: mine already exists. Overwrite it?\nadd -y\n"
    assert member.fails("apply", "--export", "-o", "mine") == (2, asked)
    assert (member.home / "mine").read_text() == "mine"
    assert member("apply", "--export", "-o", "mine", "-y").status == 0
    assert member.fails("apply", "--export", "-o", "gone/mine") == (
        1,
        "cannot write gone/mine: No such file or directory\n",
    )
    document = json.loads("".join(member.ok("apply", "--export", "--json")))
    assert document.keys() == {"users", "indexes", "left_out", "variables", "file"}
    assert (document["users"][member.user], document["indexes"][member.index]["bases"]) == ({}, [])


def test_prune_removes_empty_indexes_of_described_users_and_asks(place: Place, member: Member) -> None:
    server, ann = member.server, member.user
    server.delete_index(member.index)
    for index, bases in (
        ("base", ""),
        ("old", f"{ann}/base"),
        ("under", ""),
        ("full", f"{ann}/under"),
        ("mid", f"{ann}/old"),
    ):
        server.create_index(f"{ann}/{index}", {"bases": bases})
    server.create_index(f"{ann}/prod", {"bases": "", "volatile": "False"})
    server.create_index(f"{ann}/heir", {"bases": f"{ann}/full"})
    put(server, f"{ann}/full", "1.0")
    text = f"[users.{ann}]\n"
    reasons = {
        f"{ann}/full": "it has 1 project",
        f"{ann}/prod": "it is not volatile",
        f"{ann}/under": f"it is a base of {ann}/full",
    }
    kept = "".join(f"{name} stays: {reason}\n" for name, reason in reasons.items())
    gone = [f"- {ann}/{name}" for name in ("base", "heir", "mid", "old")]
    plan = place.apply(text, "--prune", "-n")
    assert (plan.lines[-1], sorted(plan.lines[:-1])) == ("0 to create, 0 to change, 4 to remove", gone)
    assert plan.stderr == kept
    nobody = place.apply(text, "--prune")
    asked = f"{UNCONFIRMED}\nadd -y\n"
    assert (nobody.status, nobody.stderr) == (2, asked)
    assert len(server.user(ann).indexes) == 7
    done = json.loads(place.apply(text, "--prune", "-y", "--json").stdout)
    assert sorted(done["removed"]) == [f"indexes.{name[2:]}" for name in gone]
    assert done["kept"] == reasons
    assert [index.name for index in server.user(ann).indexes] == list(reasons)


def test_an_index_that_got_a_release_meanwhile_is_not_removed(member: Member) -> None:
    wanted = declaration.parse({"users": {member.user: {}}}, {})
    prepared = prepare(member.server, wanted, {}, prune=True)
    assert [(step.action, step.name) for step in prepared.plan.steps] == [("remove", member.index)]
    put(member.server, member.index, "1.0")
    with pytest.raises(DevpiError, match="was not removed: it has 1 project by now"):
        list(prepared.carry_out())
    assert member.server.index(member.index).projects == ("demo",)


def test_what_somebody_changed_meanwhile_is_not_overwritten(member: Member) -> None:
    before = member.server.index(member.index, projects=False)
    member.server.modify_index(member.index, ["title=theirs"])
    with pytest.raises(DevpiError, match="was changed meanwhile"):
        set_values(member.server, before, {"custom_data": {"x": 1}})
    after = set_values(member.server, member.server.index(member.index, projects=False), {"custom_data": {"x": 1}})
    assert (after.config["title"], after.config["custom_data"]) == ("theirs", {"x": 1})


def test_a_failure_says_what_was_done_before(member: Member) -> None:
    other = f"other-of-{member.user}"
    text = f'[users.{other}]\n[indexes."{member.user}/new"]\nbases = []\n[indexes."{other}/dev"]\n'
    file = described(member, text + f'bases = ["{member.user}/new"]\n')
    assert member("apply", file, "-n").stderr == f"{member.user} may not create indexes.{other}/dev\n"
    result = member("apply", file, "--json")
    assert result.status == 3
    document = json.loads(result.stdout)
    assert member.server.login(other, document["passwords"][other]).user == other
    failure = json.loads(result.stderr)["error"]
    assert document == {
        "created": [f"users.{other}", f"indexes.{member.user}/new"],
        "changed": {},
        "removed": [],
        "unchanged": 0,
        "kept": {},
        "passwords": document["passwords"],
        "file": None,
        "failed": {f"indexes.{other}/dev": failure["message"]},
        "not_done": [f"indexes.{other}/dev"],
    }
    again = member("apply", file)
    assert (again.status, again.stdout) == (3, "")
    assert f"no permission to create index {other}/dev" in again.stderr


@pytest.mark.parametrize(("typed", "text", "status", "said"), [
    ("", "", 2, "no file named\nname a TOML file, or describe the server with --export\n"),
    ("FILE --export", "", 2, "--export takes no FILE to read, and changes nothing\nwrite to a file with -o FILE\n"),
    ("FILE -o x", "", 2, "-o works only with --export\n"),
    ("FILE --exit-code", "", 2, "--exit-code works only with -n\n"),
    ("gone", "", 2, "cannot read gone: No such file or directory\n"),
    ("FILE", "a = [", 2, "devpi.toml is not TOML: Invalid value (at end of document)\n"),
    ("-", "a = ", 2, "standard input is not TOML: Invalid value (at end of document)\n"),
    ("FILE", f"a = {'[' * 20000}", 2, "devpi.toml is not TOML: it is nested too deeply\n"),
    ("FILE", "[users.x]\npassword = 'geheim'", 2, "users.x: a file must not contain a password\n"
     'name a variable that holds it: password-from = "VARIABLE"\n'),
    ("FILE", "[users.x]\npassword-from = 'NONE'", 2, "users.x.password-from: the variable NONE is not set\n"),
    ("FILE -n", "[users.x]\npassword-from = 'NONE'", 2, "users.x.password-from: the variable NONE is not set\n"),
    ("FILE", "[indexes.'ME/dev']\nbases = ['ME/dev']", 2, "bases form a ring: ME/dev -> ME/dev\n"),
    ("FILE", "[indexes.'ME/dev']\ntitel = 'x'", 1, "the server does not know the setting 'titel'\n"
     "did you mean 'title'? 'devpi help indexes' explains all settings\n"),
    ("FILE -n", "[indexes.'ME/x']\ntype = 'odd'", 1, "the server does not know the index type 'odd'\n"
     "types are stage, mirror\n"),
    ("FILE", "[indexes.'nobody/dev']", 4, "indexes.nobody/dev: there is no user nobody\nadd [users.nobody]\n"),
])  # fmt: skip
def test_a_file_that_cannot_be_meant_changes_nothing(
    member: Member, server: Live, typed: str, text: str, status: int, said: str
) -> None:
    described(member, text.replace("ME", member.user))
    typed = typed.replace("FILE", "devpi.toml")
    with server.requests() as seen:
        result = member.fails("apply", *typed.split(), stdin=text)
    assert result == (status, said.replace("ME", member.user))
    assert {request.split()[0] for request in seen} <= {"GET"}


def test_a_plan_needs_the_login_that_the_changes_need(at_server: Client, member: Member) -> None:
    file = described(at_server, f'[indexes."{member.index}"]\ntitle = "x"\n')
    status, said = at_server.fails("apply", "-n", file)
    assert (status, said.splitlines()[0]) == (3, f"not logged in at {member.server.root}")
    assert at_server("apply", file).status == 3


def test_a_program_can_do_it(member: Member) -> None:
    with connect(member.index_url, user=member.user, password=member.password) as client:
        description = client.describe()
        assert description["indexes"][member.index]["bases"] == []
        mine = {"indexes": {member.index: {**description["indexes"][member.index], "title": "mine"}}}
        plan, passwords = client.apply(mine, dry_run=True)
        assert [(step.label, step.changes) for step in plan.steps] == [
            (f"indexes.{member.index}", {"title": (None, "mine")})
        ]
        assert "title" not in client.show_index().config
        client.apply(mine)
        assert client.show_index().config["title"] == "mine"
        user = f"new-of-{member.user}"
        plan, passwords = client.apply({"users": {user: {"title": "x"}}})
        assert member.server.login(user, passwords[user]).user == user
        _, made = client.apply({"users": {f"{user}2": {"password-from": "X"}}}, variables={"X": "secret123"})
        assert (made, member.server.login(f"{user}2", "secret123").user) == ({}, f"{user}2")
        with pytest.raises(NotAllowed):
            client.apply({"users": {user: {"title": "y"}}})
