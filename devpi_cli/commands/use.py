"""devpi use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devpi_cli import installers, urls
from devpi_cli.api import discover
from devpi_cli.app import App, pass_app
from devpi_cli.commands._options import index_of
from devpi_cli.errors import LoginRequired, NothingInUse, WrongUsage

if TYPE_CHECKING:
    from devpi_cli.models import Login, Service


@click.command(epilog="\b\nExamples:\n  devpi use http://localhost:3141\n  devpi use alice/dev\n  devpi use -l")
@click.argument("url", required=False, metavar="[URL | USER/INDEX | INDEX]")
@click.option("--list", "-l", "list_", is_flag=True, help="List all indexes of the server.")
@click.option("--user", "-u", metavar="USER", help="With --list: only this user's. Else: act as USER, who logged in.")
@click.option("--urls", "show_urls", is_flag=True, help="Show the URLs behind the index.")
@click.option("--delete", is_flag=True, help="Forget the server and index in use; logins are kept.")
@pass_app
def command(app: App, url: str | None, list_: bool, user: str | None, show_urls: bool, delete: bool) -> None:
    """Choose the server and index to work with, or show them.

    A URL chooses a server, or one of its indexes; USER/INDEX and INDEX (of the user who is logged in) one on the
    server in use. Without an argument it shows what is in use, who is logged in, and what pip and uv are set to.
    """
    if delete:
        _forget(app)
        return
    if list_:
        _list(app, url, user)
        return
    app.user = user
    service = _ask(app, url) if url else _in_use(app)
    login = _settle(app, service, keep=not (url and show_urls), chosen=url) if service else None
    _show(app, service, login, show_urls=show_urls)


def _forget(app: App) -> None:
    if app.state.server is None:
        raise NothingInUse("NO configuration found")
    with app.state.changing() as state:
        state.server = state.index = None
        state.is_mirror = False
    app.out.line(f"REMOVED configuration at {app.state.path}")
    app.out.document({"removed": str(app.state.path)})


def _list(app: App, url: str | None, user: str | None) -> None:
    if url:
        app.elsewhere = _ask(app, url).root
    users = [app.server.user(user)] if user else app.server.users()
    indexes = [index for owner in users for index in owner.indexes]
    for index in indexes:
        bases = ",".join(index.config.get("bases") or ())
        app.out.line(f"{index.name:<15} bases={bases:<15} volatile={index.config.get('volatile')}")
    app.out.document({"indexes": [{"name": index.name, **index.config} for index in indexes]})


def _in_use(app: App) -> Service | None:
    if app.state.server is None:
        return None
    return discover(app.session, app.server.url(app.state.index) if app.state.index else app.root)


def _settle(app: App, service: Service, *, keep: bool, chosen: str | None) -> Login | None:
    """Use from now on what was asked for, unless it is only shown; forget a login that the server does not accept.

    Return the login that is left.
    """
    if chosen and urls.is_url(chosen) and urls.origin(chosen) != urls.origin(service.root):
        app.out.warn(f"the server has rewritten the url to: {urls.hide(service.root)}")
    asked, app.elsewhere = app.root, service.root
    login = app.login
    if app.user and not login:
        raise LoginRequired(f"{app.user} is not logged in at {service.root}", hint=f"type 'devpi login {app.user}'")
    refused = login is not None and asked == service.root and service.status not in ("ok", "")
    if keep:
        _keep(app, service, chosen=bool(chosen), lost=login.user if login and refused else None)
    if login and refused:
        why = "has expired" if service.status == "expired" else "is no longer valid"
        app.out.note(f"the login of {login.user} {why}: type 'devpi login {login.user}'")
        return None
    return login


def _keep(app: App, service: Service, *, chosen: bool, lost: str | None) -> None:
    if not (chosen or app.user or lost):
        return
    with app.state.changing() as state:
        known = state.at(service.root)
        if chosen:
            state.server = service.root
            state.index = service.index.removeprefix(service.root) if service.index else None
            state.is_mirror = service.is_mirror
            known.features = list(service.features)
            known.basic_auth = app.basic_auth or known.basic_auth
        known.user = app.user or known.user
        if lost:
            known.logins.pop(lost, None)


def _ask(app: App, typed: str) -> Service:
    """Ask for what was typed: a URL, ``/``, ``user/index`` or ``index``."""
    if not urls.is_url(typed):
        if ":" in typed.partition("/")[0]:
            raise WrongUsage(f"{typed!r} is no index", hint=f"for a server type 'devpi use http://{typed}'")
        return discover(app.session, app.root if typed == "/" else app.server.url(index_of(app, typed)))
    url, app.basic_auth = urls.without_login(urls.checked(typed).partition("/+simple")[0])  # as copied from a pip.conf
    app.elsewhere = app.state.root_of(f"{url}/") or f"{url}/"
    return discover(app.session, url)


def _show(app: App, service: Service | None, login: Login | None, *, show_urls: bool) -> None:
    who = f"logged in as {login.user}" if login else "not logged in"
    if service is None:
        app.out.line("no server: type 'devpi use URL' with a URL pointing to a server or directly to an index.")
    elif service.index is None:
        app.out.line(f"using server: {service.root} ({who})")
        app.out.line("no current index: type 'devpi use -l' to discover indices")
    else:
        app.out.line(f"current devpi index: {service.index} ({who})")
        places = {"login": service.login, "pypisubmit": service.pypisubmit, "simpleindex": service.simpleindex}
        for name, place in places.items() if show_urls or app.debug else ():
            app.out.line(f"{name:>19}: {place}")
        if service.features:
            app.out.line(f"supported features: {', '.join(service.features)}")
    settings = _show_settings(app)
    app.out.document(
        {
            "server": service.root if service else None,
            "index": service.index if service else None,
            "user": login.user if login else None,
            "features": list(service.features) if service else [],
            "login": service.login if service else None,
            "pypisubmit": service.pypisubmit if service else None,
            "simpleindex": service.simpleindex if service else None,
            "settings": settings,
        }
    )


def _show_settings(app: App) -> dict[str, str]:
    """Show which index pip, uv and others are set to."""
    venv = installers.active_venv()
    if venv:
        app.out.line(f"venv for install/set commands: {venv}")
        app.out.line("only setting venv pip/uv config, no global configuration changed")
    settings = {str(file.path): file.status() for file in installers.settings(venv)}
    for path, status in settings.items():
        app.out.line(f"{path}: {status}")
    app.out.line(f"always-set-cfg: {'yes' if app.state.always_set_cfg else 'no'}")
    return settings
