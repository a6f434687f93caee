"""The index settings of pip, uv and others: read, write, undo."""

from __future__ import annotations

import os
from configparser import Error as IniError
from configparser import RawConfigParser
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.urls import hide

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOWS = os.name == "nt"
PIP_CONF = "pip.ini" if WINDOWS else "pip.conf"


@dataclass(frozen=True)
class SettingsFile:
    """A configuration file of an installer, and how to read its index from it."""

    path: Path
    read_index: Callable[[str], str | None]

    def status(self) -> str:
        """Return the index URL with its password hidden, or why there is none."""
        try:
            index = self.read_index(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return "no config file exists"
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        except (IniError, ValueError):  # what it says may be a secret
            return "cannot be read: it is broken"
        return hide(index) if index else "no index server configured"


def active_venv() -> Path | None:
    """Return the virtual environment that is active."""
    venv = os.environ.get("VIRTUAL_ENV")
    return Path(venv) if venv else None


def settings(venv: Path | None) -> list[SettingsFile]:
    """Return the files that decide the index: of a virtual environment, or of the user."""
    files = [
        SettingsFile(_pip_path(venv), lambda text: _ini(text, "global", "index-url", "index_url")),
        SettingsFile(_uv_path(venv), _uv_index),
    ]
    if venv is None:
        home = Path.home()
        distutils = home / ("pydistutils.cfg" if WINDOWS else ".pydistutils.cfg")
        files += [
            SettingsFile(distutils, lambda text: _ini(text, "easy_install", "index_url", "index-url")),
            SettingsFile(home / ".buildout" / "default.cfg", lambda text: _ini(text, "buildout", "index")),
        ]
    return files


def _pip_path(venv: Path | None) -> Path:
    """Return where pip reads the settings of a user, which can be one of two places, or of an environment."""
    if venv:
        return venv / PIP_CONF
    named = os.environ.get("PIP_CONFIG_FILE")
    if named:
        return Path(named)
    legacy = Path.home() / ("pip" if WINDOWS else ".pip") / PIP_CONF
    if legacy.exists():
        return legacy
    from platformdirs import user_config_path

    return user_config_path("pip", appauthor=False, roaming=True) / PIP_CONF


def _uv_path(venv: Path | None) -> Path:
    if venv:
        return venv / "uv.toml"
    named = os.environ.get("UV_CONFIG_FILE")
    if named:
        return Path(named).expanduser()
    folder = os.environ.get("APPDATA" if WINDOWS else "XDG_CONFIG_HOME")
    return (Path(folder) if folder else Path.home() / ".config") / "uv" / "uv.toml"


def _ini(text: str, section: str, *names: str) -> str | None:
    parser = RawConfigParser(strict=False)
    parser.read_string(text)
    return next((parser.get(section, name) for name in names if parser.has_option(section, name)), None)


def _uv_index(text: str) -> str | None:
    """Return uv's default index: ``[[index]] default = true``, or the older ``index-url``."""
    import tomllib

    data = tomllib.loads(text)
    entries = data.get("index")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("default") is True:
            return str(entry.get("url"))
    found = data.get("index-url")
    return str(found) if found else None
