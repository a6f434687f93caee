"""What the commands about the server of one's own share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.errors import DevpiError, WrongUsage
from devpi_cli.hosting.local_server import LocalServer
from devpi_cli.http.retries import Retries
from devpi_cli.http.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.cli.app import App

ASK_SECONDS = 5.0


def own_server(app: App) -> LocalServer:
    """Return the local_server beside the state file."""
    return LocalServer(app.state.path.parent.absolute() / "server")


def answers_for(local_server: LocalServer, app: App) -> Callable[[str], bool]:
    """Return what tells whether the server at a URL is up, and is this local_server and not another's."""

    def answers(url: str) -> bool:
        session = Session(timeout=ASK_SECONDS, retries=Retries(most_seconds=ASK_SECONDS), log=app.out.debug)
        try:
            status = session.request("GET", f"{url}+status").result
        except DevpiError:
            return False
        finally:
            session.close()
        return isinstance(status, dict) and status.get("serverdir") == str(local_server.data)

    return answers


def is_running(local_server: LocalServer, app: App) -> bool:
    """Tell whether the local_server's server is up."""
    return local_server.exists and answers_for(local_server, app)(local_server.url)


def ensure_running(local_server: LocalServer, app: App, port: int | None) -> str:
    """Start the local_server's server unless it runs; return which of the two it was.

    Raises WrongUsage when it runs on another port than was asked for.
    """
    if not is_running(local_server, app):
        local_server.start(answers_for(local_server, app), port=port)
        return "started"
    if port and port != urls.origin(local_server.url)[2]:
        raise WrongUsage(f"the server already runs at {local_server.url}", hint="type 'devpi server stop' first")
    return "already running"
