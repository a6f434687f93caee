"""Keep connections open: one client of httpx for each kind.

Each is made when it is needed.
"""

from __future__ import annotations

import sys
from importlib import import_module
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from devpi_cli import urls
from devpi_cli._version import __version__
from devpi_cli.errors import WrongUsage
from devpi_cli.http.bodies import ACCEPTED

if TYPE_CHECKING:
    import httpx

    from devpi_cli.http.tls import Trust

# A locked-down server recognises clients by this name, and does not send them its HTML login page.
USER_AGENT = f"devpi-cli/{__version__} devpi-client/7.3.0"
_importing = RLock()


class Connections:
    """The connections of a session and its copies; they stay open until closed.

    ``transport`` replaces the network in tests. ``trust_env`` uses the proxies set in the environment, but never for
    this machine.
    """

    def __init__(self, trust: Trust, transport: httpx.BaseTransport | None = None, *, trust_env: bool = True) -> None:
        self._trust = trust
        self._transport = transport
        self._trust_env = trust_env
        self._clients: dict[tuple[str, str | None, bool], httpx.Client] = {}
        self._creating = Lock()

    def client(self, url: str, certificate: str | None = None) -> httpx.Client:
        """Return the client for a URL; only those for https load CAs."""
        # A proxy on another machine cannot reach this one.
        kind = urlsplit(url).scheme, certificate, self._trust_env and not urls.is_loopback(url)
        with self._creating:
            if kind not in self._clients:
                self._clients[kind] = self._new_client(*kind)
        return self._clients[kind]

    def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _new_client(self, scheme: str, certificate: str | None, by_proxy: bool) -> httpx.Client:
        library = import_httpx()
        trusted = self._trust.context(certificate) if scheme == "https" else None
        try:
            client: httpx.Client = library.Client(
                verify=trusted,  # None for plain http, which does not use it
                timeout=None,  # set per request
                headers={"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": ACCEPTED},
                transport=self._transport,
                trust_env=by_proxy,
            )
        except (library.InvalidURL, ValueError, ImportError) as error:  # ImportError: SOCKS needs another package
            raise WrongUsage(
                f"cannot use the proxy set in the environment: {error}",
                hint="check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY",
            ) from None
        return client


def import_httpx() -> Any:
    """Import httpx without its command line.

    That would import rich and pygments (45 ms); httpx expects that it may be missing. Threads take turns.
    """
    with _importing:
        without = "httpx" not in sys.modules
        if without:
            sys.modules["httpx._main"] = None  # type: ignore[assignment]  # marks it as not importable
        try:
            return import_module("httpx")
        finally:
            if without:
                del sys.modules["httpx._main"]
