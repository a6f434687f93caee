"""Find credentials: option, environment, state, keyring, .pypirc, then netrc."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.auth.environment import ANY_TOKEN, INDEX, PASSWORD, SECRETS, TOKEN, USER, kept_back, secret_in, secrets
from devpi_cli.errors import BrokenSettings, KeyringFailed, NoKeyring, WrongUsage
from devpi_cli.server import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from devpi_cli.auth import pypirc
    from devpi_cli.errors import DevpiError
    from devpi_cli.models import Login

# keyring, pypirc and netrc are imported where they are used, because most commands already have a login.
STORED = "the state file"
PLACES = "the environment, the state file, the keyring, ~/.pypirc and ~/.netrc"


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
        named = user if user != ANY_TOKEN else None
        if not (named or owner):
            return None
        return cls(named or owner or "", secret, source, is_token=owner is not None)


@dataclass(frozen=True, eq=False, repr=False)
class CredentialSources:
    """The sources of a login for a server, or for one of its indexes.

    ``user`` is the requested user, if any, and ``named_by`` the option or variable that named them. ``stored`` is the
    login in the state file, of ``user`` or else of the current user. ``log`` gets a line about each source, without the
    secret, ``warn`` what the user should know in any case. ``secrets_for`` is the only server that may see those in
    the environment; empty for any.
    """

    root: str
    index: str | None = None
    user: str | None = None
    stored: Login | None = None
    log: Callable[[str], None] = lambda line: None
    named_by: str = ""
    secrets_for: str = ""
    warn: Callable[[str], None] = lambda line: None
    passed_over: list[str] = field(default_factory=list, init=False)
    """Why sources were passed over that may have a login."""

    def given(self) -> Credential | None:
        """Return the login of the environment, or the stored one.

        Raises WrongUsage rather than pass over a token for the stored login, which may be allowed more.
        """
        found = [self._variable(TOKEN), self._variable(PASSWORD)]
        if self.stored and not any(found) and secrets(os.environ, self.root, self.secrets_for).get(TOKEN):
            raise unowned(TOKEN)
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
        """Search keyring, .pypirc and netrc, each only when needed.

        Broken ones are passed over.
        """
        from devpi_cli.auth import pypirc

        repositories: list[pypirc.Repository] = []
        try:
            repositories = pypirc.repositories_at(pypirc.default_path(), self.root, self.index_url)
        except BrokenSettings as error:
            self._pass_over(error)
        for source in (self._in_keyring, self._in_pypirc, self._in_netrc):
            for credential in source(repositories):
                self.log(f"login of {credential.user} from {credential.source}")
                yield credential

    def half_set(self) -> WrongUsage | None:
        """Return the error for a half-set login in the environment, if there is one."""
        if kept_back(os.environ, self.root, self.secrets_for):
            return None  # it is set, for another server
        for variable in SECRETS:
            if secret_in(os.environ, variable) and not self._variable(variable):
                return unowned(variable)
        if self.named_by == USER and not self.stored and not self.environment():
            if self.user == ANY_TOKEN:
                return WrongUsage(f"{USER} is {ANY_TOKEN}, but there is no token", hint=f"set {TOKEN}, or unset {USER}")
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
        secret = secrets(os.environ, self.root, self.secrets_for).get(name)
        if not secret:
            if secret_in(os.environ, name):
                self.log(f"{name} not used: it is only for {self.secrets_for}, which {INDEX} names")
            return None
        found = Credential.of(self.user, secret, name)
        if not found:
            self.log(f"{name} not used: its user is unknown")
            return None
        if secret != os.environ[name]:
            self.warn(f"{name} ends in a line break, which is ignored")
        if name == TOKEN and not found.is_token:
            return Credential(found.user, secret, name, is_token=True)
        return found

    def _in_keyring(self, repositories: list[pypirc.Repository]) -> Iterator[Credential]:
        from devpi_cli.auth import keyring

        named = next((found.user for found in repositories if found.user and not found.password), None)
        services = [found.url for found in repositories] + keyring.services(self.root, self.index_url)
        try:
            found = keyring.password(list(dict.fromkeys(services)), self.user or named, self.warn)
        except KeyringFailed as error:
            self._pass_over(error)
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

        try:
            found = netrc.login_for(self.root)
        except BrokenSettings as error:
            self._pass_over(error)
            return
        if found and self.user in (None, found[0]) and (credential := Credential.of(*found, "~/.netrc")):
            yield credential

    def _pass_over(self, error: DevpiError) -> None:
        """Note why a source is passed over; that there is no keyring is no news."""
        self.log(error.message)
        if not isinstance(error, NoKeyring):
            self.passed_over.append("; ".join(str(error).splitlines()))


def unowned(variable: str) -> WrongUsage:
    """Return the error for a variable with a password or token whose user is unknown."""
    return WrongUsage(f"{variable} is set, but nothing says which user it belongs to", hint=f"set {USER}, too")


def token_in_environment() -> str | None:
    """Return the value of ``DEVPI_TOKEN``; None if empty."""
    return secret_in(os.environ, TOKEN) or None


def elsewhere(
    repository: pypirc.Repository, log: Callable[[str], None], warn: Callable[[str], None]
) -> Credential | None:
    """Return the login for a repository without a password: from keyring or netrc.

    ``warn`` gets the reason if one of them cannot be read, and there is no login.
    """
    from devpi_cli.auth import keyring, netrc

    passed_over = []
    looks: dict[str, Callable[[], tuple[str, str] | None]] = {
        "the keyring": lambda: keyring.password([repository.url], repository.user, warn),
        "~/.netrc": lambda: netrc.login_for(repository.url),
    }
    for source, look in looks.items():
        try:
            found = look()
        except (KeyringFailed, BrokenSettings) as error:
            log(error.message)
            passed_over += [] if isinstance(error, NoKeyring) else [error.message]
            continue
        if found and repository.user in (None, found[0]):
            log(f"login of {found[0]} from {source}")
            return Credential(*found, source)
    for line in passed_over:
        warn(line)
    return None
