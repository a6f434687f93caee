"""What an index has already of what is to be uploaded to it, told by SHA-256."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devpi_cli import documentation
from devpi_cli.errors import Missing, OtherFile
from devpi_cli.models import newest_first

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devpi_cli.app import App
    from devpi_cli.dists import Dist
    from devpi_cli.models import Release


@dataclass
class Existing:
    """The files on an index itself, without its bases: one request for each project."""

    app: App
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
        if dist.action == documentation.ACTION:
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
                found = self.app.server.releases(self.index, project, ignore_bases=True)
            except Missing as error:
                if "project" not in error.reason:
                    raise
                found = []
            self._releases[project] = {release.version: release for release in found}
        return self._releases[project]
