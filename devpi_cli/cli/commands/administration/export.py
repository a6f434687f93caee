"""The command devpi server export: all data in a form that any version of devpi-server can import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.serverdirs import (
    chosen_serverdir,
    new_log,
    serverdir_options,
    typed_folder,
    warn_of_links,
    watched,
)
from devpi_cli.hosting import exports
from devpi_cli.hosting.serverdir import FILES

if TYPE_CHECKING:
    from pathlib import Path

    from devpi_cli.cli.steps.serverdirs import Where
    from devpi_cli.hosting.serverdir import Serverdir


@click.command(
    "export",
    epilog="\b\nExamples:\n  devpi server export /backup/devpi-2026\n"
    "  devpi server export --serverdir /var/lib/devpi --include-mirrored-files dump",
)
@click.argument("directory", metavar="DIR")
@serverdir_options
@click.option("--include-mirrored-files", is_flag=True, help="Also export the files that mirrors have fetched.")
@click.option("--hard-links", is_flag=True, help="Link to the server's files instead of copying them.")
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be exported; change nothing.")
@pass_app
def command(
    app: App,
    directory: str,
    where: Where,
    include_mirrored_files: bool,
    hard_links: bool,
    dry_run: bool,
) -> None:
    """Export all users, indexes and files of a server to a new folder, and verify them.

    devpi-export writes to DIR.part, which becomes DIR when every file has been compared with its SHA-256. MANIFEST.json
    in it has counts, hashes and versions. The export holds the hashes of all passwords, and only you can read it. The
    server may run meanwhile.
    """
    on, target = chosen_serverdir(app, where), typed_folder(directory)
    size = exports.size_of(on.path / FILES)
    if dry_run:
        exports.require(on, target, hard_links=hard_links)
        app.out.line(f"would export {on.path} to {target} (at most {exports.megabytes(size)})")
        app.out.document({"serverdir": str(on.path), "directory": str(target), "dry_run": True, "bytes": size})
        return
    if hard_links:
        warn_of_links(app, "export")
    with watched(app, "verifying", size) as watching:
        manifest = exports.export(
            on,
            target,
            new_log(app, "export"),
            include_mirrored_files=include_mirrored_files,
            hard_links=hard_links,
            watching=watching,
        )
    _report(app, on, target, manifest)


def _report(app: App, on: Serverdir, target: Path, manifest: dict[str, Any]) -> None:
    counts = f"{manifest['users']} users, {manifest['indexes']} indexes, {manifest['count']} files"
    app.out.line(f"exported {counts} ({exports.megabytes(manifest['bytes'])}) to {target}, all hashes match")
    left_out = manifest["without_files"]
    if left_out:
        app.out.line(f"not included: files of mirrors {', '.join(left_out)} (--include-mirrored-files)")
    app.out.document(
        {
            "serverdir": str(on.path),
            "directory": str(target),
            "users": manifest["users"],
            "indexes": manifest["indexes"],
            "files": manifest["count"],
            "bytes": manifest["bytes"],
            "without_files": left_out,
        }
    )
