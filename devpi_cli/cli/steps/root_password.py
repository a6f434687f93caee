"""Take, ask for or make the password of root for a new server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from devpi_cli.cli.options import password_from_stdin
from devpi_cli.errors import WrongUsage
from devpi_cli.hosting.local_server import new_password
from devpi_cli.hosting.passwords import hash_of, require_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.cli.app import App

_Command = TypeVar("_Command", bound="Callable[..., Any]")

VARIABLE, HASH_VARIABLE = "DEVPISERVER_ROOT_PASSWD", "DEVPISERVER_ROOT_PASSWD_HASH"
STDIN = click.option("--root-password-stdin", is_flag=True, help="Read the password of root from standard input.")
PASSWORD = click.option(
    "--root-passwd", metavar="PASSWORD", allow_from_autoenv=False, help="Password of root; others can see it in 'ps'."
)
HASH = click.option(
    "--root-passwd-hash",
    metavar="HASH",
    allow_from_autoenv=False,
    help="Hash of root's password, as devpi-server makes it.",
)


class RootPassword(NamedTuple):
    """The hash for root, and the password itself if it was made here and must be shown."""

    hash: str | None = None
    made: str | None = None

    def show(self, app: App) -> None:
        """Show the password, once."""
        if self.made:
            app.out.verbatim(f"password of root, shown only now: {self.made}")


def root_password_options(command: _Command) -> _Command:
    """Add the options for the password of root: those of devpi-server, and one that shows nothing to others."""
    for option in (HASH, PASSWORD, STDIN):
        command = option(command)
    return command


def root_password(app: App, typed: str | None, hashed: str | None, *, from_stdin: bool) -> RootPassword:
    """Return the password of root that was given; without one, nothing.

    Raises WrongUsage if it was given twice, is empty or is no hash.
    """
    if sum(map(bool, (typed is not None, hashed, from_stdin))) > 1:
        raise WrongUsage("the password of root is given twice")
    if hashed or (typed is None and not from_stdin and (hashed := os.environ.get(HASH_VARIABLE))):
        return RootPassword(require_hash(hashed))
    if typed is not None:
        app.out.warn("others can see --root-passwd in 'ps', and it is in your history: --root-password-stdin is safer")
    password = password_from_stdin() if from_stdin else typed if typed is not None else os.environ.get(VARIABLE)
    if password is None:
        return RootPassword()
    if not password:
        raise WrongUsage("the password of root is empty")
    return RootPassword(hash_of(password))


def ask_or_make(app: App) -> RootPassword:
    """Ask for a password of root, or make one if nobody can be asked."""
    if app.out.can_ask:
        return RootPassword(hash_of(app.out.ask_new_password("root", "type it with --root-password-stdin")))
    password = new_password()
    return RootPassword(hash_of(password), password)
