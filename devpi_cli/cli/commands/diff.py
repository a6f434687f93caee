"""The command devpi diff: what does one index or folder have that another has not?"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import jobs_option
from devpi_cli.cli.steps.sides import latency, require_found, requirements_of, sides, tell_left_out
from devpi_cli.errors import Differs
from devpi_cli.http import parallel
from devpi_cli.indexes.comparison import compare, hash_of, metadata_differences
from devpi_cli.indexes.copying import Choice
from devpi_cli.indexes.sides import IndexSide
from devpi_cli.server.versions import FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devpi_cli.indexes.comparison import Comparison
    from devpi_cli.indexes.sides import Side
    from devpi_cli.models import Release


@click.command(
    epilog="\b\nExamples:\n  devpi diff ci/dev ci/prod\n  devpi diff ci/dev ci/prod 'demo>=1' --metadata\n"
    "  devpi diff ci/prod https://eu.devpi.example/ci/prod --exit-code\n  devpi diff ci/prod dir:backup"
)
@click.argument("a", metavar="PLACE")
@click.argument("b", metavar="PLACE")
@click.argument("requirements", nargs=-1, metavar="[REQUIREMENT]...")
@click.option("--metadata", is_flag=True, help="Also compare the metadata of releases that both have.")
@click.option("--exit-code", is_flag=True, help="Exit with status 7 if there is a difference.")
@jobs_option("ask for")
@pass_app
def command(
    app: App, a: str, b: str, requirements: tuple[str, ...], metadata: bool, exit_code: bool, jobs: int | None
) -> None:
    """Compare the files of two indexes or folders by SHA-256.

    PLACE is USER/INDEX, the URL of an index, also of another server, or dir:PATH. Shown are the files that only one of
    them has, and those of the same name that differ; documentation and tox results count. What an index has from its
    bases does not. With REQUIREMENT (NAME, 'NAME>=VERSION') only the releases that match are compared.
    """
    wanted = requirements_of(requirements, ())
    both = sides(app, a, b)
    found = _Differences(both, metadata)
    choice = Choice(wanted)
    work = partial(_compared, both, choice, metadata)
    for project, (releases, compared, fields) in parallel.answers(
        work, choice.projects(*both), jobs, seconds=latency(both)
    ):
        found.add(project, releases, compared, fields)
    tell_left_out(app, both)
    require_found(wanted, found.seen, *both)
    if metadata:
        for side in both:
            if isinstance(side, IndexSide) and side.is_mirror:
                app.out.warn(f"{side.name} is a mirror: it has no metadata to compare")
    app.out.lines(found.lines())
    app.out.document(found.document())
    app.out.tell(found.summary())
    if exit_code and found.total:
        raise Differs(f"{both[0].name} and {both[1].name} differ")


def _compared(
    both: tuple[Side, Side], choice: Choice, metadata: bool, project: str
) -> tuple[int, Comparison, dict[str, list[str]]]:
    """Compare a project; return the number of releases, the comparison, and fields that differ by version."""
    a, b = (choice.among(project, side.releases(project, metadata=metadata)) for side in both)
    found = compare(_links(a), _links(b))
    return len(a) + len(b), found, _fields(both, a, b) if metadata else {}


def _links(releases: Sequence[Release]) -> list[Any]:
    return [link for release in releases for link in release.links]


def _fields(both: tuple[Side, Side], a: Sequence[Release], b: Sequence[Release]) -> dict[str, list[str]]:
    if any(isinstance(side, IndexSide) and side.is_mirror for side in both):
        return {}
    others = {release.version: release.metadata or {} for release in b}
    found = {
        release.version: metadata_differences(release.metadata or {}, others[release.version], FIELDS)
        for release in a
        if release.version in others
    }
    return {version: fields for version, fields in found.items() if fields}


@dataclass
class _Differences:
    """All differences, in the order of the projects."""

    sides: tuple[Side, Side]
    with_metadata: bool
    only_a: list[str] = field(default_factory=list)
    only_b: list[str] = field(default_factory=list)
    different: list[tuple[str, str, str]] = field(default_factory=list)
    metadata: dict[str, list[str]] = field(default_factory=dict)
    same: int = 0
    seen: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.only_a) + len(self.only_b) + len(self.different) + len(self.metadata)

    def add(self, project: str, releases: int, compared: Comparison, fields: dict[str, list[str]]) -> None:
        self.only_a += [link.name for link in compared.only_a]
        self.only_b += [link.name for link in compared.only_b]
        self.different += [(one.name, hash_of(one), hash_of(other)) for one, other in compared.different]
        self.metadata |= {f"{project} {version}": names for version, names in fields.items()}
        self.same += len(compared.same)
        self.seen += [project] if releases else []

    def lines(self) -> list[str]:
        a, b = (side.name for side in self.sides)
        width = max(len(a), len(b))
        lines = []
        for side, names in ((a, self.only_a), (b, self.only_b)):
            lines += [f"only in {side}:", *(f"  {name}" for name in names)] if names else []
        if self.different:
            lines.append("different:")
            for name, one, other in self.different:
                lines += [f"  {name}", f"    {a:{width}}  {one}", f"    {b:{width}}  {other}"]
        if self.metadata:
            lines += ["other metadata:", *(f"  {name}: {', '.join(found)}" for name, found in self.metadata.items())]
        return lines

    def summary(self) -> str:
        only, different, metadata = len(self.only_a) + len(self.only_b), len(self.different), len(self.metadata)
        parts = ["1 file is the same" if self.same == 1 else f"{self.same} files are the same"]
        parts += [f"{only} {'is' if only == 1 else 'are'} only in one place"] if only else []
        parts += [f"{different} {'differs' if different == 1 else 'differ'}"] if different else []
        about = "1 release has" if metadata == 1 else f"{metadata} releases have"
        parts += [f"{about} other metadata"] if metadata else []
        return ", ".join(parts)

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "a": self.sides[0].name,
            "b": self.sides[1].name,
            "only_a": self.only_a,
            "only_b": self.only_b,
            "different": [{"file": name, "a": one, "b": other} for name, one, other in self.different],
            "same": self.same,
        }
        return found | ({"metadata": self.metadata} if self.with_metadata else {})
