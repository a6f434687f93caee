"""Export a devpi-server with its own program, verify what was exported, and describe it in a manifest."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import DevpiError, ProgramFailed, SomeFailed
from devpi_cli.hosting import dump as dumps
from devpi_cli.hosting import journal
from devpi_cli.hosting.raw import EXPORT, Runner, view_of
from devpi_cli.hosting.serverdir import FILES, raise_all
from devpi_cli.hosting.survey import named, survey
from devpi_cli.system.unfinished import problem, unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from devpi_cli.hosting.raw import Log
    from devpi_cli.hosting.serverdir import Serverdir
    from devpi_cli.system.unfinished import Unfinished

TRIES = 3
JOURNAL_SECONDS, POLL_SECONDS = 5.0, 0.005


@dataclass(frozen=True)
class Watching:
    """What a long action tells: a note, a line for the log of --debug, bytes that were dealt with."""

    note: Callable[[str], None] = lambda text: None
    debug: Callable[[str], None] = lambda text: None
    on_bytes: Callable[[int], None] = lambda count: None


def require(on: Serverdir, target: Path, *, hard_links: bool = False) -> None:
    """Raise DevpiError with all that keeps a server from being exported."""
    raise_all(list(_problems(on, target, hard_links=hard_links)))


def _problems(on: Serverdir, target: Path, *, hard_links: bool) -> Iterator[DevpiError]:
    found = list(on.problems())
    yield from found
    if refusal := problem(target):
        yield refusal
        return
    if is_inside(target, on.path):
        yield DevpiError(f"{target} is in the serverdir", hint="name a folder elsewhere")
    if not found:
        yield from space_problems(target, size_of(on.path / FILES), linked_from=on.path if hard_links else None)
        if _is_in_the_way(on):
            yield DevpiError(
                f"a change of {on.database} is under way, or was broken off",
                hint="try again in a moment; if no server runs, 'devpi server start' repairs the database",
            )


def _is_in_the_way(on: Serverdir) -> bool:
    """Return True if a change of the database has begun and does not end; a busy server makes many that do."""
    until = time.monotonic() + JOURNAL_SECONDS
    while journal.is_left(on.database):
        if time.monotonic() > until:
            return True
        time.sleep(POLL_SECONDS)
    return False


def is_inside(target: Path, folder: Path) -> bool:
    """Return True for a path in a folder, or the folder itself."""
    return os.path.realpath(target).startswith(os.path.realpath(folder) + os.sep) or target == folder


def size_of(folder: Path) -> int:
    """Return the size of all files below a folder."""
    total = 0
    for above, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(above, name)).st_size  # noqa: PTH118 (fast, for many files)
            except OSError:  # deleted meanwhile
                continue
    return total


def space_problems(target: Path, needed: int, *, linked_from: Path | None) -> Iterator[DevpiError]:
    """Yield the error for too little space, or for hard links to another file system."""
    import shutil

    above = target.parent
    while not above.exists():
        above = above.parent
    if linked_from:
        if above.stat().st_dev != linked_from.stat().st_dev:
            yield DevpiError(
                f"{target} and {linked_from} are on different file systems, and hard links need one",
                hint="leave out --hard-links",
            )
        return
    free = shutil.disk_usage(above).free
    if free < needed:
        yield DevpiError(f"{above} has {megabytes(free)} of free space, and {megabytes(needed)} are needed")


def megabytes(count: int) -> str:
    """Return a number of bytes as it is told."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.0f} {unit}" if count >= 10 * size else f"{count / size:.1f} {unit}"
    return f"{count} bytes"


def export(  # noqa: PLR0913 (keyword options)
    on: Serverdir,
    target: Path,
    log: Log,
    *,
    include_mirrored_files: bool = False,
    hard_links: bool = False,
    watching: Watching | None = None,
) -> dict[str, Any]:
    """Export a server to a folder; return the manifest.

    Raises what ``require`` raises, ProgramFailed if devpi-export fails, and SomeFailed for files that are damaged.
    """
    watching = watching or Watching()
    require(on, target, hard_links=hard_links)
    options = ["--include-mirrored-files"] * include_mirrored_files + ["--hard-links"] * hard_links
    with unfinished(target, lambda: watching.note(f"waiting for another command that makes {target}")) as made:
        runner = Runner(made.beside, log, made.handle, watching.debug)
        _run(on, made, runner, options, watching)
        dump = dumps.read_dump(made.whole)
        verified = dumps.verify(dump, watching.on_bytes)
        if verified.problems:
            raise damaged(f"{len(verified.problems)} of {len(list(dump.files()))} files are damaged", verified.problems)
        dumps.private_tree(made.whole)
        known = {**dumps.versions(), "storage": on.storage_name, "uuid": on.nodeinfo.get("uuid")}
        return dumps.write_manifest(dump, verified.hashes, known)


def _run(on: Serverdir, made: Unfinished, runner: Runner, options: list[str], watching: Watching) -> None:
    """Run devpi-export, again if files were deleted meanwhile."""
    for tries_left in reversed(range(TRIES)):
        view = view_of(on, made.beside / f"view-{tries_left}")
        try:
            return runner.run(EXPORT, view, [*options, str(made.whole)])
        except ProgramFailed as error:
            if not _is_about_a_missing_file(runner.log):
                raise
            found = survey(replace(runner, log=type(runner.log)(runner.log.path)), view, quick=True)
            if found.damaged:
                raise damaged(f"{len(found.damaged)} files are missing", named(found.damaged)) from None
            if not tries_left:
                hint = f"'devpi server backup DIR' works meanwhile; {error.hint}"
                raise ProgramFailed("files are being deleted during the export", status=1, hint=hint) from None
        watching.note("a file was deleted meanwhile: exporting again")
        runner.log.lines.clear()
        _remove(made.whole)
    return None


def _is_about_a_missing_file(log: Log) -> bool:
    return any(" is missing." in line or "FileNotFoundError" in line for line in log.lines)


def _remove(folder: Path) -> None:
    import shutil

    if folder.exists():
        shutil.rmtree(folder)


def damaged(what: str, lines: list[str]) -> SomeFailed:
    """Return the error for damaged files."""
    hint = "'devpi server check' names them all; remove them, or restore them from a backup"
    return SomeFailed([*lines[:20], what], status=1, hint=hint)
