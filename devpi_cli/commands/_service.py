"""What a server says of itself, of an index and of who asks, for the commands that show it."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from devpi_cli.api import discover
from devpi_cli.errors import NotAllowed

if TYPE_CHECKING:
    from devpi_cli.app import App
    from devpi_cli.models import Login, Service


def service_at(app: App, url: str) -> Service:
    """Ask what is at a URL. A server that refuses even that to a login it does not know is asked without."""
    try:
        return discover(app.session, url)
    except NotAllowed:
        if app.session.access.login is None:
            raise
    app.session.doorkeeper, app.session.access = None, replace(app.session.access, login=None)
    return discover(app.session, url)


def expiry(login: Login) -> int | None:
    """Return until when a login is good, in seconds since the epoch; None where nobody said."""
    return round(login.expires) if login.expires < inf else None
