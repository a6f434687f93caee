"""The command devpi server import: a new server with all that was exported."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.root_password import RootPassword, ask_or_make, root_password, root_password_options
from devpi_cli.cli.steps.serverdirs import (
    ACCEPT_DATA_LOSS,
    chosen_serverdir,
    counted,
    new_log,
    serverdir_options,
    typed_folder,
    watched,
)
from devpi_cli.cli.steps.storage_trial import require_no_loss
from devpi_cli.hosting import imports, trials
from devpi_cli.hosting.exports import Watching, megabytes, size_of

if TYPE_CHECKING:
    from devpi_cli.cli.steps.serverdirs import Where
    from devpi_cli.hosting.imports import Plan
    from devpi_cli.hosting.serverdir import Serverdir


@click.command(
    "import",
    epilog="\b\nExamples:\n  devpi server import --serverdir /var/lib/devpi-new /backup/devpi-2026\n"
    "  devpi server import --serverdir new --skip-import-type constrained --drop-bases dump",
)
@click.argument("directory", metavar="DIR")
@serverdir_options
@root_password_options
@click.option("--no-root-pypi", is_flag=True, help="Do not create root/pypi.")
@click.option("--drop-mirrored", multiple=True, metavar="USER/INDEX", help="With --no-root-pypi: drop its files, too.")
@click.option("--skip-import-type", multiple=True, metavar="TYPE", help="Leave out indexes of this type. Repeatable.")
@click.option("--drop-bases", is_flag=True, help="Remove bases that do not exist from the indexes.")
@click.option("--hard-links", is_flag=True, help="Link to the files of the export instead of copying them.")
@click.option("--events/--no-events", default=False, help="Wait until the search index is up to date. [no]")
@ACCEPT_DATA_LOSS
@click.option(
    "--dry-run", "-n", is_flag=True, help="Verify the export and show what would be imported; change nothing."
)
@pass_app
def command(
    app: App,
    directory: str,
    where: Where,
    root_password_stdin: bool,
    root_passwd: str | None,
    root_passwd_hash: str | None,
    no_root_pypi: bool,
    drop_mirrored: tuple[str, ...],
    skip_import_type: tuple[str, ...],
    drop_bases: bool,
    hard_links: bool,
    events: bool,
    accept_data_loss: bool,
    dry_run: bool,
) -> None:
    """Make a new server from an export, and compare everything in it with the export.

    The export is verified first, by its MANIFEST.json or as far as devpi-export itself kept hashes. devpi-import then
    fills a folder that becomes the serverdir only if it has the users, the settings and every file of the export. The
    passwords are those of the export, unless another one is given for root.
    """
    target, source = chosen_serverdir(app, where), typed_folder(directory)
    choices = imports.Choices(
        no_root_pypi, skip_import_type, drop_bases, drop_mirrored, hard_links, events, accept_data_loss
    )
    log, size = new_log(app, "import"), size_of(source)
    given = root_password(app, root_passwd, root_passwd_hash, from_stdin=root_password_stdin)
    accepted, quiet = replace(choices, accept_data_loss=True), Watching(app.out.note, app.out.debug)
    tried = require_no_loss(
        app,
        target,
        is_accepted=accept_data_loss or dry_run,
        first=lambda: imports.plan(source, target, accepted, log, quiet),
    )
    with watched(app, "verifying", size) as watching:
        plan = imports.plan(source, target, accepted if tried else choices, log, watching)
    _warn(app, plan)
    if dry_run:
        counts = counted(plan.dump.users, plan.indexes, plan.files)
        app.out.line(f"would import {counts} ({megabytes(plan.dump.size())}) to {target.path}")
        app.out.document(_document(source, target, plan) | {"dry_run": True})
        return
    root = given if given.hash or not plan.has_empty_root_password else _new_for_root(app)
    with watched(app, "importing", size) as watching:
        found = imports.import_(plan, target, root.hash, log, watching)
    if tried:
        trials.remember(target.path, target, tried)
    counts = counted(plan.dump.users, plan.indexes, plan.files)
    app.out.line(f"imported {counts} ({megabytes(found.bytes)}) to {target.path}, all hashes match")
    if imports.PYPI in found.indexes.keys() - set(plan.indexes):
        app.out.line(f"index created: {imports.PYPI} (not with --no-root-pypi)")
    root.show(app)
    made = {"root_password": root.made} if root.made else {}
    app.out.document(_document(source, target, plan) | {"serial": found.contents["serial"]} | made, verbatim=True)


def _new_for_root(app: App) -> RootPassword:
    app.out.warn("root has an empty password in the export, and gets a new one")
    return ask_or_make(app)


def _warn(app: App, plan: Plan) -> None:
    """Say what is left out, and what will be missing."""
    if plan.left_out:
        app.out.warn(f"not imported: {', '.join(plan.left_out)}")
    types = {plan.dump.type_of(name) for name in plan.dump.indexes}
    for unknown in [kind for kind in plan.choices.skip_types if kind not in types]:
        app.out.warn(f"--skip-import-type {unknown}: the export has no index of this type")
    for name, missing in sorted(plan.dangling.items()):
        what = "loses" if plan.choices.drop_bases else "keeps"
        hint = "" if plan.choices.drop_bases else "; --drop-bases removes them"
        app.out.warn(f"{name} {what} bases that do not exist: {', '.join(missing)}{hint}")
    if plan.verified.unverified:
        app.out.warn(f"{len(plan.verified.unverified)} files could not be verified: the export has no hashes for them")


def _document(source: object, target: Serverdir, plan: Plan) -> dict[str, object]:
    return {
        "directory": str(source),
        "serverdir": str(target.path),
        "users": len(plan.dump.users),
        "indexes": len(plan.indexes),
        "files": len(plan.files),
        "left_out": plan.left_out,
        "dangling": plan.dangling,
    }
