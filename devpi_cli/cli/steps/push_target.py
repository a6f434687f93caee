"""Where a push goes: to an index on the server, or to a repository in .pypirc."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.auth.pypirc import Repository, default_path, repository
from devpi_cli.auth.sources import elsewhere
from devpi_cli.errors import WrongUsage
from devpi_cli.printable import hide
from devpi_cli.programs.own_environment import line_to_add_extra
from devpi_cli.server import tokens
from devpi_cli.system.files import expanded

if TYPE_CHECKING:
    from pathlib import Path

    from devpi_cli.cli.app import App
    from devpi_cli.cli.target import Target

PYPI = "pypi:"


@dataclass(frozen=True)
class Destination:
    """Where releases are pushed to.

    It is an index on the server, or a repository in ``.pypirc``.
    """

    name: str
    repository: Repository | None = None
    user: str = ""
    password: str = ""


def destination(app: App, source: Target, typed: str, pypirc: Path | None) -> Destination:
    """Return the destination for pypi:REPO, USER/INDEX, INDEX or URL.

    Ask for a user or password that is missing.
    """
    if not typed.startswith(PYPI):
        return Destination(_index_here(source, typed))
    path = expanded(pypirc) if pypirc else default_path()
    to = repository(path, typed.removeprefix(PYPI))
    urls.checked(to.url)
    instead = f"write it into section [{to.name}] of {path}"
    user, password = to.user, to.password
    if password is None and (found := elsewhere(to, app.out.debug, app.out.warn)):
        user, password = found.user, found.secret
    user = user or app.out.ask(f"user at {to.url}:", instead)
    if password is None:
        password = app.out.ask_password(f"password for user {user} at {to.url}:", instead)
    return Destination(typed, to, user, password)


def _index_here(source: Target, typed: str) -> str:
    """Return ``user/index`` of an index on the same server."""
    if not urls.is_url(typed):
        return source.index_named(typed)
    place = urls.index_place(typed, [source.root])
    if place.root != source.root:
        raise WrongUsage(
            f"{hide(typed)} is not on the server {source.root}",
            hint=f"add a section for it to ~/.pypirc, and push to {PYPI}SECTION",
        )
    return str(place.index)


def fields_for(app: App, to: Destination, project: str) -> dict[str, str]:
    """Return where and as whom the server is to upload.

    A token is narrowed to just that.
    """
    url = to.repository.url if to.repository else ""
    password = to.password
    if tokens.is_token(password):
        narrowed = tokens.narrowed(password, project)
        if narrowed:
            app.out.note(f"the server gets a token for {project} only, valid for {tokens.TOKEN_SECONDS} seconds")
        else:
            line = line_to_add_extra("tokens")
            app.out.warn(f"the server gets the token unrestricted; what can narrow it is installed with: {line}")
        password = narrowed or password
    return {"posturl": url, "username": to.user, "password": password}
