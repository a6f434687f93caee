"""What a push takes: the releases that are meant, and the index that has each."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from devpi_cli.cli.steps.releases import matching_releases, releases_of_bases
from devpi_cli.errors import NothingFound, WrongUsage
from devpi_cli.indexes.copying import latest
from devpi_cli.models import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from devpi_cli.cli.app import App
    from devpi_cli.cli.steps.push_target import Destination
    from devpi_cli.models import Release
    from devpi_cli.server.api import Server

    Found = list[tuple[Release, str]]

OLD_STYLE = re.compile(r"([A-Za-z0-9][\w.-]*)-(\d[\w.!+]*)")


def parsed(typed: str) -> Requirement:
    """Parse a requirement; like devpi-client, accept NAME-VERSION."""
    old = OLD_STYLE.fullmatch(typed)
    return Requirement.parse(f"{old[1]}=={old[2]}" if old else typed)


@dataclass(frozen=True)
class PushSource:
    """The index from which releases are pushed.

    ``is_named`` is True if the user named it: then a release that it has from a base is pushed from there. With
    ``all_`` a mere name means all releases, else the newest.
    """

    app: App
    server: Server
    index: str
    to: Destination
    is_named: bool
    all_: bool

    def releases(self, typed: str) -> Found:
        """Return the releases that are meant, each with the index that has it; ``NAME-1`` may be a name.

        Raises NothingFound for none.
        """
        wanted = parsed(typed)
        if not OLD_STYLE.fullmatch(typed):
            return self._matching(wanted)
        try:
            found = self._matching(wanted)
        except NothingFound:
            with suppress(NothingFound):
                return self._matching(Requirement.parse(typed))
            raise
        self.app.out.warn(f"{typed!r} is deprecated: type {wanted.text!r}")
        return found

    def require_ways(self, places: Iterable[str]) -> None:
        """Raise WrongUsage for a push of an index to itself; warn of what a push from a mirror loses."""
        to = self.to.name
        for place in dict.fromkeys(places):
            if place == to:
                raise WrongUsage(
                    f"{to} is the same place twice", hint="name another target, or another index with --index"
                )
            if self.is_named and not self.to.repository and self.server.index(place, projects=False).is_mirror:
                instead = f"'devpi copy {place} {to} …' keeps them"
                self.app.out.warn(f"{place} is a mirror: a push loses the metadata, {instead}")

    def _matching(self, wanted: Requirement) -> Found:
        try:
            found = matching_releases(
                self.app, self.server, self.index, wanted, lambda base: self._instead(wanted, base)
            )
        except NothingFound:
            bases = releases_of_bases(self.server, self.index, wanted) if self.is_named and wanted.version else []
            if not bases:
                raise
            base, releases = bases[0]
            self.app.out.note(f"{wanted.project} {wanted.version} is on {base}: pushed from there")
            return [(release, base) for release in releases]
        if wanted.is_whole_project and not self.all_:
            newest = latest([release.version for release in found])
            found = [release for release in found if release.version == newest]
            self.app.out.note(f"{wanted.project}: the newest release is {newest}")
        return [(release, self.index) for release in found]

    def _instead(self, wanted: Requirement, base: str) -> str:
        """Return what to type for releases that a base has; a push from a mirror would lose their metadata."""
        if self.to.repository or not self.server.index(base, projects=False).is_mirror:
            return f"devpi push {quote(wanted.text)} {self.to.name} --index {base}"
        return f"devpi copy {base} {self.to.name} {quote(wanted.text)}{'' if wanted.version else ' --latest'}"
