"""Log a user in and remember the login."""

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
    """Return the login for a credential. Raises NotAllowed if the server refuses it."""
    login = trade(server.session, credential)
    if credential.is_token and discover(server.session.as_user(login), server.root).status not in ("ok", ""):
        request = f"GET {server.root}+api"
        raise NotAllowed(request, 401, f"the server does not accept this token for {credential.user}")
    return login


def remember(app: App, server: Server, login: Login) -> None:
    """Remember a login and make its user the active one."""
    with app.state.changing() as state:
        known = state.at(server.root)
        known.logins[login.user] = login
        known.user = login.user
