"""Where a login comes from: option, environment, state, keyring, .pypirc, netrc, in that order; the last is to ask."""

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

# The rooms of the keyring, .pypirc and netrc are imported by those who look there: most commands have a login.
STORED = "the state file"
PLACES = "the environment, the state file, the keyring, ~/.pypirc and ~/.netrc"
USER, PASSWORD, TOKEN = "DEVPI_USER", "DEVPI_PASSWORD", "DEVPI_TOKEN"


class Credential(NamedTuple):
    """Somebody's secret, and where it was found.

    The server takes a token as it is; a password is slow to check, and is traded for a token.
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
        """Return what a secret is good for; None where nothing says whose it is."""
        whose = tokens.user_of(secret) if tokens.is_token(secret) else None
        named = user if user != tokens.TOKEN_USER else None
        if not (named or whose):
            return None
        return cls(named or whose or "", secret, source, is_token=whose is not None)


@dataclass(frozen=True, eq=False, repr=False)
class CredentialSources:
    """The places where a login for a server, or for one of its indexes, may be.

    ``user`` is who shall act, if anybody was named, and ``named_by`` what named them; ``stored`` is their login in the
    state file, or that of who acts there. ``say`` gets a line about each source, and never the secret.
    """

    root: str
    index: str | None = None
    user: str | None = None
    stored: Login | None = None
    say: Callable[[str], None] = lambda line: None
    named_by: str = ""

    @property
    def acting(self) -> str | None:
        """Return who acts, as far as that is known without looking anywhere."""
        named = self.user if self.user != tokens.TOKEN_USER else None
        return named or tokens.user_of(os.environ.get(TOKEN, "")) or (self.stored.user if self.stored else None)

    def given(self) -> Credential | None:
        """Return the login of the environment, or the stored one."""
        found = [self._variable(TOKEN), self._variable(PASSWORD)]
        if stored := self.stored:
            found.append(Credential(stored.user, stored.token, STORED, is_token=True, expires=stored.expires))
        there = [credential for credential in found if credential]
        for place, credential in enumerate(there):
            self.say(f"login of {credential.user} from {credential.source}{', passed over' if place else ''}")
        return there[0] if there else None

    def environment(self) -> Credential | None:
        """Return what the environment says alone."""
        return self._variable(TOKEN) or self._variable(PASSWORD)

    def found(self) -> Iterator[Credential]:
        """Look in the keyring, in .pypirc and in netrc, each when it is its turn; one that is broken has nothing."""
        from devpi_cli.auth import pypirc

        repositories: list[pypirc.Repository] = []
        try:
            repositories = pypirc.repositories_at(pypirc.default_path(), self.root, self.index_url)
        except BrokenSettings as error:
            self.say(error.message)
        for source in (self._in_keyring, self._in_pypirc, self._in_netrc):
            for credential in source(repositories):
                self.say(f"login of {credential.user} from {credential.source}")
                yield credential

    def half_set(self) -> WrongUsage | None:
        """Return what the environment lacks where it says only half of it."""
        for variable in (TOKEN, PASSWORD):
            if os.environ.get(variable) and not self._variable(variable):
                return WrongUsage(f"{variable} is set, and nothing says whose it is", hint=f"set {USER}, too")
        if self.named_by == USER and not self.stored and not self.environment():
            return WrongUsage(
                f"{USER} is set, and there is neither a password nor a token of {self.user}",
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
            self.say(f"{name} passed over: {USER} does not say whose it is")
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
            self.say(error.message)
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


def token_in_environment() -> str | None:
    """Return what ``DEVPI_TOKEN`` has."""
    return os.environ.get(TOKEN) or None


def elsewhere(repository: pypirc.Repository, say: Callable[[str], None]) -> Credential | None:
    """Return the login for a package index elsewhere whose section of .pypirc has no password: keyring, then netrc."""
    from devpi_cli.auth import keyring, netrc

    found = None
    try:
        found = keyring.password([repository.url], repository.user)
    except KeyringFailed as error:
        say(error.message)
    source = "the keyring" if found else "~/.netrc"
    found = found or netrc.login_for(urlsplit(repository.url).hostname or "")
    if not found or repository.user not in (None, found[0]):
        return None
    say(f"login of {found[0]} from {source}")
    return Credential(*found, source)
