"""Decide which server, index and user a command uses.

This happens once, from the arguments, the environment and the state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from devpi_cli import urls
from devpi_cli.auth.environment import ANY_TOKEN, INDEX, USER, secrets
from devpi_cli.errors import LoginRequired, NothingInUse, WrongUsage
from devpi_cli.printable import hide

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Protocol

    class Remembered(Protocol):
        """The part of the state that decides the target."""

        @property
        def server(self) -> str | None:
            """The root URL of the server in use."""

        @property
        def index(self) -> str | None:
            """The index in use on that server, as ``user/index``."""

        @property
        def servers(self) -> Iterable[str]:
            """The root URLs of all remembered servers."""

        def user_at(self, root: str, named: str | None = None) -> str | None:
            """Return the active user of a server, or ``named``; None if not logged in there."""


TYPED = "the command line"


class Target(NamedTuple):
    """The server, index and user that a command uses."""

    root: str = ""
    """The root URL of the server; empty when none is in use."""
    index: str | None = None  # type: ignore[assignment]  # hides tuple.index, which is not needed
    """The index as ``user/index``."""
    user: str | None = None
    """The acting user, as far as known without a request or a prompt."""
    named_by: str = ""
    """The command line or variable that named the user; empty if the state or a token did."""
    basic_auth: tuple[str, str] | None = None
    """User and password from the URL, ``https://USER:PASSWORD@HOST/``."""
    is_known: bool = True
    """Whether the server is remembered or was named as the one to use; others are sent no login."""
    ownerless: str = ""
    """The index that a variable names without its user while no user is logged in."""
    orphan: str = ""
    """The variable with a password or token whose user is unknown."""
    secrets_for: str = ""
    """The root URL of the only server that may see the secrets in the environment; empty for any."""

    def __repr__(self) -> str:
        return f"Target({self.root!r}, {self.index!r}, {self.user!r})"  # without a password

    @property
    def named_user(self) -> str | None:
        """The user named by the command line or the environment.

        ``__token__`` without a token is nobody.
        """
        return (self.user or ANY_TOKEN) if self.named_by else None

    def require_server(self) -> str:
        """Return the root URL of the server.

        Raises NothingInUse if no server is in use, WrongUsage if only an index without a server is named.
        """
        if self.root:
            return self.root
        if self.ownerless:
            hint = "set it to the URL of the index, https://HOST/USER/INDEX, or type 'devpi use URL'"
            raise WrongUsage(f"{INDEX} is {self.ownerless!r}, but no server is in use", hint=hint)
        hint = "type 'devpi use URL', or 'devpi quickstart' for a server on this machine"
        raise NothingInUse("no server in use", hint=hint)

    def optional_index(self) -> str | None:
        """Return the index, or None if none is in use.

        Raises the other errors of ``require_index``.
        """
        self.require_server()
        if self.ownerless:
            raise self._without_owner(self.ownerless)
        return self.index

    def require_index(self) -> str:
        """Return the index.

        Raises NothingInUse without a server or an index, and LoginRequired for an index name without a user.
        """
        found = self.optional_index()
        if found is None:
            hint = "type 'devpi use USER/INDEX', or 'devpi use -l' to list all indexes"
            if self.secrets_for:  # the variable wins over what is in use
                hint = f"add /USER/INDEX to the URL in {INDEX}, or name one with --index; 'devpi use -l' lists all"
            raise NothingInUse(f"no index in use at {self.root}", hint=hint)
        return found

    def index_named(self, typed: str) -> str:
        """Return ``user/index`` for INDEX (of the acting user) or USER/INDEX.

        Raises LoginRequired without an acting user, and WrongUsage for an invalid name.
        """
        self.require_server()
        _refuse_login(typed)
        if not self.user and "/" not in typed.strip("/"):
            raise self._without_owner(typed)
        return urls.index_name(typed, self.user)

    def acting_user(self) -> str | None:
        """Return the acting user, or None.

        Raises NothingInUse without a server, and WrongUsage if a variable has a password or token of an unknown user.
        """
        self.require_server()
        if self.orphan:
            raise self._orphaned()
        return self.user

    def _without_owner(self, name: str) -> LoginRequired | WrongUsage:
        if self.orphan:
            return self._orphaned()
        hint = f"type USER/{name}, or 'devpi login USER' first"
        return LoginRequired(f"cannot tell whose index {name!r} is: not logged in", hint=hint)

    def _orphaned(self) -> WrongUsage:
        from devpi_cli.auth.sources import unowned  # imported here: TAB does without

        return unowned(self.orphan)


def resolve(typed: str | None, environment: Mapping[str, str], state: Remembered, *, user: str | None = None) -> Target:
    """Return the target of a command.

    ``typed`` is an index as NAME, USER/NAME or URL. It overrides ``DEVPI_INDEX``, which overrides the index in use;
    ``user`` overrides ``DEVPI_USER``. Raises WrongUsage for an invalid name or URL, and LoginRequired if ``typed`` is a
    NAME and no user is known.
    """
    variable = environment.get(INDEX) or ""
    roots, named = [*state.servers], _named(environment, state)
    if typed and urls.is_url(typed):
        return _at(urls.index_place(typed, [*roots, *([named.root] if named else [])]), environment, state, user)
    if named:
        here = _at(named, environment, state, user)
    else:
        here = _at(urls.Place(state.server or "", state.index), environment, state, user)
    if typed:
        return here._replace(index=here.index_named(typed))
    if not variable or named:
        return here
    if not (here.root and (here.user or "/" in variable.strip("/"))):
        return here._replace(index=None, ownerless=variable)
    return here._replace(index=here.index_named(variable))


def resolve_url(typed: str, environment: Mapping[str, str], state: Remembered) -> tuple[Target, str]:
    """Return the target of a URL or path, and the absolute URL.

    A path is relative to the server's root if it starts with ``/``, else to the index in use. Raises what ``resolve``
    and ``Target.require_index`` raise.
    """
    here = resolve(None, environment, state)
    if not urls.is_url(typed):
        _refuse_login(typed)
        base = (
            here.require_server() if typed.startswith("/") else urls.join(here.root, *here.require_index().split("/"))
        )
        return here, urls.absolute(base, typed)
    urls.checked(typed)
    url, basic_auth = urls.without_login(typed.strip())
    if here.root and urls.is_below(url, here.root):
        return here._replace(basic_auth=basic_auth or here.basic_auth), url
    known = root_of(url, state.servers)
    place = urls.Place(known or url, None, basic_auth)
    return _at(place, environment, state, None)._replace(is_known=known is not None), url


def _refuse_login(typed: str) -> None:
    """Refuse ``user:password@host``. Raises WrongUsage.

    As a path it would be sent to another server.
    """
    if hide(typed) != typed and "@" in typed:
        raise WrongUsage(f"invalid URL {typed!r}: it must begin with http:// or https://")


def root_of(url: str, roots: Iterable[str]) -> str | None:
    """Return the longest of these root URLs that a URL is below, or None."""
    return max((root for root in roots if urls.is_below(url, root)), key=len, default=None)


def _named(environment: Mapping[str, str], state: Remembered) -> urls.Place | None:
    """Return the server, and the index if any, that ``DEVPI_INDEX`` names by a URL."""
    variable = environment.get(INDEX) or ""
    return urls.place(variable, state.servers) if urls.is_url(variable) else None


def _at(place: urls.Place, environment: Mapping[str, str], state: Remembered, typed: str | None) -> Target:
    """Return the target for a place, with the acting user."""
    named = typed or environment.get(USER) or None
    by = (TYPED if typed else USER) if named else ""
    variable = _named(environment, state)
    secrets_for = variable.root if variable else ""
    found = secrets(environment, place.root, secrets_for)
    user = _acting(place.root, found, state, named)
    return Target(
        place.root,
        place.index,
        user,
        by if user in (named, None) else "",
        basic_auth=place.basic_auth,
        orphan="" if user else next(iter(found), ""),
        secrets_for=secrets_for,
    )


def _acting(root: str, found: Mapping[str, str], state: Remembered, named: str | None) -> str | None:
    """Return who acts.

    That is whoever is named, else the owner of an API token, else whoever is logged in. ``__token__`` names the
    owner of an API token, and nobody without one.
    """
    if named and named != ANY_TOKEN:
        return named
    if found:
        from devpi_cli.server import tokens  # imported here: most commands have no API token

        if user := next(filter(None, map(tokens.user_of, found.values())), None):
            return user
    return state.user_at(root, named)
