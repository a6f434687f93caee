from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import DEVPI, NOT_LOGGED_IN, UNCONFIRMED
from tests.support.dists import put
from tests.support.front import Front, served

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
    heading = f"{member.user}/new  {member.server.root}{member.user}/new"
    status, lines = member.at_terminal("index", "-c", "new", "bases=")
    assert (status, lines[:3]) == (0, [heading, "", "type                          stage"])
    assert member.at_terminal("index", "new", "title=x", "--plain") == (
        0,
        [f"/{member.user}/new title=x", *shown(member, "new", title="x")],
    )
    status, lines = member.at_terminal("index", "new", "--no-projects")
    assert (status, lines[0], lines[-1]) == (0, heading, "title                         x")


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
    asked = [
        f"About to remove: {member.index_url}",
        f"Delete the index {member.index} and everything on it? [y/N] {answer}",
    ]
    done = ["nothing was changed"] if status else [f"index deleted: {member.index_url}"]
    assert member.at_terminal("index", "--delete", "dev", typed=[answer]) == (status, asked + done)
    assert member.ok("index", "-l") == ([member.index] if status else [])


@pytest.mark.parametrize("settings", [{}, {"CI": "true"}])
def test_nothing_is_deleted_when_there_is_nobody_to_ask(member: Member, settings: dict[str, str]) -> None:
    unasked = member("index", "--delete", "dev", **settings)
    assert unasked.lines == [f"About to remove: {member.index_url}"]
    assert (unasked.stderr, unasked.status) == (
        f"{UNCONFIRMED}\nadd -y\n",
        2,
    )
    assert member.ok("index", "-l") == [member.index]


def test_a_non_volatile_index_stays(member: Member) -> None:
    member.server.modify_index(member.index, ["volatile=False"])
    refused = member("index", "--delete", "dev", "-y", "-q")
    assert (refused.stderr, refused.status) == (
        f"index '{member.index}' is non-volatile: it cannot be deleted\n"
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
NO_STAGE = "no index 'USER/no'\n'devpi use -l' shows which indexes there are\n"


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("no", 4, NO_STAGE),
        ("no --no-projects", 4, NO_STAGE),
        ("no title=x", 4, NO_STAGE),
        ("--delete no -y", 4, NO_STAGE),
        (
            "-l nobody",
            4,
            "no user 'nobody'\n'devpi user -l' shows which users there are\n",
        ),
        ("-c dev", 5, "index 'USER/dev' already exists\n"),
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
        ("-c", 2, "no index named\ntype 'devpi index --create NAME'\n"),
        ("--delete", 2, "no index named\ntype 'devpi index --delete NAME'\n"),
        ("-c --delete new", 2, "only one of --create, --delete and --list can be given\n"),
        ("--delete dev title=x", 2, "--delete takes no KEY=VALUE\n"),
        ("a/b/c", 2, "index 'a/b/c' must be of the form USER/INDEX or INDEX\n"),
        (
            "dev nonsense=1",
            1,
            "an index has no setting 'nonsense'\n'devpi help indexes' explains all settings\n",
        ),
        ("dev bases=no/base", 1, "base index 'no/base' does not exist\n"),
        ("dev volatile=maybe", 1, "unknown boolean value 'maybe'\n"),
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
        "'my dev' is not a name: only ASCII letters, digits and -.@_ are allowed\n",
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
        ("-l", 3, "not logged in at HOST/\ntype 'devpi index -l USER', or 'devpi login USER' first\n"),
        (
            "-c root/new",
            3,
            f"no permission to create index root/new\n{NOT_LOGGED_IN}\n",
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


def test_a_list_is_changed_item_by_item(member: Member) -> None:
    config = member.server.modify_index(member.index, ["mirror_whitelist=my-demo"]).config
    member.ok("index", "dev", "acl_upload+=ann, bob", "mirror_whitelist+=Other_Name,my_demo")
    config = member.server.index(member.index).config
    assert config["acl_upload"] == [member.user, "ann", "bob"]
    assert config["mirror_whitelist"] == ["my-demo", "other-name"]
    member.ok("index", "dev", "acl_upload-=ann,bob", "mirror_whitelist-=My_Demo")
    config = member.server.index(member.index).config
    assert (config["acl_upload"], config["mirror_whitelist"]) == ([member.user], ["other-name"])


@pytest.mark.parametrize("option", [[], ["-n"]])
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("index dev titel=x", "did you mean 'title'? 'devpi help indexes' explains all settings"),
        ("index -c new acl_uplaod=bob", "did you mean 'acl_upload'? 'devpi help indexes' explains all settings"),
        ("index dev mirror_url=http://127.0.0.1:9/", "only a mirror has mirror_url: create one with type=mirror"),
        ("index dev acl_uplaod+=bob", "did you mean 'acl_upload'? 'devpi help indexes' explains all settings"),
        ("index -c new acl_upload+=bob", "+= and -= change an index that exists: type acl_upload=VALUE"),
    ],
)
def test_the_nearest_key_is_named(member: Member, typed: str, said: str, option: list[str]) -> None:
    status, error = member.fails(*typed.split(), *option)
    assert (status, error.splitlines()[-1]) == (1, said)


@pytest.mark.parametrize(
    ("typed", "what"),
    [
        ("-c new type=constrained constraints=*", "the index type 'constrained'"),
        ("dev uploadtrigger=x", "the setting 'uploadtrigger'"),
    ],
)
def test_a_dry_run_cannot_tell_what_a_plugin_knows(member: Member, typed: str, what: str) -> None:
    with served(front := Front(plugins={"devpi-constrained": "2.1.0"})):
        front.serve(member)
        planned = member("index", "-n", *typed.split())
    said = f"warning: cannot tell whether the server knows {what}: it may come from devpi-constrained\n"
    assert (planned.stderr, planned.status) == (said, 0)


def test_a_dry_run_shows_what_would_be_stored(member: Member) -> None:
    typed = ["volatile=no", f"bases=/{member.index}/", "acl_upload=:anonymous:, ann", "mirror_whitelist=My_Demo"]
    assert member.ok("index", "-n", "-c", "new", *typed) == [
        f"would create index: {member.server.root}{member.user}/new",
        "  volatile=False",
        f"  bases={member.index}",
        "  acl_upload=:ANONYMOUS:,ann",
        "  mirror_whitelist=my-demo",
    ]


# With such a mirror devpi-server ends after its next start, if it has devpi-web.
OF_NOTHING = [
    "index -c m type=mirror",
    "index -c m type=mirror title=x --exist-ok",
    "index -c m type=mirror -n",
    "index -c m type=mirror --exist-ok -n",
]


@pytest.mark.parametrize("typed", OF_NOTHING)
def test_a_mirror_of_nothing_is_refused(member: Member, typed: str) -> None:
    assert member.fails(*typed.split()) == (
        1,
        "a mirror needs the URL of what it mirrors\nadd mirror_url=https://pypi.org/simple/, or another URL\n",
    )


def test_what_a_mirror_does_not_have_is_not_told_as_set(member: Member) -> None:
    member.server.create_index(f"{member.user}/m", {"type": "mirror", "mirror_url": "http://127.0.0.1:9/"})
    warning = "warning: acl_upload is not set: a mirror has no acl_upload\n"
    result = member("index", "m", "acl_upload=bob", "title=x")
    assert (result.status, result.stderr) == (0, warning)
    assert result.lines[:2] == [
        f"/{member.user}/m title=x",
        f"{member.server.root}{member.user}/m?no_projects=:",
    ]
    result = member("index", "m", "acl_upload=bob", "-n")
    assert (result.status, result.stderr) == (0, warning)
    result = member("index", "-c", "n", "type=mirror", "mirror_url=http://127.0.0.1:9/", "acl_upload=bob")
    assert (result.status, result.stderr) == (0, warning)
