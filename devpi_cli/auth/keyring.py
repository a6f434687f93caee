"""Find, store and remove passwords in the keyring of the operating system.

Services are named as twine names them: by the URL of the repository. A backend may fail, or wait for a user who is not
there; neither may crash or block a command that can do without it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from devpi_cli.errors import KeyringFailed, NoKeyring

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    _Result = TypeVar("_Result")

LOOK_SECONDS = 5.0  # for a login that may be elsewhere, too
SECONDS = 30.0  # for what the user asked for; time to unlock it
PATIENCE = 1.0  # seconds until the user is told what we wait for
REASONS = {"KeyringLocked": "it is locked", "InitError": "it is locked, or cannot be reached"}


@dataclass
class _Outcome:
    """The outcome of a call to the keyring: an answer or a failure."""

    answer: list[Any] = field(default_factory=list)
    failure: str = ""
    backend: str = "its backend"


def services(root: str, index_url: str | None) -> list[str]:
    """Return the names that twine and ``devpi login --store`` use, nearest first."""
    places = [url.rstrip("/") for url in (index_url, root) if url]
    return [name for place in places for name in (f"{place}/", place)]


def password(
    services: Sequence[str], user: str | None, warn: Callable[[str], None] = lambda line: None
) -> tuple[str, str] | None:
    """Return user and secret of the first service that has one.

    Without ``user`` that of any user counts. ``warn`` gets a line if we have to wait.

    Raises KeyringFailed; NoKeyring if there is none.
    """

    def look(keyring: ModuleType) -> tuple[str, str] | None:
        for service in services:
            found = keyring.get_credential(service, user)
            if found and found.username and found.password and user in (None, found.username):
                return str(found.username), str(found.password)
        return None

    return _patiently(look, LOOK_SECONDS, warn)


def keep(services: Sequence[str], user: str, secret: str, warn: Callable[[str], None] = lambda line: None) -> None:
    """Store a secret under every service. Raises KeyringFailed."""

    def put(keyring: ModuleType) -> None:
        for service in services:
            keyring.set_password(service, user, secret)

    _patiently(put, SECONDS, warn)


def forget(services: Sequence[str], user: str, warn: Callable[[str], None] = lambda line: None) -> int:
    """Remove a user's secrets; return how many existed. Raises KeyringFailed."""

    def remove(keyring: ModuleType) -> int:
        existing = [service for service in services if keyring.get_password(service, user) is not None]
        for service in existing:
            keyring.delete_password(service, user)
        return len(existing)

    return _patiently(remove, SECONDS, warn)


def _leave_out_ours() -> None:
    """Let keyring choose a backend without ours, which would answer with logins that we have already looked at.

    Raises NoKeyringError if ours is the only one.
    """
    import keyring
    from keyring.backends.chainer import ChainerBackend
    from keyring.errors import NoKeyringError

    from devpi_cli.auth.backend import DevpiLogins

    if isinstance(keyring.get_keyring(), (DevpiLogins, ChainerBackend)):
        keyring.core.init_backend(limit=lambda backend: not isinstance(backend, DevpiLogins))
    if isinstance(keyring.get_keyring(), DevpiLogins):  # a variable or a settings file names it
        raise NoKeyringError


def _patiently(do: Callable[[ModuleType], _Result], seconds: float, warn: Callable[[str], None]) -> _Result:
    """Call ``do`` with the keyring, in a daemon thread, in case it never returns.

    The error names only the type of a backend's exception: its text may repeat the secret.
    """
    outcome = _Outcome()

    def run() -> None:
        try:
            import keyring

            _leave_out_ours()
            outcome.backend = keyring.get_keyring().name
            outcome.answer.append(do(keyring))
        except Exception as error:  # backends are foreign code
            outcome.failure = type(error).__name__

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(min(PATIENCE, seconds))
    if thread.is_alive() and seconds > PATIENCE:
        warn(f"waiting {seconds - PATIENCE:g} s for the keyring ({outcome.backend}): does it wait to be unlocked?")
        thread.join(seconds - PATIENCE)
    if not outcome.answer:
        kind = NoKeyring if outcome.failure == "NoKeyringError" else KeyringFailed
        silence = f"it did not answer within {seconds:g} s"
        raise kind(f"the keyring cannot be used: {REASONS.get(outcome.failure, outcome.failure) or silence}")
    result: _Result = outcome.answer[0]
    return result
