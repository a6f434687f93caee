"""Find what pip and uv install from besides their index.

These are further indexes, and pages or folders with links.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.installers.formats import Uv
from devpi_cli.installers.locations import in_force
from devpi_cli.installers.pip_files import PipSettings
from devpi_cli.installers.uv_files import unnamed
from devpi_cli.system import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.installers.locations import SettingsFile

OPTIONS = ("extra-index-url", "find-links")
UV_VARIABLES = {"UV_INDEX": None, "UV_EXTRA_INDEX_URL": None, "UV_FIND_LINKS": ","}  # what separates their values


class Source(NamedTuple):
    """Something to install from, and the file or variable that names it."""

    url: str
    origin: str


def of_pip(prefix: Path | None) -> list[Source]:
    """Return the further sources of a pip.

    ``prefix`` is the environment that it is in, if known.
    """
    settings = PipSettings(prefix)
    found = [used for option in OPTIONS if (used := settings.of("install", option))]  # the nearest replaces all others
    return list(dict.fromkeys(Source(url, used.origin) for used in found for url in used.value.split()))


def of_uv(folder: Path | None = None) -> list[Source]:
    """Return the further sources of uv in a folder.

    The current one is the default; uv adds up all places.
    """
    found = []
    for variable, separator in UV_VARIABLES.items():
        values = os.environ.get(variable, "").split(separator)
        found += [Source(unnamed(value.strip()), variable) for value in values if value.strip()]
    for file, text in _uv_files(folder or _here()):
        with suppress(ValueError):  # uv will say that it is broken
            found += [Source(url, str(file.path)) for url in file.format.further(text)]
    return list(dict.fromkeys(found))


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError:  # it was removed, and is in no project
        return files.home()


def _uv_files(folder: Path) -> Iterator[tuple[SettingsFile, str]]:
    """Yield the files that uv reads, with their text.

    Of projects, only the nearest with settings for uv counts.
    """
    has_project = False
    for file in () if os.environ.get("UV_NO_CONFIG") else in_force(folder):
        is_of_project = file.path.parent in (folder, *folder.parents)
        if is_of_project and has_project:
            continue
        with suppress(OSError, ValueError):
            text = files.read(file.path)
            has_project = has_project or (is_of_project and (type(file.format) is Uv or "tool.uv" in text))
            yield file, text
