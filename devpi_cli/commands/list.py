"""devpi list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devpi_cli.app import App, pass_app
from devpi_cli.commands._options import chosen_index, index_option
from devpi_cli.errors import NothingFound
from devpi_cli.models import Requirement, newest_first

if TYPE_CHECKING:
    from devpi_cli.models import Release

NEWEST = 3


@click.command(
    epilog="\b\nExamples:\n  devpi list\n  devpi list requests\n  devpi list 'requests>=2' --all\n"
    "  devpi list -v --index alice/dev"
)
@click.argument("requirement", required=False)
@index_option("look at")
@click.option("--all", "all_", is_flag=True, help="Show all versions, not just the newest.")
@click.option("--ignore-bases", is_flag=True, help="Leave out what the index has from its bases.")
@pass_app
def command(app: App, index: str | None, requirement: str | None, all_: bool, ignore_bases: bool) -> None:
    """List the projects of an index, or the files of a project.

    Without REQUIREMENT it lists the names of the projects on the index itself, with -v each with its newest version.
    With REQUIREMENT (NAME, 'NAME==VERSION', 'NAME>=VERSION') it lists the URLs of the files, the newest first.
    """
    index = chosen_index(app, index)
    if requirement:
        _files(app, index, Requirement.parse(requirement), all_=all_, ignore_bases=ignore_bases)
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
    app.out.document({"index": index, "projects": found})


def _files(app: App, index: str, wanted: Requirement, *, all_: bool, ignore_bases: bool) -> None:
    releases = app.server.releases(index, wanted.project, ignore_bases=ignore_bases)
    matching = {release.version: release for release in releases if wanted.matches(release.version)}
    if not matching:
        raise NothingFound(
            f"no release of {wanted.project} on {index} matches {wanted.text!r}",
            hint=f"type 'devpi list --all {wanted.project}' to see which there are",
        )
    newest = [matching[version] for version in newest_first(matching) if _urls(matching[version])]
    shown = newest if all_ else newest[:NEWEST]
    for release in shown:
        app.out.lines(_urls(release))
    app.out.document(
        {
            "index": index,
            "project": wanted.project,
            "files": [
                {"file": link.name, "version": release.version, "url": link.url, "sha256": link.sha256}
                for release in newest
                for link in release.links
                if link.rel == "releasefile"
            ],
        }
    )
    if len(newest) > len(shown) and not app.json:
        app.out.note(f"{len(newest) - len(shown)} older versions not shown, use --all to see")


def _urls(release: Release) -> list[str]:
    """Return the URLs of the files of a release; those that another index hides come last."""
    return [link.url for link in (*release.links, *release.shadowed) if link.rel == "releasefile"]
