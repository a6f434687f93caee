"""Compare files and releases with an index, and find releases on it."""

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

# The message of the server, with status 200, for a file that it already has.
IDENTICAL = "Upload of identical file"
PUSHED = ("releasefile", "doczip")


@dataclass(eq=False, repr=False)
class IndexContents:
    """The files on an index without its bases, fetched once per project."""

    server: Server
    index: str
    _releases: dict[str, dict[str, Release]] = field(default_factory=dict)
    _given: dict[str, str] = field(default_factory=dict)

    def has(self, dist: Dist) -> bool:
        """Return True if the index has a file.

        Raises OtherFile for a different file with the same name, on the index or passed to an earlier call.
        """
        name, digest = dist.path.name, dist.sha256
        existing = self._digests(dist)
        if name in existing and existing[name] != digest:
            raise OtherFile(
                f"{name}: {self.index} has a different file with this name: SHA-256 {existing[name]}, here {digest}",
                here=digest,
                there=existing[name],
                hint="upload it as another version; a volatile index accepts it without --skip-existing",
            )
        if self._given.setdefault(name, digest) != digest:
            given = self._given[name]
            what = f"{name}: two different files have this name: SHA-256 {given} and {digest}"
            raise OtherFile(what, here=digest, there=given)
        return name in existing

    def _digests(self, dist: Dist) -> Mapping[str, str]:
        """Return SHA-256 by file name; a release has one documentation file, whatever its name."""
        releases = self.releases(dist.project)
        if dist.action == DOC_UPLOAD:
            version = dist.version or next(iter(newest_first(releases)), "")
            links = releases[version].links if version in releases else ()
            found = [(dist.path.name, link) for link in links if link.rel == "doczip"]
        else:
            found = [(link.name, link) for release in releases.values() for link in release.files]
        return {name: link.sha256 or "unknown" for name, link in found}

    def releases(self, project: str) -> dict[str, Release]:
        """Return the releases of a project by version; none if it is not on the index."""
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
        missing, others = _compared(release, existing.links if existing else (), rels)
        for here, other in others:
            raise OtherFile(
                f"{self.index} has a different {here.name}: SHA-256 {other.sha256}, here {here.sha256}",
                here=str(here.sha256),
                there=str(other.sha256),
            )
        return not missing

    def holds(self, release: Release, conflict: Conflict, rels: Collection[str] = PUSHED) -> bool:
        """Return True if the index has a release whose push failed.

        Otherwise add a hint to the conflict.
        """
        releases = self.releases(release.project)
        existing = releases[release.version].links if release.version in releases else ()
        missing, others = _compared(release, existing, rels)
        if others:
            conflict.hint = (
                f"{self.index} has different files with these names: {', '.join(link.name for link, _ in others)}"
            )
        elif missing:
            conflict.hint = f"{self.index} has the rest of the release, but not {', '.join(missing)}: upload it"
        return not (missing or others)


def _compared(
    release: Release, existing: Iterable[Link], rels: Collection[str]
) -> tuple[list[str], list[tuple[Link, Link]]]:
    """Return the names of missing files, and pairs of a release file and the different existing one."""
    pushed, known = [link for link in release.links if link.rel in rels], {link.name: link for link in existing}
    others = [(link, known[link.name]) for link in pushed if link.name in known]
    return (
        [link.name for link in pushed if link.name not in known],
        [(link, other) for link, other in others if not link.sha256 or link.sha256 != other.sha256],
    )


def find_releases(server: Server, index: str, wanted: Requirement, *, bases: bool = False) -> list[Release]:
    """Return the matching releases on an index, oldest first.

    Raises NothingFound if there are none.
    """
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
