"""Choose a server, and perhaps an index, by what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.cli.target import root_of
from devpi_cli.errors import WrongUsage

if TYPE_CHECKING:
    from devpi_cli.cli.app import App
    from devpi_cli.cli.target import Target
    from devpi_cli.server.api import Server


@dataclass(frozen=True)
class Choice:
    """The chosen server, and the URL to ask it about.

    ``typed`` is empty for what is in use.
    """

    typed: str | None
    user: str | None
    target: Target
    server: Server
    url: str
    client_cert: str | None = None

    def is_asked(self, root: str) -> bool:
        """Return True if a server is the one that was asked.

        No other gets the secrets that were typed.
        """
        return urls.origin(root) == urls.origin(self.url)

    def basic_auth(self, root: str) -> tuple[str, str] | None:
        """Return the user and password of the URL for a server, if they are for it."""
        return self.target.basic_auth if self.is_asked(root) else None

    @property
    def is_url(self) -> bool:
        """True if the choice was typed as a URL."""
        return bool(self.typed and urls.is_url(self.typed))


def chosen(app: App, typed: str | None, user: str | None, client_cert: str | None) -> Choice | None:
    """Return what was chosen, or what is in use, or None.

    A choice is a URL, ``/``, ``user/index`` or ``index``.
    """
    if typed and urls.is_url(typed):
        return _chosen_by_url(app, typed, user, client_cert)
    if typed and ":" in typed.partition("/")[0]:
        raise WrongUsage(f"{typed!r} is not an index", hint=f"for a server type 'devpi use http://{typed}'")
    target = app.target(user=user)
    if not (typed or target.root or target.ownerless):
        return None
    server = app.connect(target, client_cert=client_cert)
    index = None if typed == "/" else target.index_named(typed) if typed else target.optional_index()
    return Choice(typed, user, target, server, server.url(index) if index else target.root, client_cert)


def _chosen_by_url(app: App, typed: str, user: str | None, client_cert: str | None) -> Choice:
    """Return the server at a URL, such as one from a pip.conf.

    It gets only a stored login.
    """
    url, basic_auth = urls.without_login(urls.checked(typed).partition("/+simple")[0])
    root = root_of(f"{url}/", app.state.servers) or f"{url}/"
    target = app.target(user=user)._replace(root=root, index=None, basic_auth=basic_auth, ownerless="")
    server = app.connect(target, authenticate=False, client_cert=client_cert)
    return Choice(typed, user, target, server, url, client_cert)
