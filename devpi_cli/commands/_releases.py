"""What the commands about the releases on an index share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.commands._refusals import DID_YOU_MEAN, what_to_type
from devpi_cli.errors import Missing, NothingFound
from devpi_cli.models import newest_first

if TYPE_CHECKING:
    from devpi_cli.app import App
    from devpi_cli.models import Release, Requirement


def no_release(index: str, wanted: Requirement) -> NothingFound:
    """Return what there is to say when an index, with its bases, has a project but no release that is meant."""
    return NothingFound(
        f"no release of {wanted.project} on {index} matches {wanted.text!r}",
        hint=f"type 'devpi list --all {wanted.project}' to see which there are",
    )


def matching_releases(app: App, index: str, wanted: Requirement) -> list[Release]:
    """Return the releases on the index itself that are meant, the oldest first. Raises NothingFound for none."""
    nothing = NothingFound(
        f"No releases or distributions found matching {wanted.text!r}.",
        hint=f"'devpi list --index {index}' shows what there is",
    )
    try:
        releases = app.server.releases(index, wanted.project, ignore_bases=True)
    except Missing as error:
        if "project" in error.reason:
            meant = what_to_type(app, error)
            nothing.hint = meant if meant.startswith(DID_YOU_MEAN) else nothing.hint
            raise nothing from None
        raise
    found = {release.version: release for release in releases if wanted.matches(release.version)}
    if not found:
        raise nothing
    return [found[version] for version in reversed(newest_first(found))]
