from __future__ import annotations

import io
import json
import sys
import tarfile
import time
import zipfile
from typing import TYPE_CHECKING

import pexpect
import pytest
from pypitoken import Token

from devpi_cli.models import Login
from devpi_cli.packages.dists import ENDINGS
from tests.support.clients import NOT_LOGGED_IN
from tests.support.dists import make_wheel
from tests.support.front import Front, served

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Client, Member
    from tests.support.servers import Live

METADATA = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"


def make_sdist(folder: Path, name: str = "demo-1.0.tar.gz", metadata: str = METADATA) -> Path:
    files = {"demo-1.0/PKG-INFO": metadata, "demo-1.0/demo.py": ""}
    if name.endswith(".zip"):
        with zipfile.ZipFile(folder / name, "w") as archive:
            for member, text in files.items():
                archive.writestr(member, text)
    else:
        with tarfile.open(folder / name, "w:gz") as sdist:
            for member, text in files.items():
                info = tarfile.TarInfo(member)
                info.size = len(text)
                sdist.addfile(info, io.BytesIO(text.encode()))
    return folder / name


def stored(member: Member) -> list[str]:
    """Return the names of the files that the member's index holds."""
    releases = [
        release
        for project in member.server.index(member.index).projects
        for release in member.server.releases(member.index, project)
    ]
    return sorted(link.name for release in releases for link in release.links)


# -- files


@pytest.mark.parametrize("name", ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz", "demo-1.0.zip"])
def test_wheels_and_sdists_are_uploaded(member: Member, tmp_path: Path, name: str) -> None:
    file = make_wheel(tmp_path) if name.endswith(".whl") else make_sdist(tmp_path, name)
    assert member.ok("upload", file) == [f"file_upload of {name} to {member.index_url}/"]
    assert stored(member) == [name]


def test_a_folder_stands_for_all_distributions_below_it(member: Member, tmp_path: Path) -> None:
    """A38: in the order of their names."""
    (tmp_path / "house/old").mkdir(parents=True)
    make_wheel(tmp_path / "house")
    make_wheel(tmp_path / "house/old", version="0.9")
    (tmp_path / "house/README").write_text("not to be uploaded")
    result = member("upload", "--from-dir", "house", cwd=tmp_path)
    assert result.lines == [
        f"file_upload of demo-1.0-py3-none-any.whl to {member.index_url}/",
        f"file_upload of demo-0.9-py3-none-any.whl to {member.index_url}/",
    ]
    assert (result.stderr, result.status) == ("left out: 1 file: README\n2 files: all uploaded\n", 0)


def test_only_the_newest_version_of_every_project_is_uploaded(member: Member, tmp_path: Path) -> None:
    for name, version in [("demo", "1.9"), ("demo", "1.10"), ("other", "0.1")]:
        make_wheel(tmp_path, name, version)
    member("upload", "--from-dir", "--only-latest", tmp_path)
    assert stored(member) == ["demo-1.10-py3-none-any.whl", "other-0.1-py3-none-any.whl"]


def test_another_index_than_the_one_in_use_can_be_named(member: Member, wheel: Path) -> None:
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    member.ok("upload", "--index", "other", wheel)
    assert member.server.index(f"{member.user}/other").projects == ("demo",)
    assert stored(member) == []


def test_a_dry_run_sends_nothing(member: Member, wheel: Path, server: Live) -> None:
    with server.requests() as requests:
        lines = member.ok("upload", "--dry-run", wheel)
    assert lines == [f"skipped: file_upload of {wheel.name} to {member.index_url}/"]
    assert requests == [f"GET /{member.index}", "GET /+api"]


@pytest.mark.parametrize("typed", [[], ["--dry-run"]])
def test_no_file_is_left_open(member: Member, wheel: Path, tmp_path: Path, typed: list[str]) -> None:
    """A37: Python's development mode would complain on stderr."""
    sdist = make_sdist(tmp_path)
    result = member("upload", "-q", *typed, wheel, sdist, PYTHONDEVMODE="1")
    assert (result.stderr, result.status) == ("", 0)


def test_a_file_is_sent_in_one_request(member: Member, wheel: Path, server: Live) -> None:
    """A36: nothing is registered first."""
    with server.requests() as requests:
        member.ok("upload", wheel)
    assert requests == [f"POST /{member.index}/"]


def test_json_has_what_became_of_every_file(member: Member, wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    result = member("upload", "--json", "broken.zip", wheel, cwd=tmp_path)
    assert json.loads(result.stdout) == {
        "index": member.index,
        "url": f"{member.index_url}/",
        "files": {
            str(wheel): {"outcome": "uploaded"},
            "broken.zip": {"outcome": "failed", "message": "broken.zip: the archive is broken"},
        },
        "counts": {"uploaded": 1, "failed": 1},
    }
    assert result.status == 1


def test_an_identical_file_is_already_there(member: Member, wheel: Path) -> None:
    """V26."""
    member.server.modify_index(member.index, ["volatile=False"])
    member.ok("upload", wheel)
    assert member.ok("upload", "-n", wheel) == [f"already there: {wheel.name} at {member.index_url}/"]
    assert member.ok("upload", wheel) == [f"already there: {wheel.name} at {member.index_url}/"]


# -- failures


def test_a_file_that_conflicts_does_not_stop_the_others(member: Member, tmp_path: Path) -> None:
    """V25."""
    member.server.modify_index(member.index, ["volatile=False"])
    member.ok("upload", make_wheel(tmp_path))
    make_wheel(tmp_path, metadata="Summary: another file\n")
    make_wheel(tmp_path, version="2.0")
    result = member("upload", *tmp_path.glob("*.whl"))
    assert result.lines == [f"file_upload of demo-2.0-py3-none-any.whl to {member.index_url}/"]
    assert result.stderr == (
        "FAILED demo-1.0-py3-none-any.whl: demo-1.0-py3-none-any.whl already exists in non-volatile index\n"
        "1 of 2 files uploaded, 1 failed\n"
        "--skip-existing skips files that are the same; a different file needs another version\n"
    )
    assert result.status == 5


def test_one_kind_of_failure_keeps_its_exit_status(member: Member, tmp_path: Path) -> None:
    """A57."""
    member.server.modify_index(member.index, ["volatile=False"])
    for summary in "first", "second":
        wheels = [make_wheel(tmp_path, version=version, metadata=f"Summary: {summary}\n") for version in ("1.0", "2.0")]
        result = member("upload", *wheels)
    assert result.stderr.splitlines()[-2] == "0 of 2 files uploaded, 2 failed"
    assert result.status == 5


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["nothing.whl"], "nothing.whl: no such file\n"),
        (["folder"], "folder: is a directory\nadd --from-dir to upload the files in it\n"),
        (["--from-dir", "folder"], f"nothing to upload: no file in folder ends in {ENDINGS}\n"),
    ],
)
def test_what_is_not_there_is_wrong_usage(member: Member, tmp_path: Path, typed: list[str], said: str) -> None:
    (tmp_path / "folder").mkdir()
    assert member.fails("upload", *typed, cwd=tmp_path) == (2, said)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.txt", b"notes", f"is not a distribution (a file ending in {ENDINGS})"),
        ("broken-1.0-py3-none-any.whl", b"PK\3\4 and no end", "the archive is broken"),
        ("broken-1.0.tar.gz", b"\x1f\x8b and no end", "the archive is broken"),
        ("empty-1.0.tar.gz", b"", "the archive is broken"),
    ],
)
def test_a_file_that_is_no_distribution_is_refused(
    member: Member, tmp_path: Path, server: Live, *, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with server.requests() as requests:
        assert member.fails("upload", name, cwd=tmp_path) == (1, f"{name}: {said}\n")
    assert requests == []


def test_an_archive_without_metadata_does_not_stop_the_others(member: Member, tmp_path: Path) -> None:
    """V20."""
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as photos:
        photos.writestr("photos/1.jpg", b"")
    wheel = make_wheel(tmp_path)
    result = member("upload", tmp_path / "photos.zip", wheel)
    assert result.lines == [f"file_upload of demo-1.0-py3-none-any.whl to {member.index_url}/"]
    assert result.stderr == (
        "FAILED photos.zip: no metadata in it (no PKG-INFO), so it is not a distribution\n"
        "1 of 2 files uploaded, 1 failed\n"
    )
    assert result.status == 1


@pytest.mark.parametrize("version", ["1.0", "1.2", "2.0", "2.1", "2.2", "2.3", "2.4", "2.5", "9.9"])
@pytest.mark.parametrize("name", ["demo-1.0.tar.gz", "demo-1.0.zip"])
def test_every_metadata_version_is_read(member: Member, tmp_path: Path, version: str, name: str) -> None:
    """A28, A29."""
    sdist = make_sdist(tmp_path, name, METADATA.replace("2.1", version))
    member.ok("upload", sdist)
    assert stored(member) == [name]


# -- the server


def test_without_an_index_in_use_nothing_can_be_uploaded(at_server: Client, wheel: Path, server: Live) -> None:
    said = f"no index in use at {server.url}\ntype 'devpi use USER/INDEX', or 'devpi use -l' to list all indexes\n"
    assert at_server.fails("upload", wheel) == (1, said)


def test_who_is_not_logged_in_is_told_so(member: Member, tmp_path: Path, server: Live) -> None:
    """V36: once, whatever the number of files."""
    member.ok("logoff")
    wheels = [make_wheel(tmp_path, version=version) for version in ("1.0", "2.0")]
    with server.requests() as requests:
        status, said = member.fails("upload", *wheels)
    assert said == f"{member.index} takes no uploads from somebody who is not logged in\n{NOT_LOGGED_IN}\n"
    assert status == 3
    assert len(requests) == 1


def test_an_index_that_everybody_may_upload_to_needs_no_login(member: Member, wheel: Path) -> None:
    """A19."""
    member.server.modify_index(member.index, ["acl_upload=:ANONYMOUS:"])
    member.ok("logoff")
    member.ok("upload", wheel)


def test_who_may_not_upload_is_told_so(member: Member, new_member: Callable[[], Member], tmp_path: Path) -> None:
    other = new_member()
    wheels = [make_wheel(tmp_path, version=version) for version in ("1.0", "2.0")]
    status, said = member.fails("upload", "--index", other.index, *wheels)
    assert said.splitlines()[-2:] == [
        "0 of 2 files uploaded, 2 failed",
        f"{member.user} may not upload to {other.index}: its acl_upload is {other.user}",
    ]
    assert status == 3


def test_an_index_that_is_not_there_is_said(member: Member, wheel: Path) -> None:
    status, said = member.fails("upload", "--index", "gone", wheel)
    assert said == (f"no index '{member.user}/gone'\n'devpi use -l' shows which indexes there are\n")
    assert status == 4


def test_a_mirror_takes_no_uploads(member: Member, wheel: Path, server: Live) -> None:
    mirror = f"{member.user}/mirror"
    member.server.create_index(mirror, {"type": "mirror", "mirror_url": "http://127.0.0.1:9/"})
    member.ok("use", mirror)
    with server.requests() as requests:
        assert member.fails("upload", wheel) == (
            1,
            f"{member.server.root}{mirror} is a mirror: nothing can be uploaded to it\n"
            f"choose another index with --index, or create one based on it: 'devpi index -c NAME bases={mirror}'\n",
        )
    assert requests == []


def test_a_server_that_does_not_answer_is_said(member: Member, wheel: Path) -> None:
    """V11."""
    status, said = member.fails("upload", "--index", "http://127.0.0.1:9/alice/dev", wheel)
    assert said.startswith("cannot reach http://127.0.0.1:9/: ")
    assert status == 6


@pytest.mark.parametrize(("typed", "shown"), [([], True), (["--quiet"], False)])
def test_a_terminal_shows_how_far_an_upload_is(member: Member, wheel: Path, typed: list[str], *, shown: bool) -> None:
    env = {**member.environment, "TERM": "xterm", "COLUMNS": "120"}
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "devpi_cli", "upload", *typed, str(wheel)],
        cwd=str(member.home),
        env=env,
        encoding="utf-8",
    )
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert ("━" in terminal.before) is shown
    assert terminal.exitstatus == 0


def test_the_bar_of_a_file_that_failed_goes_away(member: Member, tmp_path: Path) -> None:
    """D8."""
    member.env |= {"TERM": "xterm", "COLUMNS": "120"}
    member.server.modify_index(member.index, ["volatile=False"])
    member.ok("upload", make_wheel(tmp_path))
    failing, good = make_wheel(tmp_path, metadata="Summary: another file\n"), make_wheel(tmp_path, version="2.0")
    status, lines = member.at_terminal("upload", failing, good, "--jobs", 1)
    place = next(place for place, line in enumerate(lines) if f"file_upload of {good.name}" in line)
    bars = [line for line in lines[place:] if "━" in line]
    assert bars
    assert [line for line in bars if failing.name in line] == []
    assert status == 5


def test_a20_an_api_token_is_good_for_the_project_and_a_minute_only(member: Member, wheel: Path) -> None:
    token = Token.create(domain="127.0.0.1", identifier=member.user, key="secret", prefix="devpi").dump()
    front = Front(refused={"POST": 403})
    with served(front):
        front.serve(member)
        with member.state.changing() as state:
            state.servers[front.url].logins[member.user] = Login(member.user, token, time.time() + 3600)
        assert member("upload", wheel).status == 3
    sent = front.tokens[[method for method, _ in front.seen].index("POST")]
    assert [type(r).__name__ for r in Token.load(sent).restrictions] == [
        "DateRestriction",
        "ProjectNamesRestriction",
    ]
    assert member.state.servers[front.url].logins[member.user].token == token
