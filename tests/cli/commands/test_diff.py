from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from devpi_cli import connect
from tests.support.dists import put
from tests.support.places import put_release

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live


@pytest.fixture
def two(member: Member) -> Member:
    """A member with ``dev`` and ``prod``: one file is the same, one differs, one is only here, one only there."""
    prod = f"{member.user}/prod"
    member.server.create_index(prod, {"bases": member.index})
    for version in ("1.0", "1.1"):
        put(member.server, member.index, version)
    for version in ("1.0", "2.0"):
        put(member.server, prod, version)
    put(member.server, member.index, "1.0", "same-name", file="same_name-1.0.tar.gz")
    put(member.server, prod, "1.0", "same_name", file="same_name-1.0.tar.gz")
    return member


HERE, THERE = (sha256(f"{name} 1.0".encode()).hexdigest() for name in ("same-name", "same_name"))


def test_files_are_compared_without_those_of_bases(two: Member) -> None:
    a, b = two.index, f"{two.user}/prod"
    result = two("diff", "dev", "prod")
    assert (result.lines, result.stderr, result.status) == (
        [
            f"only in {a}:",
            "  demo-1.1.tar.gz",
            f"only in {b}:",
            "  demo-2.0.tar.gz",
            "different:",
            "  same_name-1.0.tar.gz",
            f"    {a:{len(b)}}  {HERE}",
            f"    {b}  {THERE}",
        ],
        "1 file is the same, 2 are only in one place, 1 differs\n",
        0,
    )


def test_json_has_both_hashes_and_the_exit_code_is_asked_for(two: Member) -> None:
    result = two("diff", "dev", "prod", "--json", "--exit-code")
    assert result.status == 7
    assert json.loads(result.stderr)["error"]["message"] == f"{two.index} and {two.user}/prod differ"
    assert json.loads(result.stdout) == {
        "a": two.index,
        "b": f"{two.user}/prod",
        "only_a": ["demo-1.1.tar.gz"],
        "only_b": ["demo-2.0.tar.gz"],
        "different": [{"file": "same_name-1.0.tar.gz", "a": HERE, "b": THERE}],
        "same": 1,
    }


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("dev prod demo==1.0 --exit-code", 0, "1 file is the same\n"),
        ("dev prod demo>=1.1 --exit-code", 7, "{dev} and {user}/prod differ\n"),
        ("dev prod nosuch", 4, "no release of nosuch on {dev} and {user}/prod\n"),
        ("dev nosuch", 4, "no index '{user}/nosuch'"),
        ("dev {url}", 2, "{dev} is the same place twice\n"),
        ("dev dir:nosuch", 2, "nosuch: no such folder\n"),
        ("dev dir:.pypirc", 2, ".pypirc: is not a folder\n"),
        ("dev prod demo[x] --metadata", 0, "1 file is the same, 2 are only in one place\n"),
    ],
)
def test_what_is_compared_is_chosen(two: Member, typed: str, status: int, said: str) -> None:
    (two.home / ".pypirc").touch()
    words = {"dev": two.index, "user": two.user, "url": two.index_url}
    result = two("diff", *typed.format(**words).split())
    assert (result.status, said.format(**words) in result.stderr) == (status, True), result.stderr


def test_it_takes_two_requests_for_the_names_and_two_for_a_project(two: Member, server: Live) -> None:
    with server.requests() as seen:
        assert two("diff", "dev", "prod").status == 0
    dev, prod = f"/{two.index}", f"/{two.user}/prod"
    names = ("/demo", "/same-name")
    assert sorted(seen) == sorted(f"GET {side}{name}" for name in ("", *names) for side in (dev, prod))


def test_docs_and_tox_results_count(member: Member, tmp_path: Path) -> None:
    prod = f"{member.user}/prod"
    member.server.create_index(prod, {"bases": ""})
    put_release(member.server, member.index, tmp_path, "demo", "1.0")
    put_release(member.server, prod, tmp_path, "demo", "1.0", full=False)
    document = json.loads("".join(member.ok("diff", "dev", "prod", "--json", "--metadata")))
    assert (document["same"], document["metadata"], document["different"], document["only_b"]) == (2, {}, [], [])
    assert [re.sub(r"\d{14}", "TIME", name) for name in document["only_a"]] == [
        "demo-1.0-py3-none-any.whl.toxresult-TIME-0",
        "demo-1.0.doc.zip",
        "demo-1.0.tar.gz.toxresult-TIME-0",
    ]
    put_release(member.server, prod, tmp_path, "demo", "1.0")
    assert member.ok("diff", "dev", "prod", "-q") == []


def test_other_metadata_are_named_by_field(member: Member) -> None:
    prod = f"{member.user}/prod"
    member.server.create_index(prod, {"bases": ""})
    for index, summary in ((member.index, "one"), (prod, "two")):
        put(member.server, index, "1.0")
        put(member.server, index, "1.0", file="demo-1.0.zip")
        fields = {"name": "demo", "version": "1.0", "summary": summary, "filetype": "sdist", "pyversion": "source"}
        with (member.home / "f").open("wb+") as file:
            member.server.upload(index, fields, "demo-1.0.tar.bz2", file)
    result = member("diff", "dev", "prod", "--metadata", "--exit-code")
    assert result.lines == ["other metadata:", "  demo 1.0: summary"]
    assert (result.stderr, result.status) == (
        f"3 files are the same, 1 release has other metadata\n{member.index} and {prod} differ\n",
        7,
    )


def test_a_folder_is_a_place(member: Member, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    put_release(member.server, member.index, folder, "demo", "1.0", full=False)
    (folder / "notes.txt").write_text("hello")
    (folder / "broken-1.0-py3-none-any.whl").write_text("hello")
    result = member("diff", "dev", f"dir:{folder}", "--exit-code")
    assert (result.lines, result.status) == ([], 0)
    assert result.stderr.splitlines() == [
        "warning: left out: broken-1.0-py3-none-any.whl: the archive is broken",
        "warning: left out: notes.txt: is not a distribution",
        "2 files are the same",
    ]


def test_a_secret_in_the_environment_is_for_one_server(member: Member, own_server: Live) -> None:
    put(member.server, member.index, "1.0")
    elsewhere = own_server.connect("root")
    elsewhere.create_index("root/dev", {"bases": ""})
    there = f"{own_server.url}root/dev"
    assert member.fails("diff", "dev", there, DEVPI_USER=member.user, DEVPI_PASSWORD="secret") == (
        2,
        "DEVPI_PASSWORD is set, but nothing says which of the two servers it is for\n"
        "set DEVPI_INDEX to the URL of its index, and log in at the other server with 'devpi login'\n",
    )
    env = {"DEVPI_INDEX": member.index_url, "DEVPI_USER": member.user, "DEVPI_PASSWORD": member.password}
    with own_server.requests() as seen:
        assert member("diff", member.index_url, there, "--debug", **env).status == 0
    assert seen == ["GET /root/dev"]  # it has told that it has no project


def test_the_library_compares(two: Member) -> None:
    with connect(two.index_url) as client:
        found = client.diff(f"{two.user}/prod", "demo")
    assert ([link.name for link in found.only_a], [link.name for link in found.only_b]) == (
        ["demo-1.1.tar.gz"],
        ["demo-2.0.tar.gz"],
    )
