"""A dry run: what reading can tell, without a change, of how a command would end."""

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
    """Add ``-n``: the plan is said, nothing is asked, the server gets requests that only read, and no file changes."""
    return click.option("--dry-run", "-n", is_flag=True, help="Say what would be done, and change nothing.")


def require_login(server: Server) -> str:
    """Return who acts. Raises LoginRequired when that is nobody, or the server no longer takes the login."""
    login = server.session.find_login()
    if login is None:
        raise LoginRequired(f"not logged in at {server.root}", hint="type 'devpi login USER'")
    reason = no_longer_good(login, discover(server.session, server.root).status)
    if reason:
        raise LoginRequired(f"the server at {server.root} would not take the login", hint=reason)
    return login.user


def require_place(server: Server, index: str, purpose: str = "upload to") -> Index:
    """Return an index that files may be put on, or taken from.

    Raises Missing when it is not there, and WouldBeRefused or LoginRequired when the server would not allow it.
    """
    found = server.index(index, projects=False)
    if found.is_mirror:
        raise DevpiError(f"{server.url(index)} is a mirror: there is nothing to {purpose} it")
    acl = found.listed("acl_upload")
    if ":ANONYMOUS:" in acl:
        return found
    user = require_login(server)
    owners = ("root", index.partition("/")[0]) if purpose == REMOVE else ()
    if user not in owners and not may_upload(user, acl):
        who = ",".join(acl) or "empty"
        raise WouldBeRefused(f"{user} may not {purpose} {index}: its acl_upload is {who}")
    return found


def require_volatile(index: Index, instead: str) -> None:
    """Raise WouldBeRefused for what the server does to a volatile index only; ``instead`` says what to type."""
    if not index.config.get("volatile"):
        raise WouldBeRefused(f"the index {index.name} is not volatile", hint=instead)
