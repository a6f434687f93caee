"""Read logins from the user's netrc, and write a copy with one more login."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.files import home, write_private

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def with_login(host: str, user: str, secret: str) -> Iterator[Path]:
    """Write a netrc (0600) with one more login that exists during the block.

    Pass its path to a program in the variable ``NETRC``.
    """
    import tempfile  # here, because most commands only read the user's netrc

    with tempfile.TemporaryDirectory(prefix="devpi-") as folder:
        path = Path(folder) / "netrc"
        write_private(path, f"{_own()}\n\nmachine {host} login {_word(user)} password {_word(secret)}\n")
        yield path


def login_for(host: str) -> tuple[str, str] | None:
    """Return user and secret for a host in the netrc; ``default`` does not count."""
    for path in _places():
        with suppress(OSError, UnicodeError, NetrcParseError):
            user, _, secret = netrc(path).hosts.get(host, ("", "", ""))
            return (user, secret) if user and secret else None
    return None


def _own() -> str:
    """Return the text of the user's netrc; empty if it is broken."""
    for path in _places():
        with suppress(OSError, UnicodeError, NetrcParseError):
            netrc(path)
            return path.read_text(encoding="utf-8")
    return ""


def _places() -> list[Path]:
    named = os.environ.get("NETRC")
    return [Path(named)] if named else [home() / ".netrc", home() / "_netrc"]


def _word(text: str) -> str:
    """Quote a word if necessary; Python reads quotes in netrc only since 3.11."""
    if re.search(r'[\s"\\#]', text):
        return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
    return text
