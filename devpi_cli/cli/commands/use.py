"""The command devpi use: the server and index to work with, and settings of pip and uv."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from devpi_cli import urls
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.expiry import expired, invalid
from devpi_cli.cli.steps.install_env import NONE, chosen_venv
from devpi_cli.cli.steps.pip_settings import TRUST, make, plan, put_back, show, show_diff
from devpi_cli.cli.steps.service import OUTSIDE_URL, ask, trouble_at
from devpi_cli.cli.target import root_of
from devpi_cli.errors import LoginRequired, NothingInUse, WrongUsage
from devpi_cli.files import expanded

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.cli.steps.service import Asked
    from devpi_cli.cli.target import Target
    from devpi_cli.installers.changes import Change
    from devpi_cli.models import Login, Service
    from devpi_cli.server.api import Server


@click.command(
    epilog="\b\nExamples:\n  devpi use http://localhost:3141\n  devpi use alice/dev --set-cfg\n  devpi use -l\n"
    "  devpi use alice/dev --diff"
)
@click.argument("url", required=False, metavar="[URL | USER/INDEX | INDEX]")
@click.option("--list", "-l", "list_", is_flag=True, help="List all indexes of the server.")
@click.option("--user", "-u", metavar="USER", help="Act as USER; with --list, show only USER's indexes.")
@click.option("--urls", "show_urls", is_flag=True, help="Show the URLs behind the index.")
@click.option("--delete", is_flag=True, help="Forget the server and index in use; logins are kept.")
@click.option("--local", is_flag=True, help="From now on, store the choice in the active virtual environment.")
@click.option(
    "--venv", metavar="DIR", help="From now on, configure and install in this virtual environment; - forgets it."
)
@click.option(
    "--client-cert", metavar="FILE", help="Present this certificate (PEM, with key) to the server; '' forgets it."
)
@click.option("--set-cfg", is_flag=True, help="Configure pip, uv and others for the index in use.")
@click.option("--always-set-cfg", type=click.Choice(["yes", "no"]), help="Whether every 'devpi use' does --set-cfg.")
@click.option(
    "--pip-set-trusted",
    "-t",
    "trust",
    type=click.Choice(TRUST),
    help="With --set-cfg: let pip trust the host without TLS; auto: for http, unless it is this machine. [auto]",
)
@click.option(
    "--diff", is_flag=True, help="Show what --set-cfg or --undo would change in the files, and change nothing."
)
@click.option("--undo", is_flag=True, help="Restore the files that --set-cfg changed.")
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be done; change nothing.")
@pass_app
def command(
    app: App,
    url: str | None,
    list_: bool,
    user: str | None,
    show_urls: bool,
    delete: bool,
    local: bool,
    venv: str | None,
    client_cert: str | None,
    set_cfg: bool,
    always_set_cfg: str | None,
    trust: str | None,
    diff: bool,
    undo: bool,
    dry_run: bool,
) -> None:
    """Choose the server and index to work with, or show them.

    A URL chooses a server, or one of its indexes; USER/INDEX, or INDEX of the logged-in user, chooses an index on the
    server in use. Without an argument it shows the server and index in use, the login, and the index that pip and uv
    use.

    --set-cfg changes the user's pip.conf and uv.toml, or those of the virtual environment. Their other settings are
    kept, and the original file is saved as FILE-bak.
    """
    changes_nothing = dry_run or diff
    if local and not changes_nothing:
        _make_local(app)
    if delete:
        _forget(app, dry_run=changes_nothing)
        return
    if list_:
        _list(app, url, user)
        return
    folder = chosen_venv(app, venv)
    if undo:
        put_back(app, folder, diff=diff, dry_run=dry_run)
        return
    _import_state(app, dry_run=changes_nothing)
    client_cert = _certificate(client_cert)
    choice = _choice(app, url, user, client_cert)
    asked = ask(choice.server, choice.url) if choice else None
    keep = not changes_nothing and not (url and show_urls)
    login = _settle(app, choice, asked, keep=keep) if choice and asked else None
    if not changes_nothing:
        _remember(app, asked, client_cert, folder, venv=venv, always=always_set_cfg, trust=trust)
    changes = _plan(app, asked, folder, trust, wanted=set_cfg or diff, always=keep or dry_run)
    if diff:
        show_diff(app, changes)
        return
    if not dry_run:
        make(app, changes)
    _show(
        app,
        asked.service if asked else None,
        login,
        show_urls=show_urls,
        more=lambda: show(app, folder, changes if dry_run else []),
    )


@dataclass(frozen=True)
class Choice:
    """The chosen server, and the URL to ask it about; ``typed`` is empty for what is in use."""

    typed: str | None
    user: str | None
    target: Target
    server: Server
    url: str

    @property
    def is_url(self) -> bool:
        """True if the choice was typed as a URL."""
        return bool(self.typed and urls.is_url(self.typed))


def _choice(app: App, typed: str | None, user: str | None, client_cert: str | None) -> Choice | None:
    """Return the choice typed as a URL, ``/``, ``user/index`` or ``index``, or what is in use, or None."""
    if typed and urls.is_url(typed):
        return _chosen_by_url(app, typed, user, client_cert)
    if typed and ":" in typed.partition("/")[0]:
        raise WrongUsage(f"{typed!r} is not an index", hint=f"for a server type 'devpi use http://{typed}'")
    target = app.target(user=user)
    if not (typed or target.root or target.ownerless):
        return None
    server = app.connect(target, client_cert=client_cert)
    index = None if typed == "/" else target.index_named(typed) if typed else target.optional_index()
    return Choice(typed, user, target, server, server.url(index) if index else target.root)


def _chosen_by_url(app: App, typed: str, user: str | None, client_cert: str | None) -> Choice:
    """Return the server at a URL, such as one from a pip.conf; it gets only a stored login."""
    url, basic_auth = urls.without_login(urls.checked(typed).partition("/+simple")[0])
    root = root_of(f"{url}/", app.state.servers) or f"{url}/"
    target = app.target(user=user)._replace(root=root, index=None, basic_auth=basic_auth, ownerless="")
    return Choice(typed, user, target, app.connect(target, authenticate=False, client_cert=client_cert), url)


def _plan(
    app: App, asked: Asked | None, venv: Path | None, trust: str | None, *, wanted: bool, always: bool
) -> list[Change]:
    """Return the changes of settings that were asked for, or are always made."""
    if wanted:
        return plan(app, asked, venv, trust)
    if not (always and app.state.always_set_cfg and asked):
        return []
    if asked.service.index is None:
        app.out.note("the settings of pip and uv are unchanged: no index is in use")
        return []
    return plan(app, asked, venv, trust)


def _make_local(app: App) -> None:
    if app.state.local is None:
        raise WrongUsage("--local needs an active virtual environment")
    if app.state.is_local:
        return
    with app.state.changing() as state:
        state.is_local = True
    app.out.line(f"Creating local configuration at {app.state.local}")


def _import_state(app: App, *, dry_run: bool) -> None:
    """Import the state of devpi-client once; its own files stay unchanged."""
    folder = app.state.imported_from
    if dry_run or not folder:
        return
    with app.state.changing() as state:
        state.imported_from = None
    app.out.note(f"imported from devpi-client: server, index and logins in {folder}")


def _certificate(typed: str | None) -> str | None:
    """Return the absolute path of a client certificate; empty for none."""
    if not typed:
        return typed
    path = expanded(Path(typed)).absolute()
    if not path.is_file():
        raise WrongUsage(f"there is no client certificate {path}")
    return str(path)


def _remember(
    app: App,
    asked: Asked | None,
    client_cert: str | None,
    folder: Path | None,
    *,
    venv: str | None,
    always: str | None,
    trust: str | None,
) -> None:
    """Store the settings that were typed, and nothing else."""
    if client_cert is not None and asked is None:
        raise NothingInUse(
            "for which server is this client certificate?", hint="type 'devpi use URL --client-cert FILE'"
        )
    if not (venv or always or client_cert is not None):
        return
    with app.state.changing() as state:
        if venv:
            state.venv = None if venv == NONE else str(folder)
        if always:
            state.always_set_cfg, state.pip_set_trusted = always == "yes", trust or "auto"
        if asked and client_cert is not None:
            state.at(asked.service.root).client_cert = client_cert or None


def _forget(app: App, *, dry_run: bool) -> None:
    if app.state.server is None:
        raise NothingInUse("NO configuration found")
    path = app.state.local if app.state.local and app.state.is_local else app.state.path
    if dry_run:
        app.out.line(f"would remove configuration at {path}")
        app.out.document({"would_remove": str(path)})
        return
    if path == app.state.local and path.exists():
        path.unlink()
    else:
        with app.state.changing() as state:
            state.server = state.index = None
            state.is_mirror = False
    app.out.line(f"REMOVED configuration at {path}")
    app.out.document({"removed": str(path)})


def _list(app: App, url: str | None, user: str | None) -> None:
    choice = _choice(app, url, None, None) if url else None
    if choice:
        root = ask(choice.server, choice.url).service.root
        server = app.connect(choice.target._replace(root=root), authenticate=not choice.is_url)
    else:
        server = app.connect(app.target())
    users = [server.user(user)] if user else server.users()
    indexes = [index for owner in users for index in owner.indexes]
    for index in indexes:
        bases = ",".join(index.listed("bases"))
        app.out.line(f"{index.name:<15} bases={bases:<15} volatile={index.config.get('volatile')}")
    app.out.document({"indexes": [{"name": index.name, **urls.hidden(index.config)} for index in indexes]})


def _settle(app: App, choice: Choice, asked: Asked, *, keep: bool) -> Login | None:
    """Store the choice if `keep`, forget a login that the server rejects, return the one left."""
    service = asked.service
    if choice.typed and urls.origin(choice.typed if choice.is_url else choice.target.root) != urls.origin(service.root):
        app.out.warn(f"the server has rewritten the url to: {urls.hide(service.root)}")
        if problem := trouble_at(choice.server, service.root):
            app.out.warn(f"all commands will go there, and fail: {problem}; {OUTSIDE_URL}")
    stored = app.state.login(service.root, choice.target.named_user)
    login = stored if choice.is_url else choice.server.session.acting() or stored
    if choice.user and not login:
        raise LoginRequired(
            f"{choice.user} is not logged in at {service.root}", hint=f"type 'devpi login {choice.user}'"
        )
    refused = login is not None and choice.target.root == service.root and service.status not in ("ok", "")
    if keep:
        _keep(app, choice, service, lost=login.user if login and refused and login == stored else None)
    if login and refused:
        app.out.note(expired(login) if service.status == "expired" else invalid(login))
        return None
    return login


def _keep(app: App, choice: Choice, service: Service, *, lost: str | None) -> None:
    index = service.index.removeprefix(service.root) if service.index else None
    if not (choice.user or lost) and (not choice.typed or _is_kept(app, choice, service, index)):
        return
    with app.state.changing() as state:
        known = state.at(service.root)
        if choice.typed:
            state.server, state.index, state.is_mirror = service.root, index, service.is_mirror
            known.features = list(service.features)
            known.basic_auth = choice.target.basic_auth or known.basic_auth
        known.user = choice.user or known.user
        if lost:
            known.logins.pop(lost, None)


def _is_kept(app: App, choice: Choice, service: Service, index: str | None) -> bool:
    """Return True if the state has it all already: locking the file takes longer than checking."""
    state, known = app.state, app.state.known(service.root)
    basic_auth = choice.target.basic_auth or known.basic_auth
    in_use = (state.server, state.index, state.is_mirror, known.features, known.basic_auth)
    wanted = (service.root, index, service.is_mirror, list(service.features), basic_auth)
    return in_use == wanted and (state.local if state.local and state.is_local else state.path).exists()


def _show(
    app: App, service: Service | None, login: Login | None, *, show_urls: bool, more: Callable[[], dict[str, Any]]
) -> None:
    who = f"logged in as {login.user}" if login else "not logged in"
    if service is None:
        app.out.line("no server: type 'devpi use URL' with a URL pointing to a server or directly to an index.")
    elif service.index is None:
        app.out.line(f"using server: {service.root} ({who})")
        app.out.line("no current index: type 'devpi use -l' to discover indices")
    else:
        app.out.line(f"current devpi index: {service.index} ({who})")
        places = {"login": service.login, "pypisubmit": service.pypisubmit, "simpleindex": service.simpleindex}
        for name, place in places.items() if show_urls or app.options.debug else ():
            app.out.line(f"{name:>19}: {place}")
        if service.features:
            app.out.line(f"supported features: {', '.join(service.features)}")
    app.out.document(
        {
            "server": service.root if service else None,
            "index": service.index if service else None,
            "user": login.user if login else None,
            "features": list(service.features) if service else [],
            "login": service.login if service else None,
            "pypisubmit": service.pypisubmit if service else None,
            "simpleindex": service.simpleindex if service else None,
            **more(),
        }
    )
