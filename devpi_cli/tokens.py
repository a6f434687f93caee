"""API tokens of devpi and PyPI: tell one, whose it is, and make one that is good for less."""

from __future__ import annotations

import base64
import time
from importlib import import_module
from typing import Any

from devpi_cli.models import normalised

TOKEN_USER = "__token__"  # noqa: S105 (a user name)
DEVPI_PREFIX = "devpi-"
TOKEN_PREFIXES = ("pypi-", DEVPI_PREFIX)
TOKEN_SECONDS = 60
# The binary format of macaroons, version 2: fields of a type, a length and so many bytes (libmacaroons, README).
BINARY, LOCATION, IDENTIFIER, LONGEST = 2, 1, 2, 128


def is_token(secret: str) -> bool:
    """Tell an API token of PyPI or devpi from a password."""
    return secret.startswith(TOKEN_PREFIXES)


def user_of(token: str) -> str | None:
    """Return whose API token of devpi it is, as it says itself; None for what is no such token.

    devpi-tokens (1.1) names a token ``USER-ID``, and refuses any other user than that one, ``__token__`` included.
    """
    encoded = token.removeprefix(DEVPI_PREFIX)
    try:
        data = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        name = _identifier(data).decode()
    except (ValueError, IndexError):
        return None
    user, dash, _ = name.rpartition("-")
    return user if dash and user else None


def _identifier(data: bytes) -> bytes:
    """Return the identifier of a macaroon, which may have a location before it. Raises ValueError or IndexError."""
    version, place = data[0], 1
    while version == BINARY and data[place] in (LOCATION, IDENTIFIER):
        kind, length = data[place], data[place + 1]
        if length >= LONGEST:  # a length of more than one byte
            break
        if kind == IDENTIFIER:
            return data[place + 2 : place + 2 + length]
        place += 2 + length
    raise ValueError


def narrowed(token: str, project: str) -> str | None:
    """Return a token that is good for uploads of one project within a minute, made from one that may do more.

    None when that cannot be done: ``pypitoken`` is not installed, or does not know this kind of token.
    """
    try:
        pypitoken: Any = import_module("pypitoken")  # it has no types
    except ImportError:
        return None
    now = int(time.time())
    limits: dict[str, Any] = {
        "project_names": [normalised(project)],
        "not_before": now - 1,
        "not_after": now + TOKEN_SECONDS,
    }
    try:
        parsed = pypitoken.Token.load(token)
        if any(isinstance(there, pypitoken.LegacyNoopRestriction) for there in parsed.restrictions):
            # A token of the first kind; who checks it does not understand restrictions of the second.
            limits = {f"legacy_{name}": value for name, value in limits.items()}
        return str(parsed.restrict(**limits).dump())
    except pypitoken.PyPITokenException:
        return None
