"""Dry runs: predict, by reading only, whether a command would fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from devpi_cli.cli.steps.hints import may_upload, no_longer_good
from devpi_cli.errors import DevpiError, LoginRequired, WouldBeRefused
from devpi_cli.server.api import discover

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.models import Index
    from devpi_cli.server.api import Server

_Command = TypeVar("_Command", bound="Callable[..., Any]")
REMOVE = "remove anything from"


def dry_run_option() -> Callable[[_Command], _Command]:
    """Add ``-n``: show the plan, ask nothing, change nothing.

    The server gets only requests that read.
    """
    return click.option("--dry-run", "-n", is_flag=True, help="Show what would be done; change nothing.")


def require_login(server: Server) -> str:
    """Return the acting user.

    Raises LoginRequired if there is none or the server no longer accepts the login.
    """
    login = server.session.find_login()
    if login is None:
        raise LoginRequired(f"not logged in at {server.root}", hint="type 'devpi login USER'")
    reason = no_longer_good(login, discover(server.session, server.root).status)
    if reason:
        raise LoginRequired(f"the server at {server.root} would not accept the login", hint=reason)
    return login.user


def require_place(server: Server, index: str, purpose: str = "upload to") -> Index:
    """Return an index that allows ``purpose``: to upload to it or to remove from it.

    Raises Missing if it does not exist, DevpiError for a mirror, and WouldBeRefused or LoginRequired if the server
    would refuse.
    """
    found = server.index(index, projects=False)
    if found.is_mirror:
        raise DevpiError(f"{server.url(index)} is a mirror: you cannot {purpose} it")
    acl = found.listed("acl_upload")
    if ":ANONYMOUS:" in acl:
        return found
    user = require_login(server)
    owners = ("root", index.partition("/")[0]) if purpose == REMOVE else ()
    if user not in owners and not may_upload(user, acl):
        allowed = ",".join(acl) or "empty"
        raise WouldBeRefused(f"{user} may not {purpose} {index}: its acl_upload is {allowed}")
    return found


def require_volatile(index: Index, hint: str) -> None:
    """Raise WouldBeRefused, with ``hint``, unless the index is volatile."""
    if not index.config.get("volatile"):
        raise WouldBeRefused(f"the index {index.name} is not volatile", hint=hint)
