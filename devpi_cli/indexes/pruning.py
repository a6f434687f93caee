"""Clean up an index: find out what goes by a policy, and remove exactly that.

A policy that only counts is judged by the pages that pip reads, which cost the server least. Before anything is
removed, all that the index has of the project is read again, and judged again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import (
    DevpiError,
    Missing,
    NotAllowed,
    NothingFound,
    Redirected,
    ServerFailed,
    SomeFailed,
    Unreachable,
    WrongUsage,
)
from devpi_cli.http import parallel
from devpi_cli.indexes.archive import Archive
from devpi_cli.indexes.removal import Outcome, Removal
from devpi_cli.indexes.retention import Candidate, judge
from devpi_cli.indexes.selection import version_of
from devpi_cli.models import Link, Requirement, normalised, parsed_version
from devpi_cli.server import listings
from devpi_cli.server.listings import Listed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from devpi_cli.indexes.retention import Policy, Verdict
    from devpi_cli.models import Index
    from devpi_cli.server.api import Server
    from devpi_cli.server.simple import SimpleFile


class Plan(NamedTuple):
    """What stays of a project by which rules, and what goes, the newest first."""

    project: str
    keep: dict[str, tuple[str, ...]]
    go: tuple[Listed, ...]

    @property
    def total(self) -> int:
        """Number of releases."""
        return len(self.keep) + len(self.go)


@dataclass(frozen=True)
class Pruning:
    """An index, the policy to clean it up by, and the time ``now`` by the server's clock.

    ``elsewhere`` has the projects of the indexes that the policy names. ``in_full`` reads all that the index has of
    each project, also if the policy only counts: then releases without files are seen, too. ``archive`` is called with
    each project and link before its release is removed. ``force`` is for a non-volatile index.
    """

    server: Server
    index: Index
    policy: Policy
    now: float
    elsewhere: Mapping[str, Collection[str]]
    in_full: bool = False
    force: bool = False
    archive: Callable[[str, Link], object] | None = None

    def plans(self, projects: Iterable[str], jobs: int | None = None) -> Iterator[Plan]:
        """Decide about projects, in order. Raises what reading one of them raises."""
        took = self.server.session.quickest
        return (plan for _, plan in parallel.answers(self.plan, projects, jobs, seconds=took))

    def plan(self, project: str) -> Plan:
        """Decide about a project."""
        if self._reads_in_full:
            listed = [each for each, _ in listings.whole(self.server, self.index.name, project).releases]
        else:
            listed = self._on_simple_page(project)
        verdict, known = self.judged(project, listed), {each.version: each for each in listed}
        return Plan(project, verdict.keep, tuple(known[version] for version in verdict.go))

    @property
    def _reads_in_full(self) -> bool:
        """Return True unless the page that pip reads says enough, and asks no mirror about a private name."""
        config = self.index.config
        asks_no_mirror = not self.index.listed("bases") or (
            not self.index.listed("mirror_whitelist") and config.get("mirror_whitelist_inheritance") == "intersection"
        )
        is_enough = self.policy.keep_within is None and asks_no_mirror and not self.index.is_mirror
        return self.in_full or not is_enough

    def judged(self, project: str, listed: Iterable[Listed]) -> Verdict:
        """Judge releases; other indexes are read only if they matter."""
        candidates = [Candidate(each.version, each.arrived) for each in listed]
        verdict = judge(self.policy, project, candidates, self.now)
        indexes = [name for name, projects in self.elsewhere.items() if project in projects]
        if not (verdict.go and indexes):
            return verdict
        elsewhere = {
            name: [release.version for _, release in listings.whole(self.server, name, project).releases]
            for name in indexes
        }
        return judge(self.policy, project, candidates, self.now, elsewhere)

    def _on_simple_page(self, project: str) -> list[Listed]:
        """Read the releases from the page that pip reads; it has no releases without files."""
        try:
            page = self.server.simple_page(self.index.name, project)
        except Missing as error:
            if "project" not in error.reason:
                raise
            return []
        found: dict[object, list[tuple[str, SimpleFile]]] = {}
        for file in page.files:
            version = version_of(file.name, project)
            if version and Link(file.url).index == self.index.name:
                found.setdefault(parsed_version(version) or version, []).append((version, file))
        return [self._listed(files) for files in found.values()]

    def _listed(self, files: list[tuple[str, SimpleFile]]) -> Listed:
        version = max(version for version, _ in files)
        names = listings.digest(file for _, file in files)
        return Listed(version, len(files), names)

    def remove(self, plans: Iterable[Plan], jobs: int | None = None) -> Iterator[tuple[Plan, Outcome]]:
        """Remove what goes by the plans, several projects at once; after a failure that holds for all, no more."""
        stopped: list[DevpiError] = []
        ours: set[int] = set()

        def work(plan: Plan) -> Outcome:
            outcome = Outcome()
            try:
                if not stopped:
                    Removal(self, plan, outcome, ours).carry_out()
            except DevpiError as error:
                outcome.failure = error
                stopped.extend([error] if _holds_for_all(error) else [])
            return outcome

        took, costs = self.server.session.quickest, parallel.REMOVING_SECONDS
        for plan, outcome in parallel.run(work, plans, jobs, seconds=took, server_seconds=costs):
            yield plan, Outcome(failure=outcome) if isinstance(outcome, DevpiError) else outcome


def chosen(index: Index, typed: Sequence[str]) -> list[str]:
    """Return the projects of an index that names and patterns choose; without any, all of them.

    Raises NothingFound for one that chooses none, unless it is the name of a project that a mirror may not list.
    """
    known = list(dict.fromkeys(map(normalised, index.projects)))
    found: dict[str, None] = {}
    for each in typed:
        if any(sign in each for sign in "*?["):
            matching = [project for project in known if fnmatchcase(project, re.sub(r"[-_.]+", "-", each.lower()))]
        else:
            wanted = Requirement.parse(each)
            if not wanted.is_whole_project:
                raise WrongUsage(f"{each!r} is not a name or a pattern", hint="name releases to keep with --keep")
            matching = [wanted.project] if wanted.project in known or index.is_mirror else []
        if not matching:
            raise NothingFound(
                f"{index.name}: no project matches {each!r}",
                hint=f"'devpi list --index {index.name}' shows which projects there are",
            )
        found |= dict.fromkeys(matching)
    return list(found) if typed else known


def projects_on(server: Server, indexes: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return the projects of indexes."""
    return {name: frozenset(map(normalised, server.index(name).projects)) for name in indexes}


def prune(  # noqa: PLR0913 (keyword options)
    server: Server,
    name: str,
    policy: Policy,
    projects: Sequence[str] = (),
    *,
    archive: Path | None = None,
    force: bool = False,
    dry_run: bool = False,
) -> dict[str, list[str]]:
    """Clean up an index without a question; return the versions that were removed, or would be, by project."""
    policy.require_rule()
    index, now = listings.survey(server, name)
    kept = Archive(server, archive) if archive else None
    elsewhere = projects_on(server, policy.keep_in)
    pruning = Pruning(server, index, policy, now, elsewhere, force=force, archive=kept.keep if kept else None)
    plans = [plan for plan in pruning.plans(chosen(index, projects)) if plan.go]
    policy.require_few(sum(len(plan.go) for plan in plans))
    if dry_run:
        return {plan.project: [each.version for each in plan.go] for plan in plans}
    outcomes = {plan.project: outcome for plan, outcome in pruning.remove(plans)}
    failures = [outcome.failure for outcome in outcomes.values() if outcome.failure]
    if failures:
        done = sum(1 for outcome in outcomes.values() if outcome.removed)
        lines = [f"{project}: {outcome.failure}" for project, outcome in outcomes.items() if outcome.failure]
        raise SomeFailed.of(failures, "\n".join(lines), done=done)
    return {project: outcome.removed for project, outcome in outcomes.items() if outcome.removed}


def _holds_for_all(error: DevpiError) -> bool:
    """Return True if the next project would fail in the same way."""
    return isinstance(error, NotAllowed | Unreachable | ServerFailed | Redirected)
