"""Read logins from the user's netrc."""

from __future__ import annotations

import os
from netrc import NetrcParseError, netrc
from pathlib import Path

from devpi_cli import urls
from devpi_cli.errors import BrokenSettings
from devpi_cli.system.files import home, read_bytes


def login_for(url: str) -> tuple[str, str] | None:
    """Return user and secret for the server at a URL; ``default`` does not count.

    As with curl and pip, ``machine HOST`` is for every port of a host, but not without TLS, unless that is this
    machine. ``machine HOST:PORT`` is for one port, and comes first.

    Raises BrokenSettings for a netrc that cannot be read, and for a login that is not sent without TLS.
    """
    scheme, host, port = urls.origin(url)
    of_port = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    for path in _places():
        logins = _logins(path)
        if logins is None:
            continue
        if found := logins.get(of_port):
            return found
        found = logins.get(host)
        if found and scheme != "https" and not urls.is_loopback(url):
            raise BrokenSettings(
                f"the login for {host} in {path} is not sent without TLS",
                hint=f"use https://, or name the port in the entry: machine {of_port}",
            )
        return found
    return None


def _logins(path: Path) -> dict[str, tuple[str, str]] | None:
    """Return user and secret of every host with both; None if there is no such file."""
    try:
        read_bytes(path)  # netrc itself would wait for a pipe, and read a device without end
        hosts = netrc(path).hosts
    except FileNotFoundError:
        if not os.environ.get("NETRC"):
            return None
        raise BrokenSettings(f"there is no {path}, which NETRC names") from None
    except OSError as error:
        raise BrokenSettings(f"cannot read {path}: {error.strerror}") from None
    except UnicodeError:
        raise BrokenSettings(f"cannot read {path}: it is not UTF-8 text") from None
    except NetrcParseError as error:  # its text may repeat a secret
        raise BrokenSettings(f"cannot read {path}: line {error.lineno} is invalid") from None
    return {host.lower(): (user, secret) for host, (user, _, secret) in hosts.items() if user and secret}


def _places() -> list[Path]:
    named = os.environ.get("NETRC")
    return [Path(named)] if named else [home() / ".netrc", home() / "_netrc"]
