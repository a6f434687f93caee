"""The command devpi prune: old releases go, by rules that say which stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option, jobs_option
from devpi_cli.cli.steps.preflight import REMOVE, dry_run_option, require_allowed, require_owner, require_volatile
from devpi_cli.cli.steps.summary import GOES_ON, on_interruption, sum_up
from devpi_cli.cli.views.amounts import number
from devpi_cli.errors import TooMany, WouldBeRefused, WrongUsage
from devpi_cli.indexes import policies
from devpi_cli.indexes.archive import Archive
from devpi_cli.indexes.pruning import Pruning, chosen, projects_on
from devpi_cli.indexes.retention import KINDS, Policy
from devpi_cli.server import listings
from devpi_cli.server.api import ADD_FORCE
from devpi_cli.system.files import expanded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from devpi_cli.indexes.pruning import Plan
    from devpi_cli.indexes.removal import Outcome
    from devpi_cli.models import Index
    from devpi_cli.server.api import Server
    from devpi_cli.server.listings import Listed

OF_INDEX = ":index:"  # not a path that anybody types
WIDEST = 30
MOST_VERSIONS = 5


@click.command(
    epilog="\b\nExamples:\n  devpi prune --keep-last 5 -n\n  devpi prune 'demo-*' --keep-last 5 --keep-within 90d\n"
    "  devpi prune --only all --keep-in ci/prod --archive old\n  devpi prune --keep-last 5 --save-policy\n"
    "  devpi prune -y --policy"
)
@click.argument("projects", nargs=-1, metavar="[NAME|PATTERN]...")
@index_option("clean up")
@click.option("--keep-last", type=click.IntRange(min=1), metavar="N", help="Keep the N newest of each project.")
@click.option("--keep-within", metavar="TIME", help="Keep releases uploaded within this time, such as 90d.")
@click.option(
    "--keep-in", multiple=True, metavar="INDEX", help="Keep releases that are also on this index. Repeatable."
)
@click.option("--keep", multiple=True, metavar="REQUIREMENT", help="Keep releases that match. Repeatable.")
@click.option(
    "--only", type=click.Choice(KINDS), help="Consider development releases, all pre-releases, or all releases. [dev]"
)
@click.option(
    "--max", "most", type=click.IntRange(min=0), metavar="N", help="Remove nothing if more releases would be removed."
)
@click.option(
    "--policy",
    "policy_file",
    is_flag=False,
    flag_value=OF_INDEX,
    metavar="FILE",
    help="Read the rules from a TOML file; without FILE, those stored with the index.",
)
@click.option("--save-policy", is_flag=True, help="Store the rules with the index; remove nothing.")
@click.option(
    "--archive",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="First download what is removed to DIR.",
)
@click.option("--force", "-f", is_flag=True, help="Also clean up a non-volatile index, or the cache of a mirror.")
@dry_run_option()
@jobs_option("ask for and remove")
@pass_app
def command(
    app: App,
    projects: tuple[str, ...],
    index: str | None,
    keep_last: int | None,
    keep_within: str | None,
    keep_in: tuple[str, ...],
    keep: tuple[str, ...],
    only: str | None,
    most: int | None,
    policy_file: str | None,
    save_policy: bool,
    archive: Path | None,
    force: bool,
    dry_run: bool,
    jobs: int | None,
) -> None:
    """Remove old releases from an index, by rules that say which stay.

    A release stays when any rule keeps it: --keep-last, --keep-within, --keep-in or --keep. Only development releases
    are looked at, unless --only says otherwise, and the newest final release always stays. What stays, by which rule,
    and what goes is shown first. With -v, or --keep-within, also who uploaded it and when, and releases without files.
    NAME and PATTERN, such as 'demo-*', choose projects; without them it is all of the index.
    """
    target = app.target(index)
    name, server = target.require_index(), app.connect(target)
    typed = Policy(keep_last, keep_within, keep, keep_in, only, most)
    if policy_file not in (None, OF_INDEX):
        typed = typed.over(policies.from_file(Path(policy_file)))
    if policy_file != OF_INDEX:
        typed.require_rule()
    found, now = listings.survey(server, name)
    if policy_file == OF_INDEX:
        typed = typed.over(policies.of_index(found))
        typed.require_rule()
    policy = replace(typed, keep_in=tuple(map(target.index_named, typed.keep_in)))
    if save_policy:
        if projects or archive:
            raise WrongUsage(
                "--save-policy stores rules for the whole index: it cannot be combined with projects or --archive"
            )
        _save(app, server, found, policy, dry_run=dry_run)
        return
    _require_removable(app, found, projects, force=force)
    kept = None if dry_run or archive is None else Archive(server, expanded(archive))
    elsewhere = projects_on(server, policy.keep_in)
    pruning = Pruning(server, found, policy, now, elsewhere, app.options.verbose, force, kept.keep if kept else None)
    plans = _planned(app, pruning, chosen(found, projects), jobs)
    _carry_out(app, pruning, plans, dry_run=dry_run, jobs=jobs)
    if kept and kept.results:
        results = "1 test result" if kept.results == 1 else f"{kept.results} test results"
        app.out.note(f"not in the archive: {results}, which cannot be uploaded again")


def _save(app: App, server: Server, index: Index, policy: Policy, *, dry_run: bool) -> None:
    """Keep a policy with the index."""
    policies.require_room(index, policy)
    if dry_run:
        require_owner(server, index.name.partition("/")[0], f"change the index {index.name}")
    else:
        policies.save(server, index, policy)
    rules = policy.in_words()
    app.out.lines([f"{key} = {_shown(value)}" for key, value in rules.items()])
    if dry_run:
        app.out.line(f"would keep this policy with {index.name}")
    app.out.document(
        {"index": index.name, "policy": rules, "saved": not dry_run} | ({"dry_run": True} if dry_run else {})
    )


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _require_removable(app: App, index: Index, projects: Sequence[str], *, force: bool) -> None:
    """Raise WouldBeRefused for an index that needs ``force``, and WrongUsage for a whole mirror."""
    if not index.is_mirror:
        if not force:
            require_volatile(index, ADD_FORCE)
        return
    if not force:
        raise WouldBeRefused(
            f"{index.name} is a mirror: it stores only copies of files", hint="add --force to remove these copies"
        )
    if not projects:
        raise WrongUsage(f"{index.name} is a mirror: name the projects to clean up")
    app.out.note(f"{index.name} is a mirror: only its copies are removed, and what the upstream has comes back")


def _planned(app: App, pruning: Pruning, projects: Sequence[str], jobs: int | None) -> list[Plan]:
    """Decide about projects, and print each of which something goes."""
    width = min(WIDEST, max(map(len, projects), default=0))
    plans = []
    for plan in pruning.plans(projects, jobs):
        plans.append(plan)
        app.out.lines(_about(plan, width))
    app.out.line(_summary(plans))
    return plans


def _about(plan: Plan, width: int = 0) -> list[str]:
    """Return lines about a project: what stays, by which rules, and what goes."""
    if not plan.go:
        return []
    kept: dict[str, list[str]] = {}
    for version, reasons in plan.keep.items():
        kept.setdefault(", ".join(reasons), []).append(version)
    lines = [f"keep {'  '.join(f'{_listed(versions)} ({why})' for why, versions in kept.items())}"] if kept else []
    longest = max(len(each.version) for each in plan.go)
    lines += [f"go   {'  '.join(_cells(each, longest))}".rstrip() for each in plan.go]
    return [f"{'' if number else plan.project:{width}}  {line}" for number, line in enumerate(lines)]


def _cells(listed: Listed, width: int) -> list[str]:
    count = {0: "no files", 1: "1 file"}.get(listed.files, f"{listed.files} files")
    when = "" if listed.arrived is None else f"{datetime.fromtimestamp(listed.arrived, UTC):%Y-%m-%d}"
    return [f"{listed.version:{width}}", count, *filter(None, [when, listed.who])]


def _listed(versions: Sequence[str]) -> str:
    more = len(versions) - MOST_VERSIONS
    return ", ".join([*versions[:MOST_VERSIONS], *([f"{more} older"] if more > 0 else [])])


def _summary(plans: Sequence[Plan]) -> str:
    going = [each for plan in plans for each in plan.go]
    total = sum(plan.total for plan in plans)
    if not going:
        return f"nothing to remove: all {total} releases of {len(plans)} projects stay"
    sizes = [each.size for each in going]
    size = "" if None in sizes else f" of {sum(filter(None, sizes)) / 1e6:.1f} MB"
    projects = sum(1 for plan in plans if plan.go)
    return f"{projects} of {len(plans)} projects, {len(going)} of {total} releases{size} would go"


def _carry_out(app: App, pruning: Pruning, plans: Sequence[Plan], *, dry_run: bool, jobs: int | None) -> None:
    """Remove what goes, after a question, or only report it."""
    going = [plan for plan in plans if plan.go]
    outcomes: dict[str, Outcome] = {}
    if dry_run and going:
        require_allowed(pruning.server, pruning.index, REMOVE, app)
    try:
        pruning.policy.require_few(sum(len(plan.go) for plan in going))
    except TooMany:
        app.out.document(_document(pruning, plans, outcomes, dry_run=dry_run))
        raise
    if not dry_run and going:
        details = [line for plan in going for line in _about(plan)] if app.out.as_json else []
        releases = number(sum(len(plan.go) for plan in going), "release")
        what = f"Remove {releases} of {number(len(going), 'project')} from {pruning.index.name}?"
        app.out.confirm(what, details, autoset="Remove them")

    def done() -> str:
        return f"{len(outcomes)} of {number(len(going), 'project')} cleaned up"

    try:
        with on_interruption(lambda: f"{done()}{GOES_ON}"), app.out.busy("removing") as tell:
            for plan, outcome in pruning.remove([] if dry_run else going, jobs):
                outcomes[plan.project] = outcome
                _report(app, plan.project, outcome)
                tell(done())
    finally:
        app.out.document(_document(pruning, plans, outcomes, dry_run=dry_run))
    failures = [(project, outcome.failure) for project, outcome in outcomes.items() if outcome.failure]
    cleaned = sum(1 for outcome in outcomes.values() if outcome.is_done)
    sum_up(app, failures, "projects cleaned up", done=cleaned, total=len(going))


def _report(app: App, project: str, outcome: Outcome) -> None:
    if outcome.removed:
        app.out.line(f"removed {project} {', '.join(outcome.removed)}")
    for version, why in outcome.left.items():
        app.out.note(f"not removed: {project} {version}: {why}")


def _document(
    pruning: Pruning, plans: Sequence[Plan], outcomes: Mapping[str, Outcome], *, dry_run: bool
) -> dict[str, Any]:
    return {
        "index": pruning.index.name,
        "policy": {"only": KINDS[0], **pruning.policy.in_words()},
        "projects": {plan.project: {"keep": plan.keep, "remove": [each.version for each in plan.go]} for plan in plans},
        "removed": {project: outcome.removed for project, outcome in outcomes.items() if outcome.removed},
        "left": {project: outcome.left for project, outcome in outcomes.items() if outcome.left},
        "failed": {project: outcome.failure.message for project, outcome in outcomes.items() if outcome.failure},
        **({"dry_run": True} if dry_run else {}),
    }
