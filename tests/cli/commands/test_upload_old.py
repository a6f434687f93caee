"""devpi upload of files that nobody builds any more, and of folders that have more than distributions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.commands.test_upload import make_sdist, stored
from tests.cli.commands.test_upload_check import GOOD, HINT
from tests.support.dists import make_wheel
from tests.support.peculiar import FILES, METADATA, Peculiar, packed, sdist

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live

WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"


def test_a_folder_of_every_kind_is_uploaded_and_the_rest_is_named_once(member: Member, tmp_path: Path) -> None:
    house = tmp_path / "house"
    house.mkdir()
    files = {case.file: case for case in FILES}
    for case in files.values():
        case.make(house)
    for name in ("SHA256SUMS", "notes.txt", f"{SDIST}.asc"):
        (house / name).touch()
    result = member("upload", "--from-dir", house)
    assert result.stderr == (
        f"left out: 3 files: SHA256SUMS, {SDIST}.asc, notes.txt (devpi has no place for signatures and attestations)\n"
        f"{len(files)} files: all uploaded\n"
    )
    assert stored(member) == sorted(files)


def test_the_server_is_the_judge_of_a_name(member: Member, tmp_path: Path) -> None:
    """devpi-server takes neither, and devpi-client sends both."""
    for name in ("demo-1.0.tbz", "demo-1.0.tar"):
        status, said = member.fails("upload", packed("", name).make(tmp_path))
        assert (status, said) == (1, f"'{name}' is not a valid archive name\n")


@pytest.mark.parametrize(
    "beside",
    [
        [f"{SDIST}.asc", f"{WHEEL}.asc"],
        [f"{SDIST}.publish.attestation", f"{WHEEL}.publish.attestation"],
        [f"{SDIST}.sig", f"{WHEEL}.sigstore.json"],
    ],
)
def test_signatures_are_passed_over(member: Member, tmp_path: Path, beside: list[str]) -> None:
    """As ``dist/*`` gives them."""
    make_wheel(tmp_path)
    make_sdist(tmp_path)
    for name in beside:
        (tmp_path / name).touch()
    result = member("upload", *tmp_path.glob("demo*"))
    assert result.stderr == (
        f"left out: 2 files: {', '.join(sorted(beside))} (devpi has no place for signatures and attestations)\n"
        "2 files: all uploaded\n"
    )
    assert (stored(member), result.status) == ([WHEEL, SDIST], 0)


def test_checksums_are_passed_over(member: Member, wheel: Path) -> None:
    sums = wheel.with_name("SHA512SUMS")
    sums.touch()
    result = member("upload", wheel, sums)
    assert (result.stderr, result.status) == ("left out: 1 file: SHA512SUMS\n", 0)
    assert json.loads(member("upload", "--json", wheel, sums).stdout)["left_out"] == [str(sums)]
    status, said = member.fails("upload", sums)
    assert (status, said.startswith(f"nothing to upload: no file in {sums} ends in .whl, .tar.gz")) == (2, True)


def test_of_many_files_ten_are_named(member: Member, wheel: Path) -> None:
    (wheel.parent / "files").mkdir()
    make_wheel(wheel.parent / "files")
    for number in range(12):
        (wheel.parent / f"files/{number:02}.txt").touch()
    names = ", ".join(f"{number:02}.txt" for number in range(10))
    assert member("upload", "-n", "--from-dir", wheel.parent / "files").stderr == f"left out: 12 files: {names}, …\n"


# -- metadata


def test_a_file_with_the_metadata_of_another_is_refused_by_the_server(member: Member, tmp_path: Path) -> None:
    wrong = Peculiar("", WHEEL, "Metadata-Version: 2.1\nName: other\nVersion: 1.0\n", {}).make(tmp_path)
    assert member.fails("upload", wrong) == (
        1,
        f"filename '{WHEEL}' does not match project name 'other'\n",
    )


def test_a_wheel_with_two_folders_of_metadata_is_warned_of(member: Member, tmp_path: Path) -> None:
    wheel = packed("", WHEEL, "", "demo-2.0.dist-info/METADATA").make(tmp_path)
    result = member("upload", wheel)
    said = "it has the metadata of another release, too: demo-2.0.dist-info/METADATA"
    assert (result.stderr, result.status) == (f"warning: {WHEEL}: {said}\n", 0)


@pytest.mark.parametrize("case", [METADATA[0], METADATA[-3], METADATA[-1]], ids=lambda case: case.what)
def test_what_has_peculiar_metadata_is_listed_and_removed(member: Member, tmp_path: Path, case: Peculiar) -> None:
    member.ok("upload", case.make(tmp_path))
    [project] = member.ok("list")
    assert member.ok("list", project)[0].endswith(f"/{case.file}")
    assert member("remove", "-y", f"{project}=={case.version}").status == 0
    assert stored(member) == []


# -- parts of a release


def test_a_release_that_is_there_in_part_only_is_named(member: Member, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path)
    (tmp_path / SDIST).write_bytes(b"no sdist")
    other = make_wheel(tmp_path, version="1.0.1")
    result = member("upload", wheel, tmp_path / SDIST, other)
    assert result.stderr == (
        f"warning: demo 1.0 is incomplete on {member.index}: without {SDIST}\n"
        f"FAILED {SDIST}: the archive is broken\n2 of 3 files uploaded, 1 failed\n"
    )
    dry = member("upload", "-n", wheel, tmp_path / SDIST)
    assert dry.stderr.startswith(f"warning: demo 1.0 would be incomplete on {member.index}: without {SDIST}\n")


def test_a_file_that_the_server_refuses_leaves_part_of_a_release(member: Member, tmp_path: Path) -> None:
    files = [make_wheel(tmp_path), packed("", "demo-1.0.tbz").make(tmp_path)]
    result = member("upload", *files)
    assert result.stderr.startswith(f"warning: demo 1.0 is incomplete on {member.index}: without demo-1.0.tbz\n")
    assert result.status == 1


# -- checks


OLD = "Description: Demo\n        ====\n        \n        Text::\n        \n            code\n"
RST = "Description-Content-Type: text/x-rst\n"
REFUSED = [
    (sdist("", f"{RST}\nHi\n", {}, "2.0"), "'2.0' is not a valid metadata version"),
    (sdist("", f"{RST}\nHi\n", {}, "9.9"), "'9.9' is not a valid metadata version"),
    (sdist("", f"Requires-Python: 2.6+\n{RST}\nHi\n", {}, "2.1"), "'2.6+' is invalid for 'requires-python'"),
    (sdist("", f"X-By: me\n{RST}\nHi\n", {}, "2.1"), "unrecognized or malformed field 'x-by'"),
    (sdist("", f"Summary: a\nSummary: b\n{RST}\nHi\n", {}, "2.1"), "unrecognized or malformed field 'summary'"),
    (
        sdist("", "".join(f"X-{number}: y\n" for number in range(50_000)), {}, "2.1"),
        "its metadata have more than 100 unknown fields",
    ),
    (packed("", "demo-1.0-py2.7.egg"), "Unknown distribution format: 'demo-1.0-py2.7.egg'"),
    (packed("", "demo-1.0.tar.bz2"), "Unknown distribution format: 'demo-1.0.tar.bz2'"),
    (packed("", SDIST, "", "package.xml"), f"Too many top-level members in sdist archive: {SDIST}"),
    (sdist("", f"{OLD}{RST}X-By: me\n", {}, "2.1"), "unrecognized or malformed field 'x-by'"),
    (
        sdist("", "Description: Demo\n        \n        .. nothing:: x\n" + RST, {}, "2.1"),
        'Unknown directive type "nothing"',
    ),
    (sdist("", OLD, {}, "2.1"), "`long_description_content_type` missing. defaulting to `text/x-rst`."),
]


@pytest.mark.parametrize(("case", "said"), REFUSED)
def test_with_check_all_that_twine_refuses_is_refused(
    member: Member, tmp_path: Path, server: Live, case: Peculiar, said: str
) -> None:
    path, good = case.make(tmp_path), make_wheel(tmp_path, "good", metadata=GOOD)
    with server.requests() as requests:
        result = member("upload", "--check", "--json", good, path)
    assert requests == []
    files = json.loads(result.stdout)["files"]
    assert files.pop(str(good)) == {"outcome": "not tried"}
    [failed] = files.values()
    assert failed["message"].startswith(f"{path.name}: ")
    assert said in failed["message"]
    assert str(tmp_path) not in failed["message"]
    assert (result.status, HINT in member("upload", "--check", path).stderr) == (1, True)


def test_a_description_is_checked_as_it_is_sent(member: Member, tmp_path: Path) -> None:
    """Twine takes the indent of a description in a header for markup, and refuses the heading in it."""
    case = sdist("", OLD + RST, {}, "2.1")
    member.ok("upload", "--check", case.make(tmp_path))


# -- names that are none


@pytest.mark.parametrize(
    "name",
    [
        "../../root/pypi",
        "other/../x",
        "..",
        ".",
        "a/b",
        "demo?x=1",
        "demo#x",
        "demo%2e",
        "de mo",
        "d\xe9mo",
        "demo\x1b[2J",
    ],
)
def test_a_name_that_is_none_leads_nowhere(
    member: Member, tmp_path: Path, server: Live, attack: Callable[[str, str, str], None], name: str
) -> None:
    path = Peculiar("", SDIST, f"Metadata-Version: 1.0\nName: {name}\nVersion: 1.0\n", {}).make(tmp_path)
    for options in ([], ["--skip-existing"]):
        with server.requests() as requests:
            result = member("upload", *options, path)
        assert [request for request in requests if not request.startswith(f"GET /{member.index}/")] in (
            [f"POST /{member.index}/"],
            [],
        )
        assert [request for request in requests if ".." in request] == []
        assert (result.status in (1, 4), "\x1b" in result.stderr, stored(member)) == (True, False, [])
    attack("name in metadata that is a path, a query or a command", ascii(name), result.stderr.splitlines()[-1])
