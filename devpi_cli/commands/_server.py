"""What the commands about the server of one's own share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.errors import DevpiError
from devpi_cli.registry import Registry
from devpi_cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.app import App

ASK_SECONDS = 5.0


def own_registry(app: App) -> Registry:
    """Return the registry beside the state file."""
    return Registry(app.state.path.parent.absolute() / "server")


def answers_for(registry: Registry, app: App) -> Callable[[str], bool]:
    """Return what tells whether the server at a URL is up, and is this registry and not another's."""

    def answers(url: str) -> bool:
        session = Session(timeout=ASK_SECONDS, log=app.out.debug)
        try:
            status = session.request("GET", f"{url}+status").result
        except DevpiError:
            return False
        finally:
            session.close()
        return isinstance(status, dict) and status.get("serverdir") == str(registry.data)

    return answers


def is_running(registry: Registry, app: App) -> bool:
    """Tell whether the registry's server is up."""
    return registry.exists and registry.pid is not None and answers_for(registry, app)(registry.url)
