"""The command devpi use: choose a server and an index.

It also writes them into the settings of pip and uv.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from devpi_cli import urls
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.choice import chosen
from devpi_cli.cli.steps.expiry import expired, invalid
from devpi_cli.cli.steps.install_env import NONE, chosen_venv
from devpi_cli.cli.steps.pip_settings import TRUST, Wish, alone, make, plan, put_back, show, show_diff
from devpi_cli.cli.steps.service import OUTSIDE_URL, ask, trouble_at
from devpi_cli.errors import NothingInUse, WrongUsage
from devpi_cli.system.files import expanded

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.cli.steps.choice import Choice
    from devpi_cli.cli.steps.service import Asked
    from devpi_cli.installers.changes import Change
    from devpi_cli.models import Login, Service


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
    "--keyring",
    is_flag=True,
    help="With --set-cfg: let pip and uv get the login from keyring. See 'devpi help pip-uv'.",
)
@click.option("--diff", is_flag=True, help="Show what --set-cfg or --undo would change in the files; change nothing.")
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
    keyring: bool,
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
    _refuse_useless(keyring and not any((set_cfg, always_set_cfg, diff)))
    folder = chosen_venv(app, venv)
    if undo:
        put_back(app, folder, diff=diff, dry_run=dry_run)
        return
    _import_state(app, dry_run=changes_nothing)
    client_cert = _certificate(client_cert)
    choice = chosen(app, url, user, client_cert)
    asked = ask(choice.server, choice.url) if choice else None
    keep = not changes_nothing and not (url and show_urls)
    login = _settle(app, choice, asked, keep=keep) if choice and asked else None
    if not changes_nothing:
        settings = (always_set_cfg, trust, keyring)
        _remember(app, choice, asked, folder, venv=venv, settings=settings, client_cert=client_cert)
    wanted, always = set_cfg or diff, (keep or dry_run) and app.state.always_set_cfg
    wish = _wish(app, choice, trust, keyring=keyring)
    with alone(app) if (wanted or always) and not changes_nothing else nullcontext():
        changes = _plan(app, asked, folder, wish, wanted=wanted, always=always)
        if not changes_nothing:
            make(app, changes)
    if diff:
        show_diff(app, changes)
        return
    _show(
        app,
        asked.service if asked else None,
        login,
        show_urls=show_urls,
        more=lambda: show(app, folder, changes if dry_run else []),
    )


def _refuse_useless(keyring: bool) -> None:
    if keyring:
        raise WrongUsage("--keyring works only with --set-cfg, --always-set-cfg or --diff")


def _wish(app: App, choice: Choice | None, trust: str | None, *, keyring: bool) -> Wish:
    user = choice.target.named_user if choice else None
    return Wish(trust, keyring or app.state.keyring, user, is_habit=not keyring)


def _plan(app: App, asked: Asked | None, venv: Path | None, wish: Wish, *, wanted: bool, always: bool) -> list[Change]:
    """Return the changes of settings that were asked for, or are always made."""
    if wanted:
        return plan(app, asked, venv, wish)
    if not (always and asked):
        return []
    if asked.service.index is None:
        app.out.note("the settings of pip and uv are unchanged: no index is in use")
        return []
    return plan(app, asked, venv, wish)


def _make_local(app: App) -> None:
    if app.state.local is None:
        raise WrongUsage(
            "--local needs an active virtual environment", hint="activate one, and type 'devpi use --local' again"
        )
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
    choice: Choice | None,
    asked: Asked | None,
    folder: Path | None,
    *,
    venv: str | None,
    settings: tuple[str | None, str | None, bool],
    client_cert: str | None,
) -> None:
    """Store the settings that were typed, and nothing else."""
    always, trust, keyring = settings
    if client_cert is not None and asked is None:
        raise NothingInUse(
            "no server in use to present a client certificate to", hint="type 'devpi use URL --client-cert FILE'"
        )
    if not (venv or always or client_cert is not None):
        return
    with app.state.changing() as state:
        if venv:
            state.venv = None if venv == NONE else str(folder)
        if always:
            state.always_set_cfg, state.pip_set_trusted = always == "yes", trust or "auto"
            state.keyring = keyring
        if choice and asked and client_cert is not None and choice.is_asked(asked.service.root):
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
    choice = chosen(app, url, None, None) if url else None
    if choice and choice.is_url:
        root = ask(choice.server, choice.url).service.root
        target = choice.target._replace(root=root, basic_auth=choice.basic_auth(root))
        server = app.connect(target, authenticate=False)
    else:
        server = choice.server if choice else app.connect(app.target())
    users = [server.user(user)] if user else server.users()
    indexes = [index for owner in users for index in owner.indexes]
    document = {"indexes": [{"name": index.name, **index.config} for index in indexes]}
    if app.out.draws:
        _draw_list(app, document["indexes"])
    for index in indexes if not app.out.draws else ():
        bases = ",".join(index.listed("bases"))
        app.out.line(f"{index.name:<15} bases={bases:<15} volatile={index.config.get('volatile')}")
    app.out.document(document)


def _draw_list(app: App, indexes: list[dict[str, Any]]) -> None:
    from devpi_cli.cli.views import places

    if indexes:
        app.out.draw(places.indexes(indexes))
    else:
        app.out.line("no indexes")


def _settle(app: App, choice: Choice, asked: Asked, *, keep: bool) -> Login | None:
    """Store the choice if `keep`; return the login that is left.

    A login that the server rejects is forgotten.
    """
    service = asked.service
    if choice.typed and not choice.is_asked(service.root):
        app.out.warn(f"the server has rewritten the url to: {service.root}")
        _warn_of_secrets(app, choice, service.root)
        if problem := trouble_at(choice.server, service.root):
            app.out.warn(f"all commands will go there, and fail: {problem}; {OUTSIDE_URL}")
    stored = app.state.login(service.root, choice.target.named_user)
    login = stored if choice.is_url else choice.server.session.acting() or stored
    if choice.user and not login:
        user = urls.user_name(choice.user)
        app.out.note(f"{user} is not logged in at {service.root}: type 'devpi login {user}'")
    refused = login is not None and choice.target.root == service.root and service.status not in ("ok", "")
    if keep:
        _keep(app, choice, service, lost=login.user if login and refused and login == stored else None)
    if login and refused:
        app.out.note(expired(login) if service.status == "expired" else invalid(login))
        return None
    return login


def _warn_of_secrets(app: App, choice: Choice, root: str) -> None:
    """Say what the server at the rewritten URL does not get."""
    secrets = {"the password in the URL": choice.target.basic_auth, "the client certificate": choice.client_cert}
    for what in [what for what, secret in secrets.items() if secret]:
        app.out.warn(f"{what} is not sent to {root}, which you did not type; if you trust it, type 'devpi use {root}'")


def _keep(app: App, choice: Choice, service: Service, *, lost: str | None) -> None:
    index = service.index_name
    if not (choice.user or lost) and (not choice.typed or _is_kept(app, choice, service, index)):
        return
    with app.state.changing() as state:
        known = state.at(service.root)
        if choice.typed:
            state.server, state.index, state.is_mirror = service.root, index, service.is_mirror
            known.features = list(service.features)
            known.basic_auth = choice.basic_auth(service.root) or known.basic_auth
        known.user = choice.user or known.user
        if lost:
            known.logins.pop(lost, None)


def _is_kept(app: App, choice: Choice, service: Service, index: str | None) -> bool:
    """Return True if the state has it all already.

    Locking the file takes longer than checking.
    """
    state, known = app.state, app.state.known(service.root)
    basic_auth = choice.basic_auth(service.root) or known.basic_auth
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
