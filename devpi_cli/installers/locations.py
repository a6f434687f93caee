"""Locate the settings files of pip, uv and others."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

from devpi_cli.installers.formats import FileFormat, Ini, Pip, Uv, UvInProject
from devpi_cli.system import dirs
from devpi_cli.system.files import expanded, home

WINDOWS = os.name == "nt"
PIP_CONF = "pip.ini" if WINDOWS else "pip.conf"


class SettingsFile(NamedTuple):
    """A settings file of an installer, and its format."""

    path: Path
    format: FileFormat
    is_made: bool = True
    """Whether to create the file if it does not exist."""


def settings_files(venv: Path | None) -> list[SettingsFile]:
    """Return the files that set the index for a virtual environment or for the user."""
    if venv:
        return [SettingsFile(venv / PIP_CONF, Pip()), SettingsFile(venv / "uv.toml", Uv())]
    distutils = home() / ("pydistutils.cfg" if WINDOWS else ".pydistutils.cfg")
    return [
        SettingsFile(_pip_conf(), Pip()),
        SettingsFile(_uv_toml(), Uv()),
        SettingsFile(distutils, Ini("easy_install", "index-url"), is_made=False),
        SettingsFile(home() / ".buildout" / "default.cfg", Ini("buildout", "index"), is_made=False),
    ]


def in_force(folder: Path) -> list[SettingsFile]:
    """Return the files that set uv's index in a folder, highest precedence first."""
    if os.environ.get("UV_CONFIG_FILE"):
        return [SettingsFile(_uv_toml(), Uv())]
    projects = [name for above in (folder, *folder.parents) for name in _of_project(above)]
    return [
        *projects,
        SettingsFile(_uv_toml(), Uv()),
        *([] if WINDOWS else [SettingsFile(Path("/etc/uv/uv.toml"), Uv())]),
    ]


def _of_project(folder: Path) -> list[SettingsFile]:
    """Return a project's settings for uv.

    uv ignores ``pyproject.toml`` next to a ``uv.toml``.
    """
    found = [SettingsFile(folder / "uv.toml", Uv()), SettingsFile(folder / "pyproject.toml", UvInProject())]
    return [file for file in found if file.path.is_file()]


def _pip_conf() -> Path:
    """Return the user's ``pip.conf``.

    Of two, pip prefers the one in the newer location.
    """
    named = os.environ.get("PIP_CONFIG_FILE")
    if named:
        return Path(named)
    folder = Path(dirs.settings_of("pip"))
    if sys.platform == "darwin" and not folder.is_dir():
        folder = home() / ".config" / "pip"
    legacy = home() / ("pip" if WINDOWS else ".pip") / PIP_CONF
    return legacy if legacy.exists() and not (folder / PIP_CONF).exists() else folder / PIP_CONF


def _uv_toml() -> Path:
    named = os.environ.get("UV_CONFIG_FILE")
    if named:
        return expanded(Path(named))
    folder = os.environ.get("APPDATA" if WINDOWS else "XDG_CONFIG_HOME")
    return (Path(folder) if folder else home() / ".config") / "uv" / "uv.toml"
