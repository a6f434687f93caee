"""Find, store and remove passwords in the keyring of the operating system.

Services are named as twine names them: by the URL of the repository. A backend may fail, or wait for a user who is not
there; neither may crash or block a command that can do without it.
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

SECONDS = 30.0  # time for the user to unlock it


@dataclass
class _Outcome:
    """The outcome of a call to the keyring: an answer or a failure."""

    answer: list[Any] = field(default_factory=list)
    failure: str = "it did not answer"


def services(root: str, index_url: str | None) -> list[str]:
    """Return the names that twine and ``devpi login --store`` use, nearest first."""
    places = [url.rstrip("/") for url in (index_url, root) if url]
    return [name for place in places for name in (f"{place}/", place)]


def password(services: Sequence[str], user: str | None) -> tuple[str, str] | None:
    """Return user and secret of the first service that has one.

    Without ``user`` that of any user counts.

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
    """Store a secret under every service. Raises KeyringFailed."""

    def put(keyring: ModuleType) -> None:
        for service in services:
            keyring.set_password(service, user, secret)

    _patiently(put)


def forget(services: Sequence[str], user: str) -> int:
    """Remove a user's secrets; return how many existed. Raises KeyringFailed."""

    def remove(keyring: ModuleType) -> int:
        existing = [service for service in services if keyring.get_password(service, user) is not None]
        for service in existing:
            keyring.delete_password(service, user)
        return len(existing)

    return _patiently(remove)


def _patiently(do: Callable[[ModuleType], _Result]) -> _Result:
    """Call ``do`` with the keyring, in a daemon thread, in case it never returns.

    The error names only the type of a backend's exception: its text may repeat the secret.
    """
    outcome = _Outcome()

    def run() -> None:
        try:
            import keyring

            outcome.answer.append(do(keyring))
        except Exception as error:  # backends are foreign code
            outcome.failure = type(error).__name__

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(SECONDS)
    if not outcome.answer:
        raise KeyringFailed(f"the keyring cannot be used: {outcome.failure}")
    result: _Result = outcome.answer[0]
    return result
