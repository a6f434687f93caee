"""Answer pip, uv, twine and others with the logins that devpi keeps: a backend of the library ``keyring``.

They ask for a URL before they use it, and may start a program for each question: what a question does not need is not
imported.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential
from keyring.errors import PasswordDeleteError, PasswordSetError

from devpi_cli.auth.answers import Grant, answer
from devpi_cli.errors import DevpiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.models import Login
    from devpi_cli.state.known_server import KnownServer
    from devpi_cli.state.store import State

NAME = f"{__name__}.DevpiLogins"
"""How ``keyring --list-backends`` names this backend."""
CLIENTDIR = "DEVPI_CLIENTDIR"


class _NotSet(PasswordSetError, NotImplementedError):
    """Raised so that a chain of backends takes the next one for servers that we do not know."""


class _NotDeleted(PasswordDeleteError, NotImplementedError):
    """The same for what is to be deleted."""


class DevpiLogins(KeyringBackend):
    """Hands out logins for URLs of known servers, and stores nothing."""

    priority = 9  # as the backends of other indexes: before the system's keyring

    def get_credential(self, service: str, username: str | None) -> SimpleCredential | None:
        found = granted(service, username)
        return SimpleCredential(found.user, found.secret) if found else None

    def get_password(self, service: str, username: str) -> str | None:
        found = granted(service, username)
        return found.secret if found else None

    def set_password(self, service: str, username: str, password: str) -> None:
        del password
        if found := granted(service, None):
            raise PasswordSetError(f"logins for {found.root} are kept by devpi: type 'devpi login {username}'")
        raise _NotSet("devpi keeps only logins for devpi servers: type 'devpi use URL' and 'devpi login USER'")

    def delete_password(self, service: str, username: str) -> None:
        if found := granted(service, username):
            raise PasswordDeleteError(f"logins for {found.root} are kept by devpi: type 'devpi logoff'")
        raise _NotDeleted("devpi keeps no such login")


def granted(url: str, user: str | None) -> Grant | None:
    """Return the login for a URL that another program asks about; None if it is for no server that we know.

    What keeps a login back is logged: other backends are to be asked all the same.
    """
    try:
        return _granted(url, user)
    except DevpiError as error:
        logging.getLogger(__name__).warning("devpi: %s", "; ".join(str(error).splitlines()))
        return None


def _granted(url: str, user: str | None) -> Grant | None:
    if "://" not in url:  # what most questions of pip end with: the host alone
        return None
    from devpi_cli.hosting import squatters
    from devpi_cli.state.store import State

    state = State.of(os.environ.get(CLIENTDIR))
    found = answer(url, user, grants(state))
    if found:
        squatters.refuse(found.root, str(state.path.parent.absolute()))
    return found


def grants(state: State) -> Iterator[Grant]:
    """Yield the logins of all servers that have not expired.

    pip and its like can show only one: that of a web server in front comes first, then that of the active user.
    """
    for root, known in state.servers.items():
        if known.basic_auth:
            yield Grant(root, *known.basic_auth)
        yield from (Grant(root, login.user, login.token) for login in _logins(known) if login.is_current)


def _logins(known: KnownServer) -> list[Login]:
    return sorted(known.logins.values(), key=lambda login: login.user != known.user)
