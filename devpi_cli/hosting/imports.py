"""Import a dump with devpi-server's own program, and compare what the new server has with the dump."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import DevpiError, NothingFound, PluginMissing, SomeFailed
from devpi_cli.hosting import dump as dumps
from devpi_cli.hosting import passwords, postgres
from devpi_cli.hosting.exports import is_inside, size_of, space_problems
from devpi_cli.hosting.raw import IMPORT, Runner, view_of
from devpi_cli.hosting.serverdir import Serverdir, lossy_storage, missing_storage, raise_all
from devpi_cli.hosting.survey import facts, named, survey
from devpi_cli.system import private
from devpi_cli.system.files import write_private
from devpi_cli.system.unfinished import problem, unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from devpi_cli.hosting.dump import Dump
    from devpi_cli.hosting.exports import Watching
    from devpi_cli.hosting.raw import Log
    from devpi_cli.hosting.survey import Survey

USUAL_TYPES = ("mirror", "stage")
PYPI = "root/pypi"
# Settings of old versions, which devpi-import renames or removes.
OUTDATED = ("pypi_whitelist", "uploadtrigger_jenkins")


@dataclass(frozen=True)
class Choices:
    """What of a dump is imported, and how."""

    no_root_pypi: bool = False
    skip_types: tuple[str, ...] = ()
    drop_bases: bool = False
    drop_mirrored: tuple[str, ...] = ()
    hard_links: bool = False
    events: bool = False
    accept_data_loss: bool = False


@dataclass(frozen=True)
class Plan:
    """A dump that was read, and what will be imported of it."""

    dump: Dump
    choices: Choices
    verified: dumps.Verified
    files: list[dumps.DumpedFile] = field(default_factory=list)

    @property
    def indexes(self) -> list[str]:
        """The indexes that will be made."""
        return [name for name in self.dump.indexes if _is_taken(self.dump, name, self.choices)]

    @property
    def left_out(self) -> list[str]:
        """The indexes that will not be made."""
        return sorted(self.dump.indexes.keys() - set(self.indexes))

    @property
    def dangling(self) -> dict[str, list[str]]:
        """The bases of the indexes that will not exist."""
        made = {*self.indexes, *([] if self.choices.no_root_pypi else [PYPI])}
        return {
            name: missing
            for name in self.indexes
            if (missing := [base for base in self.dump.bases(name) if base not in made])
        }

    @property
    def has_empty_root_password(self) -> bool:
        """Whether anybody could log in as root after the import."""
        return passwords.is_empty(self.dump.users.get("root", {})) or not self.dump.users.get("root", {}).get("pwhash")


def _is_taken(dump: Dump, name: str, choices: Choices) -> bool:
    if name == PYPI and choices.no_root_pypi:
        return False
    return dump.type_of(name) not in choices.skip_types


def plan(source: Path, target: Serverdir, choices: Choices, log: Log, watching: Watching) -> Plan:
    """Read and verify a dump, and find all that keeps it from being imported. Raises DevpiError with all of that."""
    problems = list(_problems_of_target(source, target, choices))
    try:
        dump = dumps.read_dump(source)
        verified = dumps.verify(dump, watching.on_bytes)
    except DevpiError as error:
        raise_all([*problems, error])
        raise
    found = Plan(dump, choices, verified, [file for file in dump.files() if _is_taken(dump, file.index, choices)])
    raise_all([*problems, *_problems_of_dump(found, target, log, watching)])
    return found


def _problems_of_target(source: Path, target: Serverdir, choices: Choices) -> Iterator[DevpiError]:
    if refusal := problem(target.path):
        yield refusal
        return
    if is_inside(target.path, source):
        yield DevpiError(f"{target.path} is in the export", hint="name another folder with --serverdir")
    storage = target.named_storage or "sqlite"
    yield from missing_storage(storage)
    yield from lossy_storage(storage, is_accepted=choices.accept_data_loss)
    yield from postgres.problems(target)
    if source.is_dir():
        yield from space_problems(target.path, size_of(source), linked_from=source if choices.hard_links else None)


def _problems_of_dump(found: Plan, target: Serverdir, log: Log, watching: Watching) -> Iterator[DevpiError]:
    if lines := found.verified.problems:
        count = f"{len(lines)} of {len(list(found.dump.files()))} files are damaged"
        yield SomeFailed([*lines[:20], count], status=1, hint="export again; a damaged server has a backup, or no file")
    types = {found.dump.type_of(name) for name in found.dump.indexes} - {*USUAL_TYPES, *found.choices.skip_types}
    if types and (unknown := types - _known_types(target, log, watching)):
        yield PluginMissing(
            f"no plugin is installed for indexes of type {', '.join(sorted(unknown))}",
            hint="install it, or leave these indexes out with --skip-import-type",
        )
    if typo := set(found.choices.drop_mirrored) - {PYPI}:
        yield NothingFound(f"--drop-mirrored is for {PYPI}, with --no-root-pypi: {', '.join(sorted(typo))}")
    dropped = [file for file in found.dump.files() if file.index == PYPI] if found.choices.no_root_pypi else []
    if dropped and PYPI not in found.choices.drop_mirrored:
        yield DevpiError(
            f"--no-root-pypi would drop {len(dropped)} files of {PYPI}",
            hint=f"leave it out, or confirm with --drop-mirrored {PYPI}",
        )


def _known_types(target: Serverdir, log: Log, watching: Watching) -> set[str]:
    with private.folder("server") as folder:
        return set(facts(Runner(folder, log, debug=watching.debug), target)["index_types"])


def import_(found: Plan, target: Serverdir, root_hash: str | None, log: Log, watching: Watching) -> Survey:
    """Import a dump to a new serverdir; return what it has. Raises DevpiError if that is not what the dump has.

    ``root_hash`` is for a new password of root: devpi-import itself takes that of the dump, whatever its options say.
    """
    choices = found.choices
    options = [word for kind in choices.skip_types for word in ("--skip-import-type", kind)]
    options += ["--no-root-pypi"] * choices.no_root_pypi + ["--hard-links"] * choices.hard_links
    options += ["--no-events"] * (not choices.events)
    waiting = f"waiting for another command that makes {target.path}"
    with unfinished(target.path, lambda: watching.note(waiting)) as made, postgres.filled(target):
        runner = Runner(made.beside, log, made.handle, watching.debug)
        view, expected = _view(found, made.beside / "dump", root_hash)
        new = replace(target, path=made.whole)
        runner.run(IMPORT, new, [*options, str(view)])
        imported = survey(runner, view_of(new, made.beside / "view"), on_file=lambda file: watching.on_bytes(file.size))
        if differences := list(_differences(found, expected, imported)):
            log.save()
            hint = f"this is a fault of devpi-import or of the export; its output is in {log.path}"
            raise SomeFailed([*differences[:20], "the import differs from the export"], status=1, hint=hint)
        if target.storage:
            target.storage.remember(made.whole)
        return imported


def _view(found: Plan, folder: Path, root_hash: str | None) -> tuple[Path, dict[str, Any]]:
    """Make a folder with the files of a dump, and with a description that has what is to be changed."""
    folder.mkdir(mode=0o700)
    for path in found.dump.folder.iterdir():
        if path.name not in (dumps.INDEX, dumps.MANIFEST):
            (folder / path.name).symlink_to(path)
    data = json.loads(json.dumps(found.dump.data))
    if root_hash:
        root = data["users"].setdefault("root", {"username": "root"})
        root["pwhash"] = root_hash
        root.pop("pwsalt", None)
    if found.choices.drop_bases:
        for name, missing in found.dangling.items():
            config = data["indexes"][name]["indexconfig"]
            config["bases"] = [base for base in config["bases"] if base not in missing]
    write_private(folder / dumps.INDEX, json.dumps(data))
    return folder, data


def _differences(found: Plan, expected: Mapping[str, Any], imported: Survey) -> Iterator[str]:
    """Yield what the new server has not, or has otherwise."""
    yield from named(imported.damaged)
    for name, user in expected["users"].items():
        there = imported.users.get(name)
        if there is None:
            yield f"missing: user {name}"
        elif any(there.get(key) != value for key, value in user.items() if value is not None):
            yield f"wrong: user {name}"
    for name in found.indexes:
        there = imported.indexes.get(name)
        if there is None:
            yield f"missing: index {name}"
            continue
        config = expected["indexes"][name]["indexconfig"]
        wrong = sorted(key for key, value in config.items() if not _is_same(key, there["config"].get(key), value))
        if wrong:
            yield f"wrong: index {name}: {', '.join(wrong)}"
    yield from _differing_files(found, imported)


def _differing_files(found: Plan, imported: Survey) -> Iterator[str]:
    dumped = Counter((file.index, found.verified.hashes[file.path]) for file in found.files)
    there = Counter((file.index, str(file.sha256)) for file in imported.files)
    missing = dumped - there
    for file in found.files:
        key = (file.index, found.verified.hashes[file.path])
        if missing[key] > 0:
            missing[key] -= 1
            yield f"missing: {file.path}"
    for index, digest in (there - dumped).elements():
        yield f"not in the export: a file of {index} with SHA-256 {digest}"


def _is_same(key: str, one: Any, other: Any) -> bool:
    """Compare settings: the order of an ACL has no meaning, and a server may store what is empty in another way."""
    if key.startswith("acl_") and isinstance(one, list) and isinstance(other, list):
        return sorted(map(str, one)) == sorted(map(str, other))
    return key in OUTDATED or one == other or (not one and not other)
