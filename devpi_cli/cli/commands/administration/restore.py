"""The command devpi server restore: the server that was backed up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.serverdirs import (
    chosen_serverdir,
    counted,
    new_log,
    serverdir_options,
    typed_folder,
    warn_of_links,
    watched,
)
from devpi_cli.hosting import backups
from devpi_cli.hosting.exports import megabytes, size_of
from devpi_cli.hosting.serverdir import Serverdir

if TYPE_CHECKING:
    from devpi_cli.cli.steps.serverdirs import Where

REPLICAS = "recreate replicas that have seen changes later than serial {}"


@click.command(
    "restore",
    epilog="\b\nExamples:\n  devpi server restore --serverdir /var/lib/devpi /backup/devpi-monday\n"
    "  devpi server restore -n --serverdir drill /backup/devpi-monday",
)
@click.argument("directory", metavar="DIR")
@serverdir_options
@click.option("--copy/--hard-links", "copied", default=True, help="Copy the files, or link to the backup's. [copy]")
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be restored; change nothing.")
@pass_app
def command(
    app: App,
    directory: str,
    where: Where,
    copied: bool,
    dry_run: bool,
) -> None:
    """Make a server from a backup in a new folder, and compare every file with its hashes.

    It has the id and the serials of the one that was backed up. A folder that is not empty is left alone: move the old
    data away first.
    """
    target = chosen_serverdir(app, where)
    source = Serverdir(typed_folder(directory), target.settings, target.storage)
    size = size_of(source.path)
    if dry_run:
        backups.require_restorable(source, target, hard_links=not copied)
        app.out.line(f"would restore {source.path} to {target.path} ({megabytes(size)})")
        app.out.document({"directory": str(source.path), "serverdir": str(target.path), "dry_run": True, "bytes": size})
        return
    if not copied:
        warn_of_links(app, "backup")
    with watched(app, "verifying", size) as watching:
        found = backups.restore(source, target, new_log(app, "restore"), watching, hard_links=not copied)
    counts = counted(found.users, found.indexes, found.files)
    app.out.line(f"restored {counts} ({megabytes(found.bytes)}) to {target.path}, all hashes match")
    if found.contents["role"] != "replica":
        app.out.line(REPLICAS.format(found.contents["serial"]))
    app.out.document({"directory": str(source.path), "serverdir": str(target.path), **found.summary})
