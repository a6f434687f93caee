"""Copy releases from one place to another: plan by comparison, then do what is missing.

What was done is found by the next comparison, so a copy that was ended at any moment goes on where it was. On one
server a whole release is pushed, if that loses nothing: a push from a mirror would lose the metadata, and a push over
existing files their tox results.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import BrokenDistribution, DevpiError, OtherFile, SomeFailed
from devpi_cli.indexes.comparison import DOCS, FILE, RESULT, Comparison, compare, has_digest, hash_of
from devpi_cli.indexes.sides import IndexSide
from devpi_cli.models import Link, Requirement, newest_first, normalised, parsed_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from devpi_cli.indexes.sides import Side
    from devpi_cli.models import Release

    Told = Callable[[str, str], None]

COPIED, IDENTICAL, CONFLICT, FAILED, REMOVED, NOT_TRIED = (
    *("copied", "identical", "conflict", "failed", "removed", "not tried"),
)
ORDER = (FILE, DOCS)


class Choice(NamedTuple):
    """What is to be copied: releases that match, and kinds of files."""

    requirements: tuple[Requirement, ...] = ()
    """All projects if empty."""
    latest: bool = False
    rels: tuple[str, ...] = (FILE, DOCS, RESULT)

    @classmethod
    def of(
        cls, requirements: Sequence[str], *, latest: bool = False, docs: bool = True, tox_results: bool = True
    ) -> Choice:
        """Parse requirements. Raises WrongUsage for an invalid one."""
        kinds = (FILE, *([DOCS] if docs else []), *([RESULT] if tox_results else []))
        return cls(tuple(map(Requirement.parse, requirements)), latest, kinds)

    def projects(self, *sides: Side) -> list[str]:
        """Return the projects that are named, else all that one of the places has."""
        if self.requirements:
            return list(dict.fromkeys(wanted.project for wanted in self.requirements))
        return sorted({normalised(project) for side in sides for project in side.projects})

    def among(self, project: str, releases: Sequence[Release]) -> list[Release]:
        """Return the releases of a project that are meant, oldest first, with the kinds of files that are meant."""
        wanted = [each for each in self.requirements if each.project == project]
        found = {
            release.version: release
            for release in releases
            if not self.requirements or any(each.matches(release.version) for each in wanted)
        }
        versions = [latest(list(found))] if self.latest and found else newest_first(found)[::-1]
        return [
            release._replace(links=tuple(link for link in release.links if link.rel in self.rels))
            for release in (found[version] for version in versions)
        ]


def latest(versions: Sequence[str]) -> str:
    """Return the newest version; a pre-release only if there is nothing else, as pip does."""
    ordered = newest_first(versions)
    parsed = [(version, parsed_version(version)) for version in ordered]
    return next((version for version, known in parsed if known and not known.is_prerelease), ordered[0])


class Step(NamedTuple):
    """What is to be done for one release of the source."""

    release: Release
    missing: tuple[Link, ...] = ()
    replaced: tuple[tuple[Link, Link], ...] = ()
    """Files of the source, and those of the target that they replace."""
    clashes: bool = False
    """Whether the target has any file of the release."""
    leaves_results: bool = False
    """Whether the release has tox results that are not meant."""

    @property
    def names(self) -> list[str]:
        """The names of the files to copy."""
        return [link.name for link in (*self.missing, *(here for here, _ in self.replaced))]


class Removal(NamedTuple):
    """Files that only the target has; ``whole`` if they are a whole release."""

    release: Release
    links: tuple[Link, ...]
    whole: bool


@dataclass
class Plan:
    """What a copy has to do, and what it finds done."""

    steps: list[Step] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    conflicts: list[tuple[Link, Link]] = field(default_factory=list)
    identical: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    """Tox results of files that the target has otherwise: they are not about those."""
    empty: list[str] = field(default_factory=list)
    """Releases without files, which cannot be copied."""
    projects: list[str] = field(default_factory=list)
    """Projects of which the source has releases that are meant."""

    @property
    def files(self) -> dict[str, str]:
        """The files by name, each with its outcome as far as it is known now."""
        found = dict.fromkeys(self.identical, IDENTICAL)
        for step in self.steps:
            found |= dict.fromkeys(
                (link.name for link in (*step.missing, *(here for here, _ in step.replaced))), COPIED
            )
        found |= dict.fromkeys((here.name for here, _ in self.conflicts), CONFLICT)
        found |= dict.fromkeys(self.waiting, NOT_TRIED)
        return found | {link.name: REMOVED for removal in self.removals for link in removal.links}

    def add(self, other: Plan) -> None:
        """Take over what another plan, of another project, has to do."""
        self.steps += other.steps
        self.removals += other.removals
        self.conflicts += other.conflicts
        self.identical += other.identical
        self.waiting += other.waiting
        self.empty += other.empty
        self.projects += other.projects


def plan(  # noqa: PLR0913 (keyword options)
    source: Side, target: Side, choice: Choice, project: str, *, overwrite: bool = False, delete: bool = False
) -> Plan:
    """Compare a project: with one request to each side, unless it is a folder."""
    available = source.releases(project)
    releases = choice.among(project, available)
    theirs = target.releases(project)
    links = [link for release in theirs for link in release.links]
    found = Plan(empty=[f"{release.project} {release.version}" for release in releases if not release.links])
    found.projects = [project] if releases else []
    with_results = {each.version for each in available if any(link.rel == RESULT for link in each.links)}
    may_replace = overwrite and getattr(target, "is_volatile", True)
    for release in releases:
        compared = compare(release.links, links, choice.rels)
        found.identical += [link.name for link, _ in compared.same]
        replaced, missing = compared.different, list(compared.only_a)
        if not may_replace:
            found.conflicts += compared.different
            others = {here.name for here, _ in compared.different}
            found.waiting += [link.name for link in missing if _about(link) in others]
            replaced, missing = (), [link for link in missing if _about(link) not in others]
        if missing or replaced:
            clashes = bool(compared.same or compared.different)
            leaves = RESULT not in choice.rels and release.version in with_results
            found.steps.append(Step(release, tuple(missing), replaced, clashes, leaves))
    if delete:
        found.removals = _removals(choice._replace(latest=False), project, available, theirs)
    return found


def _about(result: Link) -> str | None:
    """Return the name of the file that a tox result is about; None for anything else."""
    return Link(result.for_url or "").name if result.rel == RESULT else None


def _removals(choice: Choice, project: str, available: Sequence[Release], theirs: Sequence[Release]) -> list[Removal]:
    """Return what the target has beyond the source, of the releases that are meant."""
    ours = _links(available)
    versions, found = {release.version for release in available}, []
    for release in choice.among(project, theirs):
        extra = compare(ours, release.links, choice.rels).only_b
        whole = release.version not in versions and len(extra) == len(release.links)
        if extra or whole:
            found.append(Removal(release, extra, whole))
    return found


def compared(a: Side, b: Side, choice: Choice) -> Comparison:
    """Compare two places, project by project."""
    found = Comparison()
    for project in choice.projects(a, b):
        ours, theirs = (_links(choice.among(project, side.releases(project))) for side in (a, b))
        more = compare(ours, theirs)
        found = Comparison(
            found.only_a + more.only_a,
            found.only_b + more.only_b,
            found.different + more.different,
            found.same + more.same,
        )
    return found


def _links(releases: Sequence[Release]) -> list[Link]:
    return [link for release in releases for link in release.links]


def copy_all(source: Side, target: Side, choice: Choice, *, overwrite: bool = False) -> list[str]:
    """Copy all that the target lacks, one after the other; return the names of the files.

    Raises OtherFile, before anything is copied, if the target has a different file of a name.
    """
    whole, done = Plan(), []
    for project in choice.projects(source):
        whole.add(plan(source, target, choice, project, overwrite=overwrite))
    for here, there in whole.conflicts:
        raise outcome_of_conflict(here, there, target.name)
    copier = Copier(source, target, choice.rels)
    for step in whole.steps:
        copier.copy(step, lambda name, outcome: done.append(name))
    return done


def outcome_of_conflict(here: Link, there: Link, target: str) -> OtherFile:
    """Return the error for a file that the target has otherwise."""
    what = f"{here.name}: {target} has a different file with this name: SHA-256 {hash_of(there)}, here {hash_of(here)}"
    return OtherFile(what, here=hash_of(here), there=hash_of(there))


@dataclass
class Copier:
    """Does the steps of a plan; several threads may do so at once."""

    source: Side
    target: Side
    rels: Sequence[str]
    lost: list[str] = field(default_factory=list)
    """Files whose history could not be carried over."""

    def copy(self, step: Step, told: Told) -> None:
        """Copy what the target lacks of a release; ``told`` gets each file and its outcome.

        Raises DevpiError for the first file that fails.
        """
        way = _way(self.source, self.target, self.rels)
        if way and _has_files(step) and not (step.clashes or step.replaced or step.leaves_results):
            _push(*way, step.release, with_docs=DOCS in self.rels)
            for link in step.missing:
                told(link.name, COPIED)
        else:
            self._transfer(step, told)

    def _transfer(self, step: Step, told: Told) -> None:
        release = self.source.described(step.release)
        self.target.prepare(release, release.links)
        sent: list[Link] = []
        failure: DevpiError | None = None
        for link, replace in _files(step):
            try:
                self.target.store(release, link, partial(self.source.fetch, link), replace=replace)
            except DevpiError as error:
                failure = error
                break
            sent.append(link)
        existing = self.target.current(release) if sent or not failure else ()
        for link in sent:
            if existing is not None:
                _require_arrived(link, existing, self.target.name)
            self.lost.append(link.name)
            told(link.name, COPIED)
        if failure:
            raise failure
        for link in _results(step, existing):  # the server has them in memory, too
            report = BytesIO()
            self.source.fetch(link, report)
            self.target.add_result(release, str(_about(link)), report.getvalue(), existing or ())
            told(link.name, COPIED)


def _way(source: Side, target: Side, rels: Sequence[str]) -> tuple[IndexSide, IndexSide] | None:
    """Return both sides if the server can push from one to the other without a loss, else None."""
    if not (isinstance(source, IndexSide) and isinstance(target, IndexSide)):
        return None
    can_leave_out = DOCS in rels or "push-no-docs" in (source.server.features or ())
    is_one = source.server.root == target.server.root
    return (source, target) if is_one and can_leave_out and not source.is_mirror else None


def _push(source: IndexSide, target: IndexSide, release: Release, *, with_docs: bool) -> None:
    options: dict[str, object] = {"targetindex": target.index} | ({} if with_docs else {"no_docs": True})
    actions = source.server.push(source.index, normalised(release.project), release.version, options)
    failed = [" ".join([str(action.status), *action.words]) for action in actions if not action.is_done]
    if failed:
        what = f"push of {release.project} {release.version} to {target.name} failed"
        raise SomeFailed([what, *failed], status=1)


def _has_files(step: Step) -> bool:
    return any(link.rel == FILE for link in step.missing)


def _files(step: Step) -> Iterator[tuple[Link, bool]]:
    """Yield files and then documentation, each with whether it replaces another one."""
    for rel in ORDER:
        yield from ((link, False) for link in step.missing if link.rel == rel)
        yield from ((link, True) for link, _ in step.replaced if link.rel == rel)


def _results(step: Step, existing: Sequence[Link] | None) -> list[Link]:
    """Return the tox results to add: those missing, and those that went with a file that was replaced."""
    replaced = {here.name for here, _ in step.replaced}
    results = [link for link in step.missing if link.rel == RESULT]
    results += [link for link in step.release.links if _about(link) in replaced and link not in results]
    return list(compare(results, existing or (), [RESULT]).only_a)


def _require_arrived(link: Link, existing: Sequence[Link], target: str) -> None:
    """Raise BrokenDistribution unless the target has a file with the same bytes."""
    there = next((each for each in existing if (each.rel, each.name) == (link.rel, link.name)), None)
    if link.sha256 and (there is None or not has_digest(there, link.sha256)):
        found = hash_of(there) if there else "nothing"
        raise BrokenDistribution(f"{link.name}: {target} has {found} now, and {link.sha256} was sent")
