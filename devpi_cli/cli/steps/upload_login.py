"""Make sure of the login for an upload.

This happens before a build, and before anything large is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from devpi_cli.cli.steps.hints import may_upload, no_longer_good
from devpi_cli.errors import LoginRequired, Refused
from devpi_cli.server.api import discover

if TYPE_CHECKING:
    from devpi_cli.cli.app import App
    from devpi_cli.models import Login
    from devpi_cli.server.api import Server


@dataclass
class UploadLogin:
    """The login for uploads to an index, which may be open to everybody."""

    app: App
    server: Server
    index: str
    _is_open: bool | None = None

    def before_build(self) -> None:
        """Ask for the login that the upload will need, or raise LoginRequired.

        A login whose expiry is known costs no request, any other or none at all costs one.
        """
        login = self.server.session.find_login()
        reason = self._no_longer_good(login) if login else ""
        if (login and not reason) or self.is_open:
            return
        url = f"{self.server.url(self.index)}/"
        error = LoginRequired(f"the upload to {url} needs a login", hint=reason)
        self.server.session.ask_login(f"POST {url}", error)
        if self.server.session.identity.login is login:
            raise error

    def before_sending(self) -> None:
        """Ask for a login if there is none, or if it has expired.

        It is asked for only if somebody is there. If nobody can, the server has the last word.
        """
        session = self.server.session
        login = session.find_login()
        if not (login and login.is_current) and self.app.out.can_ask and not self.is_open:
            session.ask_login(f"POST {self.server.url(self.index)}/")

    @property
    def is_open(self) -> bool:
        """Whether everybody may upload, which the server is asked once."""
        if self._is_open is None:
            self._is_open = may_upload(None, self.server.index(self.index, projects=False).listed("acl_upload"))
        return self._is_open

    def _no_longer_good(self, login: Login) -> str:
        if login.expires < inf:
            return no_longer_good(login, "")
        try:
            return no_longer_good(login, discover(self.server.session, self.server.root).status)
        except Refused:  # not everybody shows it
            return ""
