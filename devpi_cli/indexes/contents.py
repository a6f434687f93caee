"""Compare files and releases with an index, and find releases on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.errors import (
    AlreadyThere,
    BrokenDistribution,
    DevpiError,
    Missing,
    NotVerified,
    OtherFile,
    TooLarge,
)
from devpi_cli.indexes.comparison import DOCS, FILE, compare, has_digest, hash_of
from devpi_cli.models import DOC_UPLOAD, newest_first

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from devpi_cli.indexes.comparison import Comparison
    from devpi_cli.models import Dist, Link, Release, Requirement
    from devpi_cli.server.api import Server

# The message of the server, with status 200, for a file that it already has.
IDENTICAL = "Upload of identical file"
PUSHED = (FILE, DOCS)
# How an index has a file: byte for byte, or all but the times and owners in it.
SAME_BYTES, SAME_CONTENT = "identical", "same content"
# An archive with the same members is hardly larger, however it was compressed.
MOST_GROWTH, ROOM = 2, 2**20


@dataclass(eq=False, repr=False)
class IndexContents:
    """The files on an index without its bases, fetched once per project."""

    server: Server
    index: str
    compare: bool = False
    """Whether to download files of the same name whose hash differs, to compare their members."""
    _releases: dict[str, dict[str, Release]] = field(default_factory=dict)
    _given: dict[str, str] = field(default_factory=dict)

    def has(self, dist: Dist) -> str:
        """Return how the index has a file.

        That is SAME_BYTES, SAME_CONTENT, or nothing if it lacks it. With ``compare``, a file of the same name
        is downloaded if its hash differs, and the members are compared. Raises OtherFile for a different file
        with the same name, on the index or passed to an earlier call.
        """
        name, digest = dist.path.name, dist.sha256
        link = self._links(dist).get(name)
        found = "" if link is None else SAME_BYTES if has_digest(link, digest) else SAME_CONTENT
        if link and found == SAME_CONTENT:
            self._require_same(link, dist)
        if self._given.setdefault(name, digest) != digest:
            given = self._given[name]
            what = f"{name}: two different files have this name: SHA-256 {given} and {digest}"
            raise OtherFile(what, here=digest, there=given)
        return found

    def _require_same(self, link: Link, dist: Dist) -> None:
        """Raise OtherFile unless a file on the index differs only in times and owners."""
        name, here, there = dist.path.name, dist.sha256, hash_of(link)
        reason = ""
        try:
            if self.compare and self._is_same(link, dist):
                return
        except (BrokenDistribution, Missing, NotVerified) as error:
            reason = f" (which cannot be downloaded to compare its members: {error.message.splitlines()[-1]})"
        raise OtherFile(
            f"{name}: {self.index} has a different file with this name: SHA-256 {there}, here {here}{reason}",
            here=here,
            there=there,
            hint="upload it as another version",
        )

    def _is_same(self, link: Link, dist: Dist) -> bool:
        from devpi_cli.packages import sameness
        from devpi_cli.system import private

        most = MOST_GROWTH * dist.path.stat().st_size + ROOM
        with private.folder("compare") as folder:
            copy = folder / "there"
            try:
                with copy.open("wb") as file:
                    self.server.download(link, file, most=most)
            except TooLarge:
                return False
            return sameness.is_same(dist.path, copy)

    def _links(self, dist: Dist) -> Mapping[str, Link]:
        """Return the files by name.

        A release has one documentation file, whatever its name.
        """
        releases = self.releases(dist.project)
        if dist.action == DOC_UPLOAD:
            version = dist.version or next(iter(newest_first(releases)), "")
            links = releases[version].links if version in releases else ()
            found = [(dist.path.name, link) for link in links if link.rel == "doczip"]
        else:
            found = [(link.name, link) for release in releases.values() for link in release.files]
        return dict(found)

    def releases(self, project: str) -> dict[str, Release]:
        """Return the releases of a project by version; none if it is not on the index."""
        if not urls.is_name(project):  # no URL leads to it; whether to take it, the server decides
            return {}
        if project not in self._releases:
            try:
                found = self.server.releases(self.index, project, ignore_bases=True)
            except Missing as error:
                if "project" not in error.reason:
                    raise
                found = []
            self._releases[project] = {release.version: release for release in found}
        return self._releases[project]

    def has_release(self, release: Release, rels: Collection[str] = PUSHED) -> bool:
        """Return True if the index has a whole release, as a check before a push.

        Raises OtherFile for different files with the same names.
        """
        existing = self.releases(release.project).get(release.version)
        found = compare(release.links, existing.links if existing else (), rels)
        for here, other in found.different:
            raise OtherFile(
                f"{self.index} has a different {here.name}: SHA-256 {hash_of(other)}, here {hash_of(here)}",
                here=hash_of(here),
                there=hash_of(other),
            )
        return not found.only_a

    def holds(self, release: Release, conflict: DevpiError, rels: Collection[str] = PUSHED) -> bool:
        """Return True if the index has a release whose push failed.

        Otherwise add a hint to the conflict.
        """
        releases = self.releases(release.project)
        existing = releases[release.version].links if release.version in releases else ()
        found = compare(release.links, existing, rels)
        if found.different:
            names = ", ".join(link.name for link, _ in found.different)
            conflict.hint = f"{self.index} has different files with these names: {names}"
        elif found.only_a:
            names = ", ".join(link.name for link in found.only_a)
            conflict.hint = f"{self.index} has the rest of the release, but not {names}: upload it"
        return not (found.only_a or found.different)

    def foreseen(self, release: Release, rels: Collection[str], *, volatile: bool) -> tuple[bool, list[str]]:
        """Return whether a push would find all files, and what it replaces.

        The first is True if all are there already. Raises AlreadyThere if a push to this non-volatile index
        would be a conflict.
        """
        existing = self.releases(release.project).get(release.version)
        found = compare(release.links, existing.links if existing else (), rels)
        clash = _first_clash(found)
        if volatile or clash is None:
            return False, [here.name for here, _ in found.different]
        conflict = AlreadyThere(f"{clash} already exists in non-volatile index {self.index}")
        if not self.holds(release, conflict, rels):
            raise conflict
        return True, []


def _first_clash(found: Comparison) -> str | None:
    """Return the name of the first file that both have."""
    return min((here.name for here, _ in (*found.different, *found.same)), default=None)


def find_releases(server: Server, index: str, wanted: Requirement, *, bases: bool = False) -> list[Release]:
    """Return the matching releases on an index, oldest first.

    Raises NothingFound if there are none.
    """
    try:
        releases = server.releases(index, wanted.project, ignore_bases=not bases)
    except Missing as error:
        if "project" in error.reason:
            raise wanted.nothing_on(index) from error
        raise
    found = {release.version: release for release in releases if wanted.matches(release.version)}
    if not found:
        raise wanted.nothing_on(index, newest_first(release.version for release in releases))
    return [found[version] for version in reversed(newest_first(found))]
