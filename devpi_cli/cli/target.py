"""Which server, index and user a command is about: decided once, from what was typed, the environment and the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from devpi_cli import urls
from devpi_cli.errors import LoginRequired, NothingInUse, WrongUsage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Protocol

    class Remembered(Protocol):
        """What the state says of servers and users."""

        @property
        def server(self) -> str | None:
            """The root URL of the server in use."""

        @property
        def index(self) -> str | None:
            """The index in use on it, as ``user/index``."""

        @property
        def servers(self) -> Iterable[str]:
            """The root URLs of all servers."""

        def user_at(self, root: str, named: str | None = None) -> str | None:
            """Return the user who acts at a server, or the one who is named, if they are logged in there."""


INDEX, USER, TOKEN, PASSWORD = "DEVPI_INDEX", "DEVPI_USER", "DEVPI_TOKEN", "DEVPI_PASSWORD"
TYPED = "the command line"
ANY_TOKEN = "__token__"  # noqa: S105 (a user name: what PyPI calls the user of any API token)


class Target(NamedTuple):
    """A server, and the index and user that are meant."""

    root: str = ""
    """The root URL of the server; empty when none is in use."""
    index: str | None = None  # type: ignore[assignment]  # nobody looks for a place in this tuple
    """The index as ``user/index``."""
    user: str | None = None
    """Who acts, as far as that is known without asking anybody."""
    named_by: str = ""
    """What named the user: the command line or a variable; empty when the state or a token did."""
    basic_auth: tuple[str, str] | None = None
    """User and password that stood before the host in the URL."""
    is_known: bool = True
    """Whether the server is remembered or was named as the one to use; a stranger is shown no login."""
    ownerless: str = ""
    """The index that a variable names without its user, while nobody is logged in."""
    orphan: str = ""
    """The variable with a password or token of which nothing says whose it is."""

    def __repr__(self) -> str:
        return f"Target({self.root!r}, {self.index!r}, {self.user!r})"  # without a password

    @property
    def named_user(self) -> str | None:
        """The user that the command line or the environment names."""
        return self.user if self.named_by else None

    def require_server(self) -> str:
        """Return the root URL of the server. Raises NothingInUse when there is none."""
        if self.root:
            return self.root
        if self.ownerless:
            hint = "give it the URL of the index, https://HOST/USER/INDEX, or type 'devpi use URL'"
            raise WrongUsage(f"{INDEX} is {self.ownerless!r}, and no server is in use", hint=hint)
        raise NothingInUse("no server in use", hint="type 'devpi use URL' with the URL of a server or an index")

    def optional_index(self) -> str | None:
        """Return the index, or None when none is in use. Raises what ``require_index`` raises otherwise."""
        self.require_server()
        if self.ownerless:
            raise self._without_owner(self.ownerless)
        return self.index

    def require_index(self) -> str:
        """Return the index.

        Raises NothingInUse without a server or an index, and LoginRequired when nobody owns a name.
        """
        found = self.optional_index()
        if found is None:
            hint = "type 'devpi use USER/INDEX', or 'devpi use -l' to see which there are"
            raise NothingInUse(f"no index in use at {self.root}", hint=hint)
        return found

    def index_named(self, typed: str) -> str:
        """Return ``user/index`` for a name, which may leave out the user who acts.

        Raises LoginRequired where nobody acts, and WrongUsage for what is no name.
        """
        self.require_server()
        if not self.user and "/" not in typed.strip("/"):
            raise self._without_owner(typed)
        return urls.index_name(typed, self.user)

    def acting_user(self) -> str | None:
        """Return who acts; None for nobody.

        Raises NothingInUse without a server, and WrongUsage when nothing says whose password the environment has.
        """
        self.require_server()
        if self.orphan:
            raise self._orphaned()
        return self.user

    def _without_owner(self, name: str) -> LoginRequired | WrongUsage:
        if self.orphan:
            return self._orphaned()
        hint = f"type USER/{name}, or 'devpi login USER' first"
        return LoginRequired(f"whose index is {name!r}? nobody is logged in", hint=hint)

    def _orphaned(self) -> WrongUsage:
        return WrongUsage(f"{self.orphan} is set, and nothing says whose it is", hint=f"set {USER}, too")


def resolve(typed: str | None, environment: Mapping[str, str], state: Remembered, *, user: str | None = None) -> Target:
    """Return the target of a command.

    ``typed`` is an index as NAME, USER/NAME or URL, which counts more than ``DEVPI_INDEX``, and that more than the
    index in use. ``user`` counts more than ``DEVPI_USER``. Raises WrongUsage for a name or URL that makes no sense, and
    LoginRequired for a typed NAME without a user.
    """
    variable = environment.get(INDEX) or ""
    roots = [*state.servers]
    named = urls.place(variable, roots) if urls.is_url(variable) else None
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
    """Return the target that a URL or path leads to, and the URL that is meant.

    A path counts from the server's root (``/…``) or from the index in use. Raises what ``resolve`` and
    ``Target.require_index`` raise.
    """
    here = resolve(None, environment, state)
    if not urls.is_url(typed):
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


def root_of(url: str, roots: Iterable[str]) -> str | None:
    """Return the root URL of the server that a URL belongs to; None for none of them."""
    return max((root for root in roots if urls.is_below(url, root)), key=len, default=None)


def _at(place: urls.Place, environment: Mapping[str, str], state: Remembered, typed: str | None) -> Target:
    """Return the target at a place, with the user who acts there."""
    named = typed or environment.get(USER) or None
    by = (TYPED if typed else USER) if named else ""
    user = _acting(place.root, environment, state, named)
    orphan = "" if user else next((name for name in (TOKEN, PASSWORD) if environment.get(name)), "")
    return Target(
        place.root, place.index, user, by if user == named else "", basic_auth=place.basic_auth, orphan=orphan
    )


def _acting(root: str, environment: Mapping[str, str], state: Remembered, named: str | None) -> str | None:
    if named and named != ANY_TOKEN:
        return named
    if token := environment.get(TOKEN):
        from devpi_cli.server import tokens  # here, because most commands have no API token

        if user := tokens.user_of(token):
            return user
    return state.user_at(root, named)
