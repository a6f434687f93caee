"""Report the failures of a command that handles several items."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from devpi_cli.cli.messages import told
from devpi_cli.errors import DevpiError, NotAllowed, Refused, SomeFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from devpi_cli.cli.app import App
GOES_ON = "; the same command goes on from there"
GOES_ON_IF = "; the same command with --skip-existing goes on from there"


@contextmanager
def on_interruption(told: Callable[[], str]) -> Iterator[None]:
    """Let Ctrl-C, or another signal during a block, say what was done by then, and how to go on.

    Raises DevpiError that says so if standard output is closed, as by ``| head -1``.
    """
    try:
        yield
    except KeyboardInterrupt as interruption:
        interruption.add_note(told())
        raise
    except BrokenPipeError:
        raise DevpiError(f"standard output was closed: {told()}") from None


def sum_up(  # noqa: PLR0913 (keyword options)
    app: App,
    failures: Sequence[tuple[str, DevpiError]],
    what: str,
    *,
    done: int,
    total: int,
    others: Mapping[str, int] | None = None,
) -> None:
    """Print a line for each failure and raise one error for all, if any.

    ``failures`` are pairs of name and error; a single one is raised itself if nothing else was settled. ``what``
    completes "2 of 3 …", as in ``files uploaded``, and ``done`` is the 2; ``others`` counts what else became of items
    that did not fail, as in ``already there``. A hint that all errors share is printed once, at the end.
    """
    errors = [error for _, error in failures]
    others = {outcome: count for outcome, count in (others or {}).items() if count}
    settled = done + sum(others.values())
    if len(errors) == 1 and not settled:
        raise errors[0]
    hints = {error.hint for error in errors}
    for name, error in failures:
        why = told(error) if isinstance(error, Refused) else error.message.splitlines()[-1]
        app.out.failure(f"FAILED {name}: {why.removeprefix(f'{name}: ')}")
        if error.hint and len(hints) > 1:
            app.out.failure(f"   {error.hint}")
    if errors:
        counts = {**others, "failed": len(errors), "not tried": total - settled - len(errors)}
        parts = [f"{done} of {total} {what}", *(f"{count} {outcome}" for outcome, count in counts.items() if count)]
        hint = hints.pop() if len(hints) == 1 else ""
        raise SomeFailed.of(errors, ", ".join(parts), done=settled, hint=hint or _why(app, errors))


def _why(app: App, errors: list[DevpiError]) -> str:
    """Return a hint for the first refusal, or for the first error."""
    from devpi_cli.cli.steps.hints import what_to_type

    refusal = next((error for error in errors if isinstance(error, NotAllowed)), errors[0])
    return what_to_type(app, refusal)
