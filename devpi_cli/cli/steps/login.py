"""Log somebody in, and remember it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.auth.authenticator import trade
from devpi_cli.errors import NotAllowed
from devpi_cli.server.api import discover

if TYPE_CHECKING:
    from devpi_cli.auth.sources import Credential
    from devpi_cli.cli.app import App
    from devpi_cli.models import Login
    from devpi_cli.server.api import Server


def accepted(server: Server, credential: Credential) -> Login:
    """Return the login for a credential. Raises NotAllowed when the server refuses it."""
    login = trade(server.session, credential)
    if credential.is_token and discover(server.session.as_user(login), server.root).status not in ("ok", ""):
        what = f"GET {server.root}+api"
        raise NotAllowed(what, 401, f"the server does not take this token for one of {credential.user}")
    return login


def remember(app: App, server: Server, login: Login) -> None:
    """Keep a login; from now on it is this user who acts."""
    with app.state.changing() as state:
        known = state.at(server.root)
        known.logins[login.user] = login
        known.user = login.user
