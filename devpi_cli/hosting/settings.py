"""Read the settings file of devpi-server, and write one for each of its programs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import BrokenSettings
from devpi_cli.system.files import expanded, read, write_private

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SECTION = "devpi-server"
NAME = "devpi-server.yml"


@dataclass(frozen=True)
class ServerSettings:
    """The settings in a file for devpi-server; without one there are none."""

    path: Path | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """Return a setting, or None."""
        return self.values.get(name)

    def write_for(self, known: Collection[str] | None, path: Path, more: Mapping[str, Any]) -> None:
        """Write those that a program knows, and ``more``, to a file for it that only its owner may read.

        A program warns of each setting that it does not know; and what is secret must not be an argument. devpi-server
        itself (None) knows all.
        """
        chosen = {
            name: value for name, value in self.values.items() if (known is None or name in known) and name not in more
        }
        lines = [yaml(name, value) for name, value in {**chosen, **more}.items()]
        write_private(path, "\n".join([f"{SECTION}:", *lines]) + "\n" if lines else "")


def yaml(name: str, value: Any) -> str:
    """Return the lines of a setting; a storage may be a mapping."""
    if isinstance(value, dict):
        return "\n".join([f"  {name}:", *(f"    {key}: {json.dumps(str(item))}" for key, item in value.items())])
    if isinstance(value, list):
        return "\n".join([f"  {name}:", *(f"    - {json.dumps(str(item))}" for item in value)])
    return f"  {name}: {json.dumps(str(value))}"  # quoted as in JSON, which YAML reads


def find_settings(typed: str | None) -> ServerSettings:
    """Return the settings in a file that was named, else in the one that devpi-server finds by itself.

    Raises BrokenSettings if it cannot be read.
    """
    path = expanded(Path(typed)).absolute() if typed else _own_file()
    return ServerSettings(path, _read(path)) if path else ServerSettings()


def _own_file() -> Path | None:
    """Return the file that devpi-server reads without being told: the last that exists."""
    import platformdirs

    site: str = platformdirs.site_config_dir("devpi-server", "devpi", multipath=True)
    folders = [*site.split(":"), platformdirs.user_config_dir("devpi-server", "devpi")]
    found = [path for folder in folders if (path := Path(folder, NAME)).exists()]
    return found[-1] if found else None


def _read(path: Path) -> dict[str, Any]:
    try:
        text = read(path, named=True)
    except (OSError, UnicodeError) as error:
        what = getattr(error, "strerror", None) or "it is not UTF-8"
        raise BrokenSettings(f"cannot read {path}: {what}", hint="-c names the settings file of devpi-server") from None
    strictyaml: Any = import_module("strictyaml")
    try:
        found = strictyaml.load(text).data if text.strip() else {}
    except strictyaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise BrokenSettings(f"{path}{where} is not YAML as devpi-server reads it") from None
    section = found.get(SECTION) if isinstance(found, dict) else None
    if section is None or section == "":
        return {}
    if not isinstance(section, dict):
        raise BrokenSettings(f"{path}: {SECTION!r} has no settings", hint=f"write them indented below '{SECTION}:'")
    return dict(section)
