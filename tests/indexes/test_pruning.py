"""What happens between the plan and the removal, the archive, and the library."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from devpi_cli import connect
from devpi_cli.errors import NotAllowed, NothingFound, SomeFailed, TooMany, WrongUsage
from devpi_cli.indexes.archive import Archive
from devpi_cli.indexes.pruning import Pruning
from devpi_cli.indexes.retention import Policy
from devpi_cli.packages import docs
from devpi_cli.server import listings
from devpi_cli.server.api import Server
from tests.support.dists import make_sdist, make_wheel, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from devpi_cli.models import Link
    from tests.support.clients import Member
    from tests.support.servers import Live

LAST = Policy(keep_last=1)
ALL = Policy(keep_last=1, only="all")


def versions(member: Member, name: str = "demo") -> list[str]:
    return sorted(release.version for release in member.server.releases(member.index, name, ignore_bases=True))


def put_docs(member: Member, version: str, folder: Path) -> None:
    pages = folder / f"pages-{version}"
    pages.mkdir()
    (pages / "index.html").write_text(version)
    packed = docs.pack(pages, folder / f"demo-{version}.doc.zip")
    assert member("upload", packed).status == 0


def pruning(member: Member, policy: Policy = LAST, **options: object) -> Pruning:
    index, now = listings.survey(member.server, member.index)
    return Pruning(member.server, index, policy, now, {}, **options)  # type: ignore[arg-type]  # as they are declared


@pytest.fixture
def devs(member: Member) -> Member:
    for version in ("1.0", "1.1.dev1", "1.1.dev2", "1.1.dev3"):
        put(member.server, member.index, version)
    return member


def overwrite(member: Member) -> None:
    fields = {"metadata_version": "2.1", "name": "demo", "version": "1.1.dev2", "filetype": "sdist"}
    member.server.upload(member.index, fields, "demo-1.1.dev2.tar.gz", BytesIO(b"other"))


CHANGED, GONE, STAYS = "it has changed meanwhile", "it is already gone", "the rules keep it now"


@pytest.mark.parametrize("in_full", [True, False], ids=["whole pages", "simple pages"])
@pytest.mark.parametrize(
    ("meanwhile", "removed", "left"),
    [
        (lambda m: None, ["1.1.dev1", "1.1.dev2"], {}),
        (lambda m: put(m.server, m.index, "1.1.dev4"), ["1.1.dev1", "1.1.dev2"], {}),
        (lambda m: put(m.server, m.index, "0.1.dev1"), ["1.1.dev1", "1.1.dev2"], {}),
        (lambda m: put(m.server, m.index, "1.1.dev2", file="demo-1.1.dev2.zip"), ["1.1.dev1"], {"1.1.dev2": CHANGED}),
        (overwrite, ["1.1.dev1"], {"1.1.dev2": CHANGED}),
        (lambda m: m.server.remove_release(m.index, "demo", "1.1.dev1"), ["1.1.dev2"], {"1.1.dev1": GONE}),
        (lambda m: m.server.remove_release(m.index, "demo", "1.1.dev3"), ["1.1.dev1"], {"1.1.dev2": STAYS}),
        (lambda m: m.server.remove_project(m.index, "demo"), [], {"1.1.dev1": GONE, "1.1.dev2": GONE}),
    ],
    ids=["nothing", "newer", "older", "one file more", "overwritten", "one goes", "the newest goes", "all goes"],
)
def test_only_what_was_listed_goes(
    devs: Member, meanwhile: Callable[[Member], object], removed: list[str], left: dict[str, str], *, in_full: bool
) -> None:
    work = pruning(devs, in_full=in_full)
    plans = list(work.plans(["demo"]))
    assert [each.version for each in plans[0].go] == ["1.1.dev2", "1.1.dev1"]
    meanwhile(devs)
    before = versions(devs) if "demo" in devs.server.index(devs.index).projects else []
    [(_, outcome)] = work.remove(plans)
    assert (outcome.removed, outcome.left, outcome.failure) == (removed, left, None)
    after = versions(devs) if "demo" in devs.server.index(devs.index).projects else []
    assert {*after} == {*before} - {*removed}


def test_the_newest_final_release_is_the_newest_at_the_removal(member: Member) -> None:
    for version in ("1.0", "2.0", "3.0a1"):
        put(member.server, member.index, version)
    work = pruning(member, ALL)
    plans = list(work.plans(["demo"]))
    assert [each.version for each in plans[0].go] == ["1.0"]
    member.server.remove_release(member.index, "demo", "2.0")
    [(_, outcome)] = work.remove(plans)
    assert (outcome.removed, outcome.left) == ([], {"1.0": STAYS})


def test_documentation_that_comes_meanwhile_is_not_lost(devs: Member, tmp_path: Path) -> None:
    work = pruning(devs, in_full=True)
    plans = list(work.plans(["demo"]))
    put_docs(devs, "1.1.dev2", tmp_path)
    [(_, outcome)] = work.remove(plans)
    assert (outcome.removed, outcome.left) == (["1.1.dev1"], {"1.1.dev2": CHANGED})
    work = pruning(devs)
    plans = list(work.plans(["demo"]))
    earlier = Pruning(work.server, work.index, work.policy, work.now - 60, {})
    [(_, outcome)] = earlier.remove(plans)  # as if the pages had been read a minute ago
    assert (outcome.removed, outcome.left) == ([], {"1.1.dev2": CHANGED})


def test_two_spellings_of_a_version_are_one_by_the_names_of_files(member: Member) -> None:
    for version in ("1.0.dev1", "1.0.0.dev1", "1.0.dev2"):
        put(member.server, member.index, version)
    for in_full in (True, False):
        [plan] = pruning(member, in_full=in_full).plans(["demo"])
        assert [each.version for each in plan.go] == (["1.0.dev1", "1.0.0.dev1"] if in_full else ["1.0.dev1"])
    work = pruning(member)
    [(_, outcome)] = work.remove(list(work.plans(["demo"])))
    assert sorted(outcome.removed) == ["1.0.0.dev1", "1.0.dev1"]
    assert versions(member) == ["1.0.dev2"]


def test_a_refusal_ends_it_for_all_projects(devs: Member, new_member: Callable[[], Member]) -> None:
    for name in ("one", "two"):
        for version in ("1.dev1", "1.dev2"):
            put(devs.server, devs.index, version, name=name)
    other = new_member()
    index, now = listings.survey(other.server, devs.index)
    work = Pruning(other.server, index, LAST, now, {})
    outcomes = [outcome for _, outcome in work.remove(list(work.plans(["demo", "one", "two"])), jobs=1)]
    assert [type(outcome.failure) for outcome in outcomes] == [NotAllowed, type(None), type(None)]
    assert [[*outcome.removed, *outcome.left] for outcome in outcomes] == [[], [], []]


def test_what_was_done_before_a_failure_is_done(devs: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    work = pruning(devs)
    plans = list(work.plans(["demo"]))
    devs.server.modify_index(devs.index, ["volatile=False"])
    [(_, outcome)] = work.remove(plans)
    assert (outcome.removed, type(outcome.failure)) == ([], NotAllowed)
    devs.server.modify_index(devs.index, ["volatile=True"])
    [(_, outcome)] = work.remove(plans)  # run again
    assert outcome.removed == ["1.1.dev1", "1.1.dev2"]


# -- the archive


def upload_old(member: Member, folder: Path) -> None:
    """Upload an old release with a wheel, an sdist and documentation, and a new one."""
    files = [
        make_wheel(folder, version="1.dev1"),
        make_sdist(folder, {}, version="1.dev1"),
        make_wheel(folder, version="1.dev2"),
    ]
    assert member("upload", *files).status == 0
    put_docs(member, "1.dev1", folder)


def test_what_goes_can_be_brought_back(member: Member, tmp_path: Path) -> None:
    upload_old(member, tmp_path)
    before = {link.name: link.sha256 for link in member.server.release(member.index, "demo", "1.dev1").links}
    assert len(before) == 3
    done = member("prune", "--keep-last", "1", "--archive", "old", "-y")
    assert (done.status, done.lines[-1]) == (0, "removed demo 1.dev1")
    assert versions(member) == ["1.dev2"]
    kept = sorted((member.home / "old/demo").iterdir())
    assert {path.name for path in kept} == {*before}
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o666 & ~umask()}
    assert member("upload", "--from-dir", "old").status == 0
    assert {link.name: link.sha256 for link in member.server.release(member.index, "demo", "1.dev1").links} == before


def umask() -> int:
    found = os.umask(0)
    os.umask(found)
    return found


def test_a_dry_run_archives_nothing(member: Member, tmp_path: Path) -> None:
    upload_old(member, tmp_path)
    assert member("prune", "--keep-last", "1", "--archive", "old", "-n").status == 0
    assert not (member.home / "old").exists()


def test_what_cannot_be_archived_is_not_removed(member: Member, tmp_path: Path) -> None:
    upload_old(member, tmp_path)
    place = member.home / "old/demo"
    place.mkdir(parents=True)
    (place / "demo-1.dev1.tar.gz").write_bytes(b"somebody's own")
    status, said = member("prune", "--keep-last", "1", "--archive", "old", "-y").status, versions(member)
    assert (status, said) == (5, ["1.dev1", "1.dev2"])
    assert (place / "demo-1.dev1.tar.gz").read_bytes() == b"somebody's own"
    shutil.rmtree(place)
    place.write_text("a file")
    done = member("prune", "--keep-last", "1", "--archive", "old", "-y")
    assert (done.status, versions(member)) == (1, ["1.dev1", "1.dev2"])
    assert "cannot keep old/demo/demo-1.dev1-py3-none-any.whl: Not a directory" in done.stderr


def test_an_interrupted_archive_is_completed(member: Member, tmp_path: Path) -> None:
    upload_old(member, tmp_path)
    first = member.server.release(member.index, "demo", "1.dev1").files[0]
    Archive(member.server, member.home / "old").keep("demo", first)
    assert member("prune", "--keep-last", "1", "--archive", "old", "-y").status == 0
    assert len(list((member.home / "old/demo").iterdir())) == 3


def test_test_results_are_not_archived_and_that_is_said(member: Member, tmp_path: Path) -> None:
    upload_old(member, tmp_path)
    file = member.server.release(member.index, "demo", "1.dev1").files[0]
    member.server.attach_tox_result(file.url, {"testenvs": {}})
    done = member("prune", "--keep-last", "1", "--archive", "old", "-y")
    assert done.stderr.splitlines()[-1] == "not in the archive: 1 test result, which cannot be uploaded again"


# -- the library


def test_programs_can_clean_up(devs: Member, tmp_path: Path) -> None:
    with connect(devs.index_url, user=devs.user, password=devs.password) as client:
        assert client.prune(keep_last=1, dry_run=True) == {"demo": ["1.1.dev2", "1.1.dev1"]}
        with pytest.raises(WrongUsage, match="no rule"):
            client.prune()
        with pytest.raises(NothingFound):
            client.prune("nothere", keep_last=1)
        with pytest.raises(TooMany):
            client.prune(keep_last=1, most=1)
        assert len(versions(devs)) == 4
        assert client.prune("d*", keep_last=1, archive=tmp_path / "old") == {"demo": ["1.1.dev1", "1.1.dev2"]}
        assert client.prune(keep_last=1) == {}
    assert versions(devs) == ["1.0", "1.1.dev3"]
    assert len(list((tmp_path / "old/demo").iterdir())) == 2
    put(devs.server, devs.index, "0.9")
    devs.server.modify_index(devs.index, ["volatile=False"])
    with connect(devs.index_url, user=devs.user, password=devs.password) as client:
        with pytest.raises(SomeFailed):
            client.prune(keep_last=1, only="all")
        assert client.prune(keep_last=1, only="all", force=True) == {"demo": ["0.9"]}


# -- what happens during the removal


@dataclass(frozen=True, eq=False)
class Busy(Server):
    """A server to which somebody uploads just before a removal."""

    before: Callable[[str], object] = print

    def remove_release(self, index: str, project: str, version: str, *, force: bool = False) -> int | None:
        self.before(version)
        return super().remove_release(index, project, version, force=force)


@pytest.mark.parametrize("in_full", [True, False])
def test_what_is_uploaded_after_the_first_removal_was_decided_stays(member: Member, *, in_full: bool) -> None:
    for number in range(1, 5):
        put(member.server, member.index, f"1.dev{number}")

    def upload(version: str) -> None:
        if version == "1.dev1":
            put(member.server, member.index, "1.dev2", file="demo-1.dev2.zip")

    index, now = listings.survey(member.server, member.index)
    server = Busy(member.server.root, member.server.session, member.server.features, upload)
    work = Pruning(server, index, LAST, now, {}, in_full)
    [(_, outcome)] = work.remove(list(work.plans(["demo"])))
    assert (outcome.removed, outcome.left) == (["1.dev1", "1.dev3"], {"1.dev2": CHANGED})
    assert versions(member) == ["1.dev2", "1.dev4"]


def test_as_long_as_nobody_changes_anything_the_project_is_read_once(member: Member, server: Live) -> None:
    for number in range(1, 5):
        put(member.server, member.index, f"1.dev{number}")
    work = pruning(member)
    plans = list(work.plans(["demo"]))
    with server.requests() as seen:
        [(_, outcome)] = work.remove(plans)
    assert outcome.removed == ["1.dev1", "1.dev2", "1.dev3"]
    removals = [f"DELETE /{member.index}/demo/1.dev{number}" for number in (1, 2, 3)]
    assert seen == [f"GET /{member.index}/demo", *removals]


def test_what_is_uploaded_during_the_download_stays(member: Member, tmp_path: Path) -> None:
    for number in range(1, 4):
        put(member.server, member.index, f"1.dev{number}")
    archive = Archive(member.server, tmp_path / "old")

    def keep(project: str, link: Link) -> None:
        archive.keep(project, link)
        if "dev2" in link.name:
            put(member.server, member.index, "1.dev1", file="demo-1.dev1.zip")

    work = pruning(member, archive=keep)
    [(_, outcome)] = work.remove(list(work.plans(["demo"])))
    assert (outcome.removed, outcome.left) == (["1.dev2"], {"1.dev1": CHANGED})
    assert versions(member) == ["1.dev1", "1.dev3"]
