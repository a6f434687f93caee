from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import DEVPI, NOT_LOGGED_IN
from tests.support.dists import put

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clients import Client, Member
    from tests.support.servers import Live

CONFIG = {
    "type": "stage",
    "bases": [],
    "volatile": True,
    "acl_toxresult_upload": [":ANONYMOUS:"],
    "mirror_whitelist": [],
    "mirror_whitelist_inheritance": "intersection",
}


def shown(member: Member, name: str = "dev", query: str = "?no_projects=", **changed: str) -> list[str]:
    """Return the lines that show an index of the member."""
    config = {
        "type": "stage",
        "bases": "",
        "volatile": "True",
        "acl_upload": member.user,
        "acl_toxresult_upload": ":ANONYMOUS:",
        "mirror_whitelist": "",
        "mirror_whitelist_inheritance": "intersection",
        **changed,
    }
    return [f"{member.server.root}{member.user}/{name}{query}:", *(f"  {key}={value}" for key, value in config.items())]


def test_an_index_is_created(member: Member) -> None:
    assert member.ok("index", "-c", "new", f"bases={member.index}", "volatile=False", "acl_upload=a,b") == shown(
        member, "new", bases=member.index, volatile="False", acl_upload="a,b"
    )
    assert member.ok("index", "--create", f"/{member.user}/other", "bases=") == shown(member, "other")


def test_an_index_is_created_as_json(member: Member) -> None:
    created = json.loads("".join(member.ok("index", "-c", "new", "bases=", "--json")))
    url = f"{member.server.root}{member.user}/new"
    assert created == {**CONFIG, "index": f"{member.user}/new", "url": url, "acl_upload": [member.user]}


def test_an_index_is_shown_by_every_way_to_name_it(member: Member) -> None:
    for typed in ([], ["dev"], [member.index], [f"/{member.index}"], [member.index_url]):
        assert member.ok("index", *typed) == shown(member, query="")
    assert member.ok("index", "--no-projects") == shown(member)
    assert json.loads("".join(member.ok("index", "--json"))) == {
        **CONFIG,
        "index": member.index,
        "url": member.index_url,
        "acl_upload": [member.user],
    }


def test_everybody_may_look(at_server: Client, member: Member) -> None:
    assert at_server.ok("index", member.index) == shown(member, query="")


def test_a_url_needs_no_server_in_use(devpi: Client, member: Member) -> None:
    assert devpi.ok("index", member.index_url) == shown(member, query="")
    assert not devpi.state_file.exists()


def test_a_url_is_asked_at_its_own_server(devpi: Client, member: Member) -> None:
    with devpi.state.changing() as state:
        state.server = "http://127.0.0.1:1/"
    assert devpi.ok("index", member.index_url) == shown(member, query="")


def test_keys_are_set_extended_and_reduced(member: Member) -> None:
    assert member.ok("index", "dev", "volatile=False", "acl_upload=:ANONYMOUS:") == [
        f"/{member.index} volatile=False",
        f"/{member.index} acl_upload=:ANONYMOUS:",
        *shown(member, volatile="False", acl_upload=":ANONYMOUS:"),
    ]
    assert member.ok("index", "dev", "acl_upload+=bob") == [
        f"/{member.index} acl_upload+=bob",
        *shown(member, volatile="False", acl_upload=":ANONYMOUS:,bob"),
    ]
    assert member.ok("index", "acl_upload-=:ANONYMOUS:", "mirror_whitelist=requests,numpy") == [
        f"/{member.index} acl_upload-=:ANONYMOUS:",
        f"/{member.index} mirror_whitelist=requests,numpy",
        *shown(member, volatile="False", acl_upload="bob", mirror_whitelist="requests,numpy"),
    ]


def test_v31_a_terminal_sees_the_url_of_the_index(member: Member) -> None:
    """Where no terminal is, ``?no_projects=`` stands behind it, as with devpi-client."""
    assert member.at_terminal("index", "-c", "new", "bases=") == (0, shown(member, "new", query=""))
    assert member.at_terminal("index", "new", "title=x") == (
        0,
        [f"/{member.user}/new title=x", *shown(member, "new", query="", title="x")],
    )
    assert member.at_terminal("index", "new", "--no-projects") == (0, shown(member, "new", query="", title="x"))


@pytest.mark.parametrize("change", ["volatile+=True", "title-=x", "mirror_whitelist_inheritance+=union"])
def test_only_lists_are_extended_and_reduced(member: Member, server: Live, change: str) -> None:
    key = change.rpartition("=")[0][:-1]
    with server.requests() as asked:
        assert member.fails("index", "dev", change) == (
            2,
            f"{key!r} is not a list\nonly lists can be changed with += and -=: type {key}=VALUE\n",
        )
    assert asked == []


def test_a46_clients_at_the_same_time_lose_no_change(member: Member) -> None:
    names = [f"colleague{number}" for number in range(8)]
    processes = [
        subprocess.Popen(
            [*DEVPI, "index", "dev", f"acl_upload+={name}"], env=member.environment, stdout=subprocess.DEVNULL
        )
        for name in names
    ]
    assert [process.wait(60) for process in processes] == [0] * len(names)
    config = member.server.index(member.index).config
    assert sorted(config["acl_upload"]) == sorted([member.user, *names])


def test_a48_bases_can_be_emptied(member: Member) -> None:
    member.ok("index", "-c", "new", f"bases={member.index}")
    assert member.ok("index", "new", "bases=") == [f"/{member.user}/new bases=", *shown(member, "new")]


def test_a_change_is_shown_as_json(member: Member) -> None:
    changed = json.loads("".join(member.ok("index", "dev", "title=It is mine", "--json")))
    assert (changed["index"], changed["title"]) == (member.index, "It is mine")


def test_indexes_are_listed(member: Member, at_server: Client) -> None:
    member.server.create_index(f"{member.user}/another", {"bases": ""})
    both = [f"{member.user}/another", member.index]
    assert member.ok("index", "-l") == both
    assert at_server.ok("index", "--list", member.user) == both
    assert json.loads("".join(member.ok("index", "-l", "--json"))) == {"indexes": both}


def test_an_index_is_deleted_with_what_is_on_it(member: Member) -> None:
    """A49."""
    put(member.server, member.index, "1.0")
    deleted = member("index", "--delete", "dev", "-y")
    assert deleted.lines == [f"About to remove: {member.index_url}", f"index deleted: {member.index_url}"]
    assert (deleted.stderr, deleted.status) == ("Are you sure (yes/no)? yes (autoset from -y option)\n", 0)
    assert member.ok("index", "-l") == []


def test_an_index_is_deleted_quietly_as_json(member: Member) -> None:
    deleted = json.loads("".join(member.ok("-y", "-q", "index", "--delete", "dev", "--json")))
    assert deleted == {"index": member.index, "url": member.index_url, "deleted": True}


@pytest.mark.parametrize(("answer", "status"), [("no", 1), ("n", 1), ("yes", 0), ("y", 0)])
def test_a_terminal_is_asked_before_an_index_goes(member: Member, answer: str, status: int) -> None:
    """A49."""
    asked = [f"About to remove: {member.index_url}", f"Are you sure (yes/no)? {answer}"]
    done = ["nothing was changed"] if status else [f"index deleted: {member.index_url}"]
    assert member.at_terminal("index", "--delete", "dev", typed=[answer]) == (status, asked + done)
    assert member.ok("index", "-l") == ([member.index] if status else [])


@pytest.mark.parametrize("settings", [{}, {"CI": "true"}])
def test_nothing_is_deleted_when_there_is_nobody_to_ask(member: Member, settings: dict[str, str]) -> None:
    unasked = member("index", "--delete", "dev", **settings)
    assert unasked.lines == [f"About to remove: {member.index_url}"]
    assert (unasked.stderr, unasked.status) == ("no terminal to ask on: Are you sure (yes/no)?\nadd -y to confirm\n", 2)
    assert member.ok("index", "-l") == [member.index]


def test_a_non_volatile_index_stays(member: Member) -> None:
    member.server.modify_index(member.index, ["volatile=False"])
    refused = member("index", "--delete", "dev", "-y", "-q")
    assert (refused.stderr, refused.status) == (
        f"DELETE {member.index_url}\n403 Forbidden: index {member.index} non-volatile, cannot delete\n"
        f"make it volatile first: 'devpi index {member.index} volatile=True'\n",
        3,
    )


def test_the_index_of_somebody_else_cannot_be_changed(member: Member, new_member: Callable[[], Member]) -> None:
    other = new_member()
    for typed in ([other.index, "title=x"], ["-c", f"{other.user}/new"], ["--delete", other.index, "-y", "-q"]):
        refused = member("index", *typed)
        assert refused.status == 3
        assert refused.stderr.splitlines()[-1] == (f"the login of {member.user} is valid, but does not allow this")
    assert other.ok("index") == shown(other, query="")


NO_NAME = (
    ", but the server would turn it into one\n"
    "separate names with commas: mirror_whitelist=requests,numpy; mirror_whitelist= empties the list\n"
)
NO_STAGE = "404 Not Found: The stage USER/no could not be found.\n'devpi use -l' shows which indexes there are\n"


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("no", 4, f"GET HOST/USER/no\n{NO_STAGE}"),
        ("no --no-projects", 4, f"GET HOST/USER/no?no_projects=\n{NO_STAGE}"),
        ("no title=x", 4, f"GET HOST/USER/no?no_projects=\n{NO_STAGE}"),
        ("--delete no -y", 4, f"GET HOST/USER/no?no_projects=\n{NO_STAGE}"),
        (
            "-l nobody",
            4,
            "GET HOST/nobody\n404 Not Found: no user 'nobody'\n'devpi user -l' shows which users there are\n",
        ),
        ("-c dev", 5, "PUT HOST/USER/dev\n409 Conflict: index 'USER/dev' exists\n"),
        ("dev volatile", 2, "'volatile' is not of the form KEY=VALUE\n"),
        ("dev =x", 2, "'=x' is not of the form KEY=VALUE\n"),
        ("dev title=a title=b", 2, "'title' is given twice\n"),
        ("dev acl_upload+=a acl_upload+=b", 2, "'acl_upload+' is given twice\n"),
        ("dev acl_upload=a acl_upload+=b", 2, "'acl_upload' is both set and changed\n"),
        (
            "dev mirror_whitelist=[a,b]",
            2,
            f"mirror_whitelist: '[a' is not a name{NO_NAME}",
        ),
        (
            "-c new mirror_whitelist+=[a]",
            2,
            f"mirror_whitelist: '[a]' is not a name{NO_NAME}",
        ),
        ("dev mirror_whitelist=-", 2, f"mirror_whitelist: '-' is not a name{NO_NAME}"),
        ("-c", 2, "which index? name the one to create or delete\n"),
        ("--delete", 2, "which index? name the one to create or delete\n"),
        ("-c --delete new", 2, "only one of --create, --delete and --list can be given\n"),
        ("--delete dev title=x", 2, "--delete takes no KEY=VALUE\n"),
        ("a/b/c", 2, "index 'a/b/c' has to be of the form USER/INDEX or INDEX\n"),
        (
            "dev nonsense=1",
            1,
            "PATCH HOST/USER/dev\n400 Bad Request: indexconfig got unexpected keyword arguments: nonsense=1\n",
        ),
        ("dev bases=no/base", 1, "PATCH HOST/USER/dev\n400 Bad Request: base index 'no/base' does not exist\n"),
        ("dev volatile=maybe", 1, "PATCH HOST/USER/dev\n400 Bad Request: Unknown boolean value 'maybe'.\n"),
    ],
)
def test_what_is_wrong_is_said(member: Member, typed: str, status: int, said: str) -> None:
    """V30."""
    said = said.replace("HOST", member.server.root.rstrip("/")).replace("USER/dev", member.index)
    said = said.replace("USER/no", f"{member.user}/no")
    said = said.replace(f"name {member.user}/no", "name USER/no")
    failed = member("index", *typed.split(), "-q")
    assert (failed.status, failed.stderr) == (status, said)
    assert member.ok("index") == shown(member, query="")


def test_a_name_with_spaces_is_refused(member: Member) -> None:
    assert member.fails("index", "-c", "my dev") == (
        1,
        f"PUT {member.server.root}{member.user}/my%20dev\n400 Bad Request: indexname 'my dev' contains characters that "
        "aren't allowed. Any ascii symbol besides -.@_ is blocked.\n",
    )


def test_an_error_is_one_json_object(member: Member) -> None:
    status, said = member.fails("index", "no", "--json")
    assert (status, json.loads(said)["error"]) == (
        4,
        {
            "type": "Missing",
            "exit": 4,
            "status": 404,
            "message": f"GET {member.server.root}{member.user}/no\n"
            f"404 Not Found: The stage {member.user}/no could not be found.",
            "hint": "'devpi use -l' shows which indexes there are",
        },
    )


WHOSE = "cannot tell whose index 'dev' is: not logged in\ntype USER/dev, or 'devpi login USER' first\n"


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        (
            "",
            1,
            "no index in use at HOST/\ntype 'devpi use USER/INDEX', or 'devpi use -l' to list all indexes\n",
        ),
        ("dev", 3, WHOSE),
        ("-c dev", 3, WHOSE),
        ("--delete dev", 3, WHOSE),
        ("-l", 3, "whose indexes? you are not logged in\ntype 'devpi index -l USER'\n"),
        (
            "-c root/new",
            3,
            f"PUT HOST/root/new\n403 Forbidden: no permission to create index root/new\n{NOT_LOGGED_IN}\n",
        ),
    ],
)
def test_without_a_login_it_says_what_to_type(
    at_server: Client, server: Live, typed: str, status: int, said: str
) -> None:
    """V15."""
    assert at_server.fails("index", *typed.split()) == (status, said.replace("HOST", server.url.rstrip("/")))


def test_no_server_is_in_use(devpi: Client) -> None:
    no_server = (1, "no server in use\ntype 'devpi use URL', or 'devpi quickstart' for a server on this machine\n")
    for typed in ([], ["alice/dev"], ["-l"], ["-c", "dev"]):
        assert devpi.fails("index", *typed) == no_server
