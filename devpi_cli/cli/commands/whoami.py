"""The command devpi whoami: the logged-in user."""

from __future__ import annotations

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option
from devpi_cli.cli.steps.expiry import expires
from devpi_cli.cli.steps.hints import no_longer_good
from devpi_cli.cli.steps.service import ask
from devpi_cli.errors import LoginRequired


@click.command(epilog="\b\nExamples:\n  devpi whoami\n  devpi whoami || devpi login alice")
@index_option("ask at")
@pass_app
def command(app: App, index: str | None) -> None:
    """Show the name of the logged-in user.

    It asks the server whether it accepts the login. The exit status is 3 if it does not, or if you are not logged in.
    """
    target = app.target(index)
    server = app.connect(target)
    target.acting_user()  # raises WrongUsage for a token or password of an unknown user
    login = server.session.acting()
    if login is None:
        raise LoginRequired(f"not logged in at {server.root}", hint="type 'devpi login USER'")
    if wrong := no_longer_good(login, ask(server, server.root).service.status):
        raise LoginRequired(f"not logged in at {server.root}", hint=wrong)
    app.out.line(login.user)
    app.out.document({"user": login.user, "server": server.root, "expires": expires(login)})
