"""devpi logoff, and its other name logout."""

from __future__ import annotations

import click

from devpi_cli.app import App, pass_app


@click.command(epilog="\b\nExample:\n  devpi logoff")
@pass_app
def command(app: App) -> None:
    """Log out of the server in use.

    The token of the user who acts is forgotten; other users of the server stay logged in.
    """
    root, login = app.root, app.login
    if login:
        with app.state.changing() as state:
            known = state.at(root)
            known.logins.pop(login.user, None)
            known.user = None if known.user == login.user else known.user
    app.out.line("login information deleted" if login else "not logged in")
    app.out.document({"user": login.user if login else None, "server": root})
