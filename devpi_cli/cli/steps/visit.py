"""What the checks of doctor look at, and what earlier checks have learnt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devpi_cli.cli.steps.install_env import chosen_venv
from devpi_cli.errors import BrokenState
from devpi_cli.programs import venvs

if TYPE_CHECKING:
    from pathlib import Path

    from devpi_cli.cli.app import App
    from devpi_cli.cli.target import Target
    from devpi_cli.http.responses import Reply
    from devpi_cli.models import Login, Service, Status
    from devpi_cli.server.api import Server


@dataclass
class Visit:
    """The surroundings of a client: its server and index, and what the server has answered."""

    app: App
    target: Target | None = None
    server: Server | None = None
    index: str | None = None
    reply: Reply | None = field(default=None, repr=False)
    """The server's reply about its status; None if there was none."""
    status: Status | None = None
    service: Service | None = None

    @property
    def root(self) -> str:
        """The root URL of the server in use; empty for none."""
        return self.target.root if self.target else ""

    @property
    def login(self) -> Login | None:
        """The current login, if any."""
        return self.server.session.acting() if self.server else None

    @property
    def has_answered(self) -> bool:
        """Return True if the server has replied, if only with a refusal."""
        return self.reply is not None or self.service is not None

    @property
    def is_own(self) -> bool:
        """Return True if the server is the one that quickstart set up."""
        return bool(self.root) and self.app.own_server(self.root) is not None

    @property
    def venv(self) -> Path | None:
        """The virtual environment that 'devpi install' would use."""
        try:
            return chosen_venv(self.app, None)
        except BrokenState:
            return venvs.active()
