"""What the commands about users share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli import urls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devpi_cli.app import App

SECRET_KEYS = ("password", "pwhash")


def modify_user(app: App, name: str, config: Mapping[str, str]) -> None:
    """Modify a user and say what changed; a token that comes with a new password of one's own is kept."""
    login = app.server.modify_user(name, config)
    if login:
        with app.state.changing() as state:
            known = state.at(app.root)
            if name in known.logins:
                known.logins[name] = login
    for key, value in sorted(config.items()):
        app.out.line(f"{urls.path(app.server.url(name))} changing {key}: {'********' if key in SECRET_KEYS else value}")
    app.out.line(f"user modified: {name}")
    app.out.document({"user": name, "modified": sorted(config)})
