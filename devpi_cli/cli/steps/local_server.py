"""Find, check and start the user's own server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.errors import DevpiError, WrongUsage
from devpi_cli.hosting.local_server import LocalServer
from devpi_cli.http.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.cli.app import App

ASK_SECONDS = 5.0


def own_server(app: App) -> LocalServer:
    """Return the user's own server, in the folder of the state file."""
    return LocalServer(app.state.path.parent.absolute() / "server")


def answers_for(local_server: LocalServer, app: App) -> Callable[[str], bool]:
    """Return a function that checks whether ``local_server`` is up at a URL."""

    def answers(url: str) -> bool:
        session = Session(log=app.out.debug).hurried(ASK_SECONDS)
        try:
            status = session.request("GET", f"{url}+status").result
        except DevpiError:
            return False
        finally:
            session.close()
        return isinstance(status, dict) and status.get("serverdir") == str(local_server.data)

    return answers


def is_running(local_server: LocalServer, app: App) -> bool:
    """Return True if the server is up."""
    return local_server.exists and answers_for(local_server, app)(local_server.url)


def ensure_running(local_server: LocalServer, app: App, port: int | None) -> str:
    """Start the server unless it is running; return "started" or "already running".

    Raises WrongUsage if it is running on another port than ``port``.
    """
    if not is_running(local_server, app):
        local_server.start(answers_for(local_server, app), port=port)
        return "started"
    if port and port != urls.origin(local_server.url)[2]:
        raise WrongUsage(f"the server already runs at {local_server.url}", hint="type 'devpi server stop' first")
    return "already running"
