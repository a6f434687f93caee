"""The keyring of the operating system: look for passwords in it, keep one there, and forget it.

Services are named as twine names them: by the URL of the repository. A backend may fail, or wait for somebody who is
not there; neither may end, or hold up for ever, a command that could do without.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from devpi_cli.errors import KeyringFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    _Result = TypeVar("_Result")

SECONDS = 30.0  # for somebody who has to unlock it


@dataclass
class _Asked:
    """What became of a question: an answer, or what it failed with."""

    answer: list[Any] = field(default_factory=list)
    failure: str = "it did not answer"


def services(root: str, index_url: str | None) -> list[str]:
    """Return the names that twine, or ``devpi login --store``, may have kept a password under, the nearest first."""
    places = [url.rstrip("/") for url in (index_url, root) if url]
    return [name for place in places for name in (f"{place}/", place)]


def password(services: Sequence[str], user: str | None) -> tuple[str, str] | None:
    """Return user and secret for the first service that has one; for any user where none is named.

    Raises KeyringFailed.
    """

    def look(keyring: ModuleType) -> tuple[str, str] | None:
        for service in services:
            found = keyring.get_credential(service, user)
            if found and found.username and found.password and user in (None, found.username):
                return str(found.username), str(found.password)
        return None

    return _patiently(look)


def keep(services: Sequence[str], user: str, secret: str) -> None:
    """Keep a secret under every service. Raises KeyringFailed."""

    def put(keyring: ModuleType) -> None:
        for service in services:
            keyring.set_password(service, user, secret)

    _patiently(put)


def forget(services: Sequence[str], user: str) -> int:
    """Remove a user's secrets; return how many there were. Raises KeyringFailed."""

    def remove(keyring: ModuleType) -> int:
        there = [service for service in services if keyring.get_password(service, user) is not None]
        for service in there:
            keyring.delete_password(service, user)
        return len(there)

    return _patiently(remove)


def _patiently(do: Callable[[ModuleType], _Result]) -> _Result:
    """Do something with the keyring, in a thread that ends with us if it never comes back.

    What a backend says went wrong is not told, only its kind: it may repeat what it was given.
    """
    asked = _Asked()

    def run() -> None:
        try:
            import keyring

            asked.answer.append(do(keyring))
        except Exception as error:  # a backend is somebody else's code
            asked.failure = type(error).__name__

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(SECONDS)
    if not asked.answer:
        raise KeyringFailed(f"the keyring cannot be used: {asked.failure}")
    result: _Result = asked.answer[0]
    return result
