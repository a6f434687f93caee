"""Run a private devpi-server with the storage of another, to try it."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.hosting import inits, ports, postgres
from devpi_cli.hosting.attended import Attended
from devpi_cli.hosting.local_server import new_password
from devpi_cli.hosting.passwords import hash_of
from devpi_cli.hosting.serverdir import Serverdir
from devpi_cli.system import private

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.hosting.exports import Watching
    from devpi_cli.hosting.raw import Log

FIRST_PORT = 33141
ROOT = "root"


class ScratchServer(NamedTuple):
    """A private server, and the password of its root."""

    url: str
    password: str


@contextmanager
def scratch_server(on: Serverdir, log: Log, watching: Watching) -> Iterator[ScratchServer]:
    """Run a private server with the storage of another during the block: nothing of it is left.

    Its data is in a private folder, for PostgreSQL in a database of its own. Raises DevpiError if it cannot be made.
    """
    storage = postgres.of(on)
    with private.folder("trial") as folder, postgres.trial(storage) if storage else nullcontext() as scratch:
        data = Serverdir(folder / "data", storage=scratch or on.storage)
        new = inits.NewServer(no_root_pypi=True, accept_data_loss=True, unstretched=True)
        password = new_password()
        inits.initialize(data, new, hash_of(password), log, watching)
        server = Attended(data, watching.debug)
        run = server.plan(ports.HOST, ports.free_port(FIRST_PORT), accept_data_loss=True)
        server.start(run)
        try:
            yield ScratchServer(run.url, password)
        finally:
            if found := server.process:
                server.stop(found)
