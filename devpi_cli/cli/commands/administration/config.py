"""The command devpi server config: settings for systemd, launchd, nginx and devpi-server."""

from __future__ import annotations

import os
from dataclasses import replace
from shlex import quote
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.serverdirs import chosen_serverdir, planned, serverdir_options, typed_folder
from devpi_cli.errors import AlreadyThere, DevpiError, WrongUsage
from devpi_cli.hosting import templates
from devpi_cli.system.files import PRIVATE

if TYPE_CHECKING:
    from devpi_cli.cli.steps.serverdirs import Where
    from devpi_cli.hosting.serverdir import Serverdir

ROOT = "root"
SERVICE_USER = "devpi"
RUNS_SERVER = ("systemd", "launchd")


def _warn_of_serverdir(app: App, on: Serverdir, user: str) -> None:
    """Warn of data that is not there, or that the user who is to run the server cannot write."""
    if not on.path.exists():
        app.out.warn(f"{on.path} does not exist: type 'devpi server init --serverdir {quote(str(on.path))}'")
    elif on.owner() != user:
        line = f"chown -R {user} {quote(str(on.path))}"
        app.out.warn(f"{on.path} belongs to {on.owner()}, and {user} is to run it: type '{line}'")


@click.command(
    "config",
    epilog="\b\nExamples:\n  devpi server config systemd --serverdir /var/lib/devpi -o /etc/systemd/system\n"
    "  devpi server config nginx --outside-url https://devpi.example --replica http://10.0.0.7:3141",
)
@click.argument("kind", type=click.Choice(list(templates.NAMES)))
@serverdir_options
@click.option("--host", metavar="HOST", help="Address that the server listens on. [localhost]")
@click.option("--port", type=click.IntRange(1, 65535), metavar="PORT", help="Port that it listens on. [3141]")
@click.option("--secretfile", metavar="FILE", help="File with its secret. [.secret in the serverdir]")
@click.option("--user", metavar="NAME", help="User that runs it. [the owner of the serverdir, devpi instead of root]")
@click.option("--outside-url", metavar="URL", help="URL that clients use; for nginx.")
@click.option("--replica", "replica", multiple=True, metavar="URL", help="With nginx: send reads to it. Repeatable.")
@click.option("--certificate", metavar="FILE", help="With nginx: certificate. [/etc/ssl/certs/devpi.pem]")
@click.option("--key", metavar="FILE", help="With nginx: key of the certificate. [/etc/ssl/private/devpi.key]")
@click.option("-o", "--output", metavar="DIR", help="Write a new file to this folder instead of printing it.")
@pass_app
def command(
    app: App,
    kind: str,
    where: Where,
    host: str | None,
    port: int | None,
    secretfile: str | None,
    user: str | None,
    outside_url: str | None,
    replica: tuple[str, ...],
    certificate: str | None,
    key: str | None,
    output: str | None,
) -> None:
    """Print or write settings for what runs a server, or for nginx in front of it.

    They have absolute paths, no secret, and a user of their own. A file that exists is left alone.
    """
    on = chosen_serverdir(app, where)
    run = planned(app, on, host, port, secretfile)
    owner = on.owner() if on.path.exists() else SERVICE_USER
    site = templates.Site(run, user or (SERVICE_USER if owner == ROOT else owner), outside_url, replica)
    if kind in RUNS_SERVER:
        _warn_of_serverdir(app, on, site.user)
    if certificate:
        site = replace(site, certificate=str(typed_folder(certificate)))
    if key:
        site = replace(site, key=str(typed_folder(key)))
    text, mode = templates.text(kind, site), templates.mode(kind, site)
    path = typed_folder(output) / templates.NAMES[kind] if output else None
    if mode == PRIVATE and not path:
        raise WrongUsage("these settings have a password, and are not printed", hint="write them with: --output DIR")
    if path:
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            raise AlreadyThere(
                f"{path} exists", hint="move it away, or leave out --output to print the new one"
            ) from None
        except OSError as error:
            raise DevpiError(f"cannot write {path}: {error.strerror}") from None
        app.out.line(f"written: {path}")
    else:
        app.out.verbatim(text.rstrip("\n"))
    app.out.document({"kind": kind, "path": str(path) if path else None, "text": text if mode != PRIVATE else None})
