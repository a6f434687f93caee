from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import BrokenDistribution, DevpiError
from devpi_cli.indexes.copying import Choice, Copier, Plan, latest, plan
from devpi_cli.indexes.sides import FolderSide
from devpi_cli.models import Link, Release
from tests.support.dists import make_sdist, make_wheel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from devpi_cli.indexes.sides import Fetch

WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"


@pytest.mark.parametrize(
    ("versions", "newest"),
    [
        (["1.9", "1.10", "2.0rc1"], "1.10"),
        (["2.0a1", "2.0rc1"], "2.0rc1"),
        (["latest", "1.0.dev1"], "1.0.dev1"),
        (["old", "older"], "older"),
        (["1.0.post1", "1.0"], "1.0.post1"),
    ],
)
def test_a_prerelease_is_the_newest_only_if_there_is_nothing_else(versions: list[str], newest: str) -> None:
    assert latest(versions) == newest


@dataclass
class Faulty:
    """A target that stores other bytes than it is sent, or refuses some files."""

    name: str = "faulty"
    projects: Sequence[str] = ()
    refused: Sequence[str] = ()
    changed: Sequence[str] = ()
    stored: list[str] = field(default_factory=list)

    def releases(self, project: str, *, metadata: bool = False) -> list[Release]:
        del project, metadata
        return []

    def described(self, release: Release) -> Release:
        return release

    def fetch(self, link: Link, file: object) -> None:
        raise AssertionError

    def prepare(self, release: Release, links: Sequence[Link]) -> None:
        self.links = {link.name: link for link in links}

    def store(self, release: Release, link: Link, fetch: Fetch, *, replace: bool) -> None:
        if link.name in self.refused:
            raise DevpiError("refused")
        self.stored.append(link.name)

    def current(self, release: Release) -> tuple[Link, ...]:
        return tuple(
            Link(name, sha256="0" if name in self.changed else self.links[name].sha256) for name in self.stored
        )

    def add_result(self, release: Release, about: str, report: bytes, existing: Sequence[Link]) -> None:
        raise AssertionError

    def remove(self, release: Release, links: Sequence[Link], *, whole: bool) -> None:
        raise AssertionError


@pytest.fixture
def source(tmp_path: Path) -> FolderSide:
    make_wheel(tmp_path)
    make_sdist(tmp_path, {"a": "b"})
    return FolderSide(tmp_path, "source")


def copied(source: FolderSide, target: Faulty) -> tuple[list[str], str]:
    """Copy demo; return the files that are said to be copied, and the error."""
    [step] = plan(source, target, Choice(), "demo").steps
    told: list[str] = []
    try:
        Copier(source, target, Choice().rels).copy(step, lambda name, outcome: told.append(name))
    except DevpiError as error:
        return told, f"{type(error).__name__}: {error.message.split(' has ')[0]}"
    return told, ""


def test_what_did_not_arrive_as_it_was_is_not_said_to_be_copied(source: FolderSide) -> None:
    assert copied(source, Faulty()) == ([WHEEL, SDIST], "")
    assert copied(source, Faulty(changed=[SDIST])) == ([WHEEL], f"BrokenDistribution: {SDIST}: faulty")
    assert copied(source, Faulty(changed=[WHEEL])) == ([], f"BrokenDistribution: {WHEEL}: faulty")


def test_what_arrived_before_a_failure_is_said(source: FolderSide) -> None:
    assert copied(source, Faulty(refused=[SDIST])) == ([WHEEL], "DevpiError: refused")


def test_a_file_that_changes_while_it_is_copied_is_noticed(source: FolderSide, tmp_path: Path) -> None:
    [step] = plan(source, FolderSide(tmp_path / "to", "to", may_be_new=True), Choice(), "demo").steps
    (tmp_path / WHEEL).write_bytes(b"changed")
    target = FolderSide(tmp_path / "to", "to")
    with pytest.raises(BrokenDistribution, match="it has changed since it was compared"):
        Copier(source, target, Choice().rels).copy(step, lambda name, outcome: None)
    assert [path.name for path in (tmp_path / "to").rglob("*.whl")] == []


def test_the_outcomes_of_a_plan_are_known_before() -> None:
    link, other = Link("a", sha256="1"), Link("a", sha256="2")
    whole = Plan(identical=["b"], conflicts=[(link, other)], waiting=["a.toxresult"])
    whole.add(Plan(identical=["c"]))
    assert whole.files == {"b": "identical", "c": "identical", "a": "conflict", "a.toxresult": "not tried"}
