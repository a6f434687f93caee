"""Find releases on an index, and warn of those that an upload hides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.errors import DevpiError, Missing, NothingFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from devpi_cli.cli.app import App
    from devpi_cli.models import Release, Requirement
    from devpi_cli.server.api import Server


def matching_releases(
    app: App, server: Server, index: str, wanted: Requirement, instead: Callable[[str], str] | None = None
) -> list[Release]:
    """Return the matching releases on the index itself, oldest first.

    Raises NothingFound if there are none. If a base has them, its hint names the base, and the line to type that
    ``instead`` returns for it.
    """
    from devpi_cli.indexes.contents import find_releases  # imported here: ``list`` does not need it

    try:
        return find_releases(server, index, wanted)
    except NothingFound as nothing:
        if isinstance(nothing.__cause__, Missing):
            from devpi_cli.cli.steps.hints import DID_YOU_MEAN, what_to_type

            hint = what_to_type(app, nothing.__cause__)
            nothing.hint = hint if hint.startswith(DID_YOU_MEAN) else nothing.hint
        if instead and (found := releases_of_bases(server, index, wanted)):
            base, releases = found[0]
            what = f"{releases[-1].project} {releases[-1].version}" if wanted.version else wanted.project
            nothing.hint = f"{index} has {what} from {base}: type '{instead(base)}'"
        raise


def releases_of_bases(server: Server, index: str, wanted: Requirement) -> list[tuple[str, list[Release]]]:
    """Return the bases from which an index has matching releases.

    The releases come with them; there are none if the server does not tell.
    """
    from devpi_cli.indexes.contents import find_releases

    try:
        releases = find_releases(server, index, wanted, bases=True)
    except DevpiError:
        return []
    found: dict[str, list[Release]] = {}
    for release in releases:
        for base in {link.index for link in release.files} - {None, index}:
            found.setdefault(str(base), []).append(release)
    return list(found.items())


def warn_of_mirrored(app: App, server: Server, index: str, projects: Iterable[str]) -> None:
    """Warn of projects that a mirror also has, because an upload hides its releases.

    A whitelist that names the project prevents this. If the server does not answer within ``ASK_SECONDS``, there is no
    warning.
    """
    from devpi_cli.cli.steps.hints import ASK_SECONDS
    from devpi_cli.indexes.resolution import private_on, with_bases

    server = server.hurried(ASK_SECONDS)
    try:
        indexes = with_bases(server, index, app.out.debug)
    except DevpiError as error:
        app.out.debug(f"cannot find out what the mirrors have: {error}")
        return
    mirrors = [each.name for each in indexes if each.is_mirror]
    stages = [each for each in indexes if not each.is_mirror]
    hidden = [project for project in dict.fromkeys(projects) if private_on(project, stages, [index])]
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
