"""The command devpi logoff, also called logout: forget a login."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devpi_cli import urls
from devpi_cli.auth import keyring
from devpi_cli.cli.app import App, pass_app

if TYPE_CHECKING:
    from devpi_cli.cli.target import Target


@click.command(epilog="\b\nExamples:\n  devpi logoff\n  devpi logoff --forget")
@click.option("--forget", is_flag=True, help="Also remove the password from the keyring.")
@pass_app
def command(app: App, forget: bool) -> None:
    """Log out of the server in use.

    The login of the current user is forgotten; other users stay logged in to the server. A password that 'devpi login
    --store' put into the keyring stays there without --forget.
    """
    target = app.target()
    root, user = target.require_server(), target.acting_user()
    login, known = app.state.login(root, target.named_user), app.state.servers.get(root)
    is_stored = bool(known and user in known.kept)
    removed = keyring.forget(keyring.services(root, _url(target)), user, app.out.warn) if forget and user else 0
    if login or (removed and is_stored):
        with app.state.changing() as state:
            known = state.at(root)
            known.logins.pop(login.user if login else "", None)
            known.user = None if login and known.user == login.user else known.user
            known.kept = [other for other in known.kept if not (forget and other == user)]
    app.out.line("login information deleted" if login else "not logged in")
    if removed:
        app.out.line(f"password of {user} removed from the keyring")
    elif is_stored:
        app.out.note(
            f"the keyring still has the password of {user}, and 'devpi login {user}' uses it: --forget removes it"
        )
    app.out.document({"user": login.user if login else None, "server": root, "removed_from_keyring": bool(removed)})


def _url(target: Target) -> str | None:
    return urls.join(target.root, *target.index.split("/")) if target.index else None
