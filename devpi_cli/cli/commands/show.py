"""The command devpi show: all that is known about a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option, jobs_option
from devpi_cli.cli.steps import shown_release
from devpi_cli.cli.steps.shown_fields import print_fields, require_fields
from devpi_cli.errors import DevpiError, Missing
from devpi_cli.http import parallel
from devpi_cli.models import Requirement, normalised
from devpi_cli.server import details

if TYPE_CHECKING:
    from devpi_cli.programs.tox_results import Environment
    from devpi_cli.server.api import Server
    from devpi_cli.server.details import Details


@click.command(
    epilog="\b\nExamples:\n  devpi show demo\n  devpi show demo==1.2 requires_python\n  devpi show demo --readme\n"
    "  devpi show demo==1.2 --all-indexes"
)
@click.argument("requirement", metavar="NAME[==VERSION]")
@click.argument("fields", nargs=-1, metavar="[FIELD]...")
@index_option("look at")
@click.option("--readme", is_flag=True, help="Show the description.")
@click.option("--toxresults", "-t", "tox_results", is_flag=True, help="Show the tox results of each file.")
@click.option("--all-indexes", is_flag=True, help="Show which other indexes of the server have the release.")
@jobs_option("ask for")
@pass_app
def command(
    app: App,
    requirement: str,
    fields: tuple[str, ...],
    index: str | None,
    readme: bool,
    tox_results: bool,
    all_indexes: bool,
    jobs: int | None,
) -> None:
    """Show the metadata, files and history of a release.

    Without a version it is the one that pip would prefer. FIELD is a key of the metadata, such as summary or
    requires_dist; of a single one only the value is printed, a line for each item. A mirror has no metadata: they are
    read from the file beside a wheel, or from a file, which is downloaded. Sizes of a mirror's files are shown with -v.
    """
    wanted = Requirement.parse(requirement)
    fields = require_fields(fields)
    target = app.target(index)
    name, server = target.require_index(), app.connect(target)
    found = details.preferred(server, name, wanted)
    found, origin = _with_metadata(app, server, found)
    links = found.release.files
    sizes: dict[str, int | None] = {}
    if not (fields or readme) and (not found.is_bare or app.options.verbose):
        sizes = {
            link.name: size
            for link, size in parallel.answers(server.size, links, jobs, seconds=server.session.quickest)
        }
    shown = shown_release.Shown(
        found,
        found.index or name,
        sizes,
        _docs(server, found, name) if not (fields or readme) else None,
        _results(app, server, found) if tox_results else None,
        _elsewhere(server, found, found.index or name, jobs) if all_indexes else None,
        origin,
    )
    if fields:
        print_fields(app.out, found.metadata, fields)
    elif readme:
        shown_release.print_readme(app, found)
    else:
        shown_release.print_all(app, server, shown)
    app.out.document(shown_release.document(shown))


# -- what is asked of the server


def _with_metadata(app: App, server: Server, found: Details) -> tuple[Details, str]:
    """Return a release with metadata from a file if the server has none, and the name of that file."""
    if not found.is_bare:
        return found, ""
    from devpi_cli.indexes import file_metadata

    try:
        fields, origin = file_metadata.read(server, found.release.files, app.out.note)
    except DevpiError as error:
        app.out.warn(f"the index has no metadata of this release, and none can be read: {error.message}")
        return found, ""
    read = {key: value if isinstance(value, list) else str(value) for key, value in sorted(fields.items()) if value}
    return found._replace(metadata={**found.metadata, **read}), origin


def _docs(server: Server, found: Details, asked: str) -> str | None:
    """Return the URL of the documentation: of its pages if the server has devpi-web, else of its archive."""
    archive = next((link.url for link in found.release.links if link.rel == "doczip"), None)
    if archive is None or "devpi-web" not in server.status().versions:
        return archive
    release = found.release
    return f"{server.url(found.index or asked, normalised(release.project), release.version)}/+d/index.html"


def _results(app: App, server: Server, found: Details) -> dict[str, list[Environment]]:
    from devpi_cli.cli.steps import tox_results

    release = found.release
    return {link.name: tox_results.results_of(app, server, release, link, in_full=False) for link in release.files}


def _elsewhere(server: Server, found: Details, here: str, jobs: int | None) -> dict[str, Details]:
    """Return what the other stages of the server have of the release."""
    project, version = normalised(found.release.project), found.release.version
    names = [index.name for user in server.users() for index in user.indexes if not index.is_mirror]

    def ask(name: str) -> Details | None:
        try:
            return details.of_project(server, name, project, ignore_bases=True).get(version)
        except Missing:
            return None

    others = parallel.answers(ask, [name for name in names if name != here], jobs, seconds=server.session.quickest)
    return {name: has for name, has in others if has is not None}
