"""Dry runs: predict, by reading only, whether a command would fail.

What only the server, or another one, can know is named in a warning that begins with "cannot tell".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from devpi_cli.cli.steps.hints import OTHER_TARGET, UPLOAD_TO, instead_of_mirror, may_upload, no_longer_good
from devpi_cli.errors import DevpiError, LoginRequired, WouldBeRefused
from devpi_cli.server.api import discover
from devpi_cli.server.settings import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.cli.app import App
    from devpi_cli.models import Index
    from devpi_cli.server.api import Server

_Command = TypeVar("_Command", bound="Callable[..., Any]")
UPLOAD, PUSH, REMOVE = UPLOAD_TO, "push to", "remove anything from"


def dry_run_option() -> Callable[[_Command], _Command]:
    """Add ``-n``: show the plan, ask nothing, change nothing.

    The server gets only requests that read.
    """
    return click.option("--dry-run", "-n", is_flag=True, help="Show what would be done; change nothing.")


def cannot_tell(app: App, what: str, why: str) -> None:
    """Say what a dry run cannot predict, and why."""
    app.out.warn(f"cannot tell {what}: {why}")


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


def require_owner(server: Server, owner: str, what: str) -> str:
    """Return the acting user, who is the owner or root.

    Raises WouldBeRefused for anybody else, who may not do ``what``, and LoginRequired without a login.
    """
    user = require_login(server)
    if user not in (owner, "root"):
        raise WouldBeRefused(f"{user} may not {what}")
    return user


def require_place(server: Server, index: str, purpose: str = UPLOAD, app: App | None = None) -> Index:
    """Return an index that allows ``purpose``.

    That is to upload or push to it, or to remove from it. Raises Missing if it does not exist, DevpiError for a
    mirror, and WouldBeRefused or LoginRequired if the server would refuse.
    """
    found = server.index(index, projects=False)
    require_allowed(server, found, purpose, app)
    return found


def require_allowed(server: Server, found: Index, purpose: str, app: App | None = None) -> None:
    """Raise what ``require_place`` raises for an index that was read already."""
    index = found.name
    if found.is_mirror and purpose != REMOVE:
        what = f"{server.url(index)} is a mirror: you cannot {purpose} it"
        if purpose == PUSH and require_login(server):
            raise WouldBeRefused(what, hint=instead_of_mirror(index, OTHER_TARGET))
        raise DevpiError(what, hint=instead_of_mirror(index))
    if app and found.config.get("type") not in TYPES:
        cannot_tell(app, f"whether you may {purpose} {index}", f"its type {found.config.get('type')!r} is a plugin's")
    acl = found.listed("acl_upload")
    if ":ANONYMOUS:" in acl:
        return
    user = require_login(server)
    owners = ("root", index.partition("/")[0]) if purpose == REMOVE else ()
    if user in owners or {user, ":AUTHENTICATED:"} & {*acl}:
        return
    if not may_upload(user, acl):
        allowed = ",".join(acl) or "empty"
        raise WouldBeRefused(f"{user} may not {purpose} {index}: its acl_upload is {allowed}")
    if app:
        groups = ",".join(name for name in acl if name.startswith(":"))
        cannot_tell(app, f"whether {user} may {purpose} {index}", f"only the server knows who is in {groups}")


def require_volatile(index: Index, hint: str) -> None:
    """Raise WouldBeRefused, with ``hint``, unless the index is volatile."""
    if not index.config.get("volatile"):
        raise WouldBeRefused(f"the index {index.name} is not volatile", hint=hint)
