"""The command devpi server run: a server in the foreground."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.serverdirs import ACCEPT_DATA_LOSS, chosen_serverdir, is_quickstarts, serverdir_options
from devpi_cli.hosting import journal, runs

if TYPE_CHECKING:
    from devpi_cli.cli.steps.serverdirs import Where


@click.command(
    "run",
    epilog="\b\nExamples:\n  devpi server run --serverdir /var/lib/devpi --host 0.0.0.0 --port 3141\n"
    "  devpi server run --serverdir /var/lib/devpi -- --outside-url https://devpi.example",
)
@serverdir_options
@click.option("--host", metavar="HOST", help="Address to listen on. [localhost]")
@click.option("--port", type=click.IntRange(1, 65535), metavar="PORT", help="Port to listen on. [3141]")
@click.option("--secretfile", metavar="FILE", help="File with the secret of the server. [.secret in the serverdir]")
@ACCEPT_DATA_LOSS
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be run; start nothing.")
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[-- OPTION...]")
@pass_app
def command(
    app: App,
    where: Where,
    host: str | None,
    port: int | None,
    secretfile: str | None,
    accept_data_loss: bool,
    dry_run: bool,
    options: tuple[str, ...],
) -> None:
    """Run a server in the foreground, for containers, systemd and terminals.

    devpi-server takes the place of this process: its output is the output, and it gets every signal. What follows '--'
    is for devpi-server itself. A secret is made if there is none, so that logins outlive a restart. Two servers on one
    serverdir are refused.
    """
    on = chosen_serverdir(app, where)
    run = runs.plan(on, host=host, port=port, secretfile=secretfile, options=options, quick=is_quickstarts(app, on))
    run = replace(run, accept_data_loss=accept_data_loss)
    if mismatch := run.mismatch():
        app.out.warn(mismatch)
    if dry_run:
        runs.require(run)
        app.out.line(f"would run a server: {on.path} at {run.url}")
    else:
        needed_repair = run.needs_repair
        handle = runs.prepare(run)
        if needed_repair:
            app.out.warn(journal.UNDONE)
        app.out.line(f"starting a server: {on.path} at {run.url}")
    app.out.document(
        {"serverdir": str(on.path), "server": run.url, "secretfile": str(run.secret)}
        | ({"dry_run": True} if dry_run else {})
    )
    if not dry_run:
        if run.is_stretched:
            app.out.note(runs.STRETCHED)
        runs.replace_this_process(run, handle)
