"""The command devpi server replica: a copy of a primary that follows its changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devpi_cli import urls
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import duration
from devpi_cli.cli.steps.serverdirs import (
    ACCEPT_DATA_LOSS,
    NO_STRETCHING,
    chosen_serverdir,
    new_log,
    serverdir_options,
    typed_folder,
)
from devpi_cli.cli.target import Target
from devpi_cli.hosting import inits, replicas, runs
from devpi_cli.hosting.exports import Watching

if TYPE_CHECKING:
    from devpi_cli.cli.steps.serverdirs import Where


@click.command(
    "replica",
    epilog="\b\nExamples:\n  devpi server replica --primary https://devpi.example --secretfile secret"
    " --serverdir /srv/replica\n"
    "  devpi server replica --primary http://127.0.0.1:3141 --secretfile secret --serverdir eu --port 4141",
)
@click.option("--primary", "--primary-url", "primary", required=True, metavar="URL", help="URL of the primary.")
@click.option("--secretfile", required=True, metavar="FILE", help="A copy of the primary's file with its secret.")
@serverdir_options
@click.option("--host", metavar="HOST", help="Address to listen on. [localhost]")
@click.option("--port", type=click.IntRange(1, 65535), metavar="PORT", help="Port to listen on. [3141]")
@NO_STRETCHING
@ACCEPT_DATA_LOSS
@click.option("--for", "seconds", type=duration, default="10m", metavar="TIME", help="Give up after this time. [10m]")
@click.option("--dry-run", "-n", is_flag=True, help="Ask the primary and show what would be made; change nothing.")
@pass_app
def command(
    app: App,
    primary: str,
    secretfile: str,
    where: Where,
    host: str | None,
    port: int | None,
    no_stretching: bool,
    accept_data_loss: bool,
    seconds: float,
    dry_run: bool,
) -> None:
    """Make and start a replica, and wait until it has all changes of its primary.

    The primary must run with '--role primary' and with the same secret, stretched alike: the file beside it, which ends
    in .stretching, says how. If the changes do not arrive, it says why and leaves nothing behind. 'devpi server status
    --serverdir DIR' tells afterwards how far the replica is behind.
    """
    target, url = chosen_serverdir(app, where), urls.place(primary).root
    secret = typed_folder(secretfile)
    new = inits.NewServer("replica", url, secret, accept_data_loss=accept_data_loss, unstretched=no_stretching)
    inits.require(target, new)
    asking = app.connect(Target(url, is_known=False), authenticate=False).session.anonymous()
    serial = replicas.require_primary(asking, url)
    if dry_run:
        app.out.line(f"would make a replica of {url}: {target.path}")
        app.out.document({"serverdir": str(target.path), "primary": url, "serial": serial, "dry_run": True})
        return
    if inits.is_stretched(target, new):
        app.out.note(runs.STRETCHED)
    watching = Watching(app.out.note, app.out.debug)
    server, status = replicas.make(
        target, new, new_log(app, "replica"), watching, host=host, port=port, seconds=seconds, serial=serial
    )
    found = server.process
    app.out.line(f"replica of {url} runs: {server.url} (process {found.pid if found else None})")
    app.out.line(f"  data={target.path}")
    app.out.line(f"  serial={status['serial']}, as the primary's when it began")
    app.out.document(
        {
            "serverdir": str(target.path),
            "server": server.url,
            "primary": url,
            "pid": found.pid if found else None,
            "serial": status["serial"],
        }
    )
