"""The command devpi list: projects of an index, files of a project."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option, jobs_option
from devpi_cli.cli.steps.upstreams import warn_of_silent
from devpi_cli.errors import Missing, NothingFound
from devpi_cli.http import parallel
from devpi_cli.models import Requirement, newest_first, normalised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devpi_cli.models import Link, Release
    from devpi_cli.programs.tox_results import Environment
    from devpi_cli.server.api import Server

NEWEST = 3


@click.command(
    epilog="\b\nExamples:\n  devpi list\n  devpi list requests\n  devpi list 'requests>=2' --all\n"
    "  devpi list -v --index alice/dev\n  devpi list -t demo"
)
@click.argument("requirement", required=False)
@index_option("look at")
@click.option("--all", "all_", is_flag=True, help="Show all versions, not only the three newest.")
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
    (NAME, 'NAME==VERSION', 'NAME>=VERSION') it lists the files of the three newest versions, newest first: their URLs,
    or a table on a terminal. --json shows all versions and all details. The table and --json have the file sizes with
    -v, which takes a request per file.
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
        app.out.names(projects, f"no projects on {index}")
        app.out.document({"index": index, "projects": projects})
        return
    found: dict[str, list[str]] = {}
    rows: list[tuple[str, str, str | None, int]] = []
    ask = partial(server.releases, index, ignore_bases=ignore_bases)
    for project, found_releases in parallel.answers(ask, projects, jobs, seconds=server.session.quickest):
        releases = {release.version: release for release in found_releases}
        versions = newest_first(releases)
        found[project] = versions[::-1] if all_ else versions[:1]
        rows += [(project, version, _uploaded(releases[version]), len(releases)) for version in found[project]]
        if not app.out.draws:
            app.out.lines([f"{releases[version].project}=={version}" for version in found[project]])
    if app.out.draws:
        _draw_releases(app, index, rows)
    app.out.document({"index": index, "projects": list(projects), "versions": found})


def _uploaded(release: Release) -> str | None:
    """Return when the first file of a release was uploaded, if that is known."""
    return min((link.upload_time for link in release.files if link.upload_time), default=None)


def _draw_releases(app: App, index: str, rows: Sequence[tuple[str, str, str | None, int]]) -> None:
    from devpi_cli.cli.views import packages

    if rows:
        app.out.draw(packages.releases(rows))
    else:
        app.out.line(f"no projects on {index}")


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
    matching = _found(app, server, index, wanted, ignore_bases=ignore_bases)
    newest = [matching[version] for version in newest_first(matching) if _files_of(matching[version])]
    shown = newest if all_ or app.options.json else newest[:NEWEST]
    found = [_Row(release, link, size=link.size) for release in shown for link in _files_of(release)]
    if app.options.verbose and (app.options.json or app.out.draws):
        for row, size in parallel.answers(
            lambda row: server.size(row.link), found, jobs, seconds=server.session.quickest
        ):
            row.size = size
    for row in found:
        if not app.out.draws:
            _show(app, row.link)
        if tox:
            _add_results(app, server, row, in_full=tox == "failures")
    if app.out.draws:
        _draw_files(app, index, found, in_full=tox == "failures")
    app.out.document(
        {
            "index": index,
            "project": wanted.project,
            "files": [row.as_json() for row in found if row.link in row.release.files],
        }
    )
    if len(newest) > len(shown):
        app.out.note(f"{len(newest) - len(shown)} older versions not shown, use --all to see")


def _found(app: App, server: Server, index: str, wanted: Requirement, *, ignore_bases: bool) -> dict[str, Release]:
    """Return the matching releases by version. Raises Missing or NothingFound for none, and names silent mirrors."""
    try:
        return _matching(server, index, wanted, ignore_bases=ignore_bases)
    except (Missing, NothingFound):
        if not ignore_bases:
            warn_of_silent(app, server, index, wanted.project)
        raise


def _show(app: App, link: Link) -> None:
    """Print the URL of a file, and on stderr whether it is yanked."""
    app.out.line(link.url)
    if link.yanked:
        reason = "" if link.yanked is True else f": {' '.join(link.yanked.split())}"
        app.out.note(f"yanked: {link.name}{reason}")


def _add_results(app: App, server: Server, row: _Row, *, in_full: bool) -> None:
    """Ask for the tox results of a file; print them unless they will be drawn."""
    from devpi_cli.cli.steps import tox_results as tox_report

    row.results = tox_report.results_of(app, server, row.release, row.link, in_full=in_full)
    for environment in row.results if not app.out.draws else ():
        app.out.lines(tox_report.told(environment, in_full=in_full))


def _draw_files(app: App, index: str, rows: Sequence[_Row], *, in_full: bool) -> None:
    """Draw a table of the files; below it what commands of tox printed that failed, if that is asked for."""
    from devpi_cli.cli.steps import tox_results as tox_report
    from devpi_cli.cli.views import packages

    app.out.draw(packages.files(index, [row.as_json() for row in rows]))
    for row in rows if in_full else ():
        for environment in row.results or ():
            app.out.lines(["", row.link.name, *tox_report.told(environment, in_full=True)])


def _matching(server: Server, index: str, wanted: Requirement, *, ignore_bases: bool) -> dict[str, Release]:
    """Return the matching releases by version.

    NAME==VERSION is requested alone if it exists.
    """
    if wanted.version and not ignore_bases:
        with suppress(Missing):
            return {wanted.version: server.release(index, wanted.project, wanted.version)}
    releases = server.releases(index, wanted.project, ignore_bases=ignore_bases)
    matching = {release.version: release for release in releases if wanted.matches(release.version)}
    if not matching:
        raise wanted.nothing_on(index, newest_first(release.version for release in releases))
    return matching


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
            "yanked": link.yanked,
        }
        if self.results is None:
            return row
        from devpi_cli.cli.steps.tox_results import as_json

        return {**row, "toxresults": [as_json(environment) for environment in self.results]}


def _files_of(release: Release) -> list[Link]:
    """Return the files of a release; those hidden by another index come last."""
    return [*release.files, *(link for link in release.shadowed if link.rel == "releasefile")]
