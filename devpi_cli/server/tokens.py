"""Recognise, read and narrow API tokens of devpi and PyPI."""

from __future__ import annotations

import base64
import re
import time
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Literal, NamedTuple

from devpi_cli.errors import PluginMissing, WrongUsage
from devpi_cli.models import normalised

DEVPI_PREFIX = "devpi-"
TOKEN_PREFIXES = ("pypi-", DEVPI_PREFIX)
TOKEN_SECONDS = 60
# The binary format of macaroons, version 2: fields of type, length and that many bytes (libmacaroons, README).
BINARY, LOCATION, IDENTIFIER, LONGEST = 2, 1, 2, 128
# What ends one: no more restrictions, then the field of the signature, of 32 bytes.
END, SIGNATURE_BYTES = b"\0\x06\x20", 32
# Permissions of devpi-server (6.20) that a token can have; it never has those named user_*.
PERMISSIONS = (
    "del_entry",
    "del_project",
    "del_verdata",
    "index_create",
    "index_delete",
    "index_modify",
    "pkg_read",
    "toxresult_upload",
    "upload",
)
NEVER: Literal["never"] = "never"
UNITS = {
    "y": timedelta(days=365),
    "mo": timedelta(days=30),
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "min": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}


class Limits(NamedTuple):
    """Limits of a token: permissions, indexes (``user/index``), projects, expiry.

    The expiry is in seconds since the epoch. An empty part is no limit.
    """

    allowed: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    expires: int | Literal["never"] | None = None

    def as_json(self) -> dict[str, object]:
        """Return the limits as a request to the plugin devpi-tokens has them."""
        lists = {"allowed": self.allowed, "indexes": self.indexes, "projects": self.projects}
        found: dict[str, object] = {name: list(items) for name, items in lists.items() if items}
        return found | ({} if self.expires is None else {"expires": self.expires})

    def caveats(self) -> list[str]:
        """Return the limits as they are written in a token."""
        return [
            f"{name}={','.join(value) if isinstance(value, list) else value}" for name, value in self.as_json().items()
        ]


def expiry(typed: str, now: float) -> int | Literal["never"]:
    """Return when a token expires, in seconds since the epoch, or ``never``.

    ``typed`` is a time from ``now`` (``1y``, ``30d``, ``12h``), an ISO date, seconds since the epoch, or ``never``. A
    date without a zone is local time. Raises WrongUsage for anything else, and for a time in the past.
    """
    text = typed.strip()
    if text == NEVER:
        return NEVER
    after = re.fullmatch(r"(\d+) *([a-z]+)", text)
    try:
        if after and after[2] in UNITS:
            found = now + (int(after[1]) * UNITS[after[2]]).total_seconds()
        else:
            found = int(text) if text.isdecimal() else datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        units = ", ".join(UNITS)
        raise WrongUsage(
            f"{typed!r} is not a time",
            hint=f"examples: 30d, 12h, 2027-01-31, never; units are {units}; seconds since the epoch work, too",
        ) from None
    if found <= now:
        raise WrongUsage(f"{typed!r} is in the past")
    return int(found)


def is_token(secret: str) -> bool:
    """Return whether a secret is an API token of PyPI or devpi, not a password."""
    return secret.startswith(TOKEN_PREFIXES)


def user_of(token: str) -> str | None:
    """Return the user that a devpi API token names; None if it is not such a token.

    devpi-tokens (1.1) names a token ``USER-ID``, and refuses it for any other user, ``__token__`` included.
    """
    return _name(token).rpartition("-")[0] or None


def _name(token: str) -> str:
    try:
        return _identifier(_decoded(token)).decode()
    except (ValueError, IndexError):
        return ""


def _decoded(token: str) -> bytes:
    encoded = token.removeprefix(DEVPI_PREFIX)
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


def _identifier(data: bytes) -> bytes:
    """Return the identifier of a macaroon; a location may precede it.

    Raises ValueError or IndexError.
    """
    version, place = data[0], 1
    while version == BINARY and data[place] in (LOCATION, IDENTIFIER):
        kind, length = data[place], data[place + 1]
        if length >= LONGEST:  # the length takes more than one byte
            break
        if kind == IDENTIFIER:
            return data[place + 2 : place + 2 + length]
        place += 2 + length
    raise ValueError


def id_of(token: str) -> str | None:
    """Return the id by which a devpi API token is deleted.

    A derived token has the id of the token it was derived from.
    """
    return _name(token).rpartition("-")[2] or None


def restrictions(token: str) -> list[str]:
    """Return the restrictions in a devpi API token, usually ``name=value``.

    Raises PluginMissing without ``pymacaroons``, and WrongUsage if it is not such a token.
    """
    return [str(caveat.to_dict()["cid"]) for caveat in _macaroon(token).caveats]


def expires(rules: list[str]) -> int | None:
    """Return when a token expires, by its restrictions; None for never.

    The time is in seconds since the epoch.
    """
    times = [value for name, _, value in (rule.partition("=") for rule in rules) if name == "expires"]
    return min((int(value) for value in times if value.isdecimal()), default=None)


def derived(token: str, limits: Limits) -> str:
    """Derive a token with further limits, without a request, and without pymacaroons, whose import takes 60 ms.

    Raises WrongUsage if it is not a devpi API token.
    """
    import hmac

    if not user_of(token):
        raise _no_token()
    data = _decoded(token)
    signed, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    if not signed.endswith(END):
        raise WrongUsage("the API token is damaged")
    body = signed.removesuffix(END)
    for caveat in limits.caveats():
        field = caveat.encode()
        body += bytes([IDENTIFIER]) + _length(len(field)) + field + b"\0"
        signature = hmac.digest(signature, field, "sha256")
    return f"{DEVPI_PREFIX}{base64.urlsafe_b64encode(body + END + signature).decode().rstrip('=')}"


def _length(number: int) -> bytes:
    """Return a length as macaroons have it: seven bits a byte, the least first."""
    found = bytearray()
    while number >= LONGEST:
        found.append(number % LONGEST | LONGEST)
        number //= LONGEST
    return bytes([*found, number])


def _macaroon(token: str) -> Any:
    try:
        pymacaroons: Any = import_module("pymacaroons")  # it has no types
    except ImportError:
        from devpi_cli.programs.own_environment import line_to_add_extra

        raise PluginMissing(
            "API tokens cannot be read without pymacaroons", hint=f"install it with: {line_to_add_extra('tokens')}"
        ) from None
    try:
        if user_of(token):
            return pymacaroons.Macaroon.deserialize(token.removeprefix(DEVPI_PREFIX))
    except Exception as error:  # pymacaroons raises many kinds of exceptions
        raise WrongUsage("the API token is damaged") from error
    raise _no_token()


def _no_token() -> WrongUsage:
    return WrongUsage("this is not a devpi API token", hint=f"a token begins with {DEVPI_PREFIX}; copy all of it")


def narrowed(token: str, project: str) -> str | None:
    """Derive a token for uploads of one project, valid for a minute.

    Return None if ``pypitoken`` is not installed, or does not know this kind of token.
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
        if any(isinstance(rule, pypitoken.LegacyNoopRestriction) for rule in parsed.restrictions):
            # A first-generation token; its server does not understand newer restrictions.
            limits = {f"legacy_{name}": value for name, value in limits.items()}
        return str(parsed.restrict(**limits).dump())
    except pypitoken.PyPITokenException:
        return None
