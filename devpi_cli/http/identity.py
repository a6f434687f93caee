"""The credentials of a client, and the only server that may see them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devpi_cli import urls

if TYPE_CHECKING:
    from typing import Protocol

    from devpi_cli.errors import DevpiError, NotAllowed
    from devpi_cli.http.session import Session
    from devpi_cli.models import Login

    class Authenticator(Protocol):
        """Provide logins to a session."""

        def prepare(self, session: Session) -> None:
            """Log in with credentials at hand; called before every request."""

        def recover(self, session: Session, refused: Identity, error: NotAllowed) -> bool:
            """Try another login after a refusal; return True to repeat the request.

            ``refused`` is the identity that the request had.
            """

        def search(self, session: Session) -> None:
            """Log in with stored credentials, without asking the user."""

        def ask(self, session: Session, request: str, error: DevpiError | None = None) -> None:
            """Ask the user for a login that ``request`` needs."""


@dataclass(frozen=True, eq=False)
class Identity:
    """Credentials and the root URL of the only server that may see them."""

    root: str
    login: Login | None = field(default=None, repr=False)
    """The user and token for devpi itself."""
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)
    """``(user, password)`` for a web server in front of devpi."""
    client_cert: str | None = None
    """PEM file with a certificate and its key, for TLS with that server."""

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers that authenticate a request; none for another server."""
        if not urls.is_below(url, self.root):
            return {}
        headers = {}
        if self.login:
            headers["X-Devpi-Auth"] = _base64(self.login.user, self.login.token)
        if self.basic_auth:
            headers["Authorization"] = f"Basic {_base64(*self.basic_auth)}"
        return headers

    def certificate(self, url: str) -> str | None:
        """Return the client certificate for a URL; None for another server."""
        return self.client_cert if self.client_cert and urls.origin(url) == urls.origin(self.root) else None


def _base64(user: str, secret: str) -> str:
    return base64.b64encode(f"{user}:{secret}".encode()).decode()
