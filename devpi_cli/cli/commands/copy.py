"""The command devpi copy: releases from one index or folder to another, also of another server."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import jobs_option
from devpi_cli.cli.steps.copies import Copying
from devpi_cli.cli.steps.hints import OTHER_TARGET, instead_of_mirror
from devpi_cli.cli.steps.preflight import dry_run_option, require_place
from devpi_cli.cli.steps.sides import latency, require_found, requirements_of, sides, tell_left_out
from devpi_cli.errors import DevpiError, WouldBeRefused, WrongUsage
from devpi_cli.http import parallel
from devpi_cli.indexes.comparison import ALL, DOCS, RESULT
from devpi_cli.indexes.copying import Choice, Plan, plan
from devpi_cli.indexes.sides import FolderSide, IndexSide
from devpi_cli.server.api import MAKE_VOLATILE
from devpi_cli.system import private
from devpi_cli.system.files import expanded

if TYPE_CHECKING:
    from devpi_cli.indexes.sides import Side
    from devpi_cli.models import Requirement


@click.command(
    epilog="\b\nExamples:\n  devpi copy ci/dev ci/prod 'demo>=1' --latest\n"
    "  devpi copy ci/prod https://eu.devpi.example/ci/prod --all -n\n"
    "  devpi copy ci/prod dir:backup --all --index-page\n  devpi copy root/pypi ci/curated -r requirements.txt"
)
@click.argument("source", metavar="PLACE")
@click.argument("target", metavar="PLACE")
@click.argument("requirements", nargs=-1, metavar="[REQUIREMENT]...")
@click.option(
    "--requirement", "-r", "files", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Copy the releases that FILE lists.",
)  # fmt: skip
@click.option("--all", "all_", is_flag=True, help="Copy all projects.")
@click.option("--latest", is_flag=True, help="Copy only the newest release of each project.")
@click.option("--no-docs", is_flag=True, help="Copy no documentation.")
@click.option("--no-tox", is_flag=True, help="Copy no tox results.")
@click.option("--overwrite", is_flag=True, help="Replace files of the same name that differ.")
@click.option("--delete", is_flag=True, help="Remove what only the target has; asks first.")
@click.option("--keep-going", is_flag=True, help="Copy the other files if some differ or fail.")
@click.option("--index-page", is_flag=True, help="Write pages that make the folder an index for pip.")
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Append a line of JSON for each file to FILE.")  # fmt: skip
@dry_run_option()
@jobs_option("copy")
@pass_app
def command(
    app: App,
    source: str,
    target: str,
    requirements: tuple[str, ...],
    files: tuple[Path, ...],
    all_: bool,
    latest: bool,
    no_docs: bool,
    no_tox: bool,
    overwrite: bool,
    delete: bool,
    keep_going: bool,
    index_page: bool,
    log: Path | None,
    dry_run: bool,
    jobs: int | None,
) -> None:
    """Copy releases from one index or folder to another.

    PLACE is USER/INDEX, the URL of an index, also of another server, or dir:PATH. Files that the target has already, by
    SHA-256, are not copied: a copy that was interrupted goes on where it was. If the target has other files of the same
    name, nothing is copied without --overwrite or --keep-going. On one server whole releases are pushed; otherwise who
    uploaded a file, and when, is not carried over. What an index has from its bases is not copied.
    """
    wanted = requirements_of(requirements, [expanded(path) for path in files])
    if bool(wanted) == all_:
        raise WrongUsage(
            "--all copies everything: it cannot be combined with releases" if all_ else "nothing to copy",
            hint="name releases, -r FILE or --all",
        )
    rels = tuple(rel for rel in ALL if not ((no_docs and rel == DOCS) or (no_tox and rel == RESULT)))
    choice = Choice(wanted, latest, rels)
    with private.folder("copy") as folder:
        both = sides(app, source, target, folder)
        _require_usable(both, all_=all_, index_page=index_page)
        found = _planned(app, both, choice, wanted, overwrite=overwrite, delete=delete, jobs=jobs)
        copying = Copying(
            app, *both, choice, found, keep_going=keep_going, jobs=jobs, index_page=index_page, overwrite=overwrite
        )
        if not dry_run:
            copying.run(log)
            return
        target_side = both[1]
        if isinstance(target_side, IndexSide) and (found.steps or found.removals):
            require_place(target_side.server, target_side.index, app=app)
        copying.foresee()


def _require_usable(both: tuple[Side, Side], *, all_: bool, index_page: bool) -> None:
    """Raise DevpiError for places that cannot be copied from or to in this way."""
    source, target = both
    if index_page and not isinstance(target, FolderSide):
        raise WrongUsage("--index-page works only with dir:PATH")
    if isinstance(source, IndexSide) and source.is_mirror and all_:
        raise WrongUsage(
            f"{source.name} is a mirror: it has everything that its upstream has",
            hint="name the releases, such as NAME or 'NAME==VERSION'",
        )
    if isinstance(target, IndexSide) and target.is_mirror:
        hint = instead_of_mirror(target.index, OTHER_TARGET)
        raise DevpiError(f"{target.name} is a mirror: you cannot copy to it", hint=hint)


def _planned(
    app: App,
    both: tuple[Side, Side],
    choice: Choice,
    wanted: tuple[Requirement, ...],
    *,
    overwrite: bool,
    delete: bool,
    jobs: int | None,
) -> Plan:
    """Compare all projects, and say what is passed over."""
    source, target = both
    whole, compared = Plan(), both if delete else (source,)
    work = partial(plan, *both, choice, overwrite=overwrite, delete=delete)
    for _, found in parallel.answers(work, choice.projects(*compared), jobs, seconds=latency(both)):
        whole.add(found)
    tell_left_out(app, both)
    if not delete:
        require_found(wanted, whole.projects, source)
    if whole.removals and isinstance(target, IndexSide) and not target.is_volatile:
        raise WouldBeRefused(f"the index {target.index} is not volatile", hint=MAKE_VOLATILE.format(target.index))
    for name in whole.empty:
        app.out.warn(f"left out: {name}: it has no files")
    return whole
