"""Plan, show, make and undo changes to the settings of pip, uv and others."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from devpi_cli import urls
from devpi_cli.cli.steps import keyring_setup
from devpi_cli.errors import BrokenSettings, NothingInUse
from devpi_cli.installers import sources
from devpi_cli.installers.changes import foreign_backup, index_of, planned, undone
from devpi_cli.installers.formats import IndexSettings
from devpi_cli.installers.locations import in_force, settings_files
from devpi_cli.printable import hide
from devpi_cli.system import dirs, locks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.cli.app import App
    from devpi_cli.cli.steps.service import Asked
    from devpi_cli.http.identity import Identity
    from devpi_cli.installers.changes import Change
    from devpi_cli.models import Written

LOCK_SECONDS = 20
TRUST = ("yes", "no", "auto")


class Wish(NamedTuple):
    """How installers are to use an index.

    ``trust`` (yes, no or auto) overrides the remembered setting. With ``keyring`` they get the login from there: of
    ``user``, or else of the active one. Who did not type that now (``is_habit``) is warned if there is no login.
    """

    trust: str | None = None
    keyring: bool = False
    user: str | None = None
    is_habit: bool = False


def plan(app: App, asked: Asked | None, venv: Path | None, wish: Wish) -> list[Change]:
    """Return the changes that point installers to an index.

    Raises NothingInUse without an index, LoginRequired if keyring has no login for it, and BrokenSettings before any
    file is changed.
    """
    service = asked.service if asked else None
    if not (asked and service and service.index and service.simpleindex):
        raise NothingInUse("no index in use to point pip and uv to", hint="type 'devpi use USER/INDEX --set-cfg'")
    identity = None if wish.keyring else asked.server.session.identity
    wanted = _wanted(identity, service.simpleindex, f"{service.index}/", wish.trust or app.state.pip_set_trusted)
    asking = _asking(app, asked, wanted, wish, venv) if wish.keyring else wanted
    found = [
        planned(place, asking if place.is_made else wanted, _written(app, place.path)) for place in settings_files(venv)
    ]
    changes = [change for change in found if change]
    _warn_of_others(app, asking.simple, changes, venv)
    _warn_of_further(app, venv)
    return changes


def _asking(app: App, asked: Asked, wanted: IndexSettings, wish: Wish, venv: Path | None) -> IndexSettings:
    """Return the settings with which pip and uv ask keyring for the login."""
    simple = asked.service.simpleindex or ""
    found = keyring_setup.owner(asked.server.session.identity, simple, wish.user)
    if found:
        return keyring_setup.asking(wanted, simple, found, venv, keyring_setup.prefix_of_pip())
    error = keyring_setup.missing(app, simple, wish.user)
    if not wish.is_habit:
        raise error
    app.out.warn(f"{error.message}, so that pip and uv get none: {error.hint}")
    return wanted


@contextmanager
def alone(app: App) -> Iterator[None]:
    """Let no other process plan or make changes during the block.

    Its state file does not matter; the state is read again. Raises BrokenSettings if another process does not end.
    """
    busy = f"the settings of pip and uv have been locked by another process for more than {LOCK_SECONDS} s"
    with locks.required(
        _locked_file(app),
        LOCK_SECONDS,
        busy=BrokenSettings(busy, hint=locks.WAIT),
        broken=lambda error: BrokenSettings(f"cannot lock the settings of pip and uv: {error.strerror}"),
        warn=app.out.warn,
    ):
        app.state.read_again()
        yield


def _locked_file(app: App) -> Path:
    """Return the same path for every state of the user.

    It differs only if their home cannot be written.
    """
    from pathlib import Path

    for folder in (Path(dirs.state()), app.state.path.parent):
        with suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                break
    return folder / "settings"


def make(app: App, changes: list[Change]) -> None:
    """Make and remember the changes that are needed.

    They must have been planned under the same lock.
    """
    for change in changes:
        if not (change.is_needed or change.is_undo):
            continue
        written = change.make(_written(app, change.path))
        with app.state.changing() as state:
            state.written.pop(_key(change.path), None)
            if written:
                state.written[_key(change.path)] = written
        if change.trusted_host:
            app.out.note(f"insecure host: {change.path} makes pip trust {change.trusted_host}")


def _warn_of_others(app: App, simple: str, changes: list[Change], venv: Path | None) -> None:
    """Name what pip and uv will use instead of the index that is set.

    It is the user's, and stays.
    """
    from devpi_cli.installers import uv_files
    from devpi_cli.installers.pip_files import PipSettings

    planned = {change.path: change.after or "" for change in changes}
    for commands, setting in PipSettings(venv or keyring_setup.prefix_of_pip(), planned).instead(simple):
        says = hide(setting.value) or "no-index"
        app.out.warn(f"pip {commands} will not use {hide(simple)}: {setting.place} says {says}")
    is_read = any(file.path in planned for file in in_force(Path.cwd()))  # not the one in an environment
    if is_read and (used := uv_files.instead(Path.cwd(), simple, planned)):
        says = hide(used.url) or "no-index"
        app.out.warn(f"uv will not use {hide(simple)} in this folder: {used.origin} says {says}")


def _warn_of_further(app: App, venv: Path | None) -> None:
    """Name what pip and uv install from besides the index that is set, which stays."""
    from devpi_cli.cli.steps.further_sources import told

    found = {"pip": sources.of_pip(venv), "uv": sources.of_uv()}
    for line in [line for program, further in found.items() for line in told(program, further)]:
        app.out.warn(line)


def put_back(app: App, venv: Path | None, *, diff: bool, dry_run: bool) -> None:
    """Put the old files back; ask first if a file was changed since devpi wrote it."""
    if diff:
        show_diff(app, _undone(app, venv))
        return
    for place in settings_files(venv):
        if backup := foreign_backup(place, _written(app, place.path)):
            app.out.warn(f"{backup} is not what {place.path} was before devpi changed it: both stay as they are")
    changes = _undone(app, venv) if dry_run else _put_back(app, venv)
    if not changes:
        app.out.note("nothing to undo: there are no old files")
    would = "would be " if dry_run else ""
    for change in changes:
        app.out.line(f"{would}{'removed' if change.after is None else 'put back'}: {change.path}")
    app.out.document({"changes": [_as_json(change) for change in changes]})


def _put_back(app: App, venv: Path | None) -> list[Change]:
    """Put the old files back; return the changes that were made."""
    agreed: list[str] = []
    while True:
        with alone(app):
            changes = _undone(app, venv)
            edited = [str(change.path) for change in changes if change.was_edited(_written(app, change.path))]
            if set(edited) <= set(agreed):
                make(app, changes)
                return changes
        # Nobody waits for the answer: the lock is free meanwhile, and what is planned after it is made.
        changed = f"changed since devpi wrote them: {', '.join(edited)}"
        app.out.confirm(f"C{changed[1:]}. Restore the old files?", autoset=f"{changed}: restore the old files")
        agreed = edited


def _undone(app: App, venv: Path | None) -> list[Change]:
    found = [undone(place, _written(app, place.path)) for place in settings_files(venv)]
    return [change for change in found if change]


def show_diff(app: App, changes: list[Change]) -> None:
    """Print what would change as a unified diff."""
    for line in [line for change in changes for line in change.diff()]:
        app.out.line(line)
    if not any(change.is_needed for change in changes):
        app.out.note("nothing would change")
    app.out.document({"changes": [_as_json(change) for change in changes if change.is_needed]})


def show(app: App, venv: Path | None, planned_changes: list[Change]) -> dict[str, Any]:
    """Show which index installers use, and the changes that a dry run does not make."""
    if venv:
        app.out.line(f"venv for install/set commands: {venv}")
        app.out.line("only setting venv pip/uv config, no global configuration changed")
    changes = {change.path: change for change in planned_changes if change.is_needed}
    settings = {}
    for place in settings_files(venv):
        change = changes.get(place.path)
        verb = f"would {_verb(change)} " if change else ""
        settings[str(place.path)] = index_of(place)
        app.out.line(f"{verb}{place.path}: {change.index if change else settings[str(place.path)]}")
    app.out.line(f"always-set-cfg: {'yes' if app.state.always_set_cfg else 'no'}")
    return {"venv": str(venv) if venv else None, "settings": settings, "changes": list(map(_as_json, changes.values()))}


def _wanted(identity: Identity | None, simple: str, search: str, trust: str) -> IndexSettings:
    """Return the settings for an index; with an identity, they have the login for a web server in front."""
    host = urlsplit(simple)
    if trust == "auto":
        trust = "yes" if host.scheme == "http" and not urls.is_loopback(simple) else ""
    if identity and identity.basic_auth and urls.origin(simple) == urls.origin(identity.root):
        simple, search = (urls.with_login(url, *identity.basic_auth) for url in (simple, search))
    return IndexSettings(
        simple,
        search,
        trust=host.hostname if trust == "yes" else None,
        distrust=frozenset([host.hostname or "", host.netloc] if trust == "no" else []),
    )


def _written(app: App, path: Path) -> Written | None:
    return app.state.written.get(_key(path))


def _key(path: Path) -> str:
    return str(path.absolute())


def _verb(change: Change) -> str:
    return "create" if change.before is None else "remove" if change.after is None else "change"


def _as_json(change: Change) -> dict[str, Any]:
    return {"path": str(change.path), "action": _verb(change), "index": change.index or None, "diff": change.diff()}
