"""How much devpi-server stretches its secret: a primary and its replicas make the same key only if they do it alike."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import BrokenState, DevpiError
from devpi_cli.system.files import read, write_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from devpi_cli.hosting.settings import ServerSettings

SUFFIX = ".stretching"
"""What follows the name of a secret's file in the name of the file that says how it is stretched."""


@dataclass(frozen=True)
class Stretching:
    """The costs of argon2, with the names that they have in the settings of devpi-server."""

    memory_cost: int
    parallelism: int
    time_cost: int

    def settings(self) -> dict[str, str]:
        """Return the settings of devpi-server for it."""
        return {f"argon2-{name.replace('_', '-')}": str(value) for name, value in asdict(self).items()}

    def variables(self) -> dict[str, str]:
        """Return the variables for it: unlike an option, one that a server does not know does no harm."""
        return {_variable(name): value for name, value in self.settings().items()}

    def __str__(self) -> str:
        if self in WORDS:
            return WORDS[self]
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in asdict(self).items())


# devpi-server's own, for a secret that a person chose: 10 to 40 seconds at each start, and 512 MiB.
USUAL = Stretching(524288, 8, 16)
NONE = Stretching(8, 1, 1)
"""The least that argon2 takes: enough for a secret that is random."""
WORDS = {USUAL: "as usual", NONE: "not at all"}


def named(settings: ServerSettings, options: Sequence[str] = ()) -> Stretching | None:
    """Return the one that options, variables or settings of devpi-server name, in this order; None for none.

    Raises DevpiError for what is no number.
    """
    found: dict[str, int] = {}
    for name in asdict(USUAL):
        setting = f"argon2-{name.replace('_', '-')}"
        value = _option(setting, options) or os.environ.get(_variable(setting)) or settings.get(setting)
        try:
            found |= {name: int(value)} if value else {}
        except ValueError:
            raise DevpiError(f"{setting} is {value!r}, which is not a number") from None
    return Stretching(**{**asdict(USUAL), **found}) if found else None


def _option(name: str, options: Sequence[str]) -> str:
    for option, after in pairwise([*options, ""]):
        word, equals, value = option.partition("=")
        if word == f"--{name}":
            return value if equals else after
    return ""


def _variable(setting: str) -> str:
    return f"DEVPISERVER_{setting.replace('-', '_').upper()}"


def kept(secret: Path) -> Stretching | None:
    """Return how a secret is stretched, as is said beside it; None if nothing is. Raises BrokenState."""
    path = _beside(secret)
    try:
        found: Any = json.loads(read(path))
        return Stretching(**{name: int(found[name]) for name in asdict(USUAL)})
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None  # who may not read it may not read the secret either, which is said later
    except (OSError, ValueError, RecursionError, TypeError, KeyError):
        raise BrokenState(f"{path} is damaged", hint="take it from a backup, or from beside the primary's") from None


def keep(secret: Path, stretching: Stretching) -> None:
    """Write beside a secret how it is stretched."""
    write_private(_beside(secret), json.dumps(asdict(stretching)))


def _beside(secret: Path) -> Path:
    return secret.with_name(secret.name + SUFFIX)
