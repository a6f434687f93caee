"""What the commands about the releases on an index share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.errors import DevpiError, Missing, NothingFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from devpi_cli.cli.app import App
    from devpi_cli.models import Index, Release, Requirement
    from devpi_cli.server.api import Server


def no_release(index: str, wanted: Requirement) -> NothingFound:
    """Return what there is to say when an index, with its bases, has a project but no release that is meant."""
    return NothingFound(
        f"no release of {wanted.project} on {index} matches {wanted.text!r}",
        hint=f"type 'devpi list --all {wanted.project}' to see which there are",
    )


def matching_releases(app: App, server: Server, index: str, wanted: Requirement) -> list[Release]:
    """Return the releases on the index itself that are meant, the oldest first. Raises NothingFound for none."""
    from devpi_cli.indexes.contents import find_releases  # here, because ``list`` does without

    try:
        return find_releases(server, index, wanted)
    except NothingFound as nothing:
        if isinstance(nothing.__cause__, Missing):
            from devpi_cli.cli.steps.hints import DID_YOU_MEAN, what_to_type

            meant = what_to_type(app, nothing.__cause__)
            nothing.hint = meant if meant.startswith(DID_YOU_MEAN) else nothing.hint
        raise


def with_bases(server: Server, index: str, warn: Callable[[str], None]) -> list[Index]:
    """Return an index, its bases, and their bases, each with one request; warn of a base that does not exist."""
    found: dict[str, Index] = {}
    left, gone = [index], set()
    while left:
        name = left.pop(0)
        if name in found or name in gone:
            continue
        try:
            found[name] = server.index(name, projects=False)
        except Missing:
            if name == index:
                raise
            warn(f"the base {name} does not exist")
            gone.add(name)
            continue
        left += found[name].listed("bases")
    return list(found.values())


def warn_of_mirrored(app: App, usual: Server, index: str, projects: Iterable[str]) -> None:
    """Warn of projects that a mirror has, too: an upload hides its releases, unless a whitelist names the project.

    That is how devpi-server 6.20 resolves (``model.py``). What cannot be told within seconds is not said.
    """
    from devpi_cli.cli.steps.hints import ASK_SECONDS

    server = usual.hurried(ASK_SECONDS)
    try:
        indexes = with_bases(server, index, app.out.debug)
    except DevpiError as error:
        app.out.debug(f"cannot tell what a mirror has: {error}")
        return
    mirrors = [each.name for each in indexes if each.is_mirror]
    is_own = indexes[0].config.get("mirror_whitelist_inheritance") == "intersection"
    stages = [each for each in indexes if not each.is_mirror][: 1 if is_own else None]
    shown = {name for stage in stages for name in stage.listed("mirror_whitelist")}
    hidden = [project for project in dict.fromkeys(projects) if not shown & {"*", project}]
    for project, mirror in [(project, mirror) for project in hidden for mirror in mirrors]:
        try:
            is_there = server.has_project(mirror, project)
        except DevpiError as error:
            app.out.debug(f"cannot tell whether {mirror} has {project}: {error}")
            return
        if is_there:
            app.out.warn(
                f"{mirror} has a project {project}, too, whose releases {index} then hides: "
                f"if it shall not, type 'devpi index {index} mirror_whitelist+={project}'"
            )
