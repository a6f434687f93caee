"""The command devpi remove: projects, releases or files of an index."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

import click

from devpi_cli import urls
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option, jobs_option
from devpi_cli.cli.steps.preflight import REMOVE, dry_run_option, require_place, require_volatile
from devpi_cli.cli.steps.releases import matching_releases
from devpi_cli.cli.steps.summary import GOES_ON, on_interruption, sum_up
from devpi_cli.cli.views.amounts import number
from devpi_cli.errors import DevpiError, Missing, NotAllowed, NothingFound
from devpi_cli.http import parallel
from devpi_cli.models import Link, Requirement
from devpi_cli.server.api import ADD_FORCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devpi_cli.cli.target import Target
    from devpi_cli.models import Index, Release
    from devpi_cli.server.api import Server


@click.command(
    epilog="\b\nExamples:\n  devpi remove demo==1.0\n  devpi remove 'demo>=1,<2'\n  devpi remove -y demo\n"
    "  devpi remove http://localhost/alice/dev/+f/2ed/2df83d4eb29af/demo-1.0.tar.gz"
)
@click.argument("requirement", metavar="REQUIREMENT|URL")
@index_option("remove from")
@click.option("--force", "-f", is_flag=True, help="Also remove from a non-volatile index.")
@click.option("--missing-ok", is_flag=True, help="Succeed if there is nothing to remove.")
@dry_run_option()
@jobs_option("remove")
@pass_app
def command(
    app: App, requirement: str, index: str | None, force: bool, missing_ok: bool, dry_run: bool, jobs: int | None
) -> None:
    """Remove a project, some of its releases, or one file from an index.

    REQUIREMENT is NAME for the whole project, or 'NAME==VERSION', 'NAME<VERSION' for releases; URL is that of one file.
    What will be removed is shown first. Releases that the index has from its bases are not removed.
    """
    if urls.is_url(requirement):
        _remove_file(app, requirement, force=force, missing_ok=missing_ok, dry_run=dry_run)
        return
    target, wanted = app.target(index), Requirement.parse(requirement)
    name, server = target.require_index(), app.connect(target)
    releases = _releases(app, server, name, wanted, missing_ok=missing_ok)
    if dry_run:
        _plan(app, server, name, wanted, releases, force=force)
        return
    _confirm(app, server, name, wanted, releases)
    if wanted.is_whole_project:
        if releases:
            server.remove_project(name, wanted.project, force=force)
        app.out.document(_as_json(name, wanted, releases) | {"removed": _urls(releases)})
    else:
        _remove_releases(app, server, name, wanted, releases, force=force, jobs=jobs)


def _releases(app: App, server: Server, index: str, wanted: Requirement, *, missing_ok: bool) -> list[Release]:
    """Return the releases to remove.

    Raises WrongUsage for a version that would be read as another path.
    """
    try:
        line = f"devpi remove {quote(wanted.text)} --index "
        found = matching_releases(app, server, index, wanted, lambda base: f"{line}{base}")
    except NothingFound as nothing:
        if not missing_ok:
            raise
        app.out.line(f"nothing to remove: {nothing.message}")
        found = []
    for release in [] if wanted.is_whole_project else found:
        server.url(index, wanted.project, release.version)
    return found


def _remove_file(app: App, typed: str, *, force: bool, missing_ok: bool, dry_run: bool) -> None:
    target, url = _file(app, typed)
    server = app.connect(target)
    try:
        if dry_run:
            if index := Link(url).index:
                place = require_place(server, index, REMOVE, app)
                if not force:
                    require_volatile(place, ADD_FORCE)
            server.session.request("GET", url)  # returns a description of the file, not the file itself
            app.out.lines(["would remove the following file:", url])
            app.out.document({"dry_run": True, "would_remove": [url], "removed": []})
            return
        app.out.confirm(f"Remove {Link(url).name}?", ["About to remove the following file:", url])
        _remove_at(server, url, force=force)
    except Missing:
        if not missing_ok:
            raise
        app.out.line(f"nothing to remove: there is no {url}")
        app.out.document({"removed": []})
        return
    app.out.document({"removed": [url]})


def _file(app: App, typed: str) -> tuple[Target, str]:
    """Return the server of a file and its URL.

    Raises WrongUsage for the URL of anything else.
    """
    urls.file_place(typed)
    target, url = app.url_target(typed)
    root, url = urls.file_place(url, target.root if target.is_known else "")
    return target._replace(root=root), url


def _remove_at(server: Server, url: str, *, force: bool) -> None:
    try:
        server.remove_file(url, force=force)
    except NotAllowed:
        if index := Link(url).index:
            server.index(index, projects=False)  # for a missing index DELETE answers 403, too; GET answers 404
        raise


def _plan(
    app: App, server: Server, index: str, wanted: Requirement, releases: Sequence[Release], *, force: bool
) -> None:
    """Report what the command would do without --dry-run."""
    if releases:
        place = require_place(server, index, REMOVE, app)
        if not force:
            require_volatile(place, ADD_FORCE)
        _warn_of_mirror(app, place)
        app.out.lines(["would remove the following releases and distributions", *_about(releases)])
    would = {"dry_run": True, "would_remove": _urls(releases), "removed": []}
    app.out.document(_as_json(index, wanted, releases) | would)


def _confirm(app: App, server: Server, index: str, wanted: Requirement, releases: Sequence[Release]) -> None:
    if not releases:
        return
    if not any(link.upload_time for release in releases for link in release.links):  # nobody uploaded it
        _warn_of_mirror(app, server.index(index, projects=False))
    about = ["About to remove the following releases and distributions", *_about(releases)]
    app.out.confirm(_question(wanted, releases), about)


def _question(wanted: Requirement, releases: Sequence[Release]) -> str:
    files = number(len(_urls(releases)), "file")
    if wanted.is_whole_project:
        return f"Remove the project {wanted.project}: {number(len(releases), 'release')} with {files}?"
    if len(releases) == 1:
        return f"Remove {files} of {wanted.project} {releases[0].version}?"
    return f"Remove {len(releases)} releases of {wanted.project} with {files}?"


def _warn_of_mirror(app: App, index: Index) -> None:
    if index.is_mirror:
        app.out.note(f"{index.name} is a mirror: only its copies are removed, and what the upstream has comes back")


def _about(releases: Sequence[Release]) -> list[str]:
    about = []
    for release in releases:
        files = [link.url for link in release.links] or ["No releases"]
        about += [f"version: {release.version}", *(f"  - {file}" for file in files)]
    return about


def _urls(releases: Sequence[Release]) -> list[str]:
    return [link.url for release in releases for link in release.links]


def _as_json(index: str, wanted: Requirement, releases: Sequence[Release]) -> dict[str, object]:
    return {"index": index, "project": wanted.project, "versions": [release.version for release in releases]}


def _remove_releases(
    app: App,
    server: Server,
    index: str,
    wanted: Requirement,
    releases: Sequence[Release],
    *,
    force: bool,
    jobs: int | None,
) -> None:
    """Remove releases until one fails; finish the removals that have started by then."""
    removed: list[Release] = []
    failures: list[tuple[str, DevpiError]] = []

    def remove(release: Release) -> bool:
        if failures:
            return False
        server.remove_release(index, wanted.project, release.version, force=force)
        return True

    def done() -> str:
        return f"{len(removed)} of {number(len(releases), 'release')} removed"

    took, costs = server.session.quickest, parallel.REMOVING_SECONDS
    with on_interruption(lambda: f"{done()}{GOES_ON}"), app.out.busy("removing") as tell:
        for release, outcome in parallel.run(remove, releases, jobs, seconds=took, server_seconds=costs):
            if isinstance(outcome, DevpiError):
                failures.append((f"{wanted.project} {release.version}", outcome))
            elif outcome:
                removed.append(release)
                app.out.line(f"deleting release {release.version} of {wanted.project}")
            tell(done())
    app.out.document(_as_json(index, wanted, releases) | {"removed": _urls(removed)})
    sum_up(app, failures, "releases removed", done=len(removed), total=len(releases))
