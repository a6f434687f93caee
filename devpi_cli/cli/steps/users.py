"""Create and modify users, or show what a dry run would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli import urls

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from devpi_cli.cli.app import App
    from devpi_cli.server.api import Server

SECRET_KEYS = ("password", "pwhash")


def plan_user(  # noqa: PLR0913, PLR0917 (all parts of one report)
    app: App, server: Server, name: str, would: str, config: Mapping[str, str], indexes: Iterable[str] = ()
) -> None:
    """Print what a dry run would do to a user: create, modify, delete or nothing."""
    app.out.line(f"would change nothing: {name}" if would == "nothing" else f"would {would} user: {name}")
    for key, value in sorted(config.items()):
        app.out.line(f"  {key}={'********' if key in SECRET_KEYS else value}")
    for index in indexes:
        app.out.line(f"would delete index: {server.url(index)}")
    app.out.document({"user": name, "dry_run": True, "would": would, "keys": sorted(config), "indexes": list(indexes)})


def modify_user(app: App, server: Server, name: str, config: Mapping[str, str]) -> None:
    """Modify a user and print the changes; remember the token for a new password."""
    login = server.modify_user(name, config)
    if login and app.state.login(server.root, name):
        with app.state.changing() as state:
            if name in state.known(server.root).logins:
                state.at(server.root).logins[name] = login
    for key, value in sorted(config.items()):
        app.out.line(f"{urls.path(server.url(name))} changing {key}: {'********' if key in SECRET_KEYS else value}")
    app.out.line(f"user modified: {name}")
    app.out.document({"user": name, "modified": sorted(config)})
