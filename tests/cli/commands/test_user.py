from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import UNCONFIRMED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clients import Client, Member
    from tests.support.servers import Live


@pytest.fixture
def name(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A name that no user of the server has."""
    return f"fresh-{tmp_path_factory.mktemp('user').name}"


def test_a_user_is_created_and_can_log_in(at_server: Client, name: str) -> None:
    assert at_server.ok("user", "-c", name, "password=secret123", "email=a@example.com") == [f"user created: {name}"]
    at_server.ok("login", name, DEVPI_PASSWORD="secret123")
    shown = json.loads("".join(at_server.ok("user", "--json")))
    created = shown.pop("created")
    assert shown == {"user": name, "email": "a@example.com", "indexes": []}
    assert at_server.ok("user", name) == [
        f"{at_server.state.server}{name}:",
        f"  created={created}",
        "  email=a@example.com",
    ]


def test_a_user_is_created_with_a_password_from_standard_input(at_server: Client, name: str) -> None:
    created = at_server.ok("user", "--create", name, "--password-stdin", "--json", stdin="secret123\n")
    assert json.loads("".join(created)) == {"user": name, "created": True}
    at_server.ok("login", name, DEVPI_PASSWORD="secret123")


def test_a_new_password_is_asked_for_twice(at_server: Client, name: str) -> None:
    question = f"new password for user {name}:"
    assert at_server.at_terminal("user", "-c", name, typed=["secret123", "secret124", "secret123", "secret123"]) == (
        0,
        [
            *(f"{question} ", f"repeat {question} ", "the passwords do not match"),
            *(f"{question} ", f"repeat {question} ", f"user created: {name}"),
        ],
    )
    at_server.ok("login", name, DEVPI_PASSWORD="secret123")


def test_all_users_are_listed(own_server: Live, devpi: Client) -> None:
    own_server.connect().create_user("tester", {"password": "secret123"})
    devpi("use", own_server.url)
    assert devpi.ok("user", "-l") == ["root", "tester"]
    assert json.loads("".join(devpi.ok("user", "--list", "--json"))) == {"users": ["root", "tester"]}


def test_a_user_is_modified_with_and_without_m(member: Member) -> None:
    said = [
        f"/{member.user} changing email: a@b.c",
        f"/{member.user} changing title: t",
        f"user modified: {member.user}",
    ]
    assert member.ok("user", member.user, "title=t", "email=a@b.c") == said
    assert member.ok("user", "-m", member.user, "email=a@b.c", "title=t") == said
    modified = member.ok("user", member.user, "email=d@e.f", "--json")
    assert json.loads("".join(modified)) == {"user": member.user, "modified": ["email"]}


def test_a_password_is_not_shown_and_its_new_token_is_kept(member: Member) -> None:
    before = member.state.login(member.server.root)
    assert member.ok("user", "-m", member.user, "password=another one") == [
        f"/{member.user} changing password: ********",
        f"user modified: {member.user}",
    ]
    assert member.state.login(member.server.root) != before
    assert "  title=mine" in member.ok("index", "dev", "title=mine")


@pytest.mark.parametrize(
    "arguments", [["INDEX"], ["INDEX", "title=x"], ["-c", "INDEX", "password=x"], ["--delete", "INDEX"]]
)
def test_an_index_is_not_taken_for_a_user(member: Member, server: Live, arguments: list[str]) -> None:
    typed = [member.index if word == "INDEX" else word for word in arguments]
    with server.requests() as seen:
        said = member.fails("user", "-y", *typed)
    hint = "for an index, use 'devpi index'"
    assert (said, seen) == ((2, f"'{member.index}' is not the name of a user\n{hint}\n"), [])


def test_a_user_is_deleted_with_its_volatile_indexes(member: Member) -> None:
    deleted = member("user", "--delete", member.user, "-y")
    assert deleted.lines == [f"About to remove: {member.server.root}{member.user}", f"user deleted: {member.user}"]
    assert (deleted.stderr, deleted.status) == ("Are you sure (yes/no)? yes (autoset from -y option)\n", 0)
    assert member.fails("use", member.index)[0] == 4


def test_a_user_is_deleted_quietly_as_json(member: Member) -> None:
    deleted = member.ok("user", "--delete", member.user, "-y", "-q", "--json")
    assert json.loads("".join(deleted)) == {"user": member.user, "deleted": True}


def test_a_user_with_a_non_volatile_index_stays(member: Member) -> None:
    member.server.modify_index(member.index, ["volatile=False"])
    refused = member("user", "--delete", member.user, "-y", "-q")
    assert refused.stderr == (
        f"user '{member.user}' has an index that is non-volatile: dev\n"
        "make its indexes volatile first: 'devpi index USER/INDEX volatile=True'\n"
    )
    assert refused.status == 3


def test_nothing_is_deleted_when_there_is_nobody_to_ask(member: Member) -> None:
    """A49."""
    unasked = member("user", "--delete", member.user)
    assert unasked.lines == [f"About to remove: {member.server.root}{member.user}"]
    assert (unasked.stderr, unasked.status) == (
        f"{UNCONFIRMED}\nadd -y\n",
        2,
    )
    assert member.server.user(member.user).name == member.user


def test_another_user_cannot_be_changed(member: Member, new_member: Callable[[], Member]) -> None:
    other = new_member()
    status, said = member.fails("user", other.user, "email=a@b.c")
    assert (status, said.splitlines()[-1]) == (
        3,
        f"the login of {member.user} is valid, but does not allow this",
    )
    assert "email" not in other.server.user(other.user).config


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("user OTHER email=a@b.c", "no permission to modify user 'OTHER'"),
        ("passwd OTHER --password-stdin", "no permission to change password for user 'OTHER'"),
    ],
)
def test_no_object_of_the_server_is_shown(
    member: Member, new_member: Callable[[], Member], typed: str, said: str
) -> None:
    other = new_member()
    status, error = member.fails(*typed.replace("OTHER", other.user).split(), stdin="another1\n")
    assert (status, error.splitlines()[0]) == (3, said.replace("OTHER", other.user))


NO_USER = "no user 'nobody'\n'devpi user -l' shows which users there are\n"


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("nobody", 4, NO_USER),
        ("nobody email=x", 4, NO_USER),
        ("--delete nobody -y", 4, NO_USER),
        ("-c root password=x", 5, "user 'root' already exists\n"),
        (
            "-c a|b password=x",
            1,
            "'a|b' is not a name: only ASCII letters, digits and -.@_ are allowed\n",
        ),
        ("", 3, "not logged in at HOST/\ntype 'devpi user USER', or 'devpi login USER' first\n"),
        (
            "-c bob",
            2,
            "no terminal to ask on: new password for user bob:\ngive it as password=…, or use --password-stdin\n",
        ),
        ("-c bob --password-stdin", 2, "no password on standard input\nsend it as the first line\n"),
        ("-c bob password=x email", 2, "'email' is not of the form KEY=VALUE\n"),
        ("-c bob =x", 2, "'=x' is not of the form KEY=VALUE\n"),
        ("bob email=a email=b", 2, "'email' is given twice\n"),
        (
            "bob nonsense=1",
            2,
            "a user has no setting 'nonsense'\nsettings are email, title, description, custom_data, password, pwhash\n",
        ),
        (
            "bob emial=a@b.c",
            2,
            "a user has no setting 'emial'\ndid you mean 'email'? "
            "settings are email, title, description, custom_data, password, pwhash\n",
        ),
        ("-c", 2, "no user named\nname the user before KEY=VALUE\n"),
        ("email=x", 2, "no user named\nname the user before KEY=VALUE\n"),
        ("-c --delete bob", 2, "only one of --create, --delete, --modify and --list can be given\n"),
        ("--delete bob email=x", 2, "--delete takes no KEY=VALUE\n"),
    ],
)
def test_what_is_wrong_is_said(at_server: Client, server: Live, typed: str, status: int, said: str) -> None:
    """V14, V29."""
    failed = at_server.fails("user", *typed.split())
    assert failed == (status, said.replace("HOST", server.url.rstrip("/")))


def test_a_name_with_spaces_is_refused(at_server: Client, server: Live) -> None:
    assert at_server.fails("user", "-c", "bob b", "password=x") == (
        1,
        "'bob b' is not a name: only ASCII letters, digits and -.@_ are allowed\n",
    )


def test_an_error_is_one_json_object(at_server: Client, server: Live) -> None:
    status, said = at_server.fails("user", "-c", "root", "password=x", "--json")
    message = f"PUT {server.url}root\n409 Conflict: user already exists"
    assert (status, json.loads(said)) == (
        5,
        {"error": {"type": "Conflict", "exit": 5, "status": 409, "message": message}},
    )


def test_no_server_is_in_use(devpi: Client) -> None:
    no_server = (1, "no server in use\ntype 'devpi use URL', or 'devpi quickstart' for a server on this machine\n")
    assert devpi.fails("user") == no_server
    assert devpi.fails("user", "-l") == no_server
    assert devpi.fails("user", "-c", "bob", "password=x") == no_server


LISTED = """\
user,email,title,password-from
{0}-1,one@example.com,"One, the first",
{0}-2,two@example.com,,PASSWORD_OF_TWO
"""


def test_all_users_of_a_list_are_created_once(at_server: Client, name: str, server: Live) -> None:
    (at_server.home / "users.csv").write_text(LISTED.format(name))
    typed, secret = ["user", "--create", "--from", "users.csv"], {"PASSWORD_OF_TWO": "secret123"}
    rows = [
        f"+ {name}-1  email = one@example.com",
        f"{' ' * len(name)}      title = One, the first",
        f"+ {name}-2  email = two@example.com",
        f"{' ' * len(name)}      password from PASSWORD_OF_TWO",
    ]
    with server.requests() as seen:
        plan = at_server.ok(*typed, "-n", **secret)
    made = f"  a password would be made for {name}-1"
    assert plan == [*rows[:2], made, *rows[2:], "2 to create, 0 to change, 0 to remove"]
    assert seen == ["GET /"]
    with server.requests() as seen:
        done = at_server.ok(*typed, "--passwords", "new.csv", **secret)
    assert done == [*rows, "passwords written to new.csv", "2 created, 0 changed, 0 removed"]
    assert seen == ["GET /", f"PUT /{name}-1", f"PUT /{name}-2"]
    heading, row = (at_server.home / "new.csv").read_text().splitlines()
    assert (heading, row.partition(",")[0]) == ("user,password", f"{name}-1")
    assert server.connect(f"{name}-1", row.partition(",")[2]).user(f"{name}-1").config["title"] == "One, the first"
    assert server.connect(f"{name}-2", "secret123")
    exists = f"the user {name}-1 already exists, and 1 more of the list\n--exist-ok updates it\n"
    for options in ([], ["-n"]):
        assert at_server.fails(*typed, *options, **secret) == (5, exists)
    again = at_server(*typed, "--exist-ok")
    assert (again.status, again.lines) == (0, ["nothing to do: 2 as described"])
    assert again.stderr == f"passwords left unchanged: the server does not show whether they differ: {name}-2\n"


@pytest.mark.parametrize(("typed", "said"), [
    ("--from users.csv", "--from and --passwords work only with --create --from FILE\n"),
    ("-c bob --passwords x", "--from and --passwords work only with --create --from FILE\n"),
    ("-c bob --from users.csv", "--from takes no USER, no KEY=VALUE and no password: FILE has the users\n"),
    ("-c title=x --from users.csv", "--from takes no USER, no KEY=VALUE and no password: FILE has the users\n"),
    ("-c --password-stdin --from users.csv",
     "--from takes no USER, no KEY=VALUE and no password: FILE has the users\n"),
    ("-c --from gone.csv", "cannot read gone.csv: No such file or directory\n"),
    ("-c --from users.csv", "users.csv: a file must not contain a pwhash\n"
     "the column password-from can name a variable that holds it\n"),
])  # fmt: skip
def test_a_list_that_cannot_be_meant_creates_nobody(at_server: Client, server: Live, typed: str, said: str) -> None:
    (at_server.home / "users.csv").write_text("user,pwhash\nann,x\n")
    with server.requests() as seen:
        assert at_server.fails("user", *typed.split()) == (2, said)
    assert seen == []
