"""Find credentials: option, environment, state, keyring, .pypirc, then netrc."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from devpi_cli.errors import BrokenSettings, KeyringFailed, WrongUsage
from devpi_cli.server import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from devpi_cli.auth import pypirc
    from devpi_cli.models import Login

# keyring, pypirc and netrc are imported where they are used, because most commands already have a login.
STORED = "the state file"
PLACES = "the environment, the state file, the keyring, ~/.pypirc and ~/.netrc"
USER, PASSWORD, TOKEN = "DEVPI_USER", "DEVPI_PASSWORD", "DEVPI_TOKEN"


class Credential(NamedTuple):
    """A user's secret, and its source.

    A token is used as it is. A password is slow to check, and is exchanged for a token.
    """

    user: str
    secret: str
    source: str
    is_token: bool = False
    expires: float = inf

    def __repr__(self) -> str:
        return f"Credential({self.user!r}, {self.source!r})"  # without the secret

    @classmethod
    def of(cls, user: str | None, secret: str, source: str) -> Credential | None:
        """Return the credential for a secret; None if its user is unknown."""
        owner = tokens.user_of(secret) if tokens.is_token(secret) else None
        named = user if user != tokens.TOKEN_USER else None
        if not (named or owner):
            return None
        return cls(named or owner or "", secret, source, is_token=owner is not None)


@dataclass(frozen=True, eq=False, repr=False)
class CredentialSources:
    """The sources of a login for a server, or for one of its indexes.

    ``user`` is the requested user, if any, and ``named_by`` the option or variable that named them. ``stored`` is the
    login in the state file, of ``user`` or else of the current user. ``log`` gets a line about each source, without the
    secret.
    """

    root: str
    index: str | None = None
    user: str | None = None
    stored: Login | None = None
    log: Callable[[str], None] = lambda line: None
    named_by: str = ""

    def given(self) -> Credential | None:
        """Return the login of the environment, or the stored one."""
        found = [self._variable(TOKEN), self._variable(PASSWORD)]
        if stored := self.stored:
            found.append(Credential(stored.user, stored.token, STORED, is_token=True, expires=stored.expires))
        given = [credential for credential in found if credential]
        for place, credential in enumerate(given):
            self.log(f"login of {credential.user} from {credential.source}{', not used' if place else ''}")
        return given[0] if given else None

    def environment(self) -> Credential | None:
        """Return the login of the environment only."""
        return self._variable(TOKEN) or self._variable(PASSWORD)

    def found(self) -> Iterator[Credential]:
        """Search keyring, .pypirc and netrc, each only when needed; skip broken ones."""
        from devpi_cli.auth import pypirc

        repositories: list[pypirc.Repository] = []
        try:
            repositories = pypirc.repositories_at(pypirc.default_path(), self.root, self.index_url)
        except BrokenSettings as error:
            self.log(error.message)
        for source in (self._in_keyring, self._in_pypirc, self._in_netrc):
            for credential in source(repositories):
                self.log(f"login of {credential.user} from {credential.source}")
                yield credential

    def half_set(self) -> WrongUsage | None:
        """Return the error for a half-set login in the environment, if there is one."""
        for variable in (TOKEN, PASSWORD):
            if os.environ.get(variable) and not self._variable(variable):
                return unowned(variable)
        if self.named_by == USER and not self.stored and not self.environment():
            return WrongUsage(
                f"{USER} is set, but there is neither a password nor a token for {self.user}",
                hint=f"set {PASSWORD} or {TOKEN}, too, or type 'devpi login {self.user}'",
            )
        return None

    @property
    def index_url(self) -> str | None:
        """Return the URL of the index, if there is one."""
        return f"{self.root}{self.index}" if self.index else None

    def _variable(self, name: str) -> Credential | None:
        secret = os.environ.get(name)
        if not secret:
            return None
        found = Credential.of(self.user, secret, name)
        if not found:
            self.log(f"{name} not used: its user is unknown")
        elif name == TOKEN and not found.is_token:
            return Credential(found.user, secret, name, is_token=True)
        return found

    def _in_keyring(self, repositories: list[pypirc.Repository]) -> Iterator[Credential]:
        from devpi_cli.auth import keyring

        named = next((found.user for found in repositories if found.user and not found.password), None)
        services = [found.url for found in repositories] + keyring.services(self.root, self.index_url)
        try:
            found = keyring.password(list(dict.fromkeys(services)), self.user or named)
        except KeyringFailed as error:
            self.log(error.message)
            return
        if found and (credential := Credential.of(*found, "the keyring")):
            yield credential

    def _in_pypirc(self, repositories: list[pypirc.Repository]) -> Iterator[Credential]:
        for found in repositories:
            if found.password and self.user in (None, found.user):
                credential = Credential.of(found.user, found.password, f"~/.pypirc, section [{found.name}]")
                yield from [credential] if credential else []

    def _in_netrc(self, repositories: list[pypirc.Repository]) -> Iterator[Credential]:
        from devpi_cli.auth import netrc

        with suppress(ValueError):
            found = netrc.login_for(urlsplit(self.root).hostname or "")
            if found and self.user in (None, found[0]) and (credential := Credential.of(*found, "~/.netrc")):
                yield credential


def unowned(variable: str) -> WrongUsage:
    """Return the error for a variable with a password or token whose user is unknown."""
    return WrongUsage(f"{variable} is set, and nothing says whose it is", hint=f"set {USER}, too")


def token_in_environment() -> str | None:
    """Return the value of ``DEVPI_TOKEN``; None if empty."""
    return os.environ.get(TOKEN) or None


def elsewhere(repository: pypirc.Repository, log: Callable[[str], None]) -> Credential | None:
    """Return the login for a repository without a password: from keyring or netrc."""
    from devpi_cli.auth import keyring, netrc

    found = None
    try:
        found = keyring.password([repository.url], repository.user)
    except KeyringFailed as error:
        log(error.message)
    source = "the keyring" if found else "~/.netrc"
    found = found or netrc.login_for(urlsplit(repository.url).hostname or "")
    if not found or repository.user not in (None, found[0]):
        return None
    log(f"login of {found[0]} from {source}")
    return Credential(*found, source)
