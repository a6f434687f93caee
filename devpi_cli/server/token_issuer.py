"""Create, list and delete API tokens on a server with the plugin devpi-tokens.

Sources: ``views.py`` and ``restrictions.py`` of the plugin (1.1), and the replies of a live server.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.errors import DevpiError, Missing, NotDevpi, NothingFound, PluginMissing, Refused
from devpi_cli.server import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.http.responses import Reply
    from devpi_cli.server.api import Server
    from devpi_cli.server.tokens import Limits

PLUGIN = "devpi-tokens"


@dataclass(frozen=True)
class TokenIssuer:
    """A server that issues API tokens. Each method is one request, two on failure.

    All raise what ``Session.request`` raises, and PluginMissing if the server does not have the plugin.
    """

    server: Server

    def create(self, user: str, limits: Limits) -> str:
        """Create a token for a user, valid for a year unless ``limits`` differ.

        This needs a login of that user or of root: a token cannot create tokens. Only root may exceed a year.
        """
        reply = self._ask("POST", self._url(user, "+token-create"), limits.as_json())
        token = parse.text(parse.expect(reply, "token-info"), "token")
        if not token:
            raise NotDevpi([reply.url, "the reply has no token"])
        return token

    def tokens(self, user: str) -> dict[str, list[str]]:
        """Return the restrictions (``name=value``) of a user's tokens, by their ids.

        Derived tokens are not listed: the server does not know them.
        """
        result = parse.expect(self._ask("GET", self._url(user, "+tokens")), "tokens-info")
        return {
            name: [str(rule) for rule in parse.rows(parse.mapping(data).get("restrictions"))]
            for name, data in sorted(parse.mapping(result.get("tokens")).items())
        }

    def delete(self, user: str, name: str) -> None:
        """Delete a token by its id, which invalidates those derived from it. Raises NothingFound if there is none."""
        try:
            parse.acknowledged(self._ask("DELETE", self.url(user, name)))
        except Missing as error:
            raise no_token(user, name) from error

    def url(self, user: str, name: str) -> str:
        """Return the URL of a token. Raises WrongUsage for what is not an id."""
        return self._url(user, "+tokens", name)

    def _url(self, user: str, *names: str) -> str:
        return self.server.url(urls.user_name(user), *names)

    def _ask(self, method: str, url: str, body: object = None) -> Reply:
        with self._explained():
            return self.server.session.request(method, url, json=body)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Replace a failure by PluginMissing if the server does not have the plugin.

        Without it a server misunderstands these requests.
        """
        try:
            yield
        except (Refused, NotDevpi) as error:
            if getattr(error, "status", 0) == HTTPStatus.UNAUTHORIZED or self._has_plugin():
                raise
        else:
            return
        raise PluginMissing(
            f"the server at {self.server.root} does not have the plugin {PLUGIN}, which API tokens need",
            hint=f"its administrator can install it: pip install {PLUGIN}",
        )

    def _has_plugin(self) -> bool:
        """Return whether the server has the plugin; assume so if it does not tell."""
        try:
            versions = self.server.status().versions
        except DevpiError:
            return True
        return not versions or PLUGIN in versions


def no_token(user: str, name: str) -> NothingFound:
    """Return the error for a token that a user does not have."""
    return NothingFound(f"{user} has no token {name}", hint=f"'devpi token list -u {user}' lists the tokens")
