"""Read from and write to places that have releases: an index, or a folder."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from devpi_cli.errors import BrokenDistribution, DevpiError, Missing
from devpi_cli.indexes.comparison import DOCS, FILE, RESULT, hash_of
from devpi_cli.models import DOC_UPLOAD, Link, Release, normalised
from devpi_cli.packages import dists, folders
from devpi_cli.server import versions
from devpi_cli.system import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from devpi_cli.models import Index
    from devpi_cli.server.api import Server

    Fetch = Callable[[BinaryIO], None]

DIR = "dir:"
PIECE = 1 << 20


class Side(Protocol):
    """A place that has releases."""

    @property
    def name(self) -> str:
        """What it is called in messages."""

    @property
    def projects(self) -> Sequence[str]:
        """The names of its projects, normalised."""

    def releases(self, project: str, *, metadata: bool = False) -> list[Release]:
        """Return the releases of a project; none if it does not have the project."""

    def described(self, release: Release) -> Release:
        """Return a release of it with its metadata, if it has any that count."""

    def fetch(self, link: Link, file: BinaryIO) -> None:
        """Write one of its files to an open file; raise DevpiError if it cannot be verified."""

    def prepare(self, release: Release, links: Sequence[Link]) -> None:
        """Make ready for these files of a release."""

    def store(self, release: Release, link: Link, fetch: Fetch, *, replace: bool) -> None:
        """Take over a file of a release that ``fetch`` writes; raise DevpiError if it does not have it then."""

    def current(self, release: Release) -> tuple[Link, ...] | None:
        """Return what it has of this release now; None if that was verified when it was stored."""

    def add_result(self, release: Release, about: str, report: bytes, existing: Sequence[Link]) -> None:
        """Add a tox result to a file of a release; ``existing`` is what ``current`` returned."""

    def remove(self, release: Release, links: Sequence[Link], *, whole: bool) -> None:
        """Remove files of a release, or the whole release."""


@dataclass(frozen=True, eq=False)
class IndexSide:
    """An index, without its bases."""

    server: Server
    index: str
    name: str
    private: Path = field(default_factory=Path)
    """A folder for files on their way, which only this user can read."""

    @cached_property
    def projects(self) -> Sequence[str]:
        return self.server.index(self.index).projects

    @cached_property
    def _index(self) -> Index:
        return self.server.index(self.index, projects=False)

    @property
    def is_mirror(self) -> bool:
        """Whether it has its files, and all it says of them, from an index elsewhere."""
        return self._index.is_mirror

    @property
    def is_volatile(self) -> bool:
        """Whether a file can be replaced."""
        return bool(self._index.config.get("volatile"))

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self.projects)

    def releases(self, project: str, *, metadata: bool = False) -> list[Release]:
        if "projects" in self.__dict__ and project not in self._names:  # it has told that it does not have it
            return []
        return versions.releases(self.server, self.index, project, metadata=metadata)

    def described(self, release: Release) -> Release:
        if self.is_mirror:  # it knows only what the page of its upstream says
            return release
        found = versions.release(self.server, self.index, normalised(release.project), release.version)
        return release._replace(metadata=found.metadata, project=found.project)

    def fetch(self, link: Link, file: BinaryIO) -> None:
        self.server.download(link, file)

    def prepare(self, release: Release, links: Sequence[Link]) -> None:
        del release, links

    def store(self, release: Release, link: Link, fetch: Fetch, *, replace: bool) -> None:
        del replace  # a volatile index replaces, any other refuses
        if not folders.is_file_name(link.name):
            raise DevpiError(f"{link.name!r} cannot be the name of a file here: left out")
        with tempfile.TemporaryDirectory(dir=self.private) as folder:
            path = Path(folder) / link.name
            with path.open("wb") as file:
                fetch(file)
            fields = dict(release.metadata or ()) or dists.read(path).fields
            action = DOC_UPLOAD if link.rel == DOCS else "file_upload"
            if link.rel == FILE and dists.is_distribution(path):
                fields |= dict(zip(("filetype", "pyversion"), dists.kind_of(link.name), strict=True))
            with path.open("rb") as file:
                self.server.narrowed_to(normalised(release.project)).upload(
                    self.index, fields, link.name, file, action=action
                )

    def current(self, release: Release) -> tuple[Link, ...] | None:
        try:
            found = versions.release(self.server, self.index, normalised(release.project), release.version)
        except Missing:
            return ()
        return tuple(link for link in found.links if link.index == self.index)  # not of a base

    def add_result(self, release: Release, about: str, report: bytes, existing: Sequence[Link]) -> None:
        del release
        file = next((link for link in existing if link.rel == FILE and link.name == about), None)
        if file is None:
            raise DevpiError(f"{self.name} does not have {about}, which the tox result is about")
        versions.add_result(self.server, file.url, report)

    def remove(self, release: Release, links: Sequence[Link], *, whole: bool) -> None:
        if whole:
            self.server.remove_release(self.index, normalised(release.project), release.version)
            return
        gone = {link.url for link in links if link.rel == FILE}
        for link in links:
            if link.for_url not in gone:  # a file's results go with it
                self.server.remove_file(link.url)


@dataclass(frozen=True, eq=False)
class FolderSide:
    """A folder with releases."""

    path: Path
    name: str
    may_be_new: bool = False
    """Whether it is made when the first file comes."""
    is_volatile: bool = True

    @cached_property
    def folder(self) -> folders.Folder:
        """What is in it."""
        return folders.Folder(self.path, self.may_be_new)

    @property
    def projects(self) -> Sequence[str]:
        return self.folder.projects

    def releases(self, project: str, *, metadata: bool = False) -> list[Release]:
        del metadata  # it costs nothing
        return self.folder.releases(project)

    def described(self, release: Release) -> Release:
        return release

    def fetch(self, link: Link, file: BinaryIO) -> None:
        digest = sha256()
        with folders.path_of(link).open("rb") as source:
            while piece := source.read(PIECE):
                digest.update(piece)
                file.write(piece)
        if digest.hexdigest() != link.sha256:
            raise BrokenDistribution(f"{link.name}: it has changed since it was compared")

    def prepare(self, release: Release, links: Sequence[Link]) -> None:
        self.folder.describe(release, [stored_name(link) for link in links])

    def store(self, release: Release, link: Link, fetch: Fetch, *, replace: bool) -> None:
        path = self.folder.place(normalised(release.project), stored_name(link))
        with parts.part(path, replace=replace) as file:
            fetch(file)

    def current(self, release: Release) -> tuple[Link, ...] | None:
        return None

    def add_result(self, release: Release, about: str, report: bytes, existing: Sequence[Link]) -> None:
        del existing
        name = folders.result_name(about, sha256(report).hexdigest())
        path = self.folder.place(normalised(release.project), name)
        with parts.part(path, replace=True) as file:
            file.write(report)

    def remove(self, release: Release, links: Sequence[Link], *, whole: bool) -> None:
        for link in links:
            folders.path_of(link).unlink(missing_ok=True)
        if whole:
            project = normalised(release.project)
            self.folder.place(project, f"{project}-{release.version}{folders.RELEASE}").unlink(missing_ok=True)


def stored_name(link: Link) -> str:
    """Return the name of a file in a folder."""
    return folders.result_name(Link(link.for_url or "").name, hash_of(link)) if link.rel == RESULT else link.name
