"""devpi logoff, and its other name logout."""

from __future__ import annotations

import click

from devpi_cli.auth import keyring
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.target import acting_user, index_in_use, stored_login


@click.command(epilog="\b\nExamples:\n  devpi logoff\n  devpi logoff --forget")
@click.option("--forget", is_flag=True, help="Remove the password from the keyring, too.")
@pass_app
def command(app: App, forget: bool) -> None:
    """Log out of the server in use.

    The token of the user who acts is forgotten; other users of the server stay logged in. What 'devpi login --store'
    put into the keyring stays there without --forget.
    """
    root, login, user = app.root, stored_login(app), acting_user(app)
    known = app.state.servers.get(root)
    is_kept = bool(known and user in known.kept)
    removed = _forget(app, root, user) if forget and user else 0
    if login or (removed and is_kept):
        with app.state.changing() as state:
            known = state.at(root)
            known.logins.pop(login.user if login else "", None)
            known.user = None if login and known.user == login.user else known.user
            known.kept = [other for other in known.kept if not (forget and other == user)]
    app.out.line("login information deleted" if login else "not logged in")
    if removed:
        app.out.line(f"password of {user} removed from the keyring")
    elif is_kept:
        app.out.note(f"the keyring has the password of {user}, and commands log in with it: --forget removes it")
    app.out.document({"user": login.user if login else None, "server": root, "removed_from_keyring": bool(removed)})


def _forget(app: App, root: str, user: str) -> int:
    index = index_in_use(app)
    return keyring.forget(keyring.services(root, app.server.url(index) if index else None), user)
