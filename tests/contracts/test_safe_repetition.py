"""Commands that are safe to repeat: --exist-ok and --missing-ok, and what they send."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.dists import put

if TYPE_CHECKING:
    from tests.support.clients import Client, Member
    from tests.support.servers import Live


def asked_of(seen: list[str]) -> list[str]:
    return [request.split()[0] for request in seen]


def test_an_index_is_created_brought_to_what_is_asked_and_left(member: Member, server: Live) -> None:
    url = f"{member.server.root}{member.user}/new"
    typed = ["index", "-c", "new", "--exist-ok", "bases=", "volatile=False", f"acl_upload={member.user},bob"]
    outcomes = []
    for settings in ([], [], ["title=mine"], ["title=mine"]):
        with server.requests() as seen:
            lines = member.ok(*typed, *settings)
        outcomes.append((lines[0], asked_of(seen)))
        assert f"  acl_upload={member.user},bob" in lines
    assert outcomes == [
        (f"index created: {url}", ["GET", "PUT"]),
        (f"index as asked: {url}", ["GET"]),
        (f"index modified: {url}", ["GET", "PATCH"]),
        (f"index as asked: {url}", ["GET"]),
    ]
    config = member.server.index(f"{member.user}/new").config
    assert (config["volatile"], config["title"]) == (False, "mine")


# Settings with the spellings that a server does not keep as they were typed.
SETTLING = [
    "bases=/ME/dev/, ME/other",
    "bases=/ME/dev volatile=no acl_upload=:anonymous:,:Group,ME",
    "acl_upload=:Authenticated:,ME,ME acl_toxresult_upload=",
    "mirror_whitelist=My_Demo,other.pkg,* mirror_whitelist_inheritance=UNION",
    "title= description=x custom_data={} projects=x",
    "type=mirror mirror_url=http://127.0.0.1:9/ mirror_cache_expiry=0600 mirror_use_external_urls=yes",
    "type=mirror mirror_url=http://127.0.0.1:9/ bases=ME/dev acl_upload=ME mirror_whitelist=*",
    "type=mirror mirror_url=http://127.0.0.1:9/ mirror_web_url_fmt= mirror_no_project_list=no title=m",
]


@pytest.mark.parametrize("settings", SETTLING)
@pytest.mark.parametrize("before", ["nothing", "another"])
def test_what_was_asked_for_once_is_as_asked(member: Member, server: Live, settings: str, before: str) -> None:
    typed = settings.replace("ME", member.user).replace(", ", ",@").split()
    typed = ["index", "-c", "new", "--exist-ok", *(word.replace("@", " ") for word in typed)]
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    if before == "another":
        kind = (
            {"type": "mirror", "mirror_url": "http://127.0.0.1:8/"}
            if "type=mirror" in settings
            else {"bases": member.index, "title": "old"}
        )
        member.server.create_index(f"{member.user}/new", kind)
    assert member(*typed).status == 0
    with server.requests() as seen:
        lines = member(*typed).lines
    assert (lines[0], asked_of(seen)) == (f"index as asked: {member.server.root}{member.user}/new", ["GET"])
    assert member(*typed, "-n").lines == [f"would change nothing: {member.server.root}{member.user}/new"]


def test_only_what_differs_is_changed(member: Member) -> None:
    member.server.modify_index(member.index, ["title=kept", "acl_upload+=bob"])
    said = json.loads("".join(member.ok("index", "-c", "dev", "--exist-ok", "volatile=False", "--json")))
    assert (said["outcome"], said["title"], said["volatile"]) == ("modified", "kept", False)
    assert said["acl_upload"] == [member.user, "bob"]


def test_the_type_of_an_index_cannot_be_brought_to_what_is_asked(member: Member) -> None:
    typed = ["index", "-c", "dev", "--exist-ok", "type=mirror", "mirror_url=http://127.0.0.1:9/"]
    assert member.fails(*typed)[0] == 1
    assert member.server.index(member.index).config["type"] == "stage"


def test_a_user_is_created_brought_to_what_is_asked_and_left(
    at_server: Client, server: Live, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = f"again-{tmp_path_factory.mktemp('user').name}"
    typed = ["user", "-c", name, "--exist-ok", "--password-stdin"]
    assert at_server.ok(*typed, "email=a@b.c", stdin="secret123\n") == [f"user created: {name}"]
    at_server.ok("login", name, DEVPI_PASSWORD="secret123")
    stays = (
        f"the password of {name} is unchanged: the server does not show whether it differs; "
        f"'devpi passwd {name}' changes it\n"
    )
    for email, lines, requests in (
        ("a@b.c", [f"user as asked: {name}"], ["GET"]),
        ("d@e.f", [f"/{name} changing email: d@e.f", f"user modified: {name}"], ["GET", "PATCH"]),
    ):
        with server.requests() as seen:
            result = at_server(*typed, f"email={email}", "title=", stdin="another1\n")
        assert (result.lines, result.stderr, result.status) == (lines, stays, 0)
        assert asked_of(seen) == requests
    at_server.ok("login", name, DEVPI_PASSWORD="secret123")


def test_a_user_who_is_there_needs_no_password(member: Member) -> None:
    said = json.loads("".join(member.ok("user", "-c", member.user, "--exist-ok", "--json")))
    assert said == {"user": member.user, "modified": []}


@pytest.mark.parametrize(
    ("typed", "line", "document"),
    [
        (
            "index --delete gone",
            "nothing to delete: there is no index HOST/ME/gone",
            {"index": "ME/gone", "url": "HOST/ME/gone", "deleted": False},
        ),
        (
            "user --delete nobody-here",
            "nothing to delete: there is no user nobody-here",
            {"user": "nobody-here", "deleted": False},
        ),
        (
            "remove other",
            "nothing to remove: no release of other on ME/dev",
            {"index": "ME/dev", "project": "other", "versions": [], "removed": []},
        ),
        (
            "remove demo>1",
            "nothing to remove: no release of demo on ME/dev matches >1",
            {"index": "ME/dev", "project": "demo", "versions": [], "removed": []},
        ),
        (
            "remove HOST/ME/dev/+f/000/0000000000000/x.whl -y -q",
            "nothing to remove: there is no HOST/ME/dev/+f/000/0000000000000/x.whl",
            {"removed": []},
        ),
    ],
)
def test_what_is_gone_is_no_failure(member: Member, typed: str, line: str, document: dict[str, object]) -> None:
    put(member.server, member.index, "1.0")

    def filled_in(text: str) -> str:
        return text.replace("HOST/", member.server.root).replace("ME", member.user)

    words = filled_in(typed).split()
    assert member(*words).status == 4
    assert member.ok(*words, "--missing-ok")[-1] == filled_in(line)
    said = json.loads("".join(member.ok(*words, "--missing-ok", "--json")))
    assert said == json.loads(filled_in(json.dumps(document)))


def test_an_index_that_is_not_there_is_a_failure_of_what_is_on_it(member: Member) -> None:
    assert member.fails("remove", "demo", "--missing-ok", "--index", "gone")[0] == 4


def test_what_is_there_goes_all_the_same(member: Member) -> None:
    put(member.server, member.index, "1.0")
    assert member("remove", "-y", "demo", "--missing-ok").status == 0
    assert member.server.index(member.index).projects == ()
    assert member("index", "-y", "--delete", "dev", "--missing-ok").status == 0
    assert member("user", "-y", "--delete", member.user, "--missing-ok").status == 0
    assert member("user", member.user).status == 4
