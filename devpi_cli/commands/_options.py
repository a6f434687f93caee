"""Options that several commands share."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from devpi_cli import urls
from devpi_cli.errors import LoginRequired, NothingInUse, WrongUsage

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.app import App

_Command = TypeVar("_Command", bound="Callable[..., Any]")


def index_option(purpose: str) -> Callable[[_Command], _Command]:
    """Add ``--index`` (``DEVPI_INDEX``); ``chosen_index`` makes sense of what was typed."""

    return click.option(
        "--index",
        envvar="DEVPI_INDEX",
        metavar="INDEX",
        help=f"Index to {purpose}, as NAME, USER/NAME or URL. [the one in use]",
    )


def chosen_index(app: App, typed: str | None) -> str:
    """Return ``user/index`` for what was typed, for ``DEVPI_INDEX``, or of the index in use.

    A URL leads to its server for this command.

    Raises NothingInUse, LoginRequired (a name alone belongs to who is logged in) or WrongUsage.
    """
    typed = typed or os.environ.get("DEVPI_INDEX")
    if typed and urls.is_url(typed):
        url, app.basic_auth = urls.without_login(urls.checked(typed))
        app.elsewhere, index = urls.split_index(url)
        return index
    root = app.root
    if typed:
        return index_of(app, typed)
    if app.state.index is None:
        raise NothingInUse(
            f"no index in use at {root}", hint="type 'devpi use USER/INDEX', or 'devpi use -l' to see which there are"
        )
    return app.state.index


def index_of(app: App, typed: str) -> str:
    """Return ``user/index`` for a name that may leave out the user who is logged in."""
    app.state.require_server()
    user = acting_user(app)
    if not user and "/" not in typed.strip("/"):
        raise LoginRequired(
            f"whose index is {typed!r}? nobody is logged in", hint=f"type USER/{typed}, or 'devpi login USER' first"
        )
    return urls.index_name(typed, user)


def acting_user(app: App) -> str | None:
    """Return who acts: ``DEVPI_USER``, or who is logged in."""
    return app.user or os.environ.get("DEVPI_USER") or (app.login.user if app.login else None)


def key_values(typed: tuple[str, ...], operators: str = "") -> dict[str, str]:
    """Return ``key=value`` arguments as a dictionary; with operators, keys keep their ``+`` or ``-``.

    Raises WrongUsage for an argument without ``=``, without a key, or with a key that came before.
    """
    found: dict[str, str] = {}
    for argument in typed:
        key, equals, value = argument.partition("=")
        name = key.rstrip(operators) if operators else key
        if not equals or not name:
            raise WrongUsage(f"{argument!r} is not of the form KEY=VALUE")
        if key in found:
            raise WrongUsage(f"{key!r} is given twice")
        found[key] = value
    return found


def password_from_stdin() -> str:
    """Return the first line of standard input. Raises WrongUsage when there is none: nobody meant an empty password."""
    line = sys.stdin.readline() if sys.stdin else ""
    if not line:
        raise WrongUsage("there is no password on standard input")
    return line.rstrip("\r\n")


def url_of(app: App, typed: str) -> str:
    """Return the URL of what was typed: a URL, a path from the server's root (``/…``) or from the index in use."""
    if urls.is_url(typed):
        urls.checked(typed)
        url, app.basic_auth = urls.without_login(typed)
        app.elsewhere = app.state.root_of(url) or url
        return url
    if typed.startswith("/"):
        return urls.absolute(app.root, typed)
    index = chosen_index(app, None)  # it may be one of another server
    return urls.absolute(app.server.url(index), typed)
