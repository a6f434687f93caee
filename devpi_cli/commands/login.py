"""devpi login."""

from __future__ import annotations

import os

import click
from click.core import ParameterSource

from devpi_cli.app import App, pass_app
from devpi_cli.commands._options import password_from_stdin

INSTEAD = "use --password-stdin or DEVPI_PASSWORD"
SAFER = "others can read a password on the command line: --password-stdin or DEVPI_PASSWORD is safer"


@click.command(epilog="\b\nExamples:\n  devpi login alice\n  pass show devpi | devpi login alice --password-stdin")
@click.argument("user", required=False, envvar="DEVPI_USER")
@click.option("--password", envvar="DEVPI_PASSWORD", metavar="P", help="The password; --password-stdin is safer.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@pass_app
def command(app: App, user: str | None, password: str | None, password_stdin: bool) -> None:
    """Log in to the server in use.

    The server trades the password for a token, which is kept, and is good for ten hours unless the server says
    otherwise. Several users can be logged in; the last one acts, and 'devpi use -u USER' changes that.
    """
    root = app.root
    user = user or app.out.ask("user:", "name the user: devpi login USER")
    if password_stdin:
        password = password_from_stdin()
    if password is None:
        password = app.out.ask_password(f"password for user {user} at {root}:", INSTEAD)
    login = app.server.login(user, password)
    with app.state.changing() as state:
        known = state.at(root)
        known.logins[user] = login
        known.user = user
    index = app.server.url(app.state.index) if app.state.index else None
    where = f" at {index!r}" if index else ""
    app.out.line(f"logged in {user!r}{where}, credentials valid for {login.hours:.2f} hours")
    app.out.document({"user": user, "server": root, "index": index, "expires": round(login.expires)})
    if password and click.get_current_context().get_parameter_source("password") is ParameterSource.COMMANDLINE:
        app.out.note(SAFER)
    acting = os.environ.get("DEVPI_USER")
    if acting and acting != user:
        app.out.warn(f"DEVPI_USER is set: {acting} acts, not {user}")
