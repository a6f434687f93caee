"""What the commands about the releases on an index share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.commands._refusals import DID_YOU_MEAN, what_to_type
from devpi_cli.errors import Missing, NothingFound
from devpi_cli.existing import matching

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
    try:
        return matching(app.server, index, wanted)
    except NothingFound as nothing:
        if isinstance(nothing.__cause__, Missing):
            meant = what_to_type(app, nothing.__cause__)
            nothing.hint = meant if meant.startswith(DID_YOU_MEAN) else nothing.hint
        raise
