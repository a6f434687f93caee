"""The command devpi refresh: mirrors ask their upstream again."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option
from devpi_cli.cli.steps.preflight import cannot_tell, dry_run_option
from devpi_cli.cli.steps.summary import on_interruption, sum_up
from devpi_cli.cli.views.amounts import number
from devpi_cli.errors import DevpiError, Missing, NotAllowed, NothingFound, Refused, WrongUsage
from devpi_cli.indexes.resolution import with_bases
from devpi_cli.models import Requirement, normalised
from devpi_cli.packages import requirements
from devpi_cli.system.files import expanded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from devpi_cli.server.api import Server

MANY = 1000


@click.command(
    epilog="\b\nExamples:\n  devpi refresh requests\n  devpi refresh 'django-*' --index root/pypi\n"
    "  devpi refresh -r requirements.txt"
)
@click.argument("packages", nargs=-1, metavar="[PKG]...")
@click.option(
    "--requirement",
    "-r",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Refresh the packages that FILE lists.",
)
@click.option("--all", "all_", is_flag=True, help="Refresh all projects of the mirrors.")
@index_option("refresh")
@dry_run_option()
@pass_app
def command(
    app: App,
    packages: tuple[str, ...],
    requirement: tuple[Path, ...],
    all_: bool,
    index: str | None,
    dry_run: bool,
) -> None:
    """Make mirrors ask their upstream again for the files of packages.

    For some time after asking, a mirror uses the last answer. PKG is a name, or a pattern such as 'django-*' for the
    projects that the mirrors list. If the index is not a mirror, the mirrors among its bases are refreshed.
    """
    if not (packages or requirement or all_):
        raise WrongUsage("nothing to refresh", hint="name packages, -r FILE or --all")
    patterns = ["*"] if all_ else [name for name in packages if _is_pattern(name)]
    names = [Requirement.parse(name).project for name in packages if not _is_pattern(name)]
    names += [name for path in requirement for name in requirements.projects(expanded(path))]
    target = app.target(index)
    index, server = target.require_index(), app.connect(target)
    mirrors = [each.name for each in with_bases(server, index, app.out.warn) if each.is_mirror]
    if not mirrors:
        app.out.warn(f"{index} is not a mirror, nor are its bases: nothing to refresh")
        app.out.document({"index": index, "mirrors": [], "refreshed": [], "failed": {}})
        return
    named, names = names, [*names]
    names += _matching(app, server, mirrors, patterns, dry_run=dry_run)
    projects = list(dict.fromkeys(names))
    if dry_run:
        for project in dict.fromkeys(named):
            if not any(_has(server, mirror, project) for mirror in mirrors):
                where = " or ".join(mirrors)
                cannot_tell(
                    app, f"whether {project} would be found", f"it is not on {where}, but its upstream may have it"
                )
        app.out.lines([f"would refresh {project}" for project in projects])
        result = {"index": index, "mirrors": mirrors, "refreshed": [], "failed": {}}
        app.out.document({**result, "dry_run": True, "would_refresh": projects})
        return
    _refresh_all(app, server, index, mirrors, projects)


def _has(server: Server, mirror: str, project: str) -> bool:
    try:
        return server.has_project(mirror, project)
    except Refused:
        return False


def _is_pattern(name: str) -> bool:
    return any(sign in name for sign in "*?[")


def _matching(app: App, server: Server, mirrors: Sequence[str], patterns: Iterable[str], *, dry_run: bool) -> list[str]:
    """Return the mirrors' projects that match the patterns.

    If there are very many, ask first.
    """
    patterns = [pattern.lower().replace("_", "-") for pattern in patterns]
    if not patterns:
        return []
    listed = sorted({normalised(project) for mirror in mirrors for project in server.index(mirror).projects})
    found: list[str] = []
    for pattern in patterns:
        matching = [project for project in listed if fnmatchcase(project, pattern)]
        if not matching:
            raise NothingFound(
                f"{' and '.join(mirrors)}: no project matches {pattern!r}",
                hint="type the whole name to ask the upstream about a project that is not listed",
            )
        found += matching
    if len(found) > MANY and not dry_run:
        app.out.confirm(
            f"{len(found)} projects match. Ask the upstream about each of them?",
            autoset=f"{len(found)} projects match: ask the upstream about each of them",
        )
    return found


def _refresh_all(app: App, server: Server, index: str, mirrors: Sequence[str], projects: Sequence[str]) -> None:
    """Refresh all projects, even if some fail; raise one error for all failures."""
    refreshed: list[str] = []
    failures: dict[str, DevpiError] = {}

    def done() -> str:
        return f"{len(refreshed)} of {number(len(projects), 'package')} refreshed"

    try:
        with on_interruption(done), app.out.busy("refreshing") as tell:
            for project in projects:
                tell(done())
                try:
                    _refresh(server, mirrors, project)
                except NotAllowed:  # it applies to every project
                    raise
                except (Refused, NothingFound) as error:
                    failures[project] = error
                else:
                    app.out.line(f"Refreshed {project}")
                    refreshed.append(project)
    finally:
        failed = {project: error.message for project, error in failures.items()}
        app.out.document({"index": index, "mirrors": list(mirrors), "refreshed": refreshed, "failed": failed})
    sum_up(app, list(failures.items()), "packages refreshed", done=len(refreshed), total=len(projects))


def _refresh(server: Server, mirrors: Sequence[str], project: str) -> None:
    """Refresh a project on the mirrors that have it.

    Raises NothingFound if none has it.
    """
    unknown = []
    for mirror in mirrors:
        try:
            server.refresh(mirror, project)
        except Missing:
            unknown.append(mirror)
    if len(unknown) == len(mirrors):
        raise NothingFound(
            f"no project {project!r} on {' or '.join(mirrors)}",
            hint="'devpi doctor' shows whether the server reaches the upstream",
        )
