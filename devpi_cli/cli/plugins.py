"""Commands that other packages bring: entry points of the group ``devpi_cli.commands``.

Every ``--version`` reads them, so that pathlib and configparser (4 ms) are left out, or wait until there is a plugin.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import BrokenPlugin

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP = "devpi_cli.commands"


class Plugin(NamedTuple):
    """A command: its name, the package (and version) that brings it, and ``module:attribute`` where it stands."""

    name: str
    package: str
    place: str


def load(name: str) -> object | None:
    """Return what a plugin has under the name of a command, a click command it should be; None where there is none.

    Raises BrokenPlugin for one that cannot be imported, whatever goes wrong in it.
    """
    found = next((plugin for plugin in installed() if plugin.name == name), None)
    if found is None:
        return None
    module, _, attribute = found.place.partition(":")
    try:
        command: object = attrgetter(attribute.strip())(import_module(module.strip()))
    except Exception as error:
        what = f"the command {name!r} of the plugin {found.package} cannot be loaded: {type(error).__name__}: {error}"
        raise BrokenPlugin(what, hint="update or uninstall that package") from error
    return command


def installed() -> list[Plugin]:
    """Return the commands of all plugins; metadata that cannot be read counts as none.

    Reading the files costs a fifth of what importing ``importlib.metadata`` does, and ``--version`` is called a lot.
    """
    return [plugin for folder in _dist_infos() for plugin in _commands(folder)]


def _dist_infos() -> Iterator[os.DirEntry[str]]:
    """Yield the metadata of packages; of one that is in several places on the path, the first, which Python imports."""
    seen: set[str] = set()
    for place in dict.fromkeys(sys.path):
        with suppress(OSError), os.scandir(place or ".") as entries:
            found = sorted((e for e in entries if e.name.endswith(".dist-info")), key=attrgetter("name"))
            yield from (entry for entry in found if _package(entry) not in seen)
            seen.update(map(_package, found))


def _package(dist_info: os.DirEntry[str]) -> str:
    return dist_info.name.partition("-")[0].lower().replace(".", "_")


def _commands(dist_info: os.DirEntry[str]) -> list[Plugin]:
    try:
        with open(f"{dist_info.path}/entry_points.txt", encoding="utf-8") as file:  # noqa: PTH123 (without pathlib)
            text = file.read()
    except (OSError, UnicodeError):
        return []
    package, _, version = dist_info.name.removesuffix(".dist-info").partition("-")
    places = _places(text) if f"[{GROUP}]" in text else []
    return [Plugin(name, f"{package} {version}", place) for name, place in places]


def _places(text: str) -> list[tuple[str, str]]:
    """Return the names of commands and where they stand; none when the text is broken."""
    from configparser import Error, RawConfigParser

    parser = RawConfigParser(delimiters=("=",), strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the way the library documents
    try:
        parser.read_string(text)
        return parser.items(GROUP)
    except Error:
        return []
