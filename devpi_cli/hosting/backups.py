"""Back up a devpi-server while it runs, and restore it: with its id, serials and history, unlike an export."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import DevpiError, SomeFailed
from devpi_cli.hosting import stretching
from devpi_cli.hosting.attended import LOG, RECORD
from devpi_cli.hosting.dump import read_manifest, versions
from devpi_cli.hosting.exports import is_inside, size_of, space_problems
from devpi_cli.hosting.inits import SECRET
from devpi_cli.hosting.raw import Runner, view_of
from devpi_cli.hosting.serverdir import DATABASE, NODEINFO, Serverdir, raise_all
from devpi_cli.hosting.survey import named, survey
from devpi_cli.system.files import read, write_private
from devpi_cli.system.unfinished import problem, unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.hosting.exports import Watching
    from devpi_cli.hosting.raw import Log
    from devpi_cli.hosting.survey import Survey

MANIFEST = "BACKUP.json"
FORMAT = 1
# The search index is written while it is copied; devpi-web makes it anew. The others belong to the database.
INDICES = ".indices"
NOT_COPIED = (INDICES, RECORD, LOG, DATABASE, f"{DATABASE}-journal", f"{DATABASE}-wal", f"{DATABASE}-shm", MANIFEST)
# How far plugins have seen the changes: copied before the database, and not after it, so that they miss none.
EVENT_SERIAL = ".event_serial"
TRIES = 3
PAGES = 1000


def require(on: Serverdir, target: Path, *, hard_links: bool = False) -> None:
    """Raise DevpiError with all that keeps a server from being backed up."""
    raise_all(list(_problems(on, target, hard_links=hard_links)))


def _problems(on: Serverdir, target: Path, *, hard_links: bool) -> Iterator[DevpiError]:
    found = list(on.problems())
    yield from found
    if not found and on.storage_name != "sqlite":
        yield DevpiError(
            f"the data is in {on.storage_name}, and only sqlite can be backed up here",
            hint="use the backup of the database, or 'devpi server export DIR'",
        )
    yield from _problems_of_target(target, on.path, hard_links=hard_links)


def _problems_of_target(target: Path, source: Path, *, hard_links: bool) -> Iterator[DevpiError]:
    if refusal := problem(target):
        yield refusal
        return
    if is_inside(target, source):
        yield DevpiError(f"{target} is in {source}", hint="name a folder elsewhere")
    if source.is_dir():
        yield from space_problems(target, size_of(source), linked_from=source if hard_links else None)


def backup(  # noqa: PLR0913 (keyword options)
    on: Serverdir,
    target: Path,
    log: Log,
    watching: Watching,
    *,
    hard_links: bool = False,
    secret: Path | None = None,
) -> Survey:
    """Copy a serverdir, whose server may run, and compare every file with its hashes; return what it has.

    ``secret`` is the file with the secret of the server, which is copied if it is elsewhere: else all logins would end
    at the server that is restored. Raises what ``require`` raises, and SomeFailed if files are wrong or missing.
    """
    require(on, target, hard_links=hard_links)
    copy = _Copy(on.path, watching, hard_links=hard_links)
    with unfinished(target, lambda: watching.note(f"waiting for another command that makes {target}")) as made:
        runner = Runner(made.beside, log, made.handle, watching.debug)
        made.whole.mkdir(0o700)
        for number in range(TRIES):
            copy.files(made.whole)  # those that are deleted afterwards
            copy.database(made.whole)
            copy.files(made.whole)  # those that came meanwhile
            view = view_of(replace(on, path=made.whole), made.beside / f"view-{number}")
            found = survey(runner, view, on_file=lambda file: watching.on_bytes(file.size))
            if not found.damaged:
                break
            if number < TRIES - 1:
                watching.note(f"{len(found.damaged)} files are wrong or missing: trying again")
        _require_undamaged(found, on.path)
        if secret and secret.parent != on.path and secret.exists():
            write_private(made.whole / SECRET, read(secret))
            if how := stretching.kept(secret):
                stretching.keep(made.whole / SECRET, how)
        _write_manifest(made.whole, found, on)
        return found


def _require_undamaged(found: Survey, path: Path) -> None:
    if found.damaged:
        what = f"{len(found.damaged)} of {len(found.files)} files are damaged"
        hint = f"'devpi server check --serverdir {path}' names them all; remove them, or restore them from a backup"
        raise SomeFailed([*named(found.damaged), what], status=1, hint=hint)


class _Copy:
    """Copies what a serverdir has."""

    def __init__(self, source: Path, watching: Watching, *, hard_links: bool) -> None:
        self._source = source
        self._watching = watching
        self._hard_links = hard_links

    def files(self, target: Path) -> None:
        """Copy the files that are not there, or that are otherwise there; those of the database are left out."""
        for above, folders, names in os.walk(self._source):
            folder = Path(above)
            if folder == self._source:
                folders[:] = [name for name in folders if name not in NOT_COPIED]
                names = [name for name in names if name not in NOT_COPIED]  # noqa: PLW2901 (those of this folder)
            inside = target / folder.relative_to(self._source)
            inside.mkdir(exist_ok=True)
            for name in names:
                with suppress(FileNotFoundError):  # deleted meanwhile
                    self._file(folder / name, inside / name)

    def _file(self, source: Path, target: Path) -> None:
        if source.name == EVENT_SERIAL and target.exists():
            return
        found = source.lstat()
        if not stat.S_ISREG(found.st_mode) or source.name.endswith("-tmp") or _is_same(found, target):
            return
        if self._hard_links and source.parent != self._source:
            target.unlink(missing_ok=True)
            os.link(source, target)
        else:
            shutil.copy2(source, target)
            target.chmod(0o600)

    def database(self, target: Path) -> None:
        """Copy the database as it is at one moment, whoever writes to it meanwhile."""
        copy = target / DATABASE
        copy.unlink(missing_ok=True)
        try:
            with (
                closing(
                    sqlite3.connect(f"{(self._source / DATABASE).as_uri()}?mode=ro", uri=True, timeout=60)
                ) as source,
                closing(sqlite3.connect(copy)) as to,
            ):
                source.backup(to, pages=PAGES)
        except sqlite3.Error as error:
            if "full" in str(error):
                raise DevpiError(f"cannot write {copy}: the disk is full", hint="make room") from None
            hint = "if its server was killed, 'devpi server start' repairs it; else restore a backup"
            raise DevpiError(f"cannot read {self._source / DATABASE}: {error}", hint=hint) from None
        copy.chmod(0o600)


def _is_same(found: os.stat_result, target: Path) -> bool:
    with suppress(FileNotFoundError):
        there = target.lstat()
        return (there.st_size, int(there.st_mtime)) == (found.st_size, int(found.st_mtime))
    return False


def _write_manifest(folder: Path, found: Survey, on: Serverdir) -> None:
    (folder / NODEINFO).write_bytes((on.path / NODEINFO).read_bytes())
    manifest = {
        "format": FORMAT,
        **versions(),
        "storage": on.storage_name,
        **found.summary,
        "count": len(found.files),
        "files": {file.path: file.sha256 for file in found.files if file.state == "right"},
    }
    write_private(folder / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True))


def require_restorable(source: Serverdir, target: Serverdir, *, hard_links: bool = False) -> None:
    """Raise DevpiError with all that keeps a backup from being restored."""
    problems = [*source.problems(), *_problems_of_target(target.path, source.path, hard_links=hard_links)]
    try:
        read_manifest(source.path / MANIFEST)
    except DevpiError as error:
        problems.append(error)
    raise_all(problems)


def restore(source: Serverdir, target: Serverdir, log: Log, watching: Watching, *, hard_links: bool = False) -> Survey:
    """Make a serverdir from a backup; return what it has.

    Raises what ``require_restorable`` raises, and SomeFailed if a file is not what the backup or the server says.
    """
    require_restorable(source, target, hard_links=hard_links)
    manifest = read_manifest(source.path / MANIFEST)
    copy = _Copy(source.path, watching, hard_links=hard_links)
    with unfinished(
        target.path, lambda: watching.note(f"waiting for another command that makes {target.path}")
    ) as made:
        runner = Runner(made.beside, log, made.handle, watching.debug)
        made.whole.mkdir(0o700)
        copy.files(made.whole)
        copy.database(made.whole)
        view = view_of(replace(target, path=made.whole), made.beside / "view")
        found = survey(runner, view, on_file=lambda file: watching.on_bytes(file.size))
        _require_undamaged(found, source.path)
        if manifest:
            _compare(found, manifest)
        return found


def _compare(found: Survey, manifest: dict[str, Any]) -> None:
    """Raise SomeFailed if what was restored is not what the manifest says."""
    files = {file.path: file.sha256 for file in found.files if file.state == "right"}
    listed: dict[str, str] = manifest["files"]
    lines = [f"missing: {path}" for path in listed if path not in files]
    lines += [f"wrong: {path}" for path, digest in files.items() if listed.get(path, digest) != digest]
    if manifest.get("serial") != found.contents["serial"]:
        lines.append(f"wrong: the database is at serial {found.contents['serial']}, not {manifest.get('serial')}")
    if lines:
        raise SomeFailed(
            [*lines[:20], f"the backup is not what its {MANIFEST} says"], status=1, hint="take another one"
        )
