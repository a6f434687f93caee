"""Take the login for our own server from what quickstart keeps of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from devpi_cli.auth.sources import Credential
from devpi_cli.errors import DevpiError
from devpi_cli.hosting import squatters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from devpi_cli.http.session import Session

ROOT = "root"
SOURCE = "server.json of your own server"


@dataclass(frozen=True)
class OwnServer:
    """The passwords that are kept for the users of our own server; ``as_root`` allows that of root."""

    root: str
    clientdir: Path
    as_root: bool = False
    log: Callable[[str], None] = lambda line: None

    def credential(self, session: Session, user: str | None) -> Credential | None:
        """Return the login kept for a user, by default the one that quickstart made.

        None if this is not our own server, if it does not prove over this very session that it is, or if none is kept.
        """
        from devpi_cli.hosting.local_server import LocalServer

        if not squatters.is_own(self.root, str(self.clientdir)):
            return None
        local_server = LocalServer(self.clientdir / squatters.FOLDER, self.log)
        try:
            passwords = local_server.passwords()
            user = user or next((name for name in passwords if name != ROOT), None)
            if user not in passwords or (user == ROOT and not self.as_root) or not local_server.answers(session):
                return None
        except DevpiError as error:  # its record or its secret cannot be read: there are other sources
            self.log(error.message)
            return None
        return Credential(user, passwords[user], SOURCE)
