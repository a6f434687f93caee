"""The command devpi login: get a login from the server and store it."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import click

from devpi_cli.auth import keyring
from devpi_cli.auth.authenticator import password_login
from devpi_cli.auth.sources import PLACES, CredentialSources
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import password_from_stdin
from devpi_cli.cli.steps.expiry import expires, validity
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
@click.option("--store", is_flag=True, help="Also store the password in the keyring, where twine finds it, too.")
@pass_app
def command(app: App, user: str | None, password: str | None, password_stdin: bool, store: bool) -> None:
    """Log in to the server in use.

    The server exchanges the password for a token, which is stored and is valid for ten hours unless the server says
    otherwise. Several users can be logged in; commands act as the last one, until 'devpi use -u USER' selects another.
    If no password is given, it is taken from DEVPI_PASSWORD, the keyring, ~/.pypirc or ~/.netrc, or asked for.
    """
    target = app.target(user=user)
    server, user = app.connect(target, authenticate=False), target.user if target.named_by else None
    typed = password_from_stdin() if password_stdin and password is None else password
    if typed is not None:
        login, secret = _log_in(app, server, user, typed)
    else:
        login, secret = _from_sources(app, server, target) or _ask(app, server, user)
    remember(app, server, login)
    index = server.url(target.index) if target.index else None
    where = f" at {index!r}" if index else ""
    app.out.line(f"logged in {login.user!r}{where}{validity(login)}")
    if store:
        _store(app, login.user, secret, server.root, index)
    app.out.document(
        {"user": login.user, "server": server.root, "index": index, "expires": expires(login), "stored": store}
    )
    if password:
        app.out.note(SAFER)
    acting = app.target()
    if acting.named_by and acting.user != login.user:
        who = acting.user or "the user of a token"
        app.out.warn(f"DEVPI_USER is set: commands act as {who}, not as {login.user}")


def _log_in(app: App, server: Server, user: str | None, password: str) -> tuple[Login, str]:
    user = user or app.out.ask("user:", "name the user: 'devpi login USER'")
    return password_login(server.session, user, password), password


def _from_sources(app: App, server: Server, target: Target) -> tuple[Login, str] | None:
    """Log in with the environment's credential.

    Without one, the first that is found and accepted is used.
    """
    sources = CredentialSources(
        server.root,
        target.index,
        target.named_user,
        log=app.out.debug,
        secrets_for=target.secrets_for,
        warn=app.out.warn,
    )
    if given := sources.environment():
        app.out.debug(f"login of {given.user} from {given.source}")
        return accepted(server, given), given.secret
    own = app.own_server(server.root)
    kept = own.credential(server.session, "root" if app.options.as_root else target.user) if own else None
    for found in chain([kept] if kept else [], sources.found()):
        try:
            return accepted(server, found), found.secret
        except NotAllowed:
            app.out.debug(f"login of {found.user} from {found.source} refused")
    for line in sources.passed_over:
        app.out.warn(line)
    return None


def _ask(app: App, server: Server, user: str | None) -> tuple[Login, str]:
    user = user or app.out.ask("user:", "name the user: 'devpi login USER'")
    password = app.out.ask_password(f"password for user {user} at {server.root}:", INSTEAD)
    return password_login(server.session, user, password), password


def _store(app: App, user: str, secret: str, root: str, index: str | None) -> None:
    """Store the secret for the whole server.

    It is stored for twine, too, which looks for the index.
    """
    services = [root, *([f"{index}/"] if index else [])]
    keyring.keep(services, user, secret, app.out.warn)
    with app.state.changing() as state:
        known = state.at(root)
        known.kept = sorted({*known.kept, user})
    app.out.line(f"password stored in the keyring for {' and '.join(services)}")
