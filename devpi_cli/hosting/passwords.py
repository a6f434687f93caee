"""Hash passwords as devpi-server does, so that none is an argument or a variable of its programs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Mapping


def hash_of(password: str) -> str:
    """Return the hash of a password."""
    argon2: Any = import_module("argon2")
    return str(argon2.PasswordHasher().hash(password))


def is_empty(user: Mapping[str, Any]) -> bool:
    """Return True if a user, as a server stores it, can log in with an empty password."""
    argon2: Any = import_module("argon2")
    try:
        return bool(argon2.PasswordHasher().verify(str(user.get("pwhash") or ""), ""))
    except argon2.exceptions.VerificationError:
        return False
    except argon2.exceptions.InvalidHash:  # of an old version, or none
        return False


def require_hash(typed: str) -> str:
    """Return a hash that was typed. Raises WrongUsage for what devpi-server could not compare with a password."""
    argon2: Any = import_module("argon2")
    try:
        argon2.extract_parameters(typed)
    except argon2.exceptions.InvalidHash:
        raise WrongUsage("--root-passwd-hash is not a hash as devpi-server makes them: $argon2id$…") from None
    return typed
