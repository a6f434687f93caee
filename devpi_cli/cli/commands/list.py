"""The command devpi list: projects of an index, files of a project."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option, jobs_option
from devpi_cli.cli.steps.releases import no_release
from devpi_cli.errors import DevpiError, Missing
from devpi_cli.http import parallel
from devpi_cli.models import Requirement, newest_first, normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from devpi_cli.models import Link, Release
    from devpi_cli.programs.tox_results import Environment
    from devpi_cli.server.api import Server

NEWEST = 3

T = TypeVar("T")
R = TypeVar("R")


@click.command(
    epilog="\b\nExamples:\n  devpi list\n  devpi list requests\n  devpi list 'requests>=2' --all\n"
    "  devpi list -v --index alice/dev\n  devpi list -t demo"
)
@click.argument("requirement", required=False)
@index_option("look at")
@click.option("--all", "all_", is_flag=True, help="Show all versions, not just the newest.")
@click.option("--ignore-bases", is_flag=True, help="Leave out what comes from the bases of the index.")
@click.option("--toxresults", "-t", "tox_results", is_flag=True, help="Show the tox results of each file.")
@click.option("--failures", "-f", is_flag=True, help="Show the tox results with the output of failed commands.")
@jobs_option("ask for")
@pass_app
def command(
    app: App,
    index: str | None,
    requirement: str | None,
    all_: bool,
    ignore_bases: bool,
    tox_results: bool,
    failures: bool,
    jobs: int | None,
) -> None:
    """List the projects of an index, or the files of a project.

    Without REQUIREMENT it lists the projects on the index itself, with -v the newest version of each. With REQUIREMENT
    (NAME, 'NAME==VERSION', 'NAME>=VERSION') it lists the URLs of the files of the three newest versions, newest first.
    --json shows all versions and all details; with -v also the file sizes, which takes a request per file.
    """
    target = app.target(index)
    name, server = target.require_index(), app.connect(target)
    if requirement:
        wanted = Requirement.parse(requirement)
        detail = "failures" if failures else "results" if tox_results else ""
        _files(app, server, name, wanted, all_=all_, ignore_bases=ignore_bases, tox=detail, jobs=jobs)
    else:
        _projects(app, server, name, all_=all_, ignore_bases=ignore_bases, jobs=jobs)


def _projects(app: App, server: Server, index: str, *, all_: bool, ignore_bases: bool, jobs: int | None) -> None:
    projects = server.index(index).projects
    if not app.options.verbose:
        app.out.lines(projects)
        app.out.document({"index": index, "projects": projects})
        return
    found: dict[str, list[str]] = {}
    ask = partial(server.releases, index, ignore_bases=ignore_bases)
    for project, found_releases in _ask_all(server, ask, projects, jobs):
        releases = {release.version: release for release in found_releases}
        versions = newest_first(releases)
        found[project] = versions[::-1] if all_ else versions[:1]
        for version in found[project]:
            app.out.line(f"{releases[version].project}=={version}")
    app.out.document({"index": index, "projects": list(projects), "versions": found})


def _ask_all(server: Server, ask: Callable[[T], R], items: Iterable[T], jobs: int | None) -> Iterator[tuple[T, R]]:
    """Ask the server about each item, in parallel if it is far away; raise the first failure."""
    quickest = server.session.quickest
    for item, outcome in parallel.run(ask, items, jobs, seconds=quickest, server_seconds=parallel.READING_SECONDS):
        if isinstance(outcome, DevpiError):
            raise outcome
        yield item, outcome


def _files(
    app: App,
    server: Server,
    index: str,
    wanted: Requirement,
    *,
    all_: bool,
    ignore_bases: bool,
    tox: str,
    jobs: int | None,
) -> None:
    matching = _matching(server, index, wanted, ignore_bases=ignore_bases)
    if not matching:
        raise no_release(index, wanted)
    newest = [matching[version] for version in newest_first(matching) if _files_of(matching[version])]
    shown = newest if all_ or app.options.json else newest[:NEWEST]
    found = [_Row(release, link, size=link.size) for release in shown for link in _files_of(release)]
    if app.options.json and app.options.verbose:
        for row, size in _ask_all(server, lambda row: server.size(row.link), found, jobs):
            row.size = size
    for row in found:
        app.out.line(row.link.url)
        if tox:
            from devpi_cli.cli.steps import tox_results as tox_report

            row.results = tox_report.results_of(app, server, row.release, row.link)
            for environment in row.results:
                app.out.lines(tox_report.told(environment, in_full=tox == "failures"))
    app.out.document(
        {
            "index": index,
            "project": wanted.project,
            "files": [row.as_json() for row in found if row.link in row.release.files],
        }
    )
    if len(newest) > len(shown):
        app.out.note(f"{len(newest) - len(shown)} older versions not shown, use --all to see")


def _matching(server: Server, index: str, wanted: Requirement, *, ignore_bases: bool) -> dict[str, Release]:
    """Return the matching releases by version; NAME==VERSION is requested alone if it exists."""
    if wanted.version and not ignore_bases:
        with suppress(Missing):
            return {wanted.version: server.release(index, wanted.project, wanted.version)}
    releases = server.releases(index, wanted.project, ignore_bases=ignore_bases)
    return {release.version: release for release in releases if wanted.matches(release.version)}


@dataclass
class _Row:
    """A listed file, with its tox results if requested."""

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
        from devpi_cli.cli.steps.tox_results import as_json

        return {**row, "toxresults": [as_json(environment) for environment in self.results]}


def _files_of(release: Release) -> list[Link]:
    """Return the files of a release; those hidden by another index come last."""
    return [*release.files, *(link for link in release.shadowed if link.rel == "releasefile")]
