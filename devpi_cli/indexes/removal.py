"""Remove what a clean-up has listed of a project, and nothing that has changed since.

All that the index has of the project is read before, and again as soon as the serial of the server shows that somebody
else has changed something: every change has a number, and ours are known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import DevpiError, Missing
from devpi_cli.models import parsed_version
from devpi_cli.server import listings

if TYPE_CHECKING:
    from devpi_cli.indexes.pruning import Plan, Pruning
    from devpi_cli.models import Release
    from devpi_cli.server.listings import Listed, Listing

CHANGED, STAYS_NOW, GONE = "it has changed meanwhile", "the rules keep it now", "it is already gone"


@dataclass
class Outcome:
    """What became of the releases of a project that were to go."""

    removed: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    """Those that were not removed, and why, which is no failure."""
    failure: DevpiError | None = None

    @property
    def is_done(self) -> bool:
        """Return True if all was tried, and nothing failed."""
        return self.failure is None and bool(self.removed or self.left)


class _Now(NamedTuple):
    """What the index has of a project when it was last read, and the versions that the rules then did not keep."""

    listing: Listing
    go: tuple[str, ...]


@dataclass(frozen=True)
class Removal:
    """The removal of what goes of a project; ``ours`` are the serials of all removals of this clean-up."""

    pruning: Pruning
    plan: Plan
    outcome: Outcome
    ours: set[int]

    def carry_out(self) -> None:
        """Remove the releases, the oldest first; whenever somebody changed something meanwhile, read again."""
        kept = self._archived() if self.pruning.archive else None
        now: _Now | None = self._read()
        for listed in reversed(self.plan.go):
            now = now or self._read()
            found, why = self._found(listed, now)
            if kept is not None and not why and any(kept.get(r.version) != listings.digest(r.links) for _, r in found):
                why = CHANGED
            if why:
                self.outcome.left[listed.version] = why
                continue
            for _, release in found:
                now = self._remove(release.version, now)

    def _archived(self) -> dict[str, str]:
        """Keep the files of what goes, which can take long; return what stands for them, by version."""
        kept: dict[str, str] = {}
        now = self._read()
        for listed in reversed(self.plan.go):
            found, why = self._found(listed, now)
            for _, release in () if why else found:
                for link in release.links:
                    self.pruning.archive(self.plan.project, link)  # type: ignore[misc]  # it is one
                kept[release.version] = listings.digest(release.links)
        return kept

    def _read(self) -> _Now:
        project, pruning = self.plan.project, self.pruning
        listing = listings.whole(pruning.server, pruning.index.name, project)
        return _Now(listing, pruning.judged(project, [each for each, _ in listing.releases]).go)

    def _found(self, listed: Listed, now: _Now) -> tuple[list[tuple[Listed, Release]], str]:
        """Return the release that was listed, as it is now, and why it is not to be removed, if so."""
        found = [pair for pair in now.listing.releases if _is_meant(listed, pair[0])]
        if not found:
            return [], GONE
        arrived = max(each.arrived or 0 for each, _ in found)
        has_rest = listed.rest is None or (listed.rest, listed.arrived or 0) == (found[0][0].rest, arrived)
        files = listings.digest(link for _, release in found for link in release.files)
        if files != listed.digest or not has_rest or arrived > self.pruning.now:
            return found, CHANGED
        return found, "" if all(each.version in now.go for each, _ in found) else STAYS_NOW

    def _remove(self, version: str, now: _Now | None) -> _Now | None:
        """Remove a release; return what the index has now, None if it has to be read again."""
        pruning = self.pruning
        try:
            serial = pruning.server.remove_release(pruning.index.name, self.plan.project, version, force=pruning.force)
        except Missing as error:
            if "project" not in error.reason and "version" not in error.reason:
                raise
            self.outcome.left[version] = GONE
            return None
        self.outcome.removed.append(version)
        before = now.listing.serial if now else None
        if serial is None or before is None:
            return None
        self.ours.add(serial)
        is_known = all(number in self.ours for number in range(before + 1, serial + 1))
        return now._replace(listing=now.listing._replace(serial=serial)) if now and is_known else None


def _is_meant(listed: Listed, found: Listed) -> bool:
    """Return True if a release is the one that was listed; names of files may spell its version in another way."""
    if listed.rest is not None:
        return listed.version == found.version
    own, other = parsed_version(listed.version), parsed_version(found.version)
    return listed.version == found.version or (own is not None and own == other)
