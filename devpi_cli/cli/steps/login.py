"""What the commands that log somebody in share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from devpi_cli.errors import NotAllowed
from devpi_cli.models import Login
from devpi_cli.server.api import discover

if TYPE_CHECKING:
    from devpi_cli.auth.sources import Credential
    from devpi_cli.cli.app import App


def accepted(app: App, credential: Credential) -> Login:
    """Return the login that a password is traded for, or that a token is. Raises NotAllowed when it is refused."""
    if not credential.is_token:
        return app.server.login(credential.user, credential.secret)
    session = app.session
    session.access = replace(session.access, login=(credential.user, credential.secret))
    if discover(session, app.root).status not in ("ok", ""):
        what = f"GET {app.root}+api"
        raise NotAllowed(what, 401, f"the server does not take this token for one of {credential.user}")
    return Login(credential.user, credential.secret, credential.expires)


def remember(app: App, login: Login) -> None:
    """Keep a login; from now on it is this user who acts."""
    root = app.root  # before the state is read again: another server may be in use by then
    with app.state.changing() as state:
        known = state.at(root)
        known.logins[login.user] = login
        known.user = login.user
