"""The command devpi user: users and their settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import key_values, password_from_stdin
from devpi_cli.cli.steps.preflight import dry_run_option, require_login, require_volatile
from devpi_cli.cli.steps.users import SECRET_KEYS, modify_user, plan_user
from devpi_cli.errors import AlreadyThere, Conflict, LoginRequired, Missing, WrongUsage
from devpi_cli.server import config_changes
from devpi_cli.server.api import MAKE_VOLATILE

if TYPE_CHECKING:
    from devpi_cli.models import User
    from devpi_cli.server.api import Server

# The keys that devpi-server 6.20 stores for a user (model.py); it silently drops all others.
KEYS = ("email", "title", "description", "custom_data", *SECRET_KEYS)


@click.command(
    epilog="\b\nExamples:\n  devpi user -c alice email=alice@example.com\n  devpi user alice email=a@example.com\n"
    "  devpi user --delete alice\n  devpi user -l"
)
@click.argument("name", required=False, metavar="[USER]")
@click.argument("settings", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--create", "-c", is_flag=True, help="Create a user.")
@click.option("--delete", is_flag=True, help="Delete a user and its volatile indexes.")
@click.option("--modify", "-m", is_flag=True, help="Modify a user.")
@click.option("--list", "-l", "list_", is_flag=True, help="List the names of all users.")
@click.option("--exist-ok", is_flag=True, help="With --create: if the user exists, update it.")
@click.option("--missing-ok", is_flag=True, help="With --delete: succeed if there is no such user.")
@dry_run_option()
@click.option("--password-stdin", is_flag=True, help="Read the password of a new user from standard input.")
@pass_app
def command(
    app: App,
    name: str | None,
    settings: tuple[str, ...],
    create: bool,
    delete: bool,
    modify: bool,
    list_: bool,
    exist_ok: bool,
    missing_ok: bool,
    dry_run: bool,
    password_stdin: bool,
) -> None:
    """Create, show, modify, delete or list users.

    Keys are email, title, description, custom_data, password and pwhash. Without options it shows USER, or the user who
    is logged in; KEY=VALUE modifies USER. A new user needs a password, which is asked for if it is not given.
    """
    if create + delete + modify + list_ > 1:
        raise WrongUsage("only one of --create, --delete, --modify and --list can be given")
    if name and "=" in name:
        settings, name = (name, *settings), None
    config = _checked(key_values(settings))
    target = app.target()
    server = app.connect(target)
    if list_:
        _list(app, server)
    elif not (create or delete or modify or config):
        _show(app, server, name or target.acting_user())
    elif not name:
        raise WrongUsage("which user? name one before KEY=VALUE")
    elif create:
        _create(app, server, name, config, password_stdin=password_stdin, exist_ok=exist_ok, dry_run=dry_run)
    elif delete:
        _delete(app, server, name, config, missing_ok=missing_ok, dry_run=dry_run)
    else:
        _modify(app, server, name, config, dry_run=dry_run)


def _checked(config: dict[str, str]) -> dict[str, str]:
    unknown = [key for key in config if key not in KEYS]
    if unknown:
        raise WrongUsage(f"a user has no setting {unknown[0]!r}", hint=f"settings are {', '.join(KEYS)}")
    return config


def _create(
    app: App, server: Server, name: str, config: dict[str, str], *, password_stdin: bool, exist_ok: bool, dry_run: bool
) -> None:
    existing = _existing(server, name) if exist_ok or dry_run else None
    if existing and not exist_ok:
        raise AlreadyThere(f"the user {name} already exists", hint="--exist-ok updates it")
    if existing:
        _update(app, server, existing, config, has_password=password_stdin, dry_run=dry_run)
        return
    if dry_run:
        plan_user(app, server, name, "create", config)
        return
    if password_stdin:
        config["password"] = password_from_stdin()
    if not config.keys() & SECRET_KEYS:
        config["password"] = app.out.ask_new_password(name, "give it as password=…, or use --password-stdin")
    try:
        server.create_user(name, config)
    except Conflict:  # another client was faster
        if not exist_ok:
            raise
        _update(app, server, server.user(name), config)
        return
    app.out.line(f"user created: {name}")
    app.out.document({"user": name, "created": True})


def _existing(server: Server, name: str) -> User | None:
    try:
        return server.user(name)
    except Missing:
        return None


def _update(
    app: App,
    server: Server,
    user: User,
    config: dict[str, str],
    *,
    has_password: bool = False,
    dry_run: bool = False,
) -> None:
    """Set the keys that differ from what was asked, but no password: it cannot be compared."""
    if has_password or config.keys() & SECRET_KEYS:
        message = f"the password of {user.name} is unchanged: the server does not show whether it differs"
        app.out.note(f"{message}; 'devpi passwd {user.name}' changes it")
    wanted = {key: value for key, value in config.items() if key not in SECRET_KEYS}
    changes = config_changes.differing(user.config, wanted)
    if dry_run:
        plan_user(app, server, user.name, "modify" if changes else "nothing", changes)
    elif changes:
        modify_user(app, server, user.name, changes)
    else:
        app.out.line(f"user as asked: {user.name}")
        app.out.document({"user": user.name, "modified": []})


def _modify(app: App, server: Server, name: str, config: dict[str, str], *, dry_run: bool) -> None:
    if not dry_run:
        modify_user(app, server, name, config)
        return
    user = server.user(name)
    require_login(server)
    changes = {key: value for key, value in config.items() if key in SECRET_KEYS}
    changes |= config_changes.differing(
        user.config, {key: value for key, value in config.items() if key not in SECRET_KEYS}
    )
    plan_user(app, server, name, "modify" if changes else "nothing", changes)


def _delete(app: App, server: Server, name: str, config: dict[str, str], *, missing_ok: bool, dry_run: bool) -> None:
    if config:
        raise WrongUsage("--delete takes no KEY=VALUE")
    try:
        user = server.user(name)  # for a missing user GET answers 404, DELETE 403
    except Missing:
        if not missing_ok:
            raise
        app.out.line(f"nothing to delete: there is no user {name}")
        app.out.document({"user": name, "deleted": False})
        return
    if dry_run:
        require_login(server)
        for index in user.indexes:
            require_volatile(index, MAKE_VOLATILE.format(index.name))
        plan_user(app, server, name, "delete", {}, [index.name for index in user.indexes])
        return
    app.out.confirm("Are you sure", [f"About to remove: {server.url(name)}"])
    server.delete_user(name)
    app.out.line(f"user deleted: {name}")
    app.out.document({"user": name, "deleted": True})


def _list(app: App, server: Server) -> None:
    names = [user.name for user in server.users()]
    for name in names:
        app.out.line(name)
    app.out.document({"users": names})


def _show(app: App, server: Server, name: str | None) -> None:
    if not name:
        raise LoginRequired(
            "which user? you are not logged in", hint="type 'devpi user USER', or 'devpi login USER' first"
        )
    user = server.user(name)
    app.out.line(f"{server.url(name)}:")
    for key, value in sorted(user.config.items()):
        app.out.line(f"  {key}={','.join(map(str, value)) if isinstance(value, list) else value}")
    app.out.document({"user": user.name, **user.config, "indexes": [index.name for index in user.indexes]})
