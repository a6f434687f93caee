"""Ask a server about itself, an index and the login."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.cli.steps.hints import ASK_SECONDS
from devpi_cli.errors import DevpiError, NotAllowed
from devpi_cli.server.api import discover

if TYPE_CHECKING:
    from devpi_cli.models import Service
    from devpi_cli.server.api import Server

OUTSIDE_URL = "the server must be started with an --outside-url that leads to it"


class Asked(NamedTuple):
    """What a server reports of itself and an index, and the connection that was used."""

    service: Service
    server: Server


def ask(server: Server, url: str) -> Asked:
    """Ask what is at a URL; if the server refuses the login, ask again without one."""
    try:
        return Asked(discover(server.session, url), server)
    except NotAllowed:
        if server.session.identity.login is None:
            raise
    server = replace(server, session=server.session.as_user(None))
    return Asked(discover(server.session, url), server)


def trouble_at(server: Server, root: str) -> str:
    """Return why a URL is not a devpi server, or nothing; no login is sent."""
    try:
        discover(server.anonymous().hurried(ASK_SECONDS).session, root)
    except NotAllowed:
        return ""
    except DevpiError as error:
        return error.message.splitlines()[-1]
    return ""
