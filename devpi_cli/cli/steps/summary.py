"""Report the failures of a command that handles several items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.errors import NotAllowed, SomeFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devpi_cli.cli.app import App
    from devpi_cli.errors import DevpiError


def sum_up(app: App, failures: Sequence[tuple[str, DevpiError]], what: str, *, done: int, total: int) -> None:
    """Print a line for each failure and raise one error for all, if any.

    ``failures`` are pairs of name and error; a single one is raised itself if nothing was ``done``. ``what`` completes
    "2 of 3 …", as in ``files uploaded``. A hint that all errors share is printed once, at the end.
    """
    errors = [error for _, error in failures]
    if len(errors) == 1 and not done:
        raise errors[0]
    hints = {error.hint for error in errors}
    for name, error in failures:
        app.out.failure(f"FAILED {name}: {error.message.splitlines()[-1].removeprefix(f'{name}: ')}")
        if error.hint and len(hints) > 1:
            app.out.failure(f"   {error.hint}")
    if errors:
        untried = total - done - len(errors)
        rest = f", {untried} not tried" if untried else ""
        message = f"{done} of {total} {what}, {len(errors)} failed{rest}"
        hint = hints.pop() if len(hints) == 1 else ""
        raise SomeFailed.of(errors, message, done=done, hint=hint or _why(app, errors))


def _why(app: App, errors: list[DevpiError]) -> str:
    """Return a hint for the first refusal, or for the first error."""
    from devpi_cli.cli.steps.hints import what_to_type

    refusal = next((error for error in errors if isinstance(error, NotAllowed)), errors[0])
    return what_to_type(app, refusal)
