"""What a server says of itself, of an index and of who asks, for the commands that show it."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.cli.steps.hints import ASK_SECONDS
from devpi_cli.errors import DevpiError, NotAllowed
from devpi_cli.server.api import discover

if TYPE_CHECKING:
    from devpi_cli.models import Login, Service
    from devpi_cli.server.api import Server

OUTSIDE_URL = "whoever runs it has to start it with an --outside-url that leads to it"


class Asked(NamedTuple):
    """What a server says of itself and of one of its indexes, and the server as who it was asked."""

    service: Service
    server: Server


def ask(server: Server, url: str) -> Asked:
    """Ask what is at a URL. A server that refuses even that to a login it does not know is asked without."""
    try:
        return Asked(discover(server.session, url), server)
    except NotAllowed:
        if server.session.identity.login is None:
            raise
    server = replace(server, session=server.session.as_user(None))
    return Asked(discover(server.session, url), server)


def trouble_at(server: Server, root: str) -> str:
    """Return why there is no devpi server at a URL; nothing where there is one. It is asked without a login."""
    try:
        discover(server.anonymous().hurried(ASK_SECONDS).session, root)
    except NotAllowed:
        return ""
    except DevpiError as error:
        return error.message.splitlines()[-1]
    return ""


def expiry(login: Login) -> int | None:
    """Return until when a login is good, in seconds since the epoch; None where nobody said."""
    return round(login.expires) if login.expires < inf else None
