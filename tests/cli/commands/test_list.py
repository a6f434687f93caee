from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from tests.support.dists import make_wheel, put
from tests.support.front import Front, Page, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from tests.support.clients import Client, Member
    from tests.support.servers import Live

VERSIONS = ("0.9", "1.0", "1.1", "2.0.dev1", "2004d")


@pytest.fixture
def files(member: Member) -> dict[str, str]:
    """The URLs of five versions of a project on an index, by version."""
    return {version: put(member.server, member.index, version) for version in VERSIONS}


@pytest.fixture
def derived(member: Member, files: dict[str, str]) -> str:
    """The index ``derived``, which has its own ``demo`` 1.0 and 1.2, and ``dev`` as its base; it is in use."""
    derived = f"{member.user}/derived"
    member.server.create_index(derived, {"bases": member.index})
    files["own 1.0"] = put(member.server, derived, "1.0")
    files["1.2"] = put(member.server, derived, "1.2")
    member.ok("use", derived)
    return derived


def test_an_empty_index_has_nothing_to_list(member: Member) -> None:
    assert member.ok("list") == []
    assert json.loads("".join(member.ok("list", "--json"))) == {"index": member.index, "projects": []}


def test_projects_are_listed_with_their_versions_where_asked(member: Member, files: dict[str, str]) -> None:
    """A40, A43."""
    put(member.server, member.index, "1.0", name="Other_Pkg")
    assert member.ok("list") == ["demo", "other-pkg"]
    assert member.ok("list", "-v") == ["demo==2.0.dev1", "Other_Pkg==1.0"]
    assert member.ok("list", "-v", "--all") == [
        *("demo==2004d", "demo==0.9", "demo==1.0", "demo==1.1", "demo==2.0.dev1"),
        "Other_Pkg==1.0",
    ]
    assert json.loads("".join(member.ok("list", "--json")))["projects"] == ["demo", "other-pkg"]
    newest = {"demo": ["2.0.dev1"], "other-pkg": ["1.0"]}
    document = json.loads("".join(member.ok("list", "-v", "--json")))
    assert (document["projects"], document["versions"]) == (["demo", "other-pkg"], newest)


@pytest.mark.parametrize(
    ("typed", "versions", "note"),
    [
        (["demo"], ["2.0.dev1", "1.1", "1.0"], "2 older versions not shown, use --all to see\n"),
        (["demo", "-q"], ["2.0.dev1", "1.1", "1.0"], ""),
        (["demo", "--all"], ["2.0.dev1", "1.1", "1.0", "0.9", "2004d"], ""),
        (["DEMO==1.1"], ["1.1"], ""),
        (["demo>1.0"], ["2.0.dev1", "1.1"], ""),
        (["demo>=1,<2"], ["2.0.dev1", "1.1", "1.0"], ""),
        (["demo<1.1"], ["1.0", "0.9"], ""),
        (["demo~=1.0"], ["1.1", "1.0"], ""),
        (["demo==2.0.dev1"], ["2.0.dev1"], ""),
        (["demo==2004d"], ["2004d"], ""),
        (["demo===2004d"], ["2004d"], ""),
    ],
)
def test_files_are_listed_the_newest_first(
    member: Member, files: dict[str, str], typed: list[str], versions: list[str], note: str
) -> None:
    """A39, A40."""
    if typed == ["demo>=1,<2"]:  # PEP 440: "<2" leaves out 2.0.dev1
        versions = versions[1:]
    listed = member("list", *typed)
    assert (listed.lines, listed.stderr, listed.status) == ([files[version] for version in versions], note, 0)


def test_json_has_every_file_with_all_that_is_known_of_it(member: Member) -> None:
    url = put(member.server, member.index, "1.0", name="Demo_Pkg")
    listed = json.loads("".join(member.ok("list", "demo-pkg", "--json")))
    uploaded = datetime.strptime(listed["files"][0]["upload_time"], "%Y-%m-%dT%H:%M:%S%z")
    assert abs((datetime.now(UTC) - uploaded).total_seconds()) < 60
    assert listed == {
        "index": member.index,
        "project": "demo-pkg",
        "files": [
            {
                "file": "Demo_Pkg-1.0.tar.gz",
                "project": "demo-pkg",
                "version": "1.0",
                "index": member.index,
                "url": url,
                "sha256": sha256(b"Demo_Pkg 1.0").hexdigest(),
                "size": None,
                "upload_time": listed["files"][0]["upload_time"],
                "uploaded_by": member.user,
                "yanked": False,
            },
        ],
    }


def test_json_with_v_has_sizes_for_a_request_each(member: Member, server: Live) -> None:
    url = put(member.server, member.index, "1.0")
    with server.requests() as seen:
        listed = json.loads("".join(member.ok("list", "demo", "--json", "-v")))
    assert [(file["file"], file["size"]) for file in listed["files"]] == [("demo-1.0.tar.gz", len("demo 1.0"))]
    assert seen == [f"GET /{member.index}/demo", f"HEAD /{url.removeprefix(server.url)}"]


class Meeting(Front):
    """A server that tells nobody the size of a file before two have asked for one: it is the number of the version."""

    both = threading.Barrier(2)

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        if method != "HEAD":
            return super().answer(method, path, headers, body)
        self.both.wait(30)
        return 200, {}, bytes(int(path[-8]))


def test_sizes_are_asked_for_at_once(member: Member) -> None:
    """D7: as many as --jobs says, and told in the order of the files."""
    for version in ("1", "2", "3", "4"):
        put(member.server, member.index, version)
    front = Meeting()
    with served(front):
        front.serve(member)
        listed = json.loads("".join(member.ok("list", "demo", "--json", "-v", "--jobs", 2)))
    assert [(file["version"], file["size"]) for file in listed["files"]] == [("4", 4), ("3", 3), ("2", 2), ("1", 1)]


def test_json_tells_from_which_index_a_file_comes_and_who_uploaded_it(
    member: Member, new_member: Callable[[], Member]
) -> None:
    """A push takes the file along, and who uploaded it; what a base has stays there."""
    other = new_member()
    other.server.create_index(f"{other.user}/prod", {"bases": member.index})
    put(other.server, other.index, "1.0")
    put(member.server, member.index, "2.0")
    other.server.push(other.index, "demo", "1.0", {"targetindex": f"{other.user}/prod"})
    listed = json.loads("".join(member.ok("list", "demo", "--json", "--index", f"{other.user}/prod")))
    assert [(file["version"], file["index"], file["uploaded_by"]) for file in listed["files"]] == [
        ("2.0", member.index, member.user),
        ("1.0", f"{other.user}/prod", other.user),
    ]


def test_json_leaves_nothing_out_and_says_nothing_else(member: Member, files: dict[str, str]) -> None:
    listed = json.loads("".join(member.ok("list", "demo", "--json")))
    assert [file["version"] for file in listed["files"]] == ["2.0.dev1", "1.1", "1.0", "0.9", "2004d"]


def test_all_files_of_a_version_are_listed(member: Member, tmp_path: Path) -> None:
    sdist = put(member.server, member.index, "1.0")
    member.ok("upload", make_wheel(tmp_path))
    listed = member.ok("list", "demo==1.0")
    assert [url.rpartition("/")[2] for url in listed] == ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"]
    assert listed[1] == sdist


def test_bases_are_looked_at_too_and_shadowed_files_come_last(
    member: Member, derived: str, files: dict[str, str]
) -> None:
    listed = ["2.0.dev1", "1.2", "1.1", "own 1.0", "1.0", "0.9", "2004d"]
    assert member.ok("list", "demo", "--all") == [files[version] for version in listed]
    assert member.ok("list", "demo==1.0") == [files["own 1.0"], files["1.0"]]
    assert member.ok("list", "demo", "--all", "--ignore-bases") == [files["1.2"], files["own 1.0"]]
    assert member.ok("list", "-v") == ["demo==2.0.dev1"]
    assert member.ok("list", "-v", "--ignore-bases") == ["demo==1.2"]


@pytest.mark.parametrize("how", ["option", "environment"])
@pytest.mark.parametrize("typed", ["dev", "{user}/dev", "/{user}/dev", "{url}", "{url}/+simple/"])
def test_another_index_is_looked_at_and_not_remembered(
    member: Member, derived: str, files: dict[str, str], how: str, typed: str
) -> None:
    """A2."""
    index = typed.format(user=member.user, url=member.index_url)
    before = member.state_file.read_bytes()
    settings: dict[str, Any] = {"DEVPI_INDEX": index} if how == "environment" else {}
    options = ["--index", index] if how == "option" else []
    assert member.ok("list", "demo==1.0", *options, **settings) == [files["1.0"]]
    assert member.state_file.read_bytes() == before


def test_an_option_beats_the_environment(member: Member, derived: str, files: dict[str, str]) -> None:
    """A1."""
    assert member.ok("list", "demo==1.0", "--index", "dev", DEVPI_INDEX="no/index") == [files["1.0"]]


def test_a_url_needs_no_state(devpi: Client, member: Member, files: dict[str, str]) -> None:
    """A2."""
    assert devpi.ok("list", "demo==1.0", "--index", member.index_url) == [files["1.0"]]
    assert devpi.ok("list", DEVPI_INDEX=member.index_url) == ["demo"]
    assert not devpi.state_file.exists()


def test_a_server_in_use_is_enough_for_a_full_name(
    at_server: Client, member: Member, server: Live, files: dict[str, str]
) -> None:
    """A2, A11."""
    assert at_server.ok("list", "demo==1.0", "--index", member.index) == [files["1.0"]]
    assert at_server.fails("list", DEVPI_INDEX="dev") == (
        3,
        "cannot tell whose index 'dev' is: not logged in\ntype USER/dev, or 'devpi login USER' first\n",
    )
    assert at_server.ok("list", "demo==1.0", "--index", "dev", DEVPI_USER=member.user) == [files["1.0"]]
    assert at_server.fails("list") == (
        1,
        f"no index in use at {server.url}\ntype 'devpi use USER/INDEX', or 'devpi use -l' to list all indexes\n",
    )


def test_the_index_of_nothing_at_all(devpi: Client) -> None:
    """A2, V33."""
    no_server = (1, "no server in use\ntype 'devpi use URL', or 'devpi quickstart' for a server on this machine\n")
    for typed in ([], ["demo"], ["--index", "dev"], ["--index", "alice/dev"]):
        assert devpi.fails("list", *typed) == no_server


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        (
            ["nothere"],
            4,
            "no project 'nothere'\n'devpi list' shows which projects there are\n",
        ),
        (
            ["demo==9"],
            4,
            "no release of demo on NAME matches ==9\nthere are: 2.0.dev1, 1.1, 1.0, 0.9, 2004d\n",
        ),
        (
            ["--index", "nobody/dev"],
            4,
            "no index 'nobody/dev'\n'devpi use -l' shows which indexes there are\n",
        ),
        (
            ["foo bar"],
            2,
            "'foo bar' is not a requirement: Expected semicolon (after name with no version specifier) or end\n"
            "type NAME or 'NAME==VERSION'\n",
        ),
        (
            ["demo; python_version > '3'"],
            2,
            "\"demo; python_version > '3'\": only a name and versions are allowed here\ntype 'NAME==VERSION'\n",
        ),
        (
            ["demo @ http://host/x.whl"],
            2,
            "'demo @ http://host/x.whl': only a name and versions are allowed here\ntype 'NAME==VERSION'\n",
        ),
        (["--index", "a/b/c"], 2, "index 'a/b/c' must be of the form USER/INDEX or INDEX\n"),
        (["--index", "http://[x/a/b"], 2, "invalid URL 'http://[x/a/b': it has no valid host or port\n"),
        (
            ["--index", "http://host/alice"],
            2,
            "'http://host/alice' is not the URL of an index: it must end in /USER/INDEX\n",
        ),
        (
            ["--index", "http://127.0.0.1:1/a/b"],
            6,
            "cannot reach http://127.0.0.1:1/: Connection refused\nis the server running, and the URL right?\n",
        ),
    ],
)
def test_what_is_wrong_is_said(member: Member, files: dict[str, str], typed: list[str], status: int, said: str) -> None:
    """V13, V17."""
    said = said.replace("INDEX/n", f"{member.index_url}/n").replace("on NAME", f"on {member.index}")
    assert member.fails("list", *typed) == (status, said.replace("HOST/", member.server.root))


def test_an_index_that_is_no_devpi_is_said(devpi: Client, not_devpi: str) -> None:
    said = "404 Not Found\nis this the URL of a devpi server?\n"
    assert devpi.fails("list", "--index", f"{not_devpi}a/b") == (1, f"{not_devpi}a/b: {said}")
    assert devpi.fails("list", "demo", "--index", f"{not_devpi}a/b") == (1, f"{not_devpi}a/b/demo: {said}")


def test_an_error_is_one_json_object(member: Member, files: dict[str, str]) -> None:
    status, said = member.fails("list", "demo==9", "--json")
    assert (status, json.loads(said)["error"]) == (
        4,
        {
            "type": "NothingFound",
            "exit": 4,
            "message": f"no release of demo on {member.index} matches ==9",
            "hint": "there are: 2.0.dev1, 1.1, 1.0, 0.9, 2004d",
        },
    )


YANKED = {"1.0": "it is broken\nreally", "1.1": True, "1.2": False, "1.3": ""}


@pytest.fixture
def upstream(member: Member) -> Iterator[str]:
    """A mirror whose upstream has yanked some releases of demo."""
    files = [
        {
            "filename": f"demo-{version}.tar.gz",
            "url": f"http://127.0.0.1:9/demo-{version}.tar.gz",
            "hashes": {"sha256": sha256(version.encode()).hexdigest()},
            "yanked": yanked,
        }
        for version, yanked in YANKED.items()
    ]
    page = {"meta": {"api-version": "1.0"}, "name": "demo", "projects": [{"name": "demo"}], "files": files}
    with served(pages := Page("application/vnd.pypi.simple.v1+json", json.dumps(page))):
        mirror = {"type": "mirror", "mirror_url": f"{pages.url}simple/"}
        member.server.create_index(f"{member.user}/mirror", mirror)
        member.ok("use", f"{member.user}/mirror")
        yield f"{member.server.root}{member.user}/mirror"


def test_a_copy_of_what_is_yanked_warns(member: Member, upstream: str) -> None:
    """On an index of one's own nothing is yanked: pip would take it."""
    member.server.create_index(f"{member.user}/own", {"bases": ""})
    planned = member("copy", upstream, f"{member.user}/own", "demo==1.1", "demo==1.2", "-n")
    assert planned.lines == ["would copy: demo-1.1.tar.gz", "would copy: demo-1.2.tar.gz"]
    assert planned.stderr == f"warning: yanked upstream, which {member.user}/own cannot say: demo 1.1\n"


def test_yanked_files_of_a_mirror_are_marked(member: Member, upstream: str, server: Live) -> None:
    with server.requests() as seen:
        listed = member("list", "demo", "--all")
    assert [line.rpartition("/")[2] for line in listed.lines] == [
        f"demo-{version}.tar.gz" for version in reversed(YANKED)
    ]
    assert listed.stderr.splitlines() == [
        "yanked: demo-1.3.tar.gz",
        "yanked: demo-1.1.tar.gz",
        "yanked: demo-1.0.tar.gz: it is broken really",
    ]
    assert seen == [f"GET /{member.user}/mirror/demo"]
    assert member.at_terminal("list", "demo") == (
        0,
        [
            "version  file",
            "1.3      demo-1.3.tar.gz",
            "         yanked",
            "1.2      demo-1.2.tar.gz",
            "1.1      demo-1.1.tar.gz",
            "         yanked",
            "1 older versions not shown, use --all to see",
        ],
    )


def test_json_has_the_reason(member: Member, upstream: str) -> None:
    files = json.loads("".join(member.ok("list", "demo", "--json")))["files"]
    yanked = {file["version"]: file["yanked"] for file in files}
    assert yanked == {**YANKED, "1.3": True}
    one = json.loads("".join(member.ok("list", "demo==1.0", "--json")))["files"]
    assert [file["yanked"] for file in one] == [YANKED["1.0"]]
