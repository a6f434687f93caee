"""API tokens of devpi and PyPI: tell one, read what it may do, and make one that is good for less."""

from __future__ import annotations

import base64
import re
import time
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Literal, NamedTuple

from devpi_cli.errors import PluginMissing, WrongUsage
from devpi_cli.models import normalised

TOKEN_USER = "__token__"  # noqa: S105 (a user name)
DEVPI_PREFIX = "devpi-"
TOKEN_PREFIXES = ("pypi-", DEVPI_PREFIX)
TOKEN_SECONDS = 60
# The binary format of macaroons, version 2: fields of a type, a length and so many bytes (libmacaroons, README).
BINARY, LOCATION, IDENTIFIER, LONGEST = 2, 1, 2, 128
# What devpi-server (6.20) asks a permission for, and a token can have; a token never has those that end in user_*.
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
    """What a token is good for: permissions, indexes (``user/index``), projects, and until when.

    The time is in seconds since the epoch; an empty part is no limit.
    """

    allowed: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    expires: int | Literal["never"] | None = None

    def as_json(self) -> dict[str, object]:
        """Return them as the plugin devpi-tokens is asked for them."""
        lists = {"allowed": self.allowed, "indexes": self.indexes, "projects": self.projects}
        found: dict[str, object] = {name: list(items) for name, items in lists.items() if items}
        return found | ({} if self.expires is None else {"expires": self.expires})

    def caveats(self) -> list[str]:
        """Return them as they stand in a token."""
        return [
            f"{name}={','.join(value) if isinstance(value, list) else value}" for name, value in self.as_json().items()
        ]


def expiry(typed: str, now: float) -> int | Literal["never"]:
    """Return when a token expires: after ``1y``, ``30d`` or ``12h``, at an ISO date, at an epoch time, or never.

    A date without a zone is one of this machine. Raises WrongUsage for anything else, and for what is over.
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
            f"{typed!r} is no time", hint=f"type 30d (units are {units}), 2027-01-31, seconds since the epoch, or never"
        ) from None
    if found <= now:
        raise WrongUsage(f"{typed!r} is over")
    return int(found)


def is_token(secret: str) -> bool:
    """Tell an API token of PyPI or devpi from a password."""
    return secret.startswith(TOKEN_PREFIXES)


def user_of(token: str) -> str | None:
    """Return whose API token of devpi it is, as it says itself; None for what is no such token.

    devpi-tokens (1.1) names a token ``USER-ID``, and refuses any other user than that one, ``__token__`` included.
    """
    return _name(token).rpartition("-")[0] or None


def _name(token: str) -> str:
    encoded = token.removeprefix(DEVPI_PREFIX)
    try:
        data = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        return _identifier(data).decode()
    except (ValueError, IndexError):
        return ""


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


def id_of(token: str) -> str | None:
    """Return the id of an API token of devpi, by which it is deleted; that of the token it was derived from."""
    return _name(token).rpartition("-")[2] or None


def restrictions(token: str) -> list[str]:
    """Return what an API token of devpi is restricted to, as it stands there, mostly ``name=value``.

    Raises PluginMissing without ``pymacaroons``, and WrongUsage for what is no such token.
    """
    return [str(caveat.to_dict()["cid"]) for caveat in _macaroon(token).caveats]


def expires(rules: list[str]) -> int | None:
    """Return until when a token with these restrictions is good, in seconds since the epoch; None for ever."""
    times = [value for name, _, value in (rule.partition("=") for rule in rules) if name == "expires"]
    return min((int(value) for value in times if value.isdecimal()), default=None)


def derived(token: str, limits: Limits) -> str:
    """Return a token with further limits, made from another one without asking anybody.

    Raises what ``restrictions`` raises.
    """
    macaroon = _macaroon(token)
    for caveat in limits.caveats():
        macaroon.add_first_party_caveat(caveat)
    return f"{DEVPI_PREFIX}{macaroon.serialize()}"


def _macaroon(token: str) -> Any:
    try:
        pymacaroons: Any = import_module("pymacaroons")  # it has no types
    except ImportError:
        raise PluginMissing(
            "API tokens cannot be read without pymacaroons", hint="type: pip install 'devpi-cli[tokens]'"
        ) from None
    try:
        if user_of(token):
            return pymacaroons.Macaroon.deserialize(token.removeprefix(DEVPI_PREFIX))
    except Exception as error:  # it raises whatever it stumbles over
        raise WrongUsage("the API token is damaged") from error
    raise WrongUsage("this is no API token of devpi", hint=f"one begins with {DEVPI_PREFIX}, and is copied as a whole")


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
