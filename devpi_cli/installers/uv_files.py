"""Read the index of uv as uv does: from the environment and its files."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import BrokenSettings
from devpi_cli.installers.formats import Uv
from devpi_cli.installers.locations import in_force
from devpi_cli.installers.pip_files import TRUE
from devpi_cli.system import files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from devpi_cli.installers.formats import FileFormat

VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL")
NO_INDEX, NO_FILES = "UV_NO_INDEX", "UV_NO_CONFIG"
DEFAULT = "https://pypi.org/simple"


class Used(NamedTuple):
    """An index, empty for none at all, and the file or variable that names it."""

    url: str
    origin: str


def in_use(folder: Path, planned: Mapping[Path, str] | None = None) -> Used:
    """Return the index that uv uses in a folder.

    ``planned`` has texts that files are about to have. Raises BrokenSettings for a file that cannot be read.
    """
    if os.environ.get(NO_INDEX, "").lower() in TRUE:
        return Used("", NO_INDEX)
    for variable in VARIABLES:
        if value := os.environ.get(variable):
            return Used(unnamed(value), variable)
    for file in () if os.environ.get(NO_FILES) else in_force(folder):
        if found := _index(file.path, file.format, (planned or {}).get(file.path)):
            return Used(found, str(file.path))
    return Used(DEFAULT, "its default")


def instead(folder: Path, simple: str, planned: Mapping[Path, str] | None = None) -> Used | None:
    """Return what uv uses in a folder that no file of ours sets.

    uv will say which file is broken.
    """
    with suppress(BrokenSettings):
        used = in_use(folder, planned)
        if used.url != simple:
            return used._replace(origin=NO_FILES) if used.url == DEFAULT and os.environ.get(NO_FILES) else used
    return None


def index_in(path: Path) -> str:
    """Return the index that a ``uv.toml`` sets; empty for none."""
    with suppress(BrokenSettings):
        return _index(path, Uv(), None)
    return ""


def unnamed(value: str) -> str:
    """Return the URL of ``NAME=URL``."""
    name, equals, url = value.partition("=")
    return url if equals and "/" not in name else value


def _index(path: Path, kind: FileFormat, text: str | None) -> str:
    try:
        return kind.index(files.read(path) if text is None else text) or ""
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise BrokenSettings(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:  # its text may hold a secret
        raise BrokenSettings(f"{path}: cannot be read: it is broken") from None
