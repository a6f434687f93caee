"""Who a server is asked as: credentials, and the root URL of the server that may see them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from devpi_cli import urls


@dataclass(frozen=True)
class Access:
    """Credentials, and the root URL of the server that may see them."""

    root: str
    login: tuple[str, str] | None = field(default=None, repr=False)
    """``(user, token)`` for devpi itself."""
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)
    """``(user, password)`` for a web server in front of devpi."""
    client_cert: str | None = None
    """A PEM file with a certificate and its key, shown to that server in the TLS handshake."""

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers that prove who asks; none for a URL of somebody else."""
        if not urls.is_below(url, self.root):
            return {}
        headers = {}
        if self.login:
            headers["X-Devpi-Auth"] = _base64(self.login)
        if self.basic_auth:
            headers["Authorization"] = f"Basic {_base64(self.basic_auth)}"
        return headers

    def certificate(self, url: str) -> str | None:
        """Return the client certificate for a connection to where a URL points; none for somebody else."""
        return self.client_cert if self.client_cert and urls.origin(url) == urls.origin(self.root) else None


def _base64(pair: tuple[str, str]) -> str:
    return base64.b64encode(":".join(pair).encode()).decode()
