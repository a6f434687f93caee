from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import Missing, NothingFound, OtherFile
from devpi_cli.indexes.contents import IndexContents, find_releases
from devpi_cli.models import Requirement
from devpi_cli.packages.dists import read
from tests.support.dists import make_wheel, put

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live


def test_the_releases_that_are_meant_come_with_the_oldest_first(member: Member) -> None:
    for version in ("1.10", "1.9", "2.0", "1.0.dev1"):
        put(member.server, member.index, version)
    found = find_releases(member.server, member.index, Requirement.parse("demo<2"))
    assert [release.version for release in found] == ["1.0.dev1", "1.9", "1.10"]


def test_bases_count_where_they_are_asked_for(member: Member) -> None:
    put(member.server, member.index, "1.0")
    top = f"{member.user}/top"
    member.server.create_index(top, {"bases": member.index})
    wanted = Requirement.parse("demo")
    assert [release.version for release in find_releases(member.server, top, wanted, bases=True)] == ["1.0"]
    with pytest.raises(NothingFound, match="no release of demo on "):
        find_releases(member.server, top, wanted)


def test_a_project_that_is_not_there_is_nothing_found_for_that_reason(member: Member) -> None:
    with pytest.raises(NothingFound) as nothing:
        find_releases(member.server, member.index, Requirement.parse("nosuch"))
    assert isinstance(nothing.value.__cause__, Missing)


def test_an_index_that_is_not_there_is_no_index_without_the_project(member: Member) -> None:
    with pytest.raises(Missing):
        find_releases(member.server, f"{member.user}/nowhere", Requirement.parse("demo"))
    with pytest.raises(Missing):
        IndexContents(member.server, f"{member.user}/nowhere").releases("demo")


def test_an_index_is_asked_once_for_the_files_of_a_project(member: Member, server: Live, tmp_path: Path) -> None:
    dists = [read(make_wheel(tmp_path, version=version)) for version in ("1.0", "1.1")]
    with server.requests() as seen:
        existing = IndexContents(member.server, member.index)
        assert [existing.has(dist) for dist in dists] == ["", ""]
    assert seen == [f"GET /{member.index}/demo"]


def test_two_files_of_a_name_are_told_apart_before_anything_is_sent(member: Member, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, other = make_wheel(tmp_path), make_wheel(tmp_path / "other", metadata="Summary: another file\n")
    existing = IndexContents(member.server, member.index)
    assert existing.has(read(one)) == ""
    with pytest.raises(OtherFile, match="two different files have this name") as error:
        existing.has(read(other))
    assert (error.value.there, error.value.here) == (read(one).sha256, read(other).sha256)
