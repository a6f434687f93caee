"""Which virtual environment a command is about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli import venvs

if TYPE_CHECKING:
    from devpi_cli.app import App

NONE = "-"


def chosen_venv(app: App, typed: str | None) -> Path | None:
    """Return the virtual environment that was typed, else the remembered one, else the active one.

    ``-`` passes over the remembered one. Raises ProgramMissing for one that is not there.
    """
    if typed and typed != NONE:
        return venvs.named(typed)
    if app.state.venv and not typed:
        return venvs.checked(Path(app.state.venv), "type 'devpi use --venv -' to forget it")
    active = venvs.active()
    return venvs.checked(active, "look at the variable VIRTUAL_ENV") if active else None
