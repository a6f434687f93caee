"""Tell which mirrors of an index cannot reach what they mirror, and why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devpi_cli.errors import DevpiError, Missing, Refused
from devpi_cli.system.files import MOST_BYTES

if TYPE_CHECKING:
    from devpi_cli.cli.app import App
    from devpi_cli.server.api import Server

ASK_SECONDS = 10.0
NO_REPLY = -1
# What devpi-server answers with 502, and what it writes into its log about it.
FAILED = re.compile(r"(-?\d+) status on GET URL\('(.+)'\)")
LOGGED = r" during http\.async_get of %s at \S+ (?:\S+ )?[\w.]+: (.+)"


def warn_of_silent(app: App, server: Server, index: str, project: str) -> None:
    """Warn of each mirror that may have a project, but cannot reach its upstream; nothing else may come of it."""
    try:
        found = silent(app, server.hurried(ASK_SECONDS), index, project)
    except DevpiError as error:
        app.out.debug(f"cannot find out what the mirrors reach: {error}")
        return
    for mirror, why in found.items():
        app.out.warn(f"{mirror} may have {project}, but {why}{remedy(app, server.root, why)}")


def remedy(app: App, root: str, why: str) -> str:
    """Return what to do about a mirror, to end a message with; empty where only others can do anything."""
    if app.own_server(root) and "certificate" in why.lower():
        return "; type 'devpi server stop && devpi server start --ca-bundle FILE'"
    return ""


def silent(app: App, server: Server, index: str, project: str) -> dict[str, str]:
    """Return the mirrors among an index and its bases that cannot reach their upstream, and why."""
    from devpi_cli.indexes.resolution import with_bases

    found = {}
    for mirror in (each.name for each in with_bases(server, index, app.out.debug) if each.is_mirror):
        try:
            server.simple_page(mirror, project)
        except Missing:
            continue
        except Refused as error:
            if failed := FAILED.search(error.reason):
                found[mirror] = _why(app, server.root, int(failed[1]), failed[2])
    return found


def _why(app: App, root: str, status: int, url: str) -> str:
    if status != NO_REPLY:
        return f"{url} answers {status}"
    cause = _logged(app, root, url)
    return f"cannot reach {url}{f': {cause}' if cause else ''}"


def _logged(app: App, root: str, url: str) -> str:
    """Return the cause that the log of our own server has; other servers keep theirs."""
    if not app.own_server(root):
        return ""
    from devpi_cli.cli.steps.local_server import own_server

    try:
        with own_server(app).log.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - MOST_BYTES))
            text = file.read(MOST_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return ""
    causes = re.findall(LOGGED % re.escape(url), text)
    return causes[-1].strip() if causes else ""
