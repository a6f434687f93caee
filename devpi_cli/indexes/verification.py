"""Verify what an index has: files that are lost or damaged, other metadata, names that a mirror has, too."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import BrokenDistribution, DevpiError, Missing, NotVerified, TooLarge
from devpi_cli.indexes.comparison import FILE, metadata_differences
from devpi_cli.indexes.resolution import with_bases
from devpi_cli.models import normalised
from devpi_cli.packages import dists, folders
from devpi_cli.server import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from devpi_cli.models import Link, Release
    from devpi_cli.server.api import Server


@dataclass
class Verdict:
    """What was found of the files of a release, or of an index."""

    checked: int = 0
    lost: list[str] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)
    """Files, and which hash they have instead."""
    metadata: dict[str, list[str]] = field(default_factory=dict)
    """Files, and the fields that the index has otherwise than any file of their release."""
    unread: list[str] = field(default_factory=list)
    """Files whose metadata cannot be read, and why."""
    failures: list[tuple[str, DevpiError]] = field(default_factory=list)
    """Files that could not be verified."""
    good: list[Link] = field(default_factory=list)
    """Files whose hash is right."""
    skipped: int = 0
    """Files that were right before."""

    @property
    def marks(self) -> list[str]:
        """What stands for the files that need not be verified again; with other metadata they would not be found."""
        return [] if self.metadata else [mark(link) for link in self.good]

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.damaged or self.metadata)

    def add(self, other: Verdict) -> None:
        """Take over what was found of another release; which files are good is not kept."""
        self.checked += other.checked
        self.lost += other.lost
        self.damaged |= other.damaged
        self.metadata |= other.metadata
        self.unread += other.unread
        self.failures += other.failures
        self.skipped += other.skipped


def look(server: Server, release: Release) -> Verdict:
    """Ask whether the server has the files of a release, without transferring them."""
    lost = [link.name for link in release.links if not versions.is_there(server, link.url)]
    return Verdict(checked=len(release.links), lost=lost)


def verify(
    server: Server, release: Release, private: Path, known: Collection[str] = (), *, metadata: bool = True
) -> Verdict:
    """Download the files of a release into a private folder, and compare hashes and ``metadata``; a mirror has none.

    ``known`` are the files that were right before; a release of which all were is skipped.
    """
    if all(mark(link) in known for link in release.links):
        return Verdict(skipped=len(release.links))
    found = Verdict()
    fields: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory(dir=private) as folder:
        for link in release.links:
            _verify(server, link, Path(folder), found, fields)
    found.metadata = _differences(release, fields) if metadata else {}
    return found


def _verify(server: Server, link: Link, folder: Path, found: Verdict, fields: dict[str, dict[str, object]]) -> None:
    if not folders.is_file_name(link.name):
        raise DevpiError(f"{link.name!r} cannot be the name of a file here: not verified")
    path = folder / link.name
    found.checked += 1
    try:
        with path.open("wb") as file:
            server.download(link, file)
    except Missing:
        found.lost.append(link.name)
        return
    except BrokenDistribution as error:
        found.damaged[link.name] = error.message.removeprefix(f"{link.name}: ")
        return
    except (NotVerified, TooLarge) as error:
        found.checked -= 1
        found.failures.append((link.name, error))
        return
    found.good.append(link)
    if link.rel == FILE:
        try:
            fields[link.name] = dists.read(path).fields
        except BrokenDistribution as error:
            found.unread.append(error.message)
    path.unlink()


def _differences(release: Release, fields: dict[str, dict[str, object]]) -> dict[str, list[str]]:
    """Return the fields that the index has otherwise, by file.

    What one file of a release says is right for all: the last one that was uploaded wins.
    """
    index = release.metadata or {}
    found = {name: metadata_differences(index, known, versions.FIELDS) for name, known in fields.items()}
    wrong = set(versions.FIELDS).intersection(*found.values()) if found else set()
    return {name: kept for name, names in found.items() if (kept := [each for each in names if each in wrong])}


class Shadows(NamedTuple):
    """Projects that a mirror has, too, with its name; the mirrors that were compared, and those without a list."""

    found: dict[str, str] = {}  # noqa: RUF012 (never changed)
    compared: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()


def shadowed(
    server: Server, index: str, projects: Iterable[str], warn: Callable[[str], None] = lambda text: None
) -> Shadows:
    """Return the projects of an index that a mirror among its bases has, too.

    Each mirror is asked for its list of names once, never about a name: that would tell it to the upstream. ``warn`` is
    told of mirrors without a list.
    """
    names = {normalised(project) for project in projects}
    found: dict[str, str] = {}
    compared: list[str] = []
    without_list: list[str] = []
    for mirror in (each for each in with_bases(server, index, warn) if each.is_mirror and each.name != index):
        if mirror.config.get("mirror_no_project_list"):
            warn(f"{mirror.name} has no list of the names at its upstream: not compared")
            without_list.append(mirror.name)
            continue
        compared.append(mirror.name)
        listed = {normalised(project) for project in server.index(mirror.name).projects}
        found |= {name: mirror.name for name in sorted(names & listed) if name not in found}
    return Shadows(found, tuple(compared), tuple(without_list))


class Mark(NamedTuple):
    """A file that was verified, as a line in a file of progress has it."""

    url: str
    hash: str


def mark(link: Link) -> str:
    """Return what stands for a file that was verified."""
    return json.dumps(Mark(link.url.partition("#")[0], link.sha256 or link.hash_spec or "")._asdict(), sort_keys=True)


def marks_in(path: Path) -> frozenset[str]:
    """Return the files that a file of progress names; none if it is not there. Raises DevpiError for another file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        known = [json.loads(line) for line in lines]
        return frozenset(json.dumps(Mark(**each)._asdict(), sort_keys=True) for each in known)
    except OSError as error:
        raise DevpiError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, TypeError):
        raise DevpiError(f"{path} was not written by 'devpi verify --resume FILE'") from None
