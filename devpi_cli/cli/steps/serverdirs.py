"""Choose the data of a devpi-server, and show how a long action goes on."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from devpi_cli.cli.steps.local_server import own_server
from devpi_cli.hosting import ports, runs
from devpi_cli.hosting.attended import Attended
from devpi_cli.hosting.exports import Watching
from devpi_cli.hosting.local_server import require_devpi_server
from devpi_cli.hosting.raw import Log
from devpi_cli.hosting.serverdir import find_serverdir
from devpi_cli.system.files import expanded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sized

    from devpi_cli.cli.app import App
    from devpi_cli.hosting.runs import Run
    from devpi_cli.hosting.serverdir import Serverdir

SERVER_LINE = re.compile(r"('devpi server [a-z]+)(?![^']*(?:--serverdir|' there))")
CONFIG = click.option(
    "-c", "--configfile", metavar="FILE", help="Settings file of devpi-server. [the one that it finds itself]"
)
SERVERDIR = click.option(
    "--serverdir", metavar="DIR", help="Data of the server. [that of quickstart, else ~/.devpi/server]"
)
STORAGE = click.option("--storage", metavar="NAME", help="Storage of the server. [the one it was made with, or sqlite]")


ACCEPT_DATA_LOSS = click.option(
    "--accept-data-loss", is_flag=True, help="Use a storage that is known to lose uploads (pg8000)."
)


NO_STRETCHING = click.option(
    "--no-stretching", is_flag=True, help="Do not stretch the secret, which is random: the server starts at once."
)


class Where(NamedTuple):
    """Which server is meant, as it was typed."""

    configfile: str | None
    serverdir: str | None
    storage: str | None


def serverdir_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say which server is meant; the command gets what they say as ``where``.

    They have the names that devpi-server's programs have for them.
    """

    @wraps(command)
    def with_where(
        *arguments: Any, configfile: str | None, serverdir: str | None, storage: str | None, **options: Any
    ) -> None:
        command(*arguments, where=Where(configfile, serverdir, storage), **options)

    for option in (STORAGE, SERVERDIR, CONFIG):
        with_where = option(with_where)
    return with_where


def chosen_serverdir(app: App, where: Where) -> Serverdir:
    """Return the serverdir that is meant, and say which one it is if it was not named.

    Raises ProgramMissing without devpi-server, and what ``find_serverdir`` raises.
    """
    require_devpi_server()
    app.server_words = "".join(
        f" {option} {quote(word)}"
        for option, word in (("-c", where.configfile), ("--serverdir", where.serverdir))
        if word
    )
    own = own_server(app)
    found = find_serverdir(*where, own.data if own.exists else None)
    if where.storage and found.storage and found.storage.has_password:
        app.out.warn("others can see the password in --storage in 'ps', and it is in your history: -c FILE is safer")
    if found.origin:
        app.out.note(f"serverdir: {found.path} ({found.origin})")
    return found


def naming_serverdir(app: App, hint: str) -> str:
    """Let the lines in a hint name the server that was typed: without its options they would mean another one."""
    return SERVER_LINE.sub(lambda line: line[1] + app.server_words, hint)


def is_quickstarts(app: App, on: Serverdir) -> bool:
    """Return True for the serverdir that quickstart made."""
    own = own_server(app)
    return own.exists and on.path == own.data


def planned(
    app: App, on: Serverdir, host: str | None = None, port: int | None = None, secretfile: str | None = None
) -> Run:
    """Return how the server on a serverdir is run: as it was typed, else as it was started last."""
    own = own_server(app)
    if not is_quickstarts(app, on):
        return Attended(on, app.out.debug).plan(host, port, secretfile)
    last = {"host": ports.HOST, "port": own.port}
    return runs.plan(on, host=host, port=port, secretfile=secretfile, options=(), quick=True, last=last)


def counted(users: Sized, indexes: Sized, files: Sized) -> str:
    """Return how many there are, for a line."""
    return f"{len(users)} users, {len(indexes)} indexes, {len(files)} files"


def warn_of_links(app: App, what: str) -> None:
    """Warn of hard links to the files of a server."""
    app.out.warn(f"hard links: what damages a file of the server damages the {what}, too")


def new_log(app: App, name: str) -> Log:
    """Return a log for what programs print, in the folder of the state; it is written only if one fails."""
    return Log.new(app.state.path.parent.absolute() / "logs", name)


def typed_folder(typed: str) -> Path:
    """Return the folder that was named."""
    return expanded(Path(typed)).absolute()


@contextmanager
def watched(app: App, label: str, total: int) -> Iterator[Watching]:
    """Show on a terminal how many bytes an action has dealt with."""
    with app.out.progress(label, total, 1) as part, part(label, total) as advance:
        yield Watching(app.out.note, app.out.debug, advance)
