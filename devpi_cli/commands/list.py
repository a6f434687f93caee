"""devpi list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from devpi_cli import toxresults
from devpi_cli.app import App, pass_app
from devpi_cli.commands._options import chosen_index, index_option
from devpi_cli.commands._releases import no_release
from devpi_cli.errors import BrokenDistribution
from devpi_cli.models import Requirement, newest_first, normalised

if TYPE_CHECKING:
    from devpi_cli.models import Link, Release
    from devpi_cli.toxresults import Command, Environment

NEWEST = 3
SETUP = {"none": "no setup was performed", "failed": "setup failed"}
TESTS = {"none": "no tests were run", "failed": "tests failed", "passed": "tests passed"}


@click.command(
    epilog="\b\nExamples:\n  devpi list\n  devpi list requests\n  devpi list 'requests>=2' --all\n"
    "  devpi list -v --index alice/dev\n  devpi list -t demo"
)
@click.argument("requirement", required=False)
@index_option("look at")
@click.option("--all", "all_", is_flag=True, help="Show all versions, not just the newest.")
@click.option("--ignore-bases", is_flag=True, help="Leave out what the index has from its bases.")
@click.option("--toxresults", "-t", "tox_results", is_flag=True, help="Show the results of tox for every file.")
@click.option("--failures", "-f", is_flag=True, help="Show the results of tox, and what failed commands printed.")
@pass_app
def command(
    app: App,
    index: str | None,
    requirement: str | None,
    all_: bool,
    ignore_bases: bool,
    tox_results: bool,
    failures: bool,
) -> None:
    """List the projects of an index, or the files of a project.

    Without REQUIREMENT it lists the names of the projects on the index itself, with -v each with its newest version.
    With REQUIREMENT (NAME, 'NAME==VERSION', 'NAME>=VERSION') it lists the URLs of the files, the newest first; with
    --json all that is known of each, with -v also its size, which costs a request per file.
    """
    index = chosen_index(app, index)
    if requirement:
        wanted = Requirement.parse(requirement)
        detail = "failures" if failures else "results" if tox_results else ""
        _files(app, index, wanted, all_=all_, ignore_bases=ignore_bases, tox=detail)
    else:
        _projects(app, index, all_=all_, ignore_bases=ignore_bases)


def _projects(app: App, index: str, *, all_: bool, ignore_bases: bool) -> None:
    projects = app.server.index(index).projects
    if not app.verbose:
        if projects:
            app.out.lines(list(projects))
        app.out.document({"index": index, "projects": list(projects)})
        return
    found: dict[str, list[str]] = {}
    for project in projects:
        releases = {r.version: r for r in app.server.releases(index, project, ignore_bases=ignore_bases)}
        versions = newest_first(releases)
        found[project] = versions[::-1] if all_ else versions[:1]
        for version in found[project]:
            app.out.line(f"{releases[version].project}=={version}")
    app.out.document({"index": index, "projects": list(projects), "versions": found})


def _files(app: App, index: str, wanted: Requirement, *, all_: bool, ignore_bases: bool, tox: str) -> None:
    releases = app.server.releases(index, wanted.project, ignore_bases=ignore_bases)
    matching = {release.version: release for release in releases if wanted.matches(release.version)}
    if not matching:
        raise no_release(index, wanted)
    newest = [matching[version] for version in newest_first(matching) if _files_of(matching[version])]
    shown = newest if all_ or app.json else newest[:NEWEST]
    found = [_Row(release, link) for release in shown for link in _files_of(release)]
    for row in found:
        app.out.line(row.link.url)
        row.size = app.server.size(row.link) if app.json and app.verbose else row.link.size
        if tox:
            row.results = _tox_results(app, row.release, row.link)
            for environment in row.results:
                app.out.lines(_told(environment, in_full=tox == "failures"))
    app.out.document(
        {
            "index": index,
            "project": wanted.project,
            "files": [row.as_json() for row in found if row.link in row.release.files],
        }
    )
    if len(newest) > len(shown):
        app.out.note(f"{len(newest) - len(shown)} older versions not shown, use --all to see")


@dataclass
class _Row:
    """A file that is listed, with the results of tox where they were asked for."""

    release: Release
    link: Link
    results: list[Environment] | None = None
    size: int | None = None

    def as_json(self) -> dict[str, Any]:
        link = self.link
        row = {
            "file": link.name,
            "project": normalised(self.release.project),
            "version": self.release.version,
            "index": link.index,
            "url": link.url,
            "sha256": link.sha256,
            "size": self.size,
            "upload_time": link.upload_time,
            "uploaded_by": link.uploaded_by,
        }
        if self.results is None:
            return row
        return {**row, "toxresults": [_as_json(environment) for environment in self.results]}


def _files_of(release: Release) -> list[Link]:
    """Return the files of a release; those that another index hides come last."""
    return [*release.files, *(link for link in release.shadowed if link.rel == "releasefile")]


def _tox_results(app: App, release: Release, file: Link) -> list[Environment]:
    """Return the newest result of every environment in which a file was tested."""
    reports = []
    for link in release.tox_results(file):
        try:
            reports.append(toxresults.environments(app.server.tox_result(link)))
        except BrokenDistribution as error:
            app.out.warn(f"corrupt toxresult, skipping: {link.url} ({error.message})")
    return [environment for report in toxresults.newest(reports) for environment in report]


def _told(environment: Environment, *, in_full: bool) -> list[str]:
    """Return what to say of an environment: how its setup went, if that is worth a word, and how its tests did."""
    what = f"{environment.host:<10} {environment.platform:<7} {environment.name:<10}"
    lines = []
    setup, tests = toxresults.outcome(environment.setup), toxresults.outcome(environment.tests)
    if setup != "passed":
        lines += [f"{what} {SETUP[setup]}", *(_commands(environment.setup) if in_full else ())]
    version = f" {environment.python}" if environment.python else ""
    lines.append(f"{what}{version} {TESTS[tests]}")
    return lines + (_commands(environment.tests) if in_full and tests == "failed" else [])


def _commands(commands: tuple[Command, ...]) -> list[str]:
    """Return the commands up to the first that failed, with what that printed."""
    lines = []
    for command in commands:
        lines.append(f"    {'FAIL:' if command.failed else 'OK:  '} {command.line}")
        if command.failed:
            return lines + [f"    {line}" for line in command.output.splitlines()]
    return lines


def _as_json(environment: Environment) -> dict[str, str]:
    return {
        "host": environment.host,
        "platform": environment.platform,
        "environment": environment.name,
        "python": environment.python,
        "setup": toxresults.outcome(environment.setup),
        "tests": toxresults.outcome(environment.tests),
    }
