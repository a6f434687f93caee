"""What an index itself has, without its bases: the releases that are meant, and the files that need not be sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devpi_cli.errors import Missing, NothingFound, OtherFile
from devpi_cli.models import DOC_UPLOAD, newest_first

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from devpi_cli.errors import Conflict
    from devpi_cli.models import Dist, Link, Release, Requirement
    from devpi_cli.server.api import Server

# What the server says, with status 200, of a file that it has already.
IDENTICAL = "Upload of identical file"
PUSHED = ("releasefile", "doczip")


@dataclass(eq=False, repr=False)
class IndexContents:
    """The files on an index itself, without its bases: one request for each project."""

    server: Server
    index: str
    _releases: dict[str, dict[str, Release]] = field(default_factory=dict)
    _given: dict[str, str] = field(default_factory=dict)

    def has(self, dist: Dist) -> bool:
        """Tell whether a file is there. Raises OtherFile for another one of that name, on the index or given before."""
        name, digest = dist.path.name, dist.sha256
        there = self._digests(dist)
        if name in there and there[name] != digest:
            raise OtherFile(
                f"{name}: {self.index} has another file of this name: its SHA-256 is {there[name]}, and here {digest}",
                here=digest,
                there=there[name],
                hint="upload it as another version; without --skip-existing a volatile index takes it, too",
            )
        if self._given.setdefault(name, digest) != digest:
            given = self._given[name]
            what = f"{name}: two files of this name are given, with the SHA-256 {given} and {digest}"
            raise OtherFile(what, here=digest, there=given)
        return name in there

    def _digests(self, dist: Dist) -> Mapping[str, str]:
        """Return the SHA-256 of the files by name; of documentation there is one file, however it is called here."""
        releases = self.releases(dist.project)
        if dist.action == DOC_UPLOAD:
            version = dist.version or next(iter(newest_first(releases)), "")
            links = releases[version].links if version in releases else ()
            found = [(dist.path.name, link) for link in links if link.rel == "doczip"]
        else:
            found = [(link.name, link) for release in releases.values() for link in release.files]
        return {name: link.sha256 or "unknown" for name, link in found}

    def releases(self, project: str) -> dict[str, Release]:
        """Return the releases of a project by version, none where the index has no such project."""
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
        """Tell whether a release is there, before it is pushed. Raises OtherFile for other files of its names."""
        there = self.releases(release.project).get(release.version)
        missing, others = _compared(release, there.links if there else (), rels)
        for here, other in others:
            raise OtherFile(
                f"{self.index} has another {here.name}: its SHA-256 is {other.sha256}, and here {here.sha256}",
                here=str(here.sha256),
                there=str(other.sha256),
            )
        return not missing

    def holds(self, release: Release, conflict: Conflict, rels: Collection[str] = PUSHED) -> bool:
        """Tell whether a release is there that could not be pushed; if not, add to the conflict what it is about."""
        releases = self.releases(release.project)
        there = releases[release.version].links if release.version in releases else ()
        missing, others = _compared(release, there, rels)
        if others:
            conflict.hint = f"{self.index} has other files of these names: {', '.join(link.name for link, _ in others)}"
        elif missing:
            conflict.hint = f"{self.index} has the rest of the release, but not {', '.join(missing)}: upload that"
        return not (missing or others)


def _compared(
    release: Release, there: Iterable[Link], rels: Collection[str]
) -> tuple[list[str], list[tuple[Link, Link]]]:
    """Return which files of a release are not there, and which are other ones there, beside those."""
    pushed, known = [link for link in release.links if link.rel in rels], {link.name: link for link in there}
    others = [(link, known[link.name]) for link in pushed if link.name in known]
    return (
        [link.name for link in pushed if link.name not in known],
        [(link, other) for link, other in others if not link.sha256 or link.sha256 != other.sha256],
    )


def find_releases(server: Server, index: str, wanted: Requirement, *, bases: bool = False) -> list[Release]:
    """Return the releases on an index that are meant, the oldest first. Raises NothingFound for none."""
    nothing = NothingFound(
        f"No releases or distributions found matching {wanted.text!r}.",
        hint=f"'devpi list --index {index}' shows what there is",
    )
    try:
        releases = server.releases(index, wanted.project, ignore_bases=not bases)
    except Missing as error:
        if "project" in error.reason:
            raise nothing from error
        raise
    found = {release.version: release for release in releases if wanted.matches(release.version)}
    if not found:
        raise nothing
    return [found[version] for version in reversed(newest_first(found))]
