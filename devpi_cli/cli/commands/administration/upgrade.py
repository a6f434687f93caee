"""The command devpi server upgrade: the same data under the devpi-server that is installed now."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.serverdirs import chosen_serverdir, new_log, planned, serverdir_options, typed_folder, watched
from devpi_cli.errors import DevpiError, WrongUsage
from devpi_cli.hosting import backups, runs
from devpi_cli.hosting.attended import Attended
from devpi_cli.hosting.checks import check
from devpi_cli.hosting.dump import versions
from devpi_cli.hosting.exports import size_of
from devpi_cli.hosting.serverdir import raise_all

if TYPE_CHECKING:
    from pathlib import Path

    from devpi_cli.cli.steps.serverdirs import Where
    from devpi_cli.hosting.serverdir import Serverdir


@click.command(
    "upgrade",
    epilog="\b\nExamples:\n  devpi server upgrade -n --serverdir /var/lib/devpi\n"
    "  devpi server upgrade --serverdir /var/lib/devpi --backup /backup/before-6.20",
)
@serverdir_options
@click.option("--backup", "backup", metavar="DIR", help="New folder for the backup that is made first.")
@click.option("--dry-run", "-n", is_flag=True, help="Show whether the data can be used as it is; change nothing.")
@pass_app
def command(app: App, where: Where, backup: str | None, dry_run: bool) -> None:
    """Say whether the installed devpi-server can use the data as it is; then back up, restart and check it.

    Nothing is installed: install the new devpi-server first, beside devpi-cli. A server that 'devpi server start'
    started is stopped and started; one that runs otherwise, as by systemd, must be stopped before. If the data is of a
    version that cannot be used, the steps are named, and nothing is done.
    """
    on = chosen_serverdir(app, where)
    problems = list(on.problems())
    server = Attended(on, app.out.debug)
    others = [] if problems or server.process else runs.serving(on.path)
    if others:
        hint = "stop it the way it was started, upgrade, and start it again"
        problems.append(DevpiError(f"process {others[0]} serves {on.path}", hint=hint))
    if not (dry_run or backup):
        raise WrongUsage("an upgrade needs a place for a backup", hint="name a new folder with --backup")
    raise_all(problems)
    version = str(versions()["devpi-server"])
    target = typed_folder(backup) if backup else None
    if target:
        backups.require(on, target)
    if dry_run or not target:
        app.out.line(f"devpi-server {version} can use {on.path} as it is")
        app.out.document({"serverdir": str(on.path), "devpi-server": version, "dry_run": True})
        return
    files = _upgrade(app, on, server, target)
    found = server.process
    state = f"runs at {server.url}" if found else "was not running, and is not"
    app.out.line(f"upgraded to devpi-server {version}: {on.path}, {files} files, all hashes match; the server {state}")
    app.out.line(f"  backup={target}")
    app.out.document(
        {
            "serverdir": str(on.path),
            "devpi-server": version,
            "backup": str(target),
            "files": files,
            "running": bool(found),
        }
    )


def _upgrade(app: App, on: Serverdir, server: Attended, target: Path) -> int:
    """Stop a server, back it up, start it again and check its files; return how many there are."""
    running, url, log = server.process, server.url, new_log(app, "upgrade")
    if running:
        server.stop(running)
    try:
        with watched(app, "backing up", size_of(on.path)) as watching:
            backups.backup(on, target, log, watching, secret=planned(app, on).secret)
    finally:
        if running:
            place = urlsplit(url)
            server.start(server.plan(place.hostname, place.port))
    with watched(app, "checking", size_of(on.path)) as watching:
        found = check(on, log, watching)
    if found.damaged:
        raise DevpiError(f"{len(found.damaged)} files are damaged", hint="'devpi server check' names them")
    return len(found.files)
