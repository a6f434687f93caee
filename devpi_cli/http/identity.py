"""The credentials of a client, and the only server that may see them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devpi_cli import urls

if TYPE_CHECKING:
    from devpi_cli.models import Login


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
