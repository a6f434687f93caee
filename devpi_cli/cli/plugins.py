"""Commands from other packages: entry points of the group ``devpi_cli.commands``.

Every ``--version`` reads them, so this module avoids pathlib, and imports configparser only for a plugin (4 ms).
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import BrokenPlugin
from devpi_cli.system.files import read

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP = "devpi_cli.commands"


class Plugin(NamedTuple):
    """A command: its name, package with version, and ``module:attribute``."""

    name: str
    package: str
    place: str


def load(name: str) -> object | None:
    """Return the object of the plugin command ``name``, or None.

    It should be a click command, which is not checked. Raises BrokenPlugin if it cannot be imported, for any reason.
    """
    found = next((plugin for plugin in installed() if plugin.name == name), None)
    if found is None:
        return None
    module, _, attribute = found.place.partition(":")
    try:
        command: object = attrgetter(attribute.strip())(import_module(module.strip()))
    except Exception as error:
        message = f"cannot load the command {name!r} of the plugin {found.package}: {type(error).__name__}: {error}"
        raise BrokenPlugin(message, hint="update or uninstall that package") from error
    return command


def installed() -> list[Plugin]:
    """Return the commands of all plugins; unreadable metadata is ignored.

    Reading the files takes a fifth of the time that importing ``importlib.metadata`` takes; ``--version`` runs often.
    """
    return [plugin for folder in _dist_infos() for plugin in _commands(folder)]


def _dist_infos() -> Iterator[os.DirEntry[str]]:
    """Yield the metadata folders of all packages on the path.

    Of a package that is on the path several times only the first counts, the one that Python imports.
    """
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
        text = read(f"{dist_info.path}/entry_points.txt")
    except (OSError, UnicodeError):
        return []
    package, _, version = dist_info.name.removesuffix(".dist-info").partition("-")
    places = _places(text) if f"[{GROUP}]" in text else []
    return [Plugin(name, f"{package} {version}", place) for name, place in places]


def _places(text: str) -> list[tuple[str, str]]:
    """Return pairs of command name and place; none if the text is invalid."""
    from configparser import Error, RawConfigParser

    parser = RawConfigParser(delimiters=("=",), strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the way the library documents
    try:
        parser.read_string(text)
        return parser.items(GROUP)
    except Error:
        return []
