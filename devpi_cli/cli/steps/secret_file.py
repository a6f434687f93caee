"""Make sure of the place for a secret that is told only once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.errors import WrongUsage
from devpi_cli.system.files import require_own

if TYPE_CHECKING:
    from pathlib import Path

    from devpi_cli.cli.app import App


def require_place_for_secret(app: App, output: Path | None) -> None:
    """Check before a secret is made, which happens only once, that it can be stored; ask before another is replaced."""
    require_place(output)
    if output and output.exists():
        app.out.confirm(f"{output} already exists. Overwrite it?", autoset=f"{output} already exists: overwrite it")


def require_place(output: Path | None) -> None:
    """Raise WrongUsage unless a secret can be written to a file."""
    if output is None:
        return
    if not output.parent.is_dir():
        raise WrongUsage(f"cannot write {output}: there is no folder {output.parent}")
    try:
        require_own(output)
    except OSError as error:
        raise WrongUsage(f"cannot write {output}: {error.strerror}") from None
