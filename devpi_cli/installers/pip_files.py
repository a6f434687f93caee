"""Read the settings of pip as pip does: from its files and the environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.installers.locations import PIP_CONF, WINDOWS
from devpi_cli.system import dirs, files
from devpi_cli.system.files import home

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GLOBAL = "global"
COMMANDS = ("install", "download", "wheel")
"""The commands of pip that use an index."""
TRUE = ("y", "yes", "t", "true", "on", "1")


class Setting(NamedTuple):
    """The value of an option, and the file or variable that it comes from."""

    value: str
    origin: str
    section: str = ""

    @property
    def place(self) -> str:
        """Where it stands: a variable, or a file with the section."""
        return f"{self.origin}, [{self.section}]" if self.section else self.origin


class PipSettings:
    """The settings of a pip; ``prefix`` is the environment that it is in, if known.

    ``planned`` has texts that files are about to have.
    """

    def __init__(self, prefix: Path | None, planned: Mapping[Path, str] | None = None) -> None:
        self._named: dict[tuple[str, str], Setting] = {}
        for path in paths(prefix):  # the nearest last
            self._named |= _options(path, (planned or {}).get(path))

    def of(self, command: str, option: str) -> Setting | None:
        """Return what counts for a command.

        A variable comes first, then its own section in any file, then the section for all. pip ignores empty
        values.
        """
        variable = f"PIP_{option.upper().replace('-', '_')}"
        nearest = [Setting(os.environ.get(variable, ""), variable)]
        nearest += [self._named[part, option] for part in (command, GLOBAL) if (part, option) in self._named]
        return next((setting for setting in nearest if setting.value.strip()), None)

    def instead(self, simple: str) -> list[tuple[str, Setting]]:
        """Return what keeps commands from using an index.

        Each comes with the commands: 'install and wheel'.
        """
        found: dict[Setting, list[str]] = {}
        for command in COMMANDS:
            setting = self._no_index(command) or self.of(command, "index-url")
            if setting and setting.value.strip() != simple:
                found.setdefault(setting, []).append(command)
        return [(_listed(commands), setting) for setting, commands in found.items()]

    def without_index(self) -> tuple[str, Setting] | None:
        """Return a command that uses no index, and the setting that says so."""
        found = ((command, setting) for command in COMMANDS if (setting := self._no_index(command)))
        return next(found, None)

    def index_in(self, path: Path) -> str:
        """Return the index that a file sets for all commands; empty for none."""
        setting = _options(path, None).get((GLOBAL, "index-url"))
        return setting.value.strip() if setting else ""

    def _no_index(self, command: str) -> Setting | None:
        found = self.of(command, "no-index")
        return found._replace(value="") if found and found.value.strip().lower() in TRUE else None


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def paths(prefix: Path | None) -> Iterator[Path]:
    """Yield the files that pip reads, the nearest last."""
    named = os.environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    if WINDOWS:
        yield Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / "pip" / PIP_CONF
    elif sys.platform == "darwin":
        yield Path("/Library/Application Support/pip", PIP_CONF)
    else:
        folders = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
        yield from (Path(folder) / "pip" / PIP_CONF for folder in folders.split(os.pathsep) if folder)
        yield Path("/etc", PIP_CONF)
    if not (named and Path(named).exists()):
        yield home() / ("pip" if WINDOWS else ".pip") / PIP_CONF
        yield home() / ".config" / "pip" / PIP_CONF
        yield Path(dirs.settings_of("pip")) / PIP_CONF
    if prefix:
        yield prefix / PIP_CONF
    if named:
        yield Path(named)


def _options(path: Path, text: str | None) -> dict[tuple[str, str], Setting]:
    """Return the options of a file by section and name.

    There are none for a file that cannot be read.
    """
    from configparser import Error, RawConfigParser

    parser = RawConfigParser()
    try:
        parser.read_string(files.read(path) if text is None else text)
    except (OSError, ValueError, Error):  # pip will say that it is broken
        return {}
    found = {}
    for section in (GLOBAL, *COMMANDS):
        for name, value in parser.items(section) if parser.has_section(section) else ():
            option = name.removeprefix("--").replace("_", "-")
            found[section, option] = Setting(value, str(path), section)
    return found
