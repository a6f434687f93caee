"""Log a session in: with given credentials, or after a refusal with found ones."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from threading import RLock
from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.auth.environment import SECRETS
from devpi_cli.auth.sources import PLACES, STORED
from devpi_cli.errors import DevpiError, NotAllowed
from devpi_cli.models import Login
from devpi_cli.server.api import Server, discover

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.auth.own_server import OwnServer
    from devpi_cli.auth.sources import Credential, CredentialSources
    from devpi_cli.http.identity import Identity
    from devpi_cli.http.session import Session


class Authenticator:
    """Gets the login of one session when it is first needed; keeps it only in memory.

    ``ask`` asks for a login and returns user and password, or None if it cannot ask. ``own`` has the passwords of our
    own server, and ``remember`` gets a login that was renewed with one.
    """

    def __init__(
        self,
        sources: CredentialSources,
        ask: Callable[[], tuple[str, str] | None],
        own: OwnServer | None = None,
        remember: Callable[[Login], None] = lambda login: None,
    ) -> None:
        self._sources = sources
        self._ask = ask
        self._own = own
        self._remember = remember
        self._is_prepared = False
        self._has_searched = False
        self._refused: list[str] = []
        # Requests run in parallel, and the user must not be asked twice. Reentrant, because logging in is a request.
        self._lock = RLock()

    def prepare(self, session: Session) -> None:
        """Log in with the environment or the state; called before every request."""
        with self._lock:
            if self._is_prepared:
                return
            self._is_prepared = True
            if self._own and self._own.as_root and self._renew(session):
                return
            if given := self._sources.given():
                session.log_in(trade(session, given))
                if given.source == STORED and not _is_in(session):
                    self._renew(session)

    def recover(self, session: Session, refused: Identity, error: NotAllowed) -> bool:
        """Try another login after a refusal; return True to repeat the request.

        If there is no other login, the hint of ``error`` lists the sources. Raises WrongUsage for half a login in the
        environment.
        """
        method, _, url = error.request.partition(" ")
        is_about_login = url.endswith(("/+login", "/+api")) or not urls.is_below(url, refused.root)
        if is_about_login or error.status not in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return False
        with self._lock:
            if session.identity is not refused:  # another thread logged in while the request was on its way
                return True
            if _is_in(session):
                return self._is_stale(session) and self._renew(session)
            self._search(session)
            if not _is_in(session):
                self._ask_for(session, f"{method} {url}", error)
            return _is_in(session)

    def search(self, session: Session) -> None:
        """Log in without asking the user, before something large is sent."""
        with self._lock:
            self.prepare(session)
            if not _is_in(session):
                self._search(session)

    def ask(self, session: Session, request: str, error: DevpiError | None = None) -> None:
        """Ask the user for a login that ``request`` needs.

        If nobody can be asked, and there is no login at all, the hint of ``error`` lists the sources.
        Raises WrongUsage for half a login in the environment, and NotAllowed for a wrong password.
        """
        with self._lock:
            self._ask_for(session, request, error)

    def _search(self, session: Session) -> None:
        """Search all sources for a login, once.

        If there is none, say which sources could not be read.
        """
        if self._has_searched:
            return
        self._has_searched = True
        if self._renew(session):
            return
        for found in self._sources.found():
            try:
                session.log_in(trade(session, found))
            except NotAllowed:
                self._refused.append(found.source)
                self._sources.log(f"login of {found.user} from {found.source} refused")
            else:
                return
        for line in self._sources.passed_over:
            self._sources.warn(line)

    def _is_stale(self, session: Session) -> bool:
        """Return True if our own server does not know the login any more; others are not asked.

        One from the environment was chosen for this command, and may be allowed less: it is not replaced.
        """
        login = session.identity.login
        if not self._own or (login and login.source in SECRETS):
            return False
        try:
            return discover(session.as_user(login), self._own.root).status not in ("ok", "")
        except DevpiError:
            return False

    def _renew(self, session: Session) -> bool:
        """Log in to our own server with the password that quickstart keeps; return False if there is none."""
        user = self._sources.user or (self._sources.stored.user if self._sources.stored else None)
        found = self._own.credential(session, user) if self._own else None
        if not (self._own and found):
            return False
        try:
            login = trade(session, found)
        except NotAllowed:
            self._refused.append(found.source)
            self._sources.log(f"login of {found.user} from {found.source} refused")
            return False
        self._sources.log(f"login of {found.user} from {found.source}")
        session.log_in(login)
        if not self._own.as_root:
            self._remember(replace(login, source=""))
        return True

    def _ask_for(self, session: Session, request: str, error: DevpiError | None) -> None:
        if asked := self._ask():
            session.log_in(password_login(session, *asked, source="the prompt"))
            return
        if half := self._sources.half_set():
            half.message = f"{request.rpartition(' ')[2]} needs a login\n{half.message}"
            raise half
        if error and not session.identity.login:
            refused = f"; the server refused that from {' and '.join(self._refused)}" if self._refused else ""
            error.hint = f"not logged in: type 'devpi login USER' (looked at {PLACES}{refused})"


def trade(session: Session, credential: Credential) -> Login:
    """Return the login for a credential; a password is exchanged for a token.

    Raises NotAllowed for a wrong password, and what ``Session.request`` raises.
    """
    if credential.is_token:
        return Login(credential.user, credential.secret, credential.expires, credential.source)
    return password_login(session, credential.user, credential.secret, source=credential.source)


def password_login(session: Session, user: str, password: str, *, source: str = "") -> Login:
    """Exchange a password for a login. Raises what ``trade`` raises."""
    try:
        login = Server(session.identity.root, session).login(user, password)
    except NotAllowed as error:
        if source:
            error.hint = f"the password came from {source}"
        raise
    return replace(login, source=source)


def _is_in(session: Session) -> bool:
    """Return whether the session has a login that has not expired, as far as known."""
    return session.identity.login is not None and session.identity.login.is_current
