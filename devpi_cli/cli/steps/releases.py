"""Find releases on an index, and warn of those that an upload hides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.errors import DevpiError, Missing, NothingFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from devpi_cli.cli.app import App
    from devpi_cli.models import Index, Release, Requirement
    from devpi_cli.server.api import Server


def no_release(index: str, wanted: Requirement) -> NothingFound:
    """Return the error for a project without a matching release."""
    return NothingFound(
        f"no release of {wanted.project} on {index} matches {wanted.text!r}",
        hint=f"type 'devpi list --all {wanted.project}' to see all releases",
    )


def matching_releases(app: App, server: Server, index: str, wanted: Requirement) -> list[Release]:
    """Return the matching releases on the index itself, oldest first.

    Raises NothingFound if there are none.
    """
    from devpi_cli.indexes.contents import find_releases  # imported here: ``list`` does not need it

    try:
        return find_releases(server, index, wanted)
    except NothingFound as nothing:
        if isinstance(nothing.__cause__, Missing):
            from devpi_cli.cli.steps.hints import DID_YOU_MEAN, what_to_type

            hint = what_to_type(app, nothing.__cause__)
            nothing.hint = hint if hint.startswith(DID_YOU_MEAN) else nothing.hint
        raise


def with_bases(server: Server, index: str, warn: Callable[[str], None]) -> list[Index]:
    """Return an index, its bases, and their bases, each with one request.

    ``warn`` is called for a base that does not exist. Raises Missing if the index itself does not exist.
    """
    found: dict[str, Index] = {}
    queue, missing = [index], set()
    while queue:
        name = queue.pop(0)
        if name in found or name in missing:
            continue
        try:
            found[name] = server.index(name, projects=False)
        except Missing:
            if name == index:
                raise
            warn(f"the base {name} does not exist")
            missing.add(name)
            continue
        queue += found[name].listed("bases")
    return list(found.values())


def warn_of_mirrored(app: App, server: Server, index: str, projects: Iterable[str]) -> None:
    """Warn of projects that a mirror also has, because an upload hides its releases.

    A whitelist that names the project prevents this: so devpi-server 6.20 resolves projects (``model.py``). If the
    server does not answer within ``ASK_SECONDS``, there is no warning.
    """
    from devpi_cli.cli.steps.hints import ASK_SECONDS

    server = server.hurried(ASK_SECONDS)
    try:
        indexes = with_bases(server, index, app.out.debug)
    except DevpiError as error:
        app.out.debug(f"cannot find out what the mirrors have: {error}")
        return
    mirrors = [each.name for each in indexes if each.is_mirror]
    is_own = indexes[0].config.get("mirror_whitelist_inheritance") == "intersection"
    stages = [each for each in indexes if not each.is_mirror][: 1 if is_own else None]
    shown = {name for stage in stages for name in stage.listed("mirror_whitelist")}
    hidden = [project for project in dict.fromkeys(projects) if not shown & {"*", project}]
    for project, mirror in [(project, mirror) for project in hidden for mirror in mirrors]:
        try:
            is_mirrored = server.has_project(mirror, project)
        except DevpiError as error:
            app.out.debug(f"cannot find out whether {mirror} has {project}: {error}")
            return
        if is_mirrored:
            app.out.warn(
                f"{mirror} also has a project {project}, whose releases {index} will hide: "
                f"to keep them visible, type 'devpi index {index} mirror_whitelist+={project}'"
            )
