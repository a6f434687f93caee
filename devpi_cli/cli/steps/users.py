"""Create and modify users, or show what a dry run would do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from devpi_cli import urls
from devpi_cli.printable import SECRET_KEYS
from devpi_cli.server.config_changes import refuse_empty_password

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from devpi_cli.cli.app import App
    from devpi_cli.server.api import Server

    _Command = TypeVar("_Command", bound="Callable[..., Any]")

IS_EMPTY = "is a variable unset? If it is meant, add --allow-empty-password"


def allow_empty_option() -> Callable[[_Command], _Command]:
    """Add ``--allow-empty-password``."""
    return click.option("--allow-empty-password", "allow_empty", is_flag=True, help="Let a password be empty.")


def passwords_option() -> Callable[[_Command], _Command]:
    """Add ``--passwords``, a file for the passwords that are made."""
    return click.option(
        "--passwords",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write the passwords made for new users to FILE (0600). [stdout]",
    )


def require_password(config: Mapping[str, str], *, allow_empty: bool) -> None:
    """Raise WrongUsage for an empty password unless it is allowed."""
    if not allow_empty:
        refuse_empty_password(config, IS_EMPTY)


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


def modify_user(app: App, server: Server, name: str, config: Mapping[str, str], *, allow_empty: bool = False) -> None:
    """Modify a user and print the changes; remember the token for a new password."""
    require_password(config, allow_empty=allow_empty)
    login = server.modify_user(name, config, allow_empty_password=allow_empty)
    if login and app.state.login(server.root, name):
        with app.state.changing() as state:
            if name in state.known(server.root).logins:
                state.at(server.root).logins[name] = login
    for key, value in sorted(config.items()):
        app.out.line(f"{urls.path(server.url(name))} changing {key}: {'********' if key in SECRET_KEYS else value}")
    app.out.line(f"user modified: {name}" if config else f"nothing to change: {name}")
    app.out.document({"user": name, "modified": sorted(config)})
