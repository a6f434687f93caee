"""Which server, index and user a command is about."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.errors import LoginRequired, NothingInUse

if TYPE_CHECKING:
    from devpi_cli.cli.app import App
    from devpi_cli.models import Login


def chosen_index(app: App, typed: str | None) -> str:
    """Return ``user/index`` for what was typed, for ``DEVPI_INDEX``, or of the index in use.

    A URL leads to its server for this command.

    Raises NothingInUse, LoginRequired (a name alone belongs to who is logged in) or WrongUsage.
    """
    index = index_if_any(app, typed)
    if index is None:
        hint = "type 'devpi use USER/INDEX', or 'devpi use -l' to see which there are"
        raise NothingInUse(f"no index in use at {app.root}", hint=hint)
    return index


def index_if_any(app: App, typed: str | None) -> str | None:
    """Return what ``chosen_index`` returns, and None where a server is in use and no index of it."""
    variable, named = os.environ.get("DEVPI_INDEX"), urls.named_place()
    if typed and typed != variable and urls.is_url(typed):
        url, app.basic_auth = urls.without_login(urls.checked(typed))
        app.elsewhere, app.index = urls.split_index(url)
        return app.index
    if typed == variable or not typed:
        typed = None if named else variable
    if app.root:  # or it raises NothingInUse
        app.index = index_of(app, typed) if typed else index_in_use(app)
    return app.index


def index_in_use(app: App) -> str | None:
    """Return ``user/index`` of the URL in ``DEVPI_INDEX``, else of the index in use at that server; None for none."""
    named = urls.named_place()
    if named and named.index:
        return named.index
    return app.state.index if app.place == app.state.server else None


def index_of(app: App, typed: str) -> str:
    """Return ``user/index`` for a name that may leave out the user who is logged in."""
    user = acting_user(app)
    if not user and "/" not in typed.strip("/"):
        raise LoginRequired(
            f"whose index is {typed!r}? nobody is logged in", hint=f"type USER/{typed}, or 'devpi login USER' first"
        )
    return urls.index_name(typed, user)


def acting_user(app: App) -> str | None:
    """Return who acts at the server in use: ``DEVPI_USER``, whose token is in ``DEVPI_TOKEN``, or who is logged in.

    Raises NothingInUse without a server, and WrongUsage for a password in the environment that is nobody's.
    """
    app.root  # noqa: B018 (or it raises NothingInUse)
    credentials = app.logins.credentials
    if not credentials.acting and (half := credentials.half_set()):
        raise half
    return credentials.acting


def stored_login(app: App) -> Login | None:
    """Return the login that is remembered of who acts, at the server in use or named."""
    return app.state.login(app.place or "", app.user or os.environ.get("DEVPI_USER"))


def url_of(app: App, typed: str) -> str:
    """Return the URL of what was typed: a URL, a path from the server's root (``/…``) or from the index in use."""
    if urls.is_url(typed):
        urls.checked(typed)
        url, basic_auth = urls.without_login(typed.strip())
        named = urls.named_place()
        known = named.root if named and urls.is_below(url, named.root) else app.state.root_of(url)
        app.elsewhere, app.basic_auth, app.only_stored = known or url, basic_auth or app.basic_auth, known is None
        return url
    if typed.startswith("/"):
        return urls.absolute(app.root, typed)
    index = chosen_index(app, None)  # it may be one of another server
    return urls.absolute(app.server.url(index), typed)
