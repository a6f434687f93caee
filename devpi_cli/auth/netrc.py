"""The user's netrc: the login it has for a host, and a copy with one more login for the programs that we run."""

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
    """Write a netrc (0600) that is there as long as the block; a program finds it by the variable ``NETRC``."""
    import tempfile  # here, because most commands only look into the user's own

    with tempfile.TemporaryDirectory(prefix="devpi-") as folder:
        path = Path(folder) / "netrc"
        write_private(path, f"{_own()}\n\nmachine {host} login {_word(user)} password {_word(secret)}\n")
        yield path


def login_for(host: str) -> tuple[str, str] | None:
    """Return user and secret that the user's netrc has for a host; what it says of all others does not count."""
    for path in _places():
        with suppress(OSError, UnicodeError, NetrcParseError):
            user, _, secret = netrc(path).hosts.get(host, ("", "", ""))
            return (user, secret) if user and secret else None
    return None


def _own() -> str:
    """Return the user's netrc; one that is broken helps no program."""
    for path in _places():
        with suppress(OSError, UnicodeError, NetrcParseError):
            netrc(path)
            return path.read_text(encoding="utf-8")
    return ""


def _places() -> list[Path]:
    named = os.environ.get("NETRC")
    return [Path(named)] if named else [home() / ".netrc", home() / "_netrc"]


def _word(text: str) -> str:
    """Quote what would not be one word; only that, because Python understands quotes there since 3.11 only."""
    if re.search(r'[\s"\\#]', text):
        return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
    return text
