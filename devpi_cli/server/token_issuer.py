"""The API tokens that a server issues, where it has the plugin devpi-tokens: create, list and delete them.

The facts stand in the plugin's ``views.py`` and ``restrictions.py`` (1.1); its replies are those of a live server.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.errors import DevpiError, NotDevpi, PluginMissing, Refused
from devpi_cli.server import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.http.responses import Reply
    from devpi_cli.server.api import Server
    from devpi_cli.server.tokens import Limits

PLUGIN = "devpi-tokens"


@dataclass(frozen=True)
class TokenIssuer:
    """A server that issues API tokens. Every method is one request, and one more when that fails.

    All raise what ``Session.request`` raises, and PluginMissing where the server has no such plugin.
    """

    server: Server

    def create(self, user: str, limits: Limits) -> str:
        """Create a token of a user; without a limit to its time it is good for a year.

        A user's own login is needed, or root's: no token creates another. Only root may go beyond a year.
        """
        reply = self._ask("POST", self._url(user, "+token-create"), limits.as_json())
        token = parse.text(parse.expect(reply, "token-info"), "token")
        if not token:
            raise NotDevpi(f"{urls.hide(reply.url)}\nthe reply has no token")
        return token

    def tokens(self, user: str) -> dict[str, list[str]]:
        """Return the restrictions (``name=value``) of the tokens of a user, by their ids; derived ones nobody knows."""
        result = parse.expect(self._ask("GET", self._url(user, "+tokens")), "tokens-info")
        return {
            name: [str(rule) for rule in parse.rows(parse.mapping(data).get("restrictions"))]
            for name, data in sorted(parse.mapping(result.get("tokens")).items())
        }

    def delete(self, user: str, name: str) -> None:
        """Delete a token by its id; those derived from it are no longer good, either."""
        self._ask("DELETE", self._url(user, "+tokens", name))

    def _url(self, user: str, *names: str) -> str:
        return self.server.url(urls.user_name(user), *names)

    def _ask(self, method: str, url: str, body: object = None) -> Reply:
        with self._explained():
            return self.server.session.request(method, url, json=body)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Say that the plugin is missing, where it is; without it a server misunderstands what is asked."""
        try:
            yield
        except (Refused, NotDevpi) as error:
            if getattr(error, "status", 0) == HTTPStatus.UNAUTHORIZED or self._has_plugin():
                raise
        else:
            return
        raise PluginMissing(
            f"the server at {self.server.root} has no plugin {PLUGIN}, which API tokens need",
            hint=f"who runs the server can install it: pip install {PLUGIN}",
        )

    def _has_plugin(self) -> bool:
        """Tell whether the server has the plugin; one that does not say so has it."""
        try:
            versions = self.server.status().versions
        except DevpiError:
            return True
        return not versions or PLUGIN in versions
