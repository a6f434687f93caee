"""Read a state file as JSON; without heavy imports, because TAB reads it, too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import BrokenState
from devpi_cli.system.files import read

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = 1
LOCAL_STATE = "devpi-cli.json"  # in a virtual environment
ELSEWHERE = "name another folder with --clientdir"
# What malformed contents raise, here and where they are turned into a state.
DAMAGE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


def contents(path: Path | str) -> dict[str, Any] | None:
    """Return what a state file holds; None if it does not exist.

    Raises BrokenState for a file that cannot be read or parsed, or has another schema version.
    """
    try:
        text = read(path)
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise broken(path, str(error.strerror), f"make it readable for you, or {ELSEWHERE}") from None
    except (OSError, UnicodeError) as error:
        raise broken(path, getattr(error, "strerror", None) or "it is not UTF-8 text") from None
    try:
        data: dict[str, Any] = json.loads(text)
        version = data["version"]
    except DAMAGE:
        raise damaged(path) from None
    if version != SCHEMA:
        what = f"its version is {version}, and this devpi-cli supports {SCHEMA}"
        raise broken(path, what, f"update devpi-cli, or {ELSEWHERE}")
    return data


def damaged(path: Path | str) -> BrokenState:
    """Return the error for a file whose contents are not a state."""
    return broken(path, "it is damaged, or not a state file of devpi-cli")


def broken(path: Path | str, why: str, hint: str = "to start afresh, move it away") -> BrokenState:
    """Return the error for a file that cannot be used."""
    return BrokenState(f"cannot use the state file {path}: {why}", hint=hint)
