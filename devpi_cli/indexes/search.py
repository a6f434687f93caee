"""Find projects by words: with devpi-web if the server has it, else by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import Refused
from devpi_cli.http import parallel
from devpi_cli.indexes.resolution import known_indexes, order
from devpi_cli.models import normalised
from devpi_cli.server import search as web
from devpi_cli.server.search import Hit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devpi_cli.server.api import Server

BY_WEB, BY_NAMES = "web", "names"


class Found(NamedTuple):
    """Projects that were found, and how: by devpi-web (``web``) or by their ``names``."""

    by: str
    hits: tuple[Hit, ...]
    why_names: str = ""
    """Why devpi-web was not used."""
    left_out: tuple[str, ...] = ()
    """Mirrors whose names were not read."""
    unlisted: tuple[str, ...] = ()
    """Mirrors that were read, and list only what somebody has asked for (``mirror_no_project_list``)."""


def search(server: Server, index: str, words: Sequence[str], *, names: bool = False, mirrors: bool = False) -> Found:
    """Search an index and its bases.

    With ``names`` only names are read, and those of mirrors only with ``mirrors``: there can be half a million.
    """
    reason = "names were asked for"
    if not names:
        try:
            return Found(BY_WEB, tuple(web.search(server, index, " ".join(words))))
        except web.SearchFailed as error:
            reason = error.message
        except Refused as error:
            if type(error) is not Refused:  # no login, no such index, a failure: not the 400 of a server without it
                raise
            reason = "the server has no devpi-web"
    return _by_names(server, index, [normalised(word) for word in words], mirrors=mirrors)._replace(why_names=reason)


def _by_names(server: Server, index: str, words: Sequence[str], *, mirrors: bool) -> Found:
    indexes = known_indexes(server, index)
    every = [name for name in order(index, indexes) if name in indexes]
    read = [name for name in every if mirrors or not indexes[name].is_mirror or name == index]
    hits: dict[str, Hit] = {}
    for name, found in parallel.answers(server.index, read, seconds=server.session.quickest):
        for project in found.projects:
            if all(word in normalised(project) for word in words):
                hits.setdefault(project, Hit(project, name))
    left_out = tuple(name for name in every if name not in read)
    unlisted = tuple(name for name in read if indexes[name].config.get("mirror_no_project_list"))
    return Found(BY_NAMES, tuple(sorted(hits.values(), key=lambda hit: hit.project)), "", left_out, unlisted)
