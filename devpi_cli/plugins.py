"""Commands that other packages bring: entry points of the group ``devpi_cli.commands``."""

from __future__ import annotations

import sys
from configparser import Error as IniError
from configparser import RawConfigParser
from contextlib import suppress
from importlib import import_module
from operator import attrgetter
from pathlib import Path
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
    return [plugin for file in _entry_points_files() for plugin in _commands(file)]


def _entry_points_files() -> Iterator[Path]:
    for folder in dict.fromkeys(sys.path):
        with suppress(OSError):
            yield from sorted(Path(folder or ".").glob("*.dist-info/entry_points.txt"))


def _commands(file: Path) -> Iterator[Plugin]:
    with suppress(OSError, UnicodeError, IniError):
        text = file.read_text(encoding="utf-8")
        if f"[{GROUP}]" in text:
            parser = RawConfigParser(delimiters=("=",), strict=False)
            parser.optionxform = str  # type: ignore[assignment,method-assign]  # the way the library documents
            parser.read_string(text)
            package, _, version = file.parent.name.removesuffix(".dist-info").partition("-")
            yield from (Plugin(name, f"{package} {version}", place) for name, place in parser.items(GROUP))
