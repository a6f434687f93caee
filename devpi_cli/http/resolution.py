"""Look up the addresses of a host within a time limit.

The operating system has none.
"""

from __future__ import annotations

import math
import socket
import threading
from typing import Any

from devpi_cli.http.connections import import_httpx


def limit(connect: dict[str, Any], seconds: float) -> None:
    """Limit the time of connecting to a host with all its addresses.

    ``connect`` has the arguments of httpcore's ``connect_tcp``, which tries each address for ``timeout`` seconds.
    Raises httpx.ConnectError for an unknown host, and httpx.ConnectTimeout if no name server answers in time.
    """
    if seconds == math.inf:
        return
    host, timeout = connect["host"], connect["timeout"]
    connect["timeout"] = min(timeout, seconds)
    if host == "localhost" or host[:1].isdigit() or ":" in host:  # no name server is asked
        return
    addresses = _addresses(host, connect["port"], min(timeout, seconds))
    connect["timeout"] = min(timeout, seconds / len(addresses))
    if len(addresses) == 1:
        connect["host"] = addresses[0]  # it need not be looked up again


def _addresses(host: str, port: int, seconds: float) -> list[str]:
    """Return the addresses of a host.

    A thread looks them up, because nothing else can be interrupted.
    """
    found: list[str] = []
    failures: list[OSError | UnicodeError] = []

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(row[4][0]) for row in rows))
        except (OSError, UnicodeError) as error:
            failures.append(error)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(seconds)
    httpx = import_httpx()
    try:
        for failure in failures:
            raise failure
    except (OSError, UnicodeError) as error:  # httpcore takes away the cause, but not the context
        raise httpx.ConnectError(str(error)) from error
    if not found:
        raise httpx.ConnectTimeout("no name server answers")
    return found
