"""Plan, show, make and undo changes to the settings of pip, uv and others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from devpi_cli import urls
from devpi_cli.errors import NothingInUse
from devpi_cli.installers.changes import index_of, planned, undone
from devpi_cli.installers.formats import IndexSettings
from devpi_cli.installers.locations import settings_files

if TYPE_CHECKING:
    from pathlib import Path

    from devpi_cli.cli.app import App
    from devpi_cli.cli.steps.service import Asked
    from devpi_cli.http.identity import Identity
    from devpi_cli.installers.changes import Change
    from devpi_cli.models import Written

TRUST = ("yes", "no", "auto")


def plan(app: App, asked: Asked | None, venv: Path | None, trust: str | None) -> list[Change]:
    """Return the changes that point installers to an index.

    ``trust`` (yes, no or auto) overrides the remembered setting. Raises NothingInUse without an index, and
    BrokenSettings before any file is changed.
    """
    service = asked.service if asked else None
    if not (asked and service and service.index and service.simpleindex):
        raise NothingInUse("no index in use to point pip and uv to", hint="type 'devpi use USER/INDEX --set-cfg'")
    wanted = _wanted(
        asked.server.session.identity, service.simpleindex, f"{service.index}/", trust or app.state.pip_set_trusted
    )
    found = [planned(place, wanted, _written(app, place.path)) for place in settings_files(venv)]
    return [change for change in found if change]


def make(app: App, changes: list[Change]) -> None:
    """Make and remember the changes that are needed."""
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


def put_back(app: App, venv: Path | None, *, diff: bool, dry_run: bool) -> None:
    """Put the old files back; ask first if a file was changed since devpi wrote it."""
    found = [undone(place, _written(app, place.path)) for place in settings_files(venv)]
    changes = [change for change in found if change]
    if diff:
        show_diff(app, changes)
        return
    if not changes:
        app.out.note("nothing to undo: there are no old files")
    edited = [str(change.path) for change in changes if change.was_edited(_written(app, change.path))]
    if edited and not dry_run:
        app.out.confirm(f"changed since devpi wrote them: {', '.join(edited)}\nput the old files back")
    if not dry_run:
        make(app, changes)
    would = "would be " if dry_run else ""
    for change in changes:
        app.out.line(f"{would}{'removed' if change.after is None else 'put back'}: {change.path}")
    app.out.document({"changes": [_as_json(change) for change in changes]})


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


def _wanted(identity: Identity, simple: str, search: str, trust: str) -> IndexSettings:
    host = urlsplit(simple)
    if trust == "auto":
        trust = "yes" if host.scheme == "http" and not urls.is_loopback(simple) else ""
    if identity.basic_auth and urls.origin(simple) == urls.origin(identity.root):
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
