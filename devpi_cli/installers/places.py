"""Where the settings files of pip, uv and others are."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from devpi_cli.installers.dialects import Dialect, Ini, Pip, Uv

WINDOWS = os.name == "nt"
PIP_CONF = "pip.ini" if WINDOWS else "pip.conf"


@dataclass(frozen=True)
class Place:
    """A settings file of an installer, and its language."""

    path: Path
    dialect: Dialect
    is_made: bool = True
    """Whether the file is made where there is none."""


def places(venv: Path | None) -> list[Place]:
    """Return the files that decide the index: of a virtual environment, or of the user."""
    if venv:
        return [Place(venv / PIP_CONF, Pip()), Place(venv / "uv.toml", Uv())]
    home = Path.home()
    distutils = home / ("pydistutils.cfg" if WINDOWS else ".pydistutils.cfg")
    return [
        Place(_pip_conf(), Pip()),
        Place(_uv_toml(), Uv()),
        Place(distutils, Ini("easy_install", "index-url"), is_made=False),
        Place(home / ".buildout" / "default.cfg", Ini("buildout", "index"), is_made=False),
    ]


def _pip_conf() -> Path:
    """Return the user's file that decides: of two, pip lets the one at the newer place win."""
    named = os.environ.get("PIP_CONFIG_FILE")
    if named:
        return Path(named)
    from platformdirs import user_config_path

    folder = user_config_path("pip", appauthor=False, roaming=True)
    if sys.platform == "darwin" and not folder.is_dir():
        folder = Path.home() / ".config" / "pip"
    legacy = Path.home() / ("pip" if WINDOWS else ".pip") / PIP_CONF
    return legacy if legacy.exists() and not (folder / PIP_CONF).exists() else folder / PIP_CONF


def _uv_toml() -> Path:
    named = os.environ.get("UV_CONFIG_FILE")
    if named:
        return Path(named).expanduser()
    folder = os.environ.get("APPDATA" if WINDOWS else "XDG_CONFIG_HOME")
    return (Path(folder) if folder else Path.home() / ".config") / "uv" / "uv.toml"
