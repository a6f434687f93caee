"""Word how long a login is valid; this is the only place."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devpi_cli.models import Login


def validity(login: Login) -> str:
    """Return how long a new login is valid, as devpi-client words it.

    The text is empty if that is unknown.
    """
    return f", credentials valid for {login.hours:.2f} hours" if login.expires < inf else ""


def remaining(login: Login, *, digits: int = 2) -> str:
    """Return how much longer a login is valid; empty if that is unknown, or over."""
    return f"for {login.hours:.{digits}f} more hours" if 0 < login.hours < inf else ""


def expired(login: Login) -> str:
    """Return when a login expired, if known, and what to type."""
    ago = -login.hours
    since = "" if ago <= 0 else f" {ago:.0f} h ago" if ago >= 1 else f" {ago * 60:.0f} min ago"
    return f"the login of {login.user} {f'expired{since}' if since else 'has expired'}: type 'devpi login {login.user}'"


def invalid(login: Login) -> str:
    """Return that a server no longer accepts a stored login, and what to type."""
    return f"the login of {login.user} is no longer valid: type 'devpi login {login.user}'"


def expires(login: Login) -> int | None:
    """Return when a login expires, in seconds since the epoch; None if unknown."""
    return round(login.expires) if login.expires < inf else None
