"""The command devpi user: users and their settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import key_values, password_from_stdin
from devpi_cli.cli.steps.preflight import dry_run_option, require_owner, require_volatile
from devpi_cli.cli.steps.users import allow_empty_option, modify_user, passwords_option, plan_user, require_password
from devpi_cli.errors import AlreadyThere, Conflict, LoginRequired, Missing, WouldBeRefused, WrongUsage
from devpi_cli.printable import SECRET_KEYS, hidden
from devpi_cli.server import config_changes
from devpi_cli.server.api import MAKE_VOLATILE

if TYPE_CHECKING:
    from pathlib import Path

    from devpi_cli.models import User
    from devpi_cli.server.api import Server

ROOT = "root"
# The keys that devpi-server 6.20 stores for a user (model.py); it silently drops all others.
KEYS = ("email", "title", "description", "custom_data", *SECRET_KEYS)


@click.command(
    epilog="\b\nExamples:\n  devpi user -c alice email=alice@example.com\n  devpi user alice email=a@example.com\n"
    "  devpi user -c --from users.csv --passwords passwords.csv\n"
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
@allow_empty_option()
@click.option("--from", "list_file", metavar="FILE", help="With --create: create all users of a CSV file.")
@passwords_option()
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
    allow_empty: bool,
    list_file: str | None,
    passwords: Path | None,
) -> None:
    """Create, show, modify, delete or list users.

    Keys are email, title, description, custom_data, password and pwhash. Without options it shows USER, or the user who
    is logged in; KEY=VALUE modifies USER. A new user needs a password, which is asked for if it is not given.

    The first row of a CSV file names its columns: user, and any of email, title, description and password-from, which
    names a variable. Without a variable a password is made and shown once. 'devpi help apply' tells more.
    """
    _require_one(create, delete, modify, list_)
    if name and "=" in name:
        settings, name = (name, *settings), None
    if list_file or passwords:
        _require_list(create and list_file, name, settings, is_alone=not (password_stdin or allow_empty))
        _create_listed(app, str(list_file), passwords, exist_ok=exist_ok, dry_run=dry_run)
        return
    config = _checked(key_values(settings))
    require_password(config, allow_empty=allow_empty)
    target = app.target()
    server = app.connect(target)
    if list_:
        _list(app, server)
    elif not (create or delete or modify or config):
        _show(app, server, name or target.acting_user())
    elif not name:
        raise WrongUsage("no user named", hint="name the user before KEY=VALUE")
    elif create:
        source = Source(password_stdin, allow_empty)
        _create(app, server, name, config, source, exist_ok=exist_ok, dry_run=dry_run)
    elif delete:
        _delete(app, server, name, config, missing_ok=missing_ok, dry_run=dry_run)
    else:
        _modify(app, server, name, config, allow_empty=allow_empty, dry_run=dry_run)


def _require_one(*actions: bool) -> None:
    if sum(actions) > 1:
        raise WrongUsage("only one of --create, --delete, --modify and --list can be given")


def _require_list(is_meant: object, name: str | None, settings: tuple[str, ...], *, is_alone: bool) -> None:
    """Raise WrongUsage unless only a list of users is to be created."""
    if not is_meant:
        raise WrongUsage("--from and --passwords work only with --create --from FILE")
    if name or settings or not is_alone:
        raise WrongUsage("--from takes no USER, no KEY=VALUE and no password: FILE has the users")


def _create_listed(app: App, file: str, passwords: Path | None, *, exist_ok: bool, dry_run: bool) -> None:
    from devpi_cli.cli.steps.user_list import create_users  # imported here: few need it

    create_users(app, file, passwords, exist_ok=exist_ok, dry_run=dry_run)


class Source(NamedTuple):
    """Where the password of a new user comes from, and whether it may be empty."""

    is_stdin: bool
    allow_empty: bool

    def password(self, app: App, user: str, config: dict[str, str]) -> dict[str, str]:
        """Return the password from standard input or the prompt.

        Return nothing if ``config`` has one. Raises WrongUsage for an empty one that is not allowed.
        """
        found = {}
        if self.is_stdin:
            found["password"] = password_from_stdin()
        elif not config.keys() & SECRET_KEYS:
            hint = "give it as password=…, or use --password-stdin"
            found["password"] = app.out.ask_new_password(user, hint, allow_empty=self.allow_empty)
        require_password(found, allow_empty=self.allow_empty)
        return found


def _checked(config: dict[str, str]) -> dict[str, str]:
    unknown = [key for key in config if key not in KEYS]
    if unknown:
        from difflib import get_close_matches

        nearest = [f"did you mean {key!r}? " for key in get_close_matches(unknown[0], KEYS, 1)]
        hint = f"{''.join(nearest)}settings are {', '.join(KEYS)}"
        raise WrongUsage(f"a user has no setting {unknown[0]!r}", hint=hint)
    return config


def _create(
    app: App, server: Server, name: str, config: dict[str, str], source: Source, *, exist_ok: bool, dry_run: bool
) -> None:
    existing = _existing(server, name) if exist_ok or dry_run else None
    if existing and not exist_ok:
        raise AlreadyThere(f"the user {name} already exists", hint="--exist-ok updates it")
    if existing:
        _update(app, server, existing, config, has_password=source.is_stdin, dry_run=dry_run)
        return
    if dry_run:
        _require_new(name, config, has_password=source.is_stdin)
        plan_user(app, server, name, "create", config)
        return
    config |= source.password(app, name, config)
    try:
        server.create_user(name, config, allow_empty_password=source.allow_empty)
    except Conflict:  # another client was faster
        if not exist_ok:
            raise
        _update(app, server, server.user(name), config)
        return
    app.out.line(f"user created: {name}")
    app.out.document({"user": name, "created": True})


def _require_new(name: str, config: dict[str, str], *, has_password: bool) -> None:
    """Raise InvalidSetting if the server would not create the user."""
    from devpi_cli.cli.steps.index_plans import refusal, require_valid_name

    if "pwhash" in config and not (has_password or "password" in config):
        raise refusal("password needs to be set")
    require_valid_name("username", name)


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
    """Set the keys that differ from what was asked.

    A password is never set here: it cannot be compared.
    """
    if has_password or config.keys() & SECRET_KEYS:
        message = f"the password of {user.name} is unchanged: the server does not show whether it differs"
        app.out.note(f"{message}; 'devpi passwd {user.name}' changes it")
    wanted = {key: value for key, value in config.items() if key not in SECRET_KEYS}
    changes = config_changes.differing(user.config, wanted)
    if dry_run:
        if changes:
            require_owner(server, user.name, f"modify the user {user.name}")
        plan_user(app, server, user.name, "modify" if changes else "nothing", changes)
    elif changes:
        modify_user(app, server, user.name, changes)
    else:
        app.out.line(f"user as asked: {user.name}")
        app.out.document({"user": user.name, "modified": []})


def _modify(app: App, server: Server, name: str, config: dict[str, str], *, allow_empty: bool, dry_run: bool) -> None:
    if not dry_run:
        modify_user(app, server, name, config, allow_empty=allow_empty)
        return
    user = server.user(name)
    require_owner(server, name, f"modify the user {name}")
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
        if require_owner(server, name, f"delete the user {name}") and name == ROOT:
            raise WouldBeRefused(f"the user {ROOT} cannot be deleted")
        for index in user.indexes:
            require_volatile(index, MAKE_VOLATILE.format(index.name))
        plan_user(app, server, name, "delete", {}, [index.name for index in user.indexes])
        return
    lost = {0: "", 1: " and the index of this user"}.get(len(user.indexes), f" and {len(user.indexes)} indexes")
    app.out.confirm(f"Delete the user {name}{lost}?", [f"About to remove: {server.url(name)}"])
    server.delete_user(name)
    app.out.line(f"user deleted: {name}")
    app.out.document({"user": name, "deleted": True})


def _list(app: App, server: Server) -> None:
    names = [user.name for user in server.users()]
    app.out.names(names, "no users")
    app.out.document({"users": names})


def _show(app: App, server: Server, name: str | None) -> None:
    if not name:
        hint = "type 'devpi user USER', or 'devpi login USER' first"
        raise LoginRequired(f"not logged in at {server.root}", hint=hint)
    user = server.user(name)
    document = {"user": user.name, **user.config, "indexes": [index.name for index in user.indexes]}
    if app.out.draws:
        from devpi_cli.cli.views import places

        app.out.draw(places.user(server.url(name), hidden(document)))
    else:
        app.out.line(f"{server.url(name)}:")
        for key, value in sorted(user.config.items()):
            app.out.line(f"  {key}={','.join(map(str, value)) if isinstance(value, list) else value}")
    app.out.document(document)
