"""The command devpi server init: the data of a new server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.root_password import ask_or_make, root_password, root_password_options
from devpi_cli.cli.steps.serverdirs import (
    ACCEPT_DATA_LOSS,
    NO_STRETCHING,
    chosen_serverdir,
    new_log,
    serverdir_options,
    typed_folder,
)
from devpi_cli.cli.steps.storage_trial import require_no_loss
from devpi_cli.hosting import inits, trials
from devpi_cli.hosting.exports import Watching

if TYPE_CHECKING:
    from devpi_cli.cli.steps.serverdirs import Where


@click.command(
    "init",
    epilog="\b\nExamples:\n  devpi server init --serverdir /var/lib/devpi\n"
    "  devpi server init --serverdir /var/lib/devpi --no-root-pypi --role primary",
)
@serverdir_options
@root_password_options
@click.option("--no-root-pypi", is_flag=True, help="Do not create root/pypi, a mirror of PyPI.")
@click.option(
    "--role",
    type=click.Choice(["auto", "primary", "replica", "standalone"]),
    default="auto",
    help="Role of the server; a primary can have replicas. [auto]",
)
@click.option("--primary-url", metavar="URL", help="URL of the primary, for a replica.")
@click.option("--secretfile", metavar="FILE", help="Copy the secret from this file. [a new one]")
@NO_STRETCHING
@ACCEPT_DATA_LOSS
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be made; change nothing.")
@pass_app
def command(
    app: App,
    where: Where,
    root_password_stdin: bool,
    root_passwd: str | None,
    root_passwd_hash: str | None,
    no_root_pypi: bool,
    role: str,
    primary_url: str | None,
    secretfile: str | None,
    no_stretching: bool,
    accept_data_loss: bool,
    dry_run: bool,
) -> None:
    """Make the data of a new server: private, with a password for root, and with a secret of its own.

    Without an option for it the password of root is asked for, or made and shown once. The secret, with which the
    server signs logins, is kept, so that logins outlive a restart.
    """
    target = chosen_serverdir(app, where)
    file = typed_folder(secretfile) if secretfile else None
    new = inits.NewServer(role, primary_url, file, no_root_pypi, accept_data_loss, no_stretching)
    accepted, is_accepted = replace(new, accept_data_loss=True), accept_data_loss or dry_run
    tried = require_no_loss(app, target, is_accepted=is_accepted, first=lambda: inits.require(target, accepted))
    new = accepted if tried else new
    inits.require(target, new)
    document = {"serverdir": str(target.path), "role": role}
    if dry_run:
        app.out.line(f"would make a server: {target.path}")
        app.out.document(document | {"dry_run": True})
        return
    given = root_password(app, root_passwd, root_passwd_hash, from_stdin=root_password_stdin)
    root = given if given.hash or role == "replica" else ask_or_make(app)  # a replica has the users of its primary
    watching = Watching(app.out.note, app.out.debug)
    secret = inits.initialize(target, new, root.hash or "", new_log(app, "init"), watching)
    if tried:
        trials.remember(target.path, target, tried)
    app.out.line(f"server made: {target.path}")
    app.out.line(f"  secret={secret}")
    root.show(app)
    made = {"root_password": root.made} if root.made else {}
    app.out.document(document | {"secretfile": str(secret)} | made, verbatim=True)
