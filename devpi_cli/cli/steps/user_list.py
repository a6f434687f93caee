"""Create all users of a list."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from devpi_cli.cli.steps.declared import STANDARD_INPUT, carry_out, read_text, show_plan
from devpi_cli.errors import AlreadyThere, WrongUsage
from devpi_cli.indexes import declaration, user_list
from devpi_cli.indexes.applying import prepare
from devpi_cli.indexes.planning import CREATE

if TYPE_CHECKING:
    from pathlib import Path

    from devpi_cli.cli.app import App


def create_users(app: App, file: str, passwords: Path | None, *, exist_ok: bool, dry_run: bool) -> None:
    """Create the users of a CSV file, and print what became of each.

    Raises AlreadyThere, before anything is sent, if one exists; with ``exist_ok`` it is updated instead.
    """
    text = read_text(file)
    try:
        users = user_list.parse(text)
    except WrongUsage as error:
        name = "standard input" if file == STANDARD_INPUT else file
        raise WrongUsage(f"{name}: {error.message}", hint=error.hint) from None
    wanted = declaration.parse({"users": users}, os.environ)
    applying = prepare(app.connect(app.target()), wanted, os.environ)
    there = sorted({*users} - {step.name for step in applying.plan.of(CREATE)})
    if there and not exist_ok:
        more = f", and {len(there) - 1} more of the list" if there[1:] else ""
        raise AlreadyThere(f"the user {there[0]} already exists{more}", hint="--exist-ok updates it")
    if dry_run:
        app.out.document(show_plan(app, applying))
    else:
        app.out.document(carry_out(app, applying, passwords), verbatim=True)
