"""Read and verify an export of devpi-server: a folder with ``dataindex.json``, and with our ``MANIFEST.json``."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import BrokenDistribution, DevpiError, NothingFound
from devpi_cli.system.files import write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INDEX, MANIFEST = "dataindex.json", "MANIFEST.json"
DUMP_VERSIONS = (1, 2)
PIECE = 1 << 20
HASHES = ("sha256", "sha512", "sha1", "md5")


@dataclass(frozen=True)
class DumpedFile:
    """A file of a dump, with the hashes that the dump has for it: old ones have none for some."""

    index: str
    path: str
    kind: str
    hashes: dict[str, str]

    @property
    def name(self) -> str:
        """Its file name."""
        return PurePosixPath(self.path).name


@dataclass(frozen=True)
class Dump:
    """What an export has, by its own description."""

    folder: Path
    data: dict[str, Any]

    @property
    def users(self) -> dict[str, dict[str, Any]]:
        """The users with their settings, and the hashes of their passwords."""
        users: dict[str, dict[str, Any]] = self.data["users"]
        return users

    @property
    def indexes(self) -> dict[str, dict[str, Any]]:
        """The indexes: ``indexconfig``, ``projects`` and ``files``."""
        indexes: dict[str, dict[str, Any]] = self.data["indexes"]
        return indexes

    def config(self, index: str) -> dict[str, Any]:
        """Return the settings of an index."""
        config: dict[str, Any] = self.indexes[index]["indexconfig"]
        return config

    def bases(self, index: str) -> list[str]:
        """Return the bases of an index; a mirror has none."""
        found = self.config(index).get("bases") or []
        return [str(base) for base in found] if isinstance(found, list) else []

    def type_of(self, index: str) -> str:
        """Return the type of an index."""
        return str(self.config(index).get("type"))

    def files(self) -> Iterator[DumpedFile]:
        """Yield all files."""
        for index, found in self.indexes.items():
            for file in found.get("files", []):
                yield DumpedFile(index, file["relpath"], str(file["type"]), _hashes(file))

    def without_files(self) -> list[str]:
        """Return the indexes whose files were left out: mirrors."""
        return sorted(name for name, found in self.indexes.items() if "files" not in found)

    def size(self) -> int:
        """Return the size of all files."""
        return sum(self.path_of(file).stat().st_size for file in self.files() if self.path_of(file).is_file())

    def path_of(self, file: DumpedFile) -> Path:
        """Return where a file is."""
        return self.folder / file.path

    @property
    def manifest_path(self) -> Path:
        """Where our manifest is, if we made the dump."""
        return self.folder / MANIFEST

    def read_manifest(self) -> dict[str, Any] | None:
        """Return the manifest; None if the raw program made the dump. Raises BrokenDistribution for a damaged one."""
        return read_manifest(self.manifest_path)


def read_manifest(path: Path) -> dict[str, Any] | None:
    """Return a manifest, in which ``files`` has the hashes; None if there is no such file.

    Raises BrokenDistribution for a damaged one.
    """
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and isinstance(found.get("files"), dict):
        return found
    raise BrokenDistribution(f"{path} is damaged")


def _hashes(file: dict[str, Any]) -> dict[str, str]:
    mapping = file.get("entrymapping") or {}
    found = {kind: str(value) for kind, value in (mapping.get("hashes") or {}).items() if kind in HASHES}
    kind, equals, value = str(mapping.get("hash_spec") or "").partition("=")
    if equals and kind in HASHES:
        found.setdefault(kind, value)
    if isinstance(mapping.get("md5"), str):  # as devpi-server 2.1 wrote it
        found.setdefault("md5", mapping["md5"])
    if (
        file["type"] == "toxresult"
        and found
        and file["relpath"].split("/")[-2:-1] in [[f"{k}={v}"] for k, v in found.items()]
    ):
        return {}  # devpi-server 6.5 to 6.8 wrote the hash of the file that was tested
    return found


def read_dump(folder: Path) -> Dump:
    """Read the description of a dump. Raises NothingFound for none, BrokenDistribution for a damaged one."""
    path = folder / INDEX
    if not folder.is_dir():
        raise NothingFound(f"there is no folder {folder}")
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        hint = "an export that was broken off has none" if any(folder.iterdir()) else ""
        raise NothingFound(f"{folder} is not an export of devpi-server: it has no {INDEX}", hint=hint) from None
    except OSError as error:
        raise DevpiError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise BrokenDistribution(f"{path} is damaged: it is not JSON", hint="export again") from None
    if problem := _problem(data):
        raise BrokenDistribution(f"{path} is not what devpi-export writes: {problem}")
    return Dump(folder, data)


def _problem(data: Any) -> str:
    """Return what is wrong with the form of a description; empty if nothing is."""
    match data:
        case {"users": dict(users), "indexes": dict(indexes)} if all(isinstance(user, dict) for user in users.values()):
            pass
        case _:
            return "it has no users or no indexes"
    if str(data.get("dumpversion")) not in map(str, DUMP_VERSIONS):
        return f"its version is {data.get('dumpversion')!r}, not {' or '.join(map(str, DUMP_VERSIONS))}"
    found = (_problem_of_index(name, index, users) for name, index in indexes.items())
    return next(filter(None, found), "")


def _problem_of_index(name: str, index: Any, users: dict[str, Any]) -> str:
    if name.count("/") != 1 or not isinstance(index, dict) or not isinstance(index.get("indexconfig"), dict):
        return f"the index {name} has no settings"
    if name.split("/", maxsplit=1)[0] not in users:
        return f"the index {name} belongs to no user"
    if not isinstance(index.get("files", []), list) or not isinstance(index.get("projects", {}), dict):
        return f"the index {name} has no list of files"
    bad = next((file for file in index.get("files", []) if not _is_file(file)), None)
    return f"a file of {name} has no path in the folder: {str(bad)[:100]}" if bad else ""


def _is_file(file: Any) -> bool:
    match file:
        case {"relpath": str(path), "type": str(), "projectname": str()}:
            parts = PurePosixPath(path).parts
            return bool(parts) and not path.startswith("/") and ".." not in parts
    return False


def sha256_of(path: Path, on_bytes: Callable[[int], None] = lambda count: None) -> str:
    """Return the SHA-256 of a file."""
    return hashes_of(path, {"sha256"}, on_bytes)["sha256"]


def hashes_of(path: Path, kinds: set[str], on_bytes: Callable[[int], None] = lambda count: None) -> dict[str, str]:
    """Return hashes of a file, which is read once."""
    running = {kind: hashlib.new(kind, usedforsecurity=False) for kind in kinds}
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            for each in running.values():
                each.update(piece)
            on_bytes(len(piece))
    return {kind: each.hexdigest() for kind, each in running.items()}


@dataclass(frozen=True)
class Verified:
    """What became of the files of a dump: the SHA-256 of each by its path, and what is wrong."""

    hashes: dict[str, str]
    problems: list[str]
    unverified: list[str]
    """The files for which nothing has a hash."""


def verify(dump: Dump, on_bytes: Callable[[int], None] = lambda count: None) -> Verified:
    """Compare every file of a dump with its hashes, those in our manifest, too, if there is one."""
    manifest = dump.read_manifest()
    listed: dict[str, str] = manifest["files"] if manifest else {}
    hashes, problems, unverified = {}, [], []
    if manifest and manifest.get("dataindex") != sha256_of(dump.folder / INDEX):
        problems.append(f"wrong: {INDEX} has changed since the export")
    for file in dump.files():
        path = dump.path_of(file)
        if path.is_symlink() or not path.is_file():
            problems.append(f"missing: {file.path}")
            continue
        found = hashes_of(path, {*file.hashes, "sha256"}, on_bytes)
        hashes[file.path] = found["sha256"]
        known = file.path in listed or bool(file.hashes)
        if listed.get(file.path, found["sha256"]) != found["sha256"] or any(
            found[kind] != value for kind, value in file.hashes.items()
        ):
            problems.append(f"wrong: {file.path}")
        elif not known:
            unverified.append(file.path)
    problems += [f"missing: {path} (in {MANIFEST})" for path in sorted(listed.keys() - hashes.keys()) if not
                 dump.folder.joinpath(path).is_file()]  # fmt: skip
    return Verified(hashes, list(dict.fromkeys(problems)), unverified)


def write_manifest(dump: Dump, hashes: dict[str, str], more: dict[str, Any]) -> dict[str, Any]:
    """Write the manifest of a dump; return it."""
    manifest = {
        **more,
        "users": len(dump.users),
        "indexes": len(dump.indexes),
        "count": len(hashes),
        "bytes": dump.size(),
        "without_files": dump.without_files(),
        "dataindex": sha256_of(dump.folder / INDEX),
        "files": hashes,
    }
    write_private(dump.manifest_path, json.dumps(manifest, indent=1, sort_keys=True))
    return manifest


def versions() -> dict[str, Any]:
    """Return the versions of devpi-server, its plugins and Python, as they are installed here."""
    import platform
    from importlib.metadata import entry_points, version

    plugins = {point.dist.name: point.dist.version for point in entry_points(group="devpi_server") if point.dist}
    return {"devpi-server": version("devpi-server"), "plugins": plugins, "python": platform.python_version()}


def private_tree(folder: Path) -> None:
    """Let only the owner read a folder; hard links keep their modes, which are those of the server's own files."""
    for above, _, names in os.walk(folder):
        Path(above).chmod(0o700)
        for name in names:
            path = Path(above, name)
            if path.stat().st_nlink == 1:
                path.chmod(0o600)
