"""Compare every file of a devpi-server with its hashes, without a change of its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.hosting.raw import Runner, view_of
from devpi_cli.hosting.survey import survey
from devpi_cli.system import private

if TYPE_CHECKING:
    from devpi_cli.hosting.exports import Watching
    from devpi_cli.hosting.raw import Log
    from devpi_cli.hosting.serverdir import Serverdir
    from devpi_cli.hosting.survey import Survey


def check(on: Serverdir, log: Log, watching: Watching) -> Survey:
    """Read all that a server has. Raises ProgramFailed if its database cannot be read."""
    with private.folder("server") as folder:
        runner = Runner(folder, log, debug=watching.debug)
        return survey(runner, view_of(on, folder / "view"), on_file=lambda file: watching.on_bytes(file.size))
