"""Check the server, the login there, and the index with its mirrors."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from devpi_cli import urls
from devpi_cli.cli.steps.expiry import remaining
from devpi_cli.cli.steps.hints import may_upload, no_longer_good
from devpi_cli.cli.steps.installer_checks import OK, WARNING, WRONG, Finding
from devpi_cli.cli.steps.local_server import how_to_start
from devpi_cli.cli.steps.upstreams import ASK_SECONDS, remedy, silent
from devpi_cli.errors import DevpiError, NotAllowed
from devpi_cli.http.tls import named_in_environment
from devpi_cli.server import parse
from devpi_cli.server.api import discover

if TYPE_CHECKING:
    from devpi_cli.cli.steps.visit import Visit

MOST_SKEW = 300.0
MOST_SILENCE = 300.0
"""A replica asks its primary at least every minute."""
ANY_PROJECT = "pip"  # most upstreams have it; "no" is an answer as well
SET_CLOCK = "type 'timedatectl set-ntp true'" if sys.platform == "linux" else "set it by the network in the settings"


def of_server(visit: Visit) -> Finding:
    """Ask the server for its status; the reply also has the time for the check of the clock."""
    app, target = visit.app, visit.target
    if not (target and target.root):
        return Finding(WARNING, "none in use: type 'devpi use URL', or 'devpi quickstart' for a server on this machine")
    visit.server = server = app.connect(target)
    visit.index = target.optional_index()
    try:
        visit.reply = server.session.request("GET", f"{server.root}+status")
    except NotAllowed as error:
        visit.service = discover(server.session, server.root)
        return Finding(WARNING, f"{server.root} does not show its status ({error.status} {error.reason})")
    except DevpiError as error:
        error.hint = how_to_start(app, server.root, error) or error.hint
        raise
    visit.status = status = parse.status(visit.reply)
    role = ", a replica" if status.role == "replica" else ""
    rows = sorted(status.versions.items())
    return Finding(OK, f"{server.root}{role}: {', '.join(f'{name} {number}' for name, number in rows)}")


def of_replica(visit: Visit) -> Finding | None:
    """Check whether a replica hears from its primary: without it, it is out of date, and passes on no uploads."""
    status = visit.status
    if not status or status.role != "replica":
        return None
    primary = status.primary_url or "its primary"
    instead = f"; type 'devpi use {primary}' to work with the primary" if status.primary_url else ""
    if status.primary_serial is None:
        return Finding(WRONG, f"it has not reached {primary} since it was started{instead}")
    silence = 0.0 if status.in_sync_at is None else time.time() - _skew(visit) - status.in_sync_at
    since = f", and was last in sync {_minutes(silence)} ago" if silence > MOST_SILENCE else ""
    if status.behind:
        changes = "1 change" if status.behind == 1 else f"{status.behind} changes"
        return Finding(WARNING, f"{changes} behind {primary}{since}{instead}")
    if since:
        return Finding(WRONG, f"it no longer hears from {primary}{since}{instead}")
    return Finding(OK, f"in sync with {primary}")


def of_tls(visit: Visit) -> Finding | None:
    """Say what encrypts the connection, and which CAs are trusted."""
    if not visit.root:
        return None
    if urlsplit(visit.root).scheme != "https":
        if urls.is_loopback(visit.root):
            return Finding(OK, "none, and none needed: the server is on this machine")
        return Finding(
            WARNING,
            "none: with http:// others can read and change passwords and files in transit; "
            "use the https:// URL of the server if it has one",
        )
    if visit.app.options.insecure:
        return Finding(WARNING, "certificates are not verified (--insecure)")
    variable, paths = named_in_environment()
    from_variable = [f"{variable}={os.pathsep.join(paths)}"] if paths else []
    bundle = [f"--ca-bundle {visit.app.options.ca_bundle}"] if visit.app.options.ca_bundle else from_variable
    trusted = " and ".join(["the operating system", *bundle])
    if not visit.has_answered:
        return Finding(WARNING, f"could not be checked; the trusted CAs are those of {trusted}")
    return Finding(OK, f"verified with the CAs of {trusted}")


def of_clock(visit: Visit) -> Finding | None:
    """Compare the clocks: a login of the server expires by its clock."""
    date = visit.reply.headers.get("date") if visit.reply else None
    if not date:
        return None
    try:
        skew = _skew(visit)
    except ValueError:
        return Finding(WARNING, f"the server sent an invalid date: {date}")
    if abs(skew) <= MOST_SKEW:
        return Finding(OK, "within 5 minutes of the server's")
    side = "ahead of" if skew > 0 else "behind"
    return Finding(
        WARNING,
        f"{abs(skew) / 60:.0f} minutes {side} the server's: logins seem to expire at another time; "
        f"if this machine's is wrong, {SET_CLOCK}",
    )


def of_login(visit: Visit) -> Finding | None:
    """Ask the server whether it accepts the login."""
    if not visit.root:
        return None
    login = visit.login
    if login is None:
        return Finding(WARNING, "not logged in: type 'devpi login USER'")
    if not (visit.has_answered and visit.server):
        return Finding(WARNING, f"{login.user}; it could not be checked")
    visit.service = visit.service or discover(visit.server.session, visit.root)
    if wrong := no_longer_good(login, visit.service.status):
        return Finding(WRONG, wrong)
    return Finding(OK, f"{login.user}, {remaining(login, digits=1) or 'no known expiry'}")


def of_index(visit: Visit) -> Finding | None:
    """Check whether the index exists, and takes uploads from the user."""
    if not visit.root:
        return None
    if not visit.index:
        return Finding(WARNING, "none in use: type 'devpi use USER/INDEX'")
    if not (visit.has_answered and visit.server):
        return Finding(WARNING, f"{visit.index}; it could not be checked")
    index = visit.server.index(visit.index, projects=False)
    if index.is_mirror:
        return Finding(OK, f"{visit.index} is a mirror: it takes no uploads")
    acl, user = index.listed("acl_upload"), visit.login.user if visit.login else None
    if may_upload(user, acl):
        return Finding(OK, f"{visit.index}, and {user or 'anybody'} may upload to it")
    return Finding(WARNING, _not_allowed(visit.index, user, ",".join(acl) or "empty"))


def _not_allowed(index: str, user: str | None, allowed: str) -> str:
    """Return who may not upload to an index, and what to do about it."""
    if not user:
        return f"you need a login to upload to {index}: its acl_upload is {allowed}; type 'devpi login USER'"
    owner, line = index.partition("/")[0], f"type 'devpi index {index} acl_upload+={user}'"
    what = f"{user} may not upload to {index}: its acl_upload is {allowed}"
    return f"{what}; {line if owner == user else f'ask {owner} to {line}'}"


def of_mirrors(visit: Visit) -> Finding | None:
    """Ask the mirrors among the index and its bases for a project, which they ask their upstream for."""
    if not (visit.index and visit.has_answered and visit.server):
        return None
    found = silent(visit.app, visit.server.hurried(ASK_SECONDS), visit.index, ANY_PROJECT)
    if not found:
        return Finding(OK, "those among the index and its bases, if any, reach what they mirror")
    said = "; ".join(f"{mirror} {why}" for mirror, why in found.items())
    otherwise = "type 'devpi server log' to see more" if visit.is_own else "ask the administrator of the server"
    return Finding(WRONG, f"{said}{remedy(visit.app, visit.root, said) or f'; {otherwise}'}")


def _skew(visit: Visit) -> float:
    """Return by how many seconds our clock is ahead of the server's; raise ValueError for an invalid date."""
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    date = visit.reply.headers.get("date") if visit.reply else None
    return (datetime.now(UTC) - parsedate_to_datetime(date).astimezone(UTC)).total_seconds() if date else 0.0


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds < 2 * 3600 else f"{seconds / 3600:.0f} hours"
