from __future__ import annotations

import json
import re
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from devpi_cli import connect
from devpi_cli.errors import OtherFile
from tests.support.dists import put
from tests.support.places import contents, put_release, tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live


@pytest.fixture
def stocked(member: Member, tmp_path: Path) -> Member:
    """A member whose ``dev`` has three releases, two of them with docs and tox results; ``prod`` is not volatile."""
    member.server.create_index(f"{member.user}/prod", {"bases": "", "volatile": "False"})
    files = tmp_path / "made"
    files.mkdir()
    put_release(member.server, member.index, files, "demo", "1.0")
    put_release(member.server, member.index, files, "demo", "1.1")
    put_release(member.server, member.index, files, "other", "2.0rc1", full=False)
    return member


def has(member: Member, index: str) -> dict[str, Any]:
    return contents(member.server, f"{member.user}/{index}")


def without_times(lines: list[str]) -> list[str]:
    return [re.sub(r"\d{14}-", "TIME-", line) for line in lines]


ONE = [
    "demo-1.0-py3-none-any.whl",
    "demo-1.0-py3-none-any.whl.toxresult-TIME-0",
    "demo-1.0.doc.zip",
    "demo-1.0.tar.gz",
    "demo-1.0.tar.gz.toxresult-TIME-0",
]
NEWEST = [name.replace("1.0", "1.1", 1) for name in ONE]
OTHER = ["other-2.0rc1-py3-none-any.whl", "other-2.0rc1.tar.gz"]


def test_on_one_server_releases_are_pushed_with_all_they_have(stocked: Member, server: Live) -> None:
    with server.requests() as seen:
        result = stocked("copy", "dev", "prod", "--all", DEVPI_JOBS="1")
    assert without_times(result.lines) == [f"copied: {name}" for name in (*ONE, *NEWEST, *OTHER)]
    assert (result.stderr, result.status) == ("12 files copied\n", 0)
    dev, prod = f"/{stocked.index}", f"/{stocked.user}/prod"
    assert Counter(seen) == {
        f"GET {prod}": 1,  # is it a mirror?
        f"GET {dev}": 2,  # is it a mirror? what does it have?
        **{f"GET {side}/{name}": 1 for name in ("demo", "other") for side in (dev, prod)},
        f"PUSH {dev}": 3,
    }
    assert has(stocked, "prod") == has(stocked, "dev")
    again = stocked("copy", "dev", "prod", "--all")
    assert (again.lines, again.stderr, again.status) == ([], "0 files copied, 12 identical\n", 0)


@pytest.mark.parametrize(
    ("typed", "copied"),
    [
        ("demo", [*ONE, *NEWEST]),
        ("demo --latest", NEWEST),
        ("other --latest", OTHER),
        ("demo<1.1 other", [*ONE, *OTHER]),
        ("-r needed.txt", [*ONE, *OTHER]),
        ("demo==1.0 --no-tox", [ONE[0], ONE[2], ONE[3]]),
        ("demo==1.0 --no-docs", [ONE[0], ONE[1], ONE[3], ONE[4]]),
        ("demo==1.0 --no-docs --no-tox", [ONE[0], ONE[3]]),
        ("--all --latest --no-docs --no-tox", [NEWEST[0], NEWEST[3], *OTHER]),
    ],
)
def test_what_is_copied_is_chosen(stocked: Member, typed: str, copied: list[str]) -> None:
    (stocked.home / "needed.txt").write_text("demo[x] ==1.0 ; python_version > '3'\n-r more.txt\n")
    (stocked.home / "more.txt").write_text("other >= 1\n")
    planned = stocked("copy", "dev", "prod", *typed.split(), "-n")
    assert sorted(without_times(planned.lines)) == sorted(f"would copy: {name}" for name in copied)
    assert has(stocked, "prod") == {}
    result = stocked("copy", "dev", "prod", *typed.split())
    assert sorted(without_times(result.lines)) == sorted(f"copied: {name}" for name in copied)
    assert result.status == 0
    there = [name for _, links in has(stocked, "prod").values() for _, name, _ in links]
    assert sorted(there) == sorted(name.partition(".toxresult-")[0] for name in copied)


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("dev prod", 2, "nothing to copy\nname releases, -r FILE or --all\n"),
        (
            "dev prod demo --all",
            2,
            "--all copies everything: it cannot be combined with releases\nname releases, -r FILE or --all\n",
        ),
        ("dev prod nosuch", 4, "no release of nosuch on {dev}\n"),
        ("dev prod demo==9", 4, "no release of demo on {dev} matches ==9\n"),
        ("dev dev demo", 2, "{dev} is the same place twice\n"),
        ("dev nosuch demo", 4, "no index '{user}/nosuch'"),
        ("nosuch dev demo", 4, "no index '{user}/nosuch'"),
        ("dev mirror demo", 1, "{user}/mirror is a mirror: you cannot copy to it\n"),
        (
            "mirror dev --all",
            2,
            "{user}/mirror is a mirror: it has everything that its upstream has\n"
            "name the releases, such as NAME or 'NAME==VERSION'\n",
        ),
        ("dev prod demo --index-page", 2, "--index-page works only with dir:PATH\n"),
        ("dir:nosuch prod --all", 2, "nosuch: no such folder\n"),
    ],
)
def test_what_cannot_be_copied(stocked: Member, typed: str, status: int, said: str) -> None:
    stocked.server.create_index(f"{stocked.user}/mirror", {"type": "mirror", "mirror_url": "http://127.0.0.1:1/"})
    for option in ([], ["-n"]):
        got, heard = stocked.fails("copy", *typed.split(), *option)
        assert (got, said.format(dev=stocked.index, user=stocked.user) in heard) == (status, True), heard


def test_other_files_of_the_same_name_are_not_replaced_unasked(stocked: Member) -> None:
    prod = f"{stocked.user}/prod"
    put(stocked.server, prod, "1.0")
    before = has(stocked, "prod")
    here = sha256((stocked.home.parent / "made/demo-1.0.tar.gz").read_bytes()).hexdigest()
    there = sha256(b"demo 1.0").hexdigest()
    what = f"demo-1.0.tar.gz: {prod} has a different file with this name: SHA-256 {there}, here {here}\n"
    hint = "nothing is copied unless all can be: add --overwrite, or --keep-going to copy the rest\n"
    assert stocked.fails("copy", "dev", "prod", "demo") == (5, what + hint)
    hint = f"{prod} is not volatile: nothing there can be replaced; --keep-going copies the rest\n"
    assert stocked.fails("copy", "dev", "prod", "demo", "--overwrite") == (5, what + hint)
    assert has(stocked, "prod") == before
    result = stocked("copy", "dev", "prod", "demo", "--keep-going", "--json")
    document = json.loads(result.stdout)
    assert result.status == 5
    outcomes = {re.sub(r"\d{14}-", "TIME-", name): outcome for name, outcome in document["files"].items()}
    left = {"demo-1.0.tar.gz": "conflict", ONE[4]: "not tried"}
    assert outcomes == dict.fromkeys((*ONE, *NEWEST), "copied") | left
    assert document["failed"] == {"demo-1.0.tar.gz": what.rstrip()}
    stocked.server.modify_index(prod, ["volatile=True"])
    assert stocked("copy", "dev", "prod", "--all", "--overwrite").status == 0
    assert has(stocked, "prod") == has(stocked, "dev")


def test_a_dry_run_says_that_nothing_is_to_do(stocked: Member) -> None:
    stocked("copy", "dev", "prod", "--all")
    planned = stocked("copy", "dev", "prod", "--all", "-n")
    assert (planned.lines, planned.stderr, planned.status) == ([], "0 files copied, 12 identical\n", 0)


def test_pages_for_pip_do_not_lead_to_what_is_gone(stocked: Member) -> None:
    """Once they are there, every copy writes them again."""
    stocked("copy", "dev", "dir:out", "demo==1.0", "--index-page")
    page = stocked.home / "out/demo/index.html"
    assert "demo-1.1" not in page.read_text()
    stocked("copy", "dev", "dir:out", "demo==1.1")
    assert "demo-1.1" in page.read_text()
    assert stocked("remove", "-y", "demo==1.0").status == 0
    stocked("copy", "dev", "dir:out", "--all", "--delete", "-y")
    assert "demo-1.0" not in page.read_text()


def test_a_part_of_a_release_is_completed(stocked: Member) -> None:
    put_release(stocked.server, f"{stocked.user}/prod", stocked.home.parent / "made", "demo", "1.0", full=False)
    result = stocked("copy", "dev", "prod", "demo==1.0")
    assert without_times(result.lines) == [f"copied: {name}" for name in (ONE[2], ONE[1], ONE[4])]
    assert stocked.ok("diff", "dev", "prod", "demo==1.0", "-q") == []


def test_what_only_the_target_has_is_removed_if_that_is_confirmed(stocked: Member) -> None:
    made = stocked.home.parent / "made"
    stocked.server.modify_index(f"{stocked.user}/prod", ["volatile=True"])
    put_release(stocked.server, f"{stocked.user}/prod", made, "extra", "1.0")
    put_release(stocked.server, f"{stocked.user}/prod", made, "demo", "0.9")
    put(stocked.server, f"{stocked.user}/prod", "1.0", file="demo-1.0.zip")
    planned = stocked("copy", "dev", "prod", "--all", "--delete", "-n")
    assert [line for line in without_times(planned.lines) if line.startswith("would remove: demo")] == [
        *(f"would remove: {name.replace('1.0', '0.9', 1)}" for name in ONE),
        "would remove: demo-1.0.zip",
    ]
    status, said = stocked.fails("copy", "dev", "prod", "--all", "--delete", "-q", "--json")
    assert (status, json.loads(said.splitlines()[-1])["error"]["type"]) == (2, "NobodyToAsk")
    assert stocked("copy", "dev", "prod", "--all", "--delete", "-y").status == 0
    assert has(stocked, "prod") == has(stocked, "dev")


def test_with_latest_only_what_the_source_does_not_have_is_removed(stocked: Member) -> None:
    stocked.server.modify_index(f"{stocked.user}/prod", ["volatile=True"])
    made = stocked.home.parent / "made"
    for version in ("0.9", "1.0"):
        put_release(stocked.server, f"{stocked.user}/prod", made, "demo", version, full=False)
    assert stocked("copy", "dev", "prod", "demo", "--latest", "--delete", "-y").status == 0
    assert sorted(has(stocked, "prod")) == ["demo 1.0", "demo 1.1"]


def test_nothing_is_removed_from_an_index_that_is_not_volatile(stocked: Member) -> None:
    put(stocked.server, f"{stocked.user}/prod", "1.0", "extra")
    for option in ("-n", "-y"):
        status, said = stocked.fails("copy", "dev", "prod", "--all", "--delete", option)
        assert (status, said.splitlines()) == (
            3,
            [
                f"the index {stocked.user}/prod is not volatile",
                f"make it volatile first: 'devpi index {stocked.user}/prod volatile=True'",
            ],
        )
    assert [*has(stocked, "prod")] == ["extra 1.0"]


def test_a_folder_takes_everything_and_gives_it_back(stocked: Member, tmp_path: Path) -> None:
    (first, second), back = (tmp_path / "first", tmp_path / "second"), f"{stocked.user}/back"
    assert stocked("copy", "dev", f"dir:{first}", "--all").status == 0
    stocked.server.create_index(back, {"bases": ""})
    assert stocked("copy", f"dir:{first}", back, "--all").status == 0
    assert has(stocked, "back") == has(stocked, "dev")
    assert stocked("copy", back, f"dir:{second}", "--all").status == 0
    assert tree(second) == tree(first)
    assert stocked("copy", f"dir:{first}", f"dir:{tmp_path}/third", "--all").status == 0
    assert tree(tmp_path / "third") == tree(first)
    assert stocked.ok("diff", "dev", f"dir:{first}", "-q", "--metadata", "--exit-code") == []


def test_the_log_has_a_line_for_each_file(stocked: Member) -> None:
    for _ in range(2):
        assert stocked("copy", "dev", "prod", "other", "--log", "log.jsonl").status == 0
    rows = [json.loads(line) for line in (stocked.home / "log.jsonl").read_text().splitlines()]
    times = [row.pop("time") for row in rows]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time in times)
    places = {"source": stocked.index, "target": f"{stocked.user}/prod"}
    assert rows == [
        {"file": name, "outcome": outcome, **places} for outcome in ("copied", "identical") for name in OTHER
    ]


def test_from_a_mirror_files_are_transferred_with_the_metadata_in_them(stocked: Member) -> None:
    dev = f"{stocked.index_url}/+simple/"
    stocked.server.create_index(f"{stocked.user}/hashed", {"type": "mirror", "mirror_url": dev})
    result = stocked("copy", "hashed", "prod", "demo==1.0")
    assert (result.lines, result.stderr, result.status) == (
        ["copied: demo-1.0-py3-none-any.whl", "copied: demo-1.0.tar.gz"],
        f"not carried over to {stocked.user}/prod: who uploaded 2 files, and when\n2 files copied\n",
        0,
    )
    (metadata, _), (wanted, _) = has(stocked, "prod")["demo 1.0"], has(stocked, "dev")["demo 1.0"]  # type: ignore[misc]
    assert metadata == wanted


def test_the_library_copies(stocked: Member, tmp_path: Path) -> None:
    with connect(stocked.index_url, user=stocked.user, password=stocked.password) as client:
        assert without_times(client.copy("prod", "demo", latest=True)) == NEWEST
        assert client.copy("prod", "demo", latest=True) == []
        assert client.copy(tmp_path / "folder", "other", docs=False) == OTHER
        put(stocked.server, f"{stocked.user}/prod", "1.0")
        with pytest.raises(OtherFile, match=r"^demo-1.0.tar.gz: "):
            client.copy("prod", "demo==1.0")
