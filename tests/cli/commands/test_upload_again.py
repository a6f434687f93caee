"""devpi upload --skip-existing: files already on the index are not sent again."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from tests.cli.commands.test_upload import make_sdist, stored
from tests.cli.commands.test_upload_docs import docs_of, make_docs
from tests.support.dists import make_wheel
from tests.support.front import Front, served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live

CHANGED = "Summary: another file\n"


def digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def test_the_second_upload_sends_no_file(member: Member, tmp_path: Path, server: Live) -> None:
    files = [make_sdist(tmp_path), *(make_wheel(tmp_path, version=version) for version in ("1.0", "2.0"))]
    assert member("upload", "--skip-existing", *files).stderr == "3 files: all uploaded\n"
    with server.requests() as requests:
        result = member("upload", "--skip-existing", *files)
    assert requests == [f"GET /{member.index}/demo"]
    assert result.lines == [
        f"identical: demo-1.0-py3-none-any.whl at {member.index_url}/",
        f"identical: demo-1.0.tar.gz at {member.index_url}/",
        f"identical: demo-2.0-py3-none-any.whl at {member.index_url}/",
    ]
    assert (result.stderr, result.status) == ("3 files: all identical\n", 0)


def test_the_index_is_asked_once_for_each_project_before_anything_is_sent(
    member: Member, tmp_path: Path, server: Live
) -> None:
    wheels = [make_wheel(tmp_path, name, "1.0") for name in ("demo", "other")]
    member.ok("upload", wheels[0])
    with server.requests() as requests:
        result = member("upload", "--skip-existing", *wheels)
    assert requests == [f"GET /{member.index}/demo", f"GET /{member.index}/other", f"POST /{member.index}/"]
    assert result.lines == [
        f"identical: demo-1.0-py3-none-any.whl at {member.index_url}/",
        f"file_upload of other-1.0-py3-none-any.whl to {member.index_url}/",
    ]
    assert (result.stderr, result.status) == ("2 files: 1 identical, 1 uploaded\n", 0)


@pytest.mark.parametrize("volatile", ["True", "False"])
def test_another_file_of_the_same_name_is_not_sent(member: Member, tmp_path: Path, server: Live, volatile: str) -> None:
    member.server.modify_index(member.index, [f"volatile={volatile}"])
    there = digest(wheel := make_wheel(tmp_path))
    member.ok("upload", wheel)
    here = digest(make_wheel(tmp_path, metadata=CHANGED))
    with server.requests() as requests:
        assert member.fails("upload", "--skip-existing", wheel) == (
            5,
            f"{wheel.name}: {member.index} has a different file with this name: "
            f"SHA-256 {there}, here {here}\n"
            "upload it as another version; a volatile index accepts it without --skip-existing\n",
        )
    assert requests == [f"GET /{member.index}/demo", requests[-1]]
    assert requests[-1].startswith(f"GET /{member.index}/+f/")


def test_a_conflict_does_not_stop_the_others(member: Member, tmp_path: Path) -> None:
    same = make_wheel(tmp_path, version="0.9")
    member("upload", same, there := make_wheel(tmp_path))
    old = digest(there)
    make_wheel(tmp_path, metadata=CHANGED)
    make_wheel(tmp_path, version="2.0")
    result = member("upload", "--json", "--skip-existing", "--from-dir", ".", cwd=tmp_path)
    found = json.loads(result.stdout)["files"]
    said = found["demo-1.0-py3-none-any.whl"].pop("message")
    assert said.endswith(f"SHA-256 {old}, here {digest(there)}")
    assert found == {
        "demo-0.9-py3-none-any.whl": {"outcome": "identical"},
        "demo-1.0-py3-none-any.whl": {"outcome": "conflict", "sha256": digest(there), "there": old},
        "demo-2.0-py3-none-any.whl": {"outcome": "uploaded"},
    }
    assert json.loads(result.stdout)["counts"] == {"identical": 1, "uploaded": 1, "failed": 1}
    assert result.status == 5


def test_what_the_bases_have_is_uploaded_all_the_same(member: Member, wheel: Path) -> None:
    member.ok("upload", wheel)
    member.server.create_index(f"{member.user}/above", {"bases": member.index})
    lines = member.ok("upload", "--skip-existing", "--index", "above", wheel)
    assert lines == [f"file_upload of {wheel.name} to {member.server.root}{member.user}/above/"]


def test_two_files_of_one_name_are_a_conflict(member: Member, tmp_path: Path) -> None:
    for folder, metadata in (("one", ""), ("two", CHANGED)):
        (tmp_path / folder).mkdir()
        make_wheel(tmp_path / folder, metadata=metadata)
    result = member("upload", "--skip-existing", "--from-dir", "one", "two", cwd=tmp_path)
    one, two = (digest(tmp_path / folder / "demo-1.0-py3-none-any.whl") for folder in ("one", "two"))
    assert result.lines == [f"file_upload of demo-1.0-py3-none-any.whl to {member.index_url}/"]
    assert result.stderr == (
        f"FAILED demo-1.0-py3-none-any.whl: two different files have this name: SHA-256 {one} and {two}\n"
        "1 of 2 files uploaded, 1 failed\n"
    )


@pytest.mark.parametrize("option", [[], ["-n"]])
def test_of_two_files_of_one_name_none_is_lost(member: Member, tmp_path: Path, option: list[str]) -> None:
    """A volatile index would keep the last one."""
    for folder, metadata in (("one", ""), ("two", CHANGED), ("three", "")):
        (tmp_path / folder).mkdir()
        make_wheel(tmp_path / folder, metadata=metadata)
    name = "demo-1.0-py3-none-any.whl"
    said = f"{name}: two different files have this name: {tmp_path}/one/{name} and {tmp_path}/two/{name}\n"
    typed = ("upload", *option, *(tmp_path / folder / name for folder in ("one", "two")))
    assert member.fails(*typed) == (5, f"{said}nothing was uploaded: leave one of them out\n")
    assert member.server.index(member.index).projects == ()
    assert member("upload", *option, *(tmp_path / folder / name for folder in ("one", "three"))).status == 0


def test_a_dry_run_tells_what_would_be_sent(member: Member, tmp_path: Path, server: Live) -> None:
    member.ok("upload", same := make_wheel(tmp_path, version="0.9"))
    with server.requests() as requests:
        result = member("upload", "-n", "--skip-existing", same, make_wheel(tmp_path))
    assert requests == [f"GET /{member.index}", "GET /+api", f"GET /{member.index}/demo"]
    assert result.lines == [
        f"identical: demo-0.9-py3-none-any.whl at {member.index_url}/",
        f"skipped: file_upload of demo-1.0-py3-none-any.whl to {member.index_url}/",
    ]
    assert (result.stderr, result.status) == ("2 files: 1 identical, 1 skipped\n", 0)


@pytest.mark.parametrize("name", ["demo-1.0.doc.zip", "demo-1.0.docs.zip", "demo.doc.zip"])
def test_documentation_is_compared_whatever_it_is_called_here(
    member: Member, wheel: Path, tmp_path: Path, name: str
) -> None:
    docs = make_docs(tmp_path, name)
    member("upload", wheel, docs)
    assert member.ok("upload", "--skip-existing", docs) == [f"identical: {name} at {member.index_url}/"]
    make_docs(tmp_path, name).write_bytes(docs.read_bytes() + b"\0")
    status, said = member.fails("upload", "--skip-existing", docs)
    assert (status, said.startswith(f"{name}: {member.index} has a different file with this name: ")) == (5, True)
    assert docs_of(member) == ["demo-1.0.doc.zip"]


def test_the_same_pages_are_the_same_documentation_whenever_they_were_made(
    member: Member, wheel: Path, tmp_path: Path
) -> None:
    (tmp_path / "pages").mkdir()
    page = tmp_path / "pages/index.html"
    page.touch()
    member("upload", "--docs", page.parent, wheel, cwd=tmp_path)
    os.utime(page, (1e9, 1e9))
    result = member("upload", "--skip-existing", "--docs", page.parent, wheel, cwd=tmp_path)
    assert result.lines[1:] == [
        f"identical: {wheel.name} at {member.index_url}/",
        f"identical: demo-1.0.doc.zip at {member.index_url}/",
    ]


def test_an_index_that_is_not_there_is_said(member: Member, wheel: Path) -> None:
    status, said = member.fails("upload", "--skip-existing", "--index", "gone", wheel)
    assert said.splitlines()[0] == f"no index '{member.user}/gone'"
    assert status == 4


def test_nothing_is_sent_when_the_server_does_not_tell_what_it_has(member: Member, tmp_path: Path) -> None:
    front = Front(refused={"GET": 401})
    with served(front):
        front.serve(member)
        wheels = [make_wheel(tmp_path, version=version) for version in ("1.0", "2.0")]
        assert member.fails("upload", "--skip-existing", *wheels)[0] == 3
    assert {method for method, _ in front.seen} == {"GET"}
    assert stored(member) == []
