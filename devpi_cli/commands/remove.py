"""devpi remove."""

from __future__ import annotations

import click

from devpi_cli import urls
from devpi_cli.app import App, pass_app
from devpi_cli.commands._options import chosen_index, index_option, url_of
from devpi_cli.commands._releases import matching_releases
from devpi_cli.errors import WrongUsage
from devpi_cli.models import Requirement


@click.command(
    epilog="\b\nExamples:\n  devpi remove demo==1.0\n  devpi remove 'demo>=1,<2'\n  devpi remove -y demo\n"
    "  devpi remove http://localhost/alice/dev/+f/2ed/2df83d4eb29af/demo-1.0.tar.gz"
)
@click.argument("requirement", metavar="REQUIREMENT|URL")
@index_option("remove from")
@click.option("--force", "-f", is_flag=True, help="Remove from a non-volatile index, too.")
@pass_app
def command(app: App, requirement: str, index: str | None, force: bool) -> None:
    """Remove a project, releases of it, or one file from an index.

    REQUIREMENT is NAME for the whole project, or 'NAME==VERSION', 'NAME<VERSION' for releases; a URL is that of one
    file. What will go is shown first. What the index has from its bases stays there.
    """
    if urls.is_url(requirement):
        _remove_file(app, requirement.partition("#")[0], force=force)
    else:
        _remove_releases(app, chosen_index(app, index), Requirement.parse(requirement), force=force)


def _remove_file(app: App, typed: str, *, force: bool) -> None:
    if "/+f/" not in typed and "/+e/" not in typed:  # the server would delete a whole project, index or user
        raise WrongUsage(
            f"{urls.hide(typed)!r} is not the URL of a file",
            hint="type one that 'devpi list NAME' shows, or 'NAME==VERSION'",
        )
    url = url_of(app, typed)
    app.out.confirm("Are you sure", ["About to remove the following file:", url])
    app.server.remove_file(url, force=force)
    app.out.document({"removed": [url]})


def _remove_releases(app: App, index: str, wanted: Requirement, *, force: bool) -> None:
    releases = matching_releases(app, index, wanted)
    about = ["About to remove the following releases and distributions"]
    for release in releases:
        files = [link.url for link in release.links] or ["No releases"]
        about += [f"version: {release.version}", *(f"  - {file}" for file in files)]
    app.out.confirm("Are you sure", about)
    if wanted.is_whole_project:
        app.server.remove_project(index, wanted.project, force=force)
    else:
        for release in releases:
            app.out.line(f"deleting release {release.version} of {wanted.project}")
            app.server.remove_release(index, wanted.project, release.version, force=force)
    app.out.document(
        {
            "index": index,
            "project": wanted.project,
            "versions": [release.version for release in releases],
            "removed": [link.url for release in releases for link in release.links],
        }
    )
