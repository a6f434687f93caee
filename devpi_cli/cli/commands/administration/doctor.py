"""The command devpi server doctor: what is wrong with a serverdir and its server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.serverdirs import chosen_serverdir, new_log, planned, serverdir_options
from devpi_cli.errors import DevpiError
from devpi_cli.hosting import health
from devpi_cli.hosting.exports import Watching

if TYPE_CHECKING:
    from devpi_cli.cli.steps.serverdirs import Where


@click.command(
    "doctor", epilog="\b\nExamples:\n  devpi server doctor\n  devpi server doctor --serverdir /var/lib/devpi --json"
)
@serverdir_options
@click.option("--secretfile", metavar="FILE", help="File with the secret of the server. [.secret in the serverdir]")
@pass_app
def command(app: App, where: Where, secretfile: str | None) -> None:
    """Check owners, modes, space, secret, root's password, storage and lag of a server.

    Nothing is changed. 'devpi server check' compares the files themselves.
    """
    on = chosen_serverdir(app, where)
    run = planned(app, on, secretfile=secretfile)
    watching = Watching(app.out.note, app.out.debug)
    found = list(health.findings(on, run, new_log(app, "doctor"), watching))
    app.out.lines([f"{each.verdict:<8} {each.check}: {each.detail}" for each in found])
    app.out.document({"serverdir": str(on.path), "checks": [each._asdict() for each in found]})
    if wrong := [each.check for each in found if each.verdict == health.WRONG]:
        raise DevpiError(f"WRONG: {', '.join(wrong)}")
