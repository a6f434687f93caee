"""devpi login."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devpi_cli.auth import keyring
from devpi_cli.auth.authenticator import password_login
from devpi_cli.auth.sources import PLACES, CredentialSources
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import password_from_stdin
from devpi_cli.cli.steps.login import accepted, remember
from devpi_cli.errors import NotAllowed

if TYPE_CHECKING:
    from devpi_cli.cli.target import Target
    from devpi_cli.models import Login
    from devpi_cli.server.api import Server

INSTEAD = f"use --password-stdin, DEVPI_PASSWORD or DEVPI_TOKEN (looked at {PLACES})"
SAFER = "others can read a password on the command line: --password-stdin or DEVPI_PASSWORD is safer"


@click.command(
    epilog="\b\nExamples:\n  devpi login alice\n  devpi login alice --store\n"
    "  pass show devpi | devpi login alice --password-stdin"
)
@click.argument("user", required=False)
@click.option("--password", metavar="P", allow_from_autoenv=False, help="The password; --password-stdin is safer.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--store", is_flag=True, help="Put the password into the keyring, too, where twine finds it as well.")
@pass_app
def command(app: App, user: str | None, password: str | None, password_stdin: bool, store: bool) -> None:
    """Log in to the server in use.

    The server trades the password for a token, which is kept, and is good for ten hours unless the server says
    otherwise. Several users can be logged in; the last one acts, and 'devpi use -u USER' changes that. A password that
    is not given is looked for in DEVPI_PASSWORD, the keyring, ~/.pypirc and ~/.netrc, and asked for.
    """
    target = app.target(user=user)
    server, user = app.connect(target, authenticate=False), target.named_user
    typed = password_from_stdin() if password_stdin and password is None else password
    if typed is not None:
        login, secret = _typed(app, server, user, typed)
    else:
        login, secret = _found(app, server, target) or _asked(app, server, user)
    remember(app, server, login)
    index = server.url(target.index) if target.index else None
    where = f" at {index!r}" if index else ""
    lasts = f", credentials valid for {login.hours:.2f} hours" if login.hours < float("inf") else ""
    app.out.line(f"logged in {login.user!r}{where}{lasts}")
    expires = round(login.expires) if login.hours < float("inf") else None
    if store:
        _store(app, login.user, secret, server.root, index)
    app.out.document({"user": login.user, "server": server.root, "index": index, "expires": expires, "stored": store})
    if password:
        app.out.note(SAFER)
    acting = app.target().named_user
    if acting and acting != login.user:
        app.out.warn(f"DEVPI_USER is set: {acting} acts, not {login.user}")


def _typed(app: App, server: Server, user: str | None, password: str) -> tuple[Login, str]:
    user = user or app.out.ask("user:", "name the user: devpi login USER")
    return password_login(server.session, user, password), password


def _found(app: App, server: Server, target: Target) -> tuple[Login, str] | None:
    """Log in with what the environment says, or else with the first that is found and that the server accepts."""
    sources = CredentialSources(server.root, target.index, target.named_user, say=app.out.debug)
    if given := sources.environment():
        app.out.debug(f"login of {given.user} from {given.source}")
        return accepted(server, given), given.secret
    for found in sources.found():
        try:
            return accepted(server, found), found.secret
        except NotAllowed:
            app.out.debug(f"login of {found.user} from {found.source} refused")
    return None


def _asked(app: App, server: Server, user: str | None) -> tuple[Login, str]:
    user = user or app.out.ask("user:", "name the user: devpi login USER")
    password = app.out.ask_password(f"password for user {user} at {server.root}:", INSTEAD)
    return password_login(server.session, user, password), password


def _store(app: App, user: str, secret: str, root: str, index: str | None) -> None:
    """Keep the secret for all of the server, and for twine, which asks for the very index."""
    services = [root, *([f"{index}/"] if index else [])]
    keyring.keep(services, user, secret)
    with app.state.changing() as state:
        known = state.at(root)
        known.kept = sorted({*known.kept, user})
    app.out.line(f"password kept in the keyring for {' and '.join(services)}")
