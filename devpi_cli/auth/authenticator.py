"""How a command gets its login: at once what is given, and what has to be looked for when the server says no."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.auth.sources import PLACES, Credentials
from devpi_cli.errors import NotAllowed
from devpi_cli.models import Login
from devpi_cli.server.api import Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.auth.sources import Credential
    from devpi_cli.http.session import Session


@dataclass
class Logins:
    """Who acts in a command, at one server. A login is got when it is first needed, and kept in memory only.

    ``ask`` gets the user, if one is named, and returns user and password, or None where nobody is there to answer.
    """

    credentials: Credentials
    ask: Callable[[str | None], tuple[str, str] | None]
    login: Login | None = None
    source: str = ""
    """Where that login came from."""
    _has_begun: bool = field(default=False, init=False)
    _has_looked: bool = field(default=False, init=False)
    _refused: list[str] = field(default_factory=list, init=False)
    _one_at_a_time: Lock = field(default_factory=Lock, init=False, repr=False)

    @classmethod
    def of(  # noqa: PLR0913 (the parts of Credentials, and whom to ask)
        cls,
        root: str,
        index: str | None,
        user: str | None,
        stored: Login | None,
        *,
        say: Callable[[str], None],
        ask: Callable[[str, str | None], tuple[str, str] | None],
    ) -> Logins:
        """Return the logins at a server; the rest as ``Credentials`` have it, and whom to ask."""
        return cls(Credentials(root, index, user, stored, say), partial(ask, root))

    def acting(self, session: Session) -> Login | None:
        """Return the login of who acts, if there is one without looking for it."""
        if session.doorkeeper:
            self.before(session)
        return self.login or self.credentials.stored

    def before(self, session: Session) -> None:
        """Act as who is given, from the first request on."""
        if not self._has_begun:
            self._has_begun = True
            if given := self.credentials.given():
                self._act(session, given)
        elif self.login and not session.access.login:
            self._take(session, self.login, self.source)

    def after(self, session: Session, error: NotAllowed) -> bool:
        """Look for a login after the server said no to who is not logged in, or no longer; return whether there is one.

        Where there is none the error says where was looked. Raises WrongUsage for half a login in the environment.
        """
        method, _, url = error.request.partition(" ")
        is_about_login = url.endswith(("/+login", "/+api")) or not urls.is_below(url, session.access.root)
        if is_about_login or error.status not in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return False
        with self._one_at_a_time:  # files are sent several at a time, and nobody is asked twice
            if self.login and self.is_in:
                if session.access.login:
                    return False
                self._take(session, self.login, self.source)
                return True
            self._look(session)
            if not self.is_in:
                self.ask_for(session, f"{method} {url}", error)
            return self.is_in

    def ready(self, session: Session) -> None:
        """Get the login before something large is sent, as far as nobody has to be asked for it."""
        self.before(session)
        if not self.is_in:
            self._look(session)

    def _look(self, session: Session) -> None:
        """Look where logins may be, once; what the server does not accept is passed over."""
        if self._has_looked:
            return
        self._has_looked = True
        for found in self.credentials.found():
            try:
                self._act(session, found)
            except NotAllowed:
                self._refused.append(found.source)
                self.credentials.say(f"login of {found.user} from {found.source} refused")
            else:
                return

    def ask_for(self, session: Session, what: str, error: NotAllowed | None = None) -> None:
        """Ask for a login; where nobody answers, say in the error where was looked.

        Raises WrongUsage for half a login in the environment, and NotAllowed for a wrong password.
        """
        if asked := self.ask(self.credentials.acting):
            self._trade(session, *asked, "what was typed")
            return
        if half := self.credentials.half_set():
            half.message = f"{what} needs a login\n{half.message}"
            raise half
        if error and not self.login:
            refused = f"; the server refused that of {' and '.join(self._refused)}" if self._refused else ""
            error.hint = f"not logged in: type 'devpi login USER' (looked at {PLACES}{refused})"

    @property
    def is_in(self) -> bool:
        """Tell whether somebody acts whose login has not expired, as far as is known."""
        return self.login is not None and self.login.hours > 0

    def _act(self, session: Session, credential: Credential) -> None:
        if credential.is_token:
            self._take(session, Login(credential.user, credential.secret, credential.expires), credential.source)
        else:
            self._trade(session, credential.user, credential.secret, credential.source)

    def _trade(self, session: Session, user: str, password: str, source: str) -> None:
        try:
            login = Server(session.access.root, session).login(user, password)
        except NotAllowed as error:
            error.hint = f"is the user name right, and the password? It came from {source}"
            raise
        self._take(session, login, source)

    def _take(self, session: Session, login: Login, source: str) -> None:
        self.login, self.source = login, source
        session.access = replace(session.access, login=login.pair)
