"""The command devpi server check: whether all files are there, and are what they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.serverdirs import chosen_serverdir, new_log, serverdir_options, watched
from devpi_cli.cli.steps.storage_trial import try_storage
from devpi_cli.errors import DevpiError, SomeFailed
from devpi_cli.hosting import trials
from devpi_cli.hosting.checks import check
from devpi_cli.hosting.exports import size_of
from devpi_cli.hosting.serverdir import FILES
from devpi_cli.hosting.survey import MISSING, RIGHT, WRONG

if TYPE_CHECKING:
    from devpi_cli.cli.steps.serverdirs import Where
    from devpi_cli.hosting.serverdir import Serverdir

REMEDY = "take those files from a backup, or remove their releases"


@click.command(
    "check",
    epilog="\b\nExamples:\n  devpi server check\n  devpi server check --serverdir /var/lib/devpi --json\n"
    "  devpi server check --concurrency --storage pg8000:host=db",
)
@serverdir_options
@click.option("--concurrency", is_flag=True, help="Try instead whether the storage keeps uploads that arrive at once.")
@pass_app
def command(app: App, where: Where, concurrency: bool) -> None:
    """Compare every file of a server with its hashes, and name those that are wrong or missing.

    It may run while the server does, and writes nothing. Files that only a mirror misses are fetched when somebody asks
    for them, and are not counted as missing.

    With --concurrency a private server with the same storage, for PostgreSQL in a database of its own, gets 30 uploads,
    six at a time, and is asked for each of them. A serverdir whose storage has lost nothing may then be run.
    """
    on = chosen_serverdir(app, where)
    if concurrency:
        _try(app, on)
        return
    on.require()
    with watched(app, "checking", size_of(on.path / FILES)) as watching:
        found = check(on, new_log(app, "check"), watching)
    damaged = found.damaged
    app.out.lines([f"{file.state}: {file.path}" for file in damaged])
    if found.to_fetch:
        app.out.line(f"not here: {len(found.to_fetch)} files of mirrors, which fetch them when asked")
    wrong, missing = found.of_state(WRONG), found.of_state(MISSING)
    right = len(found.of_state(RIGHT))
    counted = right + len(damaged)
    app.out.line(f"{counted} files: {right} right, {len(wrong)} wrong, {len(missing)} missing")
    app.out.document(
        {
            "serverdir": str(on.path),
            "storage": on.storage_name,
            "serial": found.contents["serial"],
            "files": counted,
            "right": right,
            "wrong": [file.path for file in wrong],
            "missing": [file.path for file in missing],
            "to_fetch": len(found.to_fetch),
        }
    )
    if damaged:
        raise SomeFailed(f"{len(damaged)} of {counted} files are damaged", status=1, hint=REMEDY)


def _try(app: App, on: Serverdir) -> None:
    """Try the storage of a serverdir, which need not be there yet."""
    found = try_storage(app, on)
    app.out.line(f"{on.storage_name}: {found}")
    app.out.document({"storage": on.storage_name, **found._asdict()})
    if not found.is_passed:
        lost = found.acknowledged - found.there
        raise DevpiError(f"{lost} of {found.acknowledged} uploads were lost", hint="use sqlite, which loses none")
    if on.exists:
        trials.remember(on.path, on, found)
