from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from devpi_cli import connect
from tests.support.clients import make_member
from tests.support.dists import put
from tests.support.places import put_release

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live


@pytest.fixture
def owner(own_server: Live, tmp_path: Path) -> Member:
    """A member of a server whose files a test can change, with two releases of demo."""
    member = make_member(own_server, tmp_path, "owner")
    files = tmp_path / "made"
    files.mkdir()
    put_release(member.server, member.index, files, "demo", "1.0")
    put_release(member.server, member.index, files, "demo", "1.1", full=False)
    return member


@pytest.fixture
def stored(tmp_path: Path) -> Callable[[str], Path]:
    """Find a file in the folder of the server."""

    def find(name: str) -> Path:
        [path] = (tmp_path / "own-server/data/+files").rglob(name)
        return path

    return find


WHEEL, SDIST = "demo-1.1-py3-none-any.whl", "demo-1.1.tar.gz"


def test_a_flipped_byte_and_a_lost_file_are_found(owner: Member, stored: Callable[[str], Path]) -> None:
    fine = owner("verify")
    assert (fine.lines, fine.stderr, fine.status) == ([], "7 files checked, no problems\n", 0)
    content = bytearray(stored(WHEEL).read_bytes())
    content[100] ^= 1
    stored(WHEEL).write_bytes(content)
    stored(SDIST).unlink()
    result = owner("verify")
    assert [line.split(": the download")[0] for line in result.lines] == [f"lost: {SDIST}", f"damaged: {WHEEL}"]
    assert (result.stderr, result.status) == (f"{owner.index} failed the verification: 1 lost, 1 damaged\n", 7)
    document = json.loads(owner("verify", "demo==1.1", "--json").stdout)
    said = document["damaged"].pop(WHEEL)
    assert said.startswith("the download has the SHA-256 ")
    assert document == {
        "index": owner.index, "checked": 2, "lost": [SDIST], "damaged": {}, "metadata": {}, "shadowed": {},
        "skipped": 0, "failed": {},
    }  # fmt: skip


def test_of_a_mirror_only_hashes_are_compared(owner: Member) -> None:
    upstream = {"type": "mirror", "mirror_url": f"{owner.index_url}/+simple/"}
    owner.server.create_index(f"{owner.user}/mirror", upstream)
    result = owner("verify", "demo==1.1", "--index", "mirror")
    note = f"{owner.user}/mirror is a mirror: it has hashes to compare, but no metadata\n"
    assert (result.lines, result.stderr, result.status) == ([], f"{note}2 files checked, no problems\n", 0)


def test_names_that_nothing_was_compared_with_are_no_success(owner: Member) -> None:
    assert owner("verify", "--names").stderr == f"no names compared: {owner.index} has no mirror with a list of them\n"
    document = json.loads(owner("verify", "--names", "--json").stdout)
    assert (document["names"], document["compared"], document["not_compared"]) == (1, [], [])


def test_a_quick_look_finds_what_is_lost_and_downloads_nothing(
    owner: Member, own_server: Live, stored: Callable[[str], Path]
) -> None:
    stored(SDIST).unlink()
    with own_server.requests() as seen:
        result = owner("verify", "--quick")
    assert (result.lines, result.stderr, result.status) == (
        [f"lost: {SDIST}"],
        f"{owner.index} failed the verification: 1 lost\n",
        7,
    )
    assert {request.split()[0] for request in seen if "+f" in request} == {"HEAD"}


def test_what_was_right_is_not_verified_again(owner: Member, own_server: Live, stored: Callable[[str], Path]) -> None:
    stored(SDIST).unlink()
    assert owner("verify", "--resume", "done").status == 7
    with own_server.requests() as seen:
        again = owner("verify", "--resume", "done")
    assert (again.lines, again.status) == ([f"lost: {SDIST}"], 7)
    assert again.stderr.splitlines()[0] == "5 files skipped: they were verified before"
    assert len([request for request in seen if "+f" in request]) == 2
    put(owner.server, owner.index, "1.1", file=SDIST)
    mended = owner("verify", "--resume", "done")
    assert (mended.lines, mended.status) == ([], 0)
    assert mended.stderr.splitlines() == [
        f"warning: metadata not compared: {SDIST}: the archive is broken",
        "5 files skipped: they were verified before",
        "2 files checked, no problems",
    ]
    (owner.home / "done").write_text("something else\n")
    assert owner.fails("verify", "--resume", "done") == (
        1,
        "done was not written by 'devpi verify --resume FILE'\n",
    )


def test_metadata_that_no_file_of_the_release_has_are_found(owner: Member) -> None:
    name = f"{owner.index_url}/demo/1.1"
    before = owner.server.session.request("GET", name).result
    fields = {"name": "demo", "version": "1.1", "summary": "something else", "metadata_version": "2.1"}
    with (owner.home / "demo-1.1.zip").open("wb+") as file:
        owner.server.upload(owner.index, {**fields, "filetype": "sdist"}, "demo-1.1.zip", file)
    assert before["summary"] == "the demo of all"
    result = owner("verify", "demo==1.1", "--json")
    assert json.loads(result.stdout)["metadata"] == {WHEEL: ["summary"], SDIST: ["summary"]}
    assert result.status == 7


def test_names_that_a_mirror_has_are_found_without_a_question_about_them(member: Member, server: Live) -> None:
    upstream, user = f"{member.user}/upstream", member.user
    member.server.create_index(upstream, {"bases": ""})
    for index, name in ((upstream, "Pay_ments"), (upstream, "six"), (member.index, "pay-ments"), (member.index, "own")):
        put(member.server, index, "1.0", name)
    url = f"{member.server.root}{upstream}/+simple/"
    member.server.create_index(f"{user}/mirror", {"type": "mirror", "mirror_url": url})
    unlisted = {"type": "mirror", "mirror_url": url, "mirror_no_project_list": "True"}
    member.server.create_index(f"{user}/unlisted", unlisted)
    member.server.modify_index(member.index, [f"bases={user}/mirror,{user}/unlisted"])
    with server.requests() as seen:
        result = member("verify", "--names")
    assert (result.lines, result.status) == (
        [f"shadowed: pay-ments: {user}/mirror has a project of this name, too"],
        7,
    )
    assert result.stderr.splitlines() == [
        f"warning: {user}/unlisted has no list of the names at its upstream: not compared",
        f"{member.index} failed the verification: 1 shadowed",
    ]
    assert not [request for request in seen if "pay" in request]
    assert json.loads(member("verify", "--names", "--json").stdout)["shadowed"] == {"pay-ments": f"{user}/mirror"}


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("nosuch", 4, "no release of nosuch on {index}\n"),
        ("--index {user}/nosuch", 4, "no index '{user}/nosuch'"),
        ("--index {user}/mirror", 2, "{user}/mirror is a mirror: it lists everything that its upstream has\n"),
        ("--quick --resume x", 2, "--resume cannot be combined with --quick or --names: "),
    ],
)
def test_what_cannot_be_verified(member: Member, typed: str, status: int, said: str) -> None:
    member.server.create_index(f"{member.user}/mirror", {"type": "mirror", "mirror_url": "http://127.0.0.1:1/"})
    words = {"user": member.user, "index": member.index}
    got, heard = member.fails("verify", *typed.format(**words).split())
    assert (got, said.format(**words) in heard) == (status, True), heard


def test_the_library_verifies(member: Member) -> None:
    put(member.server, member.index, "1.0")
    with connect(member.index_url) as client:
        assert client.verify("demo", quick=True).checked == 1
        found = client.verify("demo")
    assert (found.checked, found.is_good, [link.name for link in found.good]) == (1, True, [])
    assert found.unread == ["demo-1.0.tar.gz: the archive is broken"]
