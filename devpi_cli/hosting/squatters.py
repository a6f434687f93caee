"""Send nothing to whoever has the port of our own server while that does not run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from devpi_cli import urls
from devpi_cli.errors import Unreachable
from devpi_cli.hosting import ports
from devpi_cli.system.files import read

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER, RECORD = "server", "server.json"
"""Where our own server is, in the folder of the state, and what is remembered of it there."""
LOCALHOST = "localhost"


def refuse(root: str, clientdir: str) -> None:
    """Raise Unreachable if another user listens at our own server's URL.

    They are a user of this machine. The logins of that server would be sent to them. Only Linux tells who listens;
    other URLs cost nothing.
    """
    port = urls.origin(root)[2] if is_own(root, clientdir) else None
    if port is None:
        return
    stranger = next((found for found in _listeners(root, port) if not found.is_ours), None)
    if stranger:
        raise Unreachable(
            f"{root} is the URL of your own server, but {stranger} listens there",
            hint=f"'devpi server start' takes another port; if that is your server now, move {clientdir}/{FOLDER} away",
        )


def is_own(root: str, clientdir: str) -> bool:
    """Return True if a root URL is where our own server was started last."""
    return _is_here(root) and urls.origin(root)[2] is not None and urls.origin(root)[2] == _own_port(clientdir)


def spellings(roots: Iterable[str], port: int) -> list[str]:
    """Return those of these root URLs that are our own server if it is at a port."""
    return [root for root in roots if _is_here(root) and urls.origin(root)[2] == port]


def _is_here(root: str) -> bool:
    return root.startswith("http:") and urlsplit(root).hostname in (ports.HOST, LOCALHOST)


def _listeners(root: str, port: int) -> list[ports.Listener]:
    if urlsplit(root).hostname == LOCALHOST:
        return ports.listeners_at_localhost(port)
    found = ports.listener(port)
    return [found] if found else []


def _own_port(clientdir: str) -> int | None:
    """Return the port where our own server was started last; None if there is none."""
    try:
        port = json.loads(read(f"{clientdir}/{FOLDER}/{RECORD}"))["port"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return port if isinstance(port, int) else None
