"""Know what a devpi-server has: users, indexes, projects and files, each file with its hash."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import DevpiError
from devpi_cli.hosting.inside import PREFIX
from devpi_cli.hosting.raw import INSIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from devpi_cli.hosting.raw import Runner
    from devpi_cli.hosting.serverdir import Serverdir

RIGHT, WRONG, MISSING = "right", "wrong", "missing"


@dataclass(frozen=True)
class StoredFile:
    """A file that a server has, or should have.

    ``state`` is ``right``, ``wrong`` if its content has other hashes than when it came, or ``missing``.
    """

    path: str
    index: str
    name: str
    state: str
    sha256: str | None
    size: int


@dataclass(frozen=True)
class Survey:
    """What a server has at a serial."""

    facts: dict[str, Any]
    contents: dict[str, Any]
    files: list[StoredFile] = field(default_factory=list)

    @property
    def users(self) -> dict[str, dict[str, Any]]:
        """The users with their settings and the hashes of their passwords, which must not be shown."""
        users: dict[str, dict[str, Any]] = self.contents["users"]
        return users

    @property
    def indexes(self) -> dict[str, dict[str, Any]]:
        """The settings of the indexes (``config``), and the versions of their ``projects``."""
        indexes: dict[str, dict[str, Any]] = self.contents["indexes"]
        return indexes

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(file.size for file in self.files)

    @property
    def summary(self) -> dict[str, Any]:
        """Which server it is, at which serial, and how much it has."""
        return {
            "uuid": self.contents["uuid"],
            "serial": self.contents["serial"],
            "users": len(self.users),
            "indexes": len(self.indexes),
            "files": len(self.files),
            "bytes": self.bytes,
        }

    def of_state(self, state: str) -> list[StoredFile]:
        """Return the files in a state; mirrors fetch their missing files anew, and are left out for ``missing``."""
        return [
            file for file in self.files if file.state == state and not (state == MISSING and self.is_mirrored(file))
        ]

    def is_mirrored(self, file: StoredFile) -> bool:
        """Return True for a file of a mirror."""
        return self.type_of(file.index) == "mirror"

    def type_of(self, index: str) -> str:
        """Return the type of an index; empty for one that is gone."""
        found: str = self.indexes.get(index, {}).get("config", {}).get("type", "")
        return found

    @property
    def damaged(self) -> list[StoredFile]:
        """The files that are wrong or missing."""
        return [*self.of_state(WRONG), *self.of_state(MISSING)]

    @property
    def to_fetch(self) -> list[StoredFile]:
        """The missing files of mirrors."""
        return [file for file in self.files if file.state == MISSING and self.is_mirrored(file)]


def survey(
    runner: Runner, on: Serverdir, *, on_file: Callable[[StoredFile], None] = lambda file: None, quick: bool = False
) -> Survey:
    """Read all that a server has; ``quick`` without reading the files themselves.

    ``on`` should be a view, because devpi-server writes ``.nodeinfo`` even when it reads. Raises ProgramFailed.
    """
    objects: list[dict[str, Any]] = []
    files: list[StoredFile] = []

    def hear(line: str) -> None:
        if not line.startswith(PREFIX):
            return
        found = json.loads(line.removeprefix(PREFIX))
        if "path" in found:
            files.append(StoredFile(**found))
            on_file(files[-1])
        else:
            objects.append(found)

    runner.run(INSIDE, on, ["--no-checksum"] if quick else [], on_line=hear)
    match objects:
        case [facts, contents, {"end": int(count)}] if count == len(files):
            return Survey(facts, contents, files)
    raise DevpiError(f"devpi-server did not tell all that {on.path} has", hint="try again")


def facts(runner: Runner, on: Serverdir) -> dict[str, Any]:
    """Return what the installed devpi-server can do: versions, storages, types of indexes."""
    found: list[dict[str, Any]] = []

    def hear(line: str) -> None:
        if line.startswith(PREFIX):
            found.append(json.loads(line.removeprefix(PREFIX)))

    runner.run(INSIDE, on, ["--facts"], on_line=hear)
    return found[0]


def named(files: Iterable[StoredFile], most: int = 20) -> list[str]:
    """Return a line for each file, and how many more there are."""
    found = list(files)
    lines = [f"{file.state}: {file.path}" for file in found[:most]]
    return [*lines, *([f"and {len(found) - most} more"] if len(found) > most else [])]
