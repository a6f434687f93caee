"""What a server says of itself, of an index and of who asks, for the commands that show it."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from devpi_cli.errors import DevpiError, NotAllowed
from devpi_cli.http.session import Session
from devpi_cli.server.api import discover

if TYPE_CHECKING:
    from devpi_cli.cli.app import App
    from devpi_cli.models import Login, Service
OUTSIDE_URL = "whoever runs it has to start it with an --outside-url that leads to it"


def service_at(app: App, url: str) -> Service:
    """Ask what is at a URL. A server that refuses even that to a login it does not know is asked without."""
    try:
        return discover(app.session, url)
    except NotAllowed:
        if app.session.access.login is None:
            raise
    app.session.doorkeeper, app.session.access = None, replace(app.session.access, login=None)
    return discover(app.session, url)


def trouble_at(app: App, root: str) -> str:
    """Return why there is no devpi server at a URL; nothing where there is one. It is asked without a login."""
    from devpi_cli.cli.steps.hints import ASK_SECONDS  # most servers give no trouble

    usual = app.session
    session = Session(timeout=min(ASK_SECONDS, usual.timeout), trust=usual.trust, log=usual.log)
    try:
        discover(session, root)
    except NotAllowed:
        return ""
    except DevpiError as error:
        return error.message.splitlines()[-1]
    finally:
        session.close()
    return ""


def expiry(login: Login) -> int | None:
    """Return until when a login is good, in seconds since the epoch; None where nobody said."""
    return round(login.expires) if login.expires < inf else None
