"""The command devpi index: indexes and their settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from devpi_cli import urls
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import key_values
from devpi_cli.cli.steps.preflight import dry_run_option, require_owner, require_volatile
from devpi_cli.errors import (
    AlreadyThere,
    Conflict,
    DevpiError,
    LoginRequired,
    Missing,
    NotAllowed,
    ServerFailed,
    WrongUsage,
)
from devpi_cli.models import Index
from devpi_cli.server import config_changes
from devpi_cli.server.api import MAKE_VOLATILE, NO_PROJECTS
from devpi_cli.server.settings import NO_LISTS, STAGE, is_dropped, require_mirror_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    from devpi_cli.cli.target import Target
    from devpi_cli.server.api import Server

FIRST_KEYS = ("type", "bases", "volatile", "acl_upload")
WHITELISTED = re.compile(r"\*|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


@click.command(
    epilog="\b\nExamples:\n  devpi index -c dev bases=root/pypi\n  devpi index dev acl_upload+=bob\n"
    "  devpi index alice/dev volatile=False\n  devpi index --delete dev\n  devpi index -l"
)
@click.argument("name", required=False, metavar="[INDEX]")
@click.argument("settings", nargs=-1, metavar="[KEY=VALUE | KEY+=VALUE | KEY-=VALUE]...")
@click.option("--create", "-c", is_flag=True, help="Create an index.")
@click.option("--delete", is_flag=True, help="Delete an index and everything on it.")
@click.option("--list", "-l", "list_", is_flag=True, help="List the indexes of the logged-in user, or of USER.")
@click.option("--exist-ok", is_flag=True, help="With --create: if the index exists, update it.")
@click.option("--missing-ok", is_flag=True, help="With --delete: succeed if there is no such index.")
@dry_run_option()
@click.option("--no-projects", is_flag=True, help="Do not ask for the projects of the index; faster for mirrors.")
@pass_app
def command(
    app: App,
    name: str | None,
    settings: tuple[str, ...],
    create: bool,
    delete: bool,
    list_: bool,
    exist_ok: bool,
    missing_ok: bool,
    dry_run: bool,
    no_projects: bool,
) -> None:
    """Create, show, modify, delete or list indexes.

    INDEX is USER/NAME, or NAME for an index of the logged-in user. Without options it shows INDEX, or the index in use.
    KEY=VALUE sets a key; KEY+=VALUE and KEY-=VALUE change a list, with commas between its items. Keys are bases,
    volatile, acl_upload, acl_toxresult_upload, mirror_whitelist, mirror_whitelist_inheritance, title, description,
    custom_data, type, and for mirrors mirror_url and others: 'devpi help indexes' explains them.
    """
    if create + delete + list_ > 1:
        raise WrongUsage("only one of --create, --delete and --list can be given")
    if name and "=" in name:
        settings, name = (name, *settings), None
    _check(settings)
    if (create or delete) and not name:
        raise WrongUsage("no index named", hint=f"type 'devpi index {'--create' if create else '--delete'} NAME'")
    target = _target(app, name, by_name=create or delete, is_list=list_)
    server = app.connect(target)
    if list_:
        _list(app, server, name or target.acting_user())
    elif create:
        _create(app, server, target.require_index(), key_values(settings), exist_ok=exist_ok, dry_run=dry_run)
    elif delete:
        _delete(app, server, target.require_index(), settings, missing_ok=missing_ok, dry_run=dry_run)
    elif settings and dry_run:
        _plan_changes(app, server, server.index(target.require_index(), projects=False), settings)
    else:
        _modify_or_show(app, server, target.require_index(), settings, no_projects=no_projects)


def _target(app: App, name: str | None, *, by_name: bool, is_list: bool) -> Target:
    """Return the target.

    --create and --delete take the name of an index, not its URL.
    """
    target = app.target(None if by_name or is_list else name)
    return target._replace(index=target.index_named(name or ""), ownerless="") if by_name else target


def _check(settings: tuple[str, ...]) -> None:
    """Refuse settings that the server would misunderstand."""
    given = key_values(settings, operators="+-")
    bare = [key.rstrip("+-") for key in given]
    repeated = next((key for key in bare if bare.count(key) > 1 and key in given), None)
    if repeated:
        raise WrongUsage(f"{repeated!r} is both set and changed")
    changed = next((key for key in given if key[-1] in "+-" and key.rstrip("+-") in NO_LISTS), None)
    if changed:
        raise WrongUsage(
            f"{changed[:-1]!r} is not a list",
            hint=f"only lists can be changed with += and -=: type {changed[:-1]}=VALUE",
        )
    listed = f"{given.get('mirror_whitelist', '')},{given.get('mirror_whitelist+', '')}".split(",")
    wrong = next((name for name in map(str.strip, listed) if name and not WHITELISTED.fullmatch(name)), None)
    if wrong:
        raise WrongUsage(
            f"mirror_whitelist: {wrong!r} is not a name, but the server would turn it into one",
            hint="separate names with commas: mirror_whitelist=requests,numpy; mirror_whitelist= empties the list",
        )


def _create(app: App, server: Server, name: str, config: dict[str, str], *, exist_ok: bool, dry_run: bool) -> None:
    if not exist_ok:
        require_mirror_url(config)
    existing = _existing(server, name) if exist_ok or dry_run else None
    if existing and not exist_ok:
        raise AlreadyThere(f"the index {name} already exists", hint="--exist-ok updates it")
    if dry_run and not existing:
        _warn_of_dropped(app, Index(name, config), config)
        _plan(app, server, name, "create", _plans().plan_new(app, server, name, config))
    elif existing:
        _update(app, server, existing, config, dry_run=dry_run)
    else:
        try:
            index = server.create_index(name, config)
            _warn_of_dropped(app, index, config)
        except Conflict:  # another client was faster
            if not exist_ok:
                raise
            _update(app, server, server.index(name, projects=False), config)
            return
        _show(app, server, index, no_projects=True, outcome="created" if exist_ok else "")


def _existing(server: Server, name: str) -> Index | None:
    try:
        return server.index(name, projects=False)
    except Missing:
        return None


def _update(app: App, server: Server, index: Index, config: dict[str, str], *, dry_run: bool = False) -> None:
    """Set the keys of an index that differ from what was asked.

    If none does, nothing is sent.
    """
    differing = config_changes.differing(index.config, config)
    _warn_of_dropped(app, index, config)
    changes = [f"{key}={value}" for key, value in differing.items()]
    if dry_run:
        _plan_changes(app, server, index, changes)
        return
    after = server.modify_index(index.name, changes) if changes else index
    _show(app, server, after, no_projects=True, outcome="modified" if changes else "as asked")


def _plan_changes(app: App, server: Server, index: Index, settings: Sequence[str]) -> None:
    changes = _plans().plan_changes(app, server, index, settings) if settings else {}
    _warn_of_dropped(app, index, dict(map(_key_and_value, settings)))
    _plan(app, server, index.name, "modify" if changes else "nothing", changes)


def _plans() -> ModuleType:
    from devpi_cli.cli.steps import index_plans  # imported here: only a dry run needs it

    return index_plans


def _plan(app: App, server: Server, name: str, would: str, changes: Mapping[str, Any]) -> None:
    """Report what the command would do without --dry-run."""
    url = server.url(name)
    app.out.line(f"would change nothing: {url}" if would == "nothing" else f"would {would} index: {url}")
    for key, value in changes.items():
        app.out.line(f"  {key}={_text(value)}")
    app.out.document({"index": name, "url": url, "dry_run": True, "would": would, "changes": dict(changes)})


def _modify_or_show(app: App, server: Server, name: str, changes: tuple[str, ...], *, no_projects: bool) -> None:
    if not changes:
        _show(app, server, server.index(name, projects=not no_projects), no_projects=no_projects)
        return
    try:
        index = server.modify_index(name, changes)
    except NotAllowed:
        server.index(name, projects=False)  # for a missing index PATCH answers 403, too; GET answers 404
        raise
    except ServerFailed:
        _require_lists(server, name, changes)
        raise
    dropped = _warn_of_dropped(app, index, dict(map(_key_and_value, changes)))
    for change in changes:
        if _key_and_value(change)[0] not in dropped:
            app.out.line(f"{urls.path(server.url(name))} {change}")
    _show(app, server, index, no_projects=True)


def _key_and_value(change: str) -> tuple[str, str]:
    key, _, value = config_changes.parts(change)
    return key, value


def _warn_of_dropped(app: App, index: Index, config: Mapping[str, str]) -> list[str]:
    """Return the keys that the server takes for such an index without storing them, with a warning for each."""
    index_type = str(index.config.get("type", STAGE))
    dropped = [key for key, value in config.items() if value and is_dropped(index_type, key)]
    for key in dropped:
        app.out.warn(f"{key} is not set: a {index_type} has no {key}")
    return dropped


def _require_lists(server: Server, name: str, changes: tuple[str, ...]) -> None:
    """Raise InvalidSetting for += or -= with a list that is missing.

    The server fails at it without words.
    """
    parts = map(config_changes.parts, changes)
    lists = [key for key, operator, value in parts if operator == "+" or (operator and value)]
    try:
        config = server.index(name, projects=False).config if lists else {}
    except DevpiError:  # the first failure is the one to tell
        return
    for key in lists:
        config_changes.require_list(config, key)


def _delete(app: App, server: Server, name: str, settings: tuple[str, ...], *, missing_ok: bool, dry_run: bool) -> None:
    if settings:
        raise WrongUsage("--delete takes no KEY=VALUE")
    url = server.url(name)
    try:
        index = server.index(name, projects=False)  # for a missing index GET answers 404, DELETE 403
    except Missing:
        if not missing_ok:
            raise
        app.out.line(f"nothing to delete: there is no index {url}")
        app.out.document({"index": name, "url": url, "deleted": False})
        return
    if dry_run:
        require_owner(server, name.partition("/")[0], f"delete the index {name}")
        require_volatile(index, MAKE_VOLATILE.format(name))
        _plan(app, server, name, "delete", {})
        return
    app.out.confirm(f"Delete the index {name} and everything on it?", [f"About to remove: {url}"])
    server.delete_index(name)
    app.out.line(f"index deleted: {url}")
    app.out.document({"index": name, "url": url, "deleted": True})


def _list(app: App, server: Server, user: str | None) -> None:
    if not user:
        raise LoginRequired(
            f"not logged in at {server.root}", hint="type 'devpi index -l USER', or 'devpi login USER' first"
        )
    indexes = server.user(user).indexes
    names = [index.name for index in indexes]
    if app.out.draws and indexes:
        from devpi_cli.cli.views import places

        bases = {index.name: index.listed("bases") for index in indexes}
        for tree in places.bases(bases, names):
            app.out.draw(tree)
    else:
        app.out.names(names, f"{user} has no indexes")
    app.out.document({"indexes": names})


def _show(app: App, server: Server, index: Index, *, no_projects: bool, outcome: str = "") -> None:
    url, result = server.url(index.name), {"outcome": outcome} if outcome else {}
    document = {"index": index.name, "url": url, **index.config, **result}
    if app.out.draws:
        from devpi_cli.cli.views import places

        app.out.draw(places.index(url, document, outcome))
        return
    if outcome:
        app.out.line(f"index {outcome}: {url}")
    # Scripts expect the heading of devpi-client, the URL that was requested.
    app.out.line(f"{url}?{NO_PROJECTS}:" if no_projects else f"{url}:")
    rest = sorted(index.config.keys() - set(FIRST_KEYS))
    for key in [key for key in FIRST_KEYS if key in index.config] + rest:
        app.out.line(f"  {key}={_text(index.config[key])}")
    app.out.document(document)


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
