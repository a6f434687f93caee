from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import NOT_LOGGED_IN, UNCONFIRMED
from tests.support.dists import make_wheel, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Client, Member
    from tests.support.servers import Live

ASKED = "Remove 1 file of demo 1.0? [y/N]"
AUTOSET = "Are you sure (yes/no)? yes (autoset from -y option)\n"
ABOUT = "About to remove the following releases and distributions"


@pytest.fixture
def files(member: Member) -> dict[str, str]:
    """The URLs of four versions of a project on the index in use, by version."""
    return {version: put(member.server, member.index, version) for version in ("1.0", "1.1", "2.0.dev1", "2004d")}


def versions(member: Member) -> list[str]:
    """Return the versions that are on the index, the oldest first."""
    return [line.removeprefix("demo==") for line in member.ok("list", "-v", "--all", "--index", "dev")]


def about(files: dict[str, str], *gone: str) -> list[str]:
    return [ABOUT, *(line for version in gone for line in (f"version: {version}", f"  - {files[version]}"))]


@pytest.mark.parametrize(
    ("typed", "gone"),
    [
        ("demo==1.0", ["1.0"]),
        ("Demo==1.0", ["1.0"]),
        ("demo<1.5", ["1.0", "1.1"]),
        ("demo>1.0", ["1.1", "2.0.dev1"]),
        ("demo==2004d", ["2004d"]),
    ],
)
def test_releases_are_shown_and_removed(member: Member, files: dict[str, str], typed: str, gone: list[str]) -> None:
    """A39, A40."""
    removed = member("remove", "-y", typed)
    assert removed.lines == [*about(files, *gone), *(f"deleting release {version} of demo" for version in gone)]
    assert (removed.stderr, removed.status) == (AUTOSET, 0)
    assert versions(member) == [version for version in ("2004d", "1.0", "1.1", "2.0.dev1") if version not in gone]


def test_a_whole_project_is_removed_by_its_name(member: Member, files: dict[str, str], server: Live) -> None:
    with server.requests() as seen:
        assert member.ok("remove", "demo", "-y", "-q") == about(files, "2004d", "1.0", "1.1", "2.0.dev1")
    assert seen == [f"GET /{member.index}/demo", f"DELETE /{member.index}/demo"]
    assert member.ok("list") == []


def test_a_version_with_several_files_goes_with_all_of_them(member: Member, tmp_path: Path) -> None:
    sdist = put(member.server, member.index, "1.0")
    member.ok("upload", make_wheel(tmp_path))
    shown = member.ok("list", "demo")
    assert shown[1] == sdist
    assert member.ok("remove", "-yq", "demo==1.0") == [
        *(ABOUT, "version: 1.0", f"  - {shown[0]}", f"  - {shown[1]}"),
        "deleting release 1.0 of demo",
    ]


def test_a_release_without_files_can_be_removed(member: Member, files: dict[str, str]) -> None:
    """A42."""
    member.server.remove_file(files["1.0"])
    member.server.remove_file(files["1.1"])
    put(member.server, member.index, "1.1")
    assert "1.1" in versions(member)
    member.ok("remove", "-yq", "demo==1.1")
    assert "1.1" not in versions(member)


def test_one_file_is_removed_by_its_url(member: Member, files: dict[str, str], tmp_path: Path) -> None:
    member.ok("upload", make_wheel(tmp_path))
    removed = member("remove", "-y", f"{files['1.0']}#sha256=2df83d4eb29af")
    assert removed.lines == ["About to remove the following file:", files["1.0"]]
    assert (removed.stderr, removed.status) == (AUTOSET, 0)
    assert [url.rpartition("/")[2] for url in member.ok("list", "demo==1.0")] == ["demo-1.0-py3-none-any.whl"]


@pytest.mark.parametrize("path", ["", "{user}", "{user}/dev", "{user}/dev/demo", "{user}/dev/demo/1.0"])
def test_a_url_of_more_than_a_file_removes_nothing(member: Member, files: dict[str, str], path: str) -> None:
    url = member.server.root + path.format(user=member.user)
    assert member.fails("remove", "-y", url) == (
        2,
        f"{url!r} is not the URL of a file\ntype a URL from 'devpi list NAME', or 'NAME==VERSION'\n",
    )
    assert len(versions(member)) == 4


def test_json_says_what_went(member: Member, files: dict[str, str]) -> None:
    assert json.loads("".join(member.ok("remove", "-yq", "demo<1.5", "--json"))) == {
        "index": member.index,
        "project": "demo",
        "versions": ["1.0", "1.1"],
        "removed": [files["1.0"], files["1.1"]],
    }
    removed = json.loads("".join(member.ok("remove", "-yq", files["2004d"], "--json")))
    assert removed == {"removed": [files["2004d"]]}


def test_what_comes_from_bases_stays(member: Member, files: dict[str, str]) -> None:
    """A41."""
    derived = f"{member.user}/derived"
    member.server.create_index(derived, {"bases": member.index})
    own = put(member.server, derived, "1.0")
    assert member.fails("remove", "-y", "demo==1.1", "--index", "derived") == (
        4,
        f"no release of demo on {derived} matches ==1.1\n"
        f"{derived} has demo 1.1 from {member.index}: type 'devpi remove demo==1.1 --index {member.index}'\n",
    )
    assert member.ok("remove", "-yq", "demo", "--index", derived) == [ABOUT, "version: 1.0", f"  - {own}"]
    assert len(versions(member)) == 4
    assert member.ok("list", "demo==1.0", "--index", derived) == [files["1.0"]]


@pytest.mark.parametrize("index", ["dev", "{user}/dev", "{url}"])
def test_the_index_is_named_by_option_or_environment(member: Member, files: dict[str, str], index: str) -> None:
    index = index.format(user=member.user, url=member.index_url)
    member.ok("use", "/")
    member.ok("remove", "-yq", "demo==1.0", "--index", index)
    member.ok("remove", "-yq", "demo==1.1", DEVPI_INDEX=index)
    assert versions(member) == ["2004d", "2.0.dev1"]


@pytest.mark.parametrize("what", ["demo", "demo==1.0", "URL"])
def test_a_non_volatile_index_needs_force(member: Member, files: dict[str, str], what: str) -> None:
    """A44."""
    member.server.modify_index(member.index, ["volatile=False"])
    what = what.replace("URL", files["1.0"])
    refused = member("remove", "-yq", what)
    assert refused.status == 3
    assert refused.stderr.splitlines()[-1] == "add --force to remove from a non-volatile index"
    assert len(versions(member)) == 4
    member.ok("remove", "-yq", what, "--force")
    assert "1.0" not in versions(member)


@pytest.mark.parametrize(("answer", "status"), [("no", 1), ("", 1), ("yes", 0), ("y", 0)])
def test_a_terminal_is_asked_when_it_has_seen_what_goes(
    member: Member, files: dict[str, str], answer: str, status: int
) -> None:
    """V16."""
    done = ["nothing was changed"] if status else ["deleting release 1.0 of demo"]
    assert member.at_terminal("remove", "demo==1.0", typed=[answer]) == (
        status,
        [*about(files, "1.0"), f"{ASKED} {answer}", *done],
    )
    assert ("1.0" in versions(member)) is (status == 1)


def test_with_json_a_terminal_has_seen_it_as_well(member: Member, files: dict[str, str]) -> None:
    status, shown = member.at_terminal("remove", "demo==1.0", "--json", typed=["yes"])
    asked = [*about(files, "1.0"), f"{ASKED} yes"]
    assert (status, shown[: len(asked)]) == (0, asked)
    assert json.loads("\n".join(shown[len(asked) :]))["versions"] == ["1.0"]


def test_nothing_goes_when_there_is_nobody_to_ask(member: Member, files: dict[str, str]) -> None:
    """V16."""
    for options in ([], ["--no-input"]):
        unasked = member("remove", "demo==1.0", *options, stdin="yes\n")
        assert unasked.lines == about(files, "1.0")
        assert (unasked.stderr, unasked.status) == (
            f"{UNCONFIRMED}\nadd -y\n",
            2,
        )
    status, said = member.fails("remove", "demo==1.0", "--json")
    assert (status, json.loads(said)["error"]["type"]) == (2, "NobodyToAsk")
    assert "1.0" in versions(member)


@pytest.mark.parametrize(("typed", "said"), [
    ("demo==9", "demo on {} matches ==9"), ("nothere", "nothere on {}"),
    ("nothere==1.0", "nothere on {} matches ==1.0"),
    ("demo==2005d", "demo on {} matches ==2005d"),
])  # fmt: skip
def test_nothing_that_matches_is_said(member: Member, files: dict[str, str], typed: str, said: str) -> None:
    message = f"no release of {said.format(member.index)}"
    hint = f"'devpi list --index {member.index}' shows which projects there are"
    if typed.startswith("demo"):
        hint = "there are: 2.0.dev1, 1.1, 1.0, 2004d"
    assert member.fails("remove", "-y", typed) == (4, f"{message}\n{hint}\n")
    status, said = member.fails("remove", "-y", typed, "--json")
    assert (status, json.loads(said)["error"]) == (
        4,
        {"type": "NothingFound", "exit": 4, "message": message, "hint": hint},
    )


def test_a_requirement_that_does_not_parse_is_said(member: Member) -> None:
    """V13."""
    assert member.fails("remove", "-y", "foo bar") == (
        2,
        "'foo bar' is not a requirement: Expected semicolon (after name with no version specifier) or end\n"
        "type NAME or 'NAME==VERSION'\n",
    )


def test_an_index_that_is_not_there_is_said(member: Member) -> None:
    assert member.fails("remove", "-y", "demo", "--index", "nobody/dev") == (
        4,
        "no index 'nobody/dev'\n'devpi use -l' shows which indexes there are\n",
    )


def test_somebody_else_removes_nothing(
    member: Member, files: dict[str, str], at_server: Client, new_member: Callable[[], Member]
) -> None:
    other = new_member()
    logged_in = f"{other.user} may not remove anything from {member.index}: its acl_upload is {member.user}"
    for client, hint in ((at_server, NOT_LOGGED_IN), (other, logged_in)):
        refused = client("remove", "-yq", "demo", "--index", member.index)
        assert (refused.status, refused.stderr.splitlines()[-1]) == (3, hint)
    assert len(versions(member)) == 4


def test_no_server_or_index_is_in_use(at_server: Client, server: Live) -> None:
    assert at_server.fails("remove", "demo") == (
        1,
        f"no index in use at {server.url}\ntype 'devpi use USER/INDEX', or 'devpi use -l' to list all indexes\n",
    )
    at_server.ok("use", "--delete")
    assert at_server.fails("remove", "demo") == (
        1,
        "no server in use\ntype 'devpi use URL', or 'devpi quickstart' for a server on this machine\n",
    )


@pytest.mark.parametrize(("typed", "what"), [("demo==1.0", "demo 1.0"), ("demo", "demo"), ("demo>1", "demo")])
def test_what_comes_from_a_base_is_named_with_the_line_to_type(
    member: Member, files: dict[str, str], typed: str, what: str
) -> None:
    member.server.create_index(f"{member.user}/heir", {"bases": member.index})
    status, said = member.fails("remove", "-y", typed, "--index", "heir")
    quoted = f"'{typed}'" if ">" in typed else typed
    matches = f" matches {typed.removeprefix('demo')}" if typed != "demo" else ""
    assert (status, said) == (
        4,
        f"no release of demo on {member.user}/heir{matches}\n"
        f"{member.user}/heir has {what} from {member.index}: type 'devpi remove {quoted} --index {member.index}'\n",
    )
    assert len(versions(member)) == len(files)


@pytest.mark.parametrize("option", [["-n"], ["-y", "-q"], ["-y"]])
def test_only_copies_are_removed_from_a_mirror_and_it_says_so(
    member: Member, files: dict[str, str], option: list[str]
) -> None:
    upstream = {"type": "mirror", "mirror_url": f"{member.index_url}/+simple/"}
    member.server.create_index(f"{member.user}/mirror", upstream)
    removed = member("remove", "demo", "--index", "mirror", *option)
    said = f"{member.user}/mirror is a mirror: only its copies are removed, and what the upstream has comes back\n"
    assert (removed.stderr, removed.status) == (said * ("-q" not in option) + AUTOSET * (option == ["-y"]), 0)
    assert len(member.server.releases(f"{member.user}/mirror", "demo")) == len(files)
