"""The command devpi server backup: a verified copy of a server that may run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.serverdirs import (
    chosen_serverdir,
    counted,
    new_log,
    planned,
    serverdir_options,
    typed_folder,
    warn_of_links,
    watched,
)
from devpi_cli.hosting import backups
from devpi_cli.hosting.exports import megabytes, size_of

if TYPE_CHECKING:
    from devpi_cli.cli.steps.serverdirs import Where


@click.command(
    "backup",
    epilog="\b\nExamples:\n  devpi server backup /backup/devpi-monday\n"
    "  devpi server backup --serverdir /var/lib/devpi --hard-links /var/lib/devpi-monday",
)
@click.argument("directory", metavar="DIR")
@serverdir_options
@click.option("--copy/--hard-links", "copied", default=True, help="Copy the files, or link to the server's. [copy]")
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be backed up; change nothing.")
@pass_app
def command(
    app: App,
    directory: str,
    where: Where,
    copied: bool,
    dry_run: bool,
) -> None:
    """Copy a server to a new folder while it runs, and compare every file with its hashes.

    The copy is the server at one moment, with its id, its serials and its history: 'devpi server restore DIR' makes
    a server of it that clients and replicas take for the same. The search index is left out; the restored
    server rebuilds it. Only for the storage sqlite.
    """
    on, target = chosen_serverdir(app, where), typed_folder(directory)
    size = size_of(on.path)
    if dry_run:
        backups.require(on, target, hard_links=not copied)
        app.out.line(f"would back up {on.path} to {target} ({megabytes(size)})")
        app.out.document({"serverdir": str(on.path), "directory": str(target), "dry_run": True, "bytes": size})
        return
    if not copied:
        warn_of_links(app, "backup")
    secret = planned(app, on).secret
    with watched(app, "verifying", size) as watching:
        found = backups.backup(on, target, new_log(app, "backup"), watching, hard_links=not copied, secret=secret)
    counts = counted(found.users, found.indexes, found.files)
    app.out.line(f"backed up {counts} ({megabytes(found.bytes)}) to {target}, all hashes match")
    app.out.document({"serverdir": str(on.path), "directory": str(target), **found.summary})
