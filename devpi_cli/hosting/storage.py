"""The storage of a devpi-server: its name and its settings, which may hold a password."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import BrokenSettings, WrongUsage
from devpi_cli.system.files import read, write_private

if TYPE_CHECKING:
    from pathlib import Path

REMEMBERED = ".devpi-cli-storage"
"""The file in a serverdir with the storage that it was made with: devpi-server itself does not remember it."""
VARIABLE = "DEVPISERVER_STORAGE"
NAME = re.compile(r"[\w-]+")
PASSWORD = "password"  # noqa: S105 (the name of a setting)


@dataclass(frozen=True)
class Storage:
    """A storage, as in ``pg8000:host=db,password=…``."""

    name: str
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def has_password(self) -> bool:
        """Whether the settings must not be shown."""
        return PASSWORD in self.settings

    @property
    def value(self) -> str | dict[str, str]:
        """The value in a settings file of devpi-server. As a mapping it may hold any characters."""
        return {"name": self.name, **self.settings} if self.settings else self.name

    def shown(self) -> str:
        """Return it without its password."""
        settings = ",".join(f"{key}={value}" for key, value in self.settings.items() if key != PASSWORD)
        return f"{self.name}:{settings}" if settings else self.name

    def remember(self, serverdir: Path) -> None:
        """Write it to a file in a serverdir that only its owner may read."""
        write_private(serverdir / REMEMBERED, json.dumps(self.value))


def parsed(value: Any) -> Storage | None:
    """Return the storage that was typed, or that a settings file has; None for nothing.

    Raises WrongUsage for what devpi-server would not understand.
    """
    if not value:
        return None
    if isinstance(value, Mapping):
        settings = {str(key): str(each) for key, each in value.items()}
        if name := settings.pop("name", ""):
            return Storage(name, settings)
        raise WrongUsage("the storage in the settings file has no name")
    name, _, rest = str(value).partition(":")
    pairs = [item.partition("=") for item in rest.split(",")] if rest else []
    if not NAME.fullmatch(name) or not all(key and equals for key, equals, _ in pairs):
        raise WrongUsage("--storage is NAME or NAME:KEY=VALUE,KEY=VALUE")  # what was typed may hold a password
    return Storage(name, {key: each for key, _, each in pairs})


def remembered(serverdir: Path) -> Storage | None:
    """Return the storage that a serverdir was made with, if it was named then. Raises BrokenSettings."""
    path = serverdir / REMEMBERED
    try:
        return parsed(json.loads(read(path)))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None  # who may not read it may not read the data either, which is said later
    except (OSError, ValueError, RecursionError, WrongUsage):
        raise BrokenSettings(f"{path} is damaged", hint="name the storage with --storage") from None
