"""Try whether a storage keeps what arrives at the same time."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import TYPE_CHECKING

from devpi_cli.cli.steps.serverdirs import new_log
from devpi_cli.client import connect
from devpi_cli.errors import DevpiError, Missing, SomeFailed
from devpi_cli.hosting import scratch
from devpi_cli.hosting.exports import Watching
from devpi_cli.hosting.serverdir import LOSSY, missing_storage
from devpi_cli.hosting.trials import Trial
from devpi_cli.http import parallel

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.cli.app import App
    from devpi_cli.client import Client
    from devpi_cli.hosting.serverdir import Serverdir

UPLOADS, AT_ONCE = 30, 6
INDEX = "root/trial"
VERSION = "1.0"


def require_no_loss(app: App, on: Serverdir, *, is_accepted: bool, first: Callable[[], object]) -> Trial | None:
    """Try a storage that is known to lose data, unless that is accepted; ``first`` makes sure of all the rest.

    Returns the trial, if there was one. Raises DevpiError if something was lost.
    """
    name = on.known_storage.name if on.known_storage else "sqlite"
    if name not in LOSSY or is_accepted or list(missing_storage(name)):
        return None
    first()
    app.out.note(f"trying whether the storage {name} loses uploads that arrive at the same time")
    found = try_storage(app, on)
    if not found.is_passed:
        raise DevpiError(
            f"the storage {name} loses uploads that arrive at the same time ({found})",
            hint="use sqlite, which loses none, or confirm with --accept-data-loss",
        )
    return found


def try_storage(app: App, on: Serverdir) -> Trial:
    """Send uploads at once to a private server with the storage of another, and count what it has by hash."""
    watching = Watching(app.out.note, app.out.debug)
    with (
        scratch.scratch_server(on, new_log(app, "trial"), watching) as server,
        connect(server.url, user=scratch.ROOT, password=server.password, retries=0) as client,
    ):
        client.create_index(INDEX, bases="")
        sent = list(parallel.run(lambda number: _upload(client, number), range(UPLOADS), AT_ONCE))
        acknowledged = [number for number, outcome in sent if not isinstance(outcome, DevpiError)]
        if not acknowledged:
            raise SomeFailed.of([each for _, each in sent if isinstance(each, DevpiError)],
                                "the server of the trial took no upload", done=0)  # fmt: skip
        listed = set(client.projects(index=INDEX))
        return Trial(len(acknowledged), sum(_is_there(client, listed, number) for number in acknowledged))


def _project(number: int) -> str:
    return f"trial{number}"


def _content(number: int) -> bytes:
    return f"the only content of file {number}".encode()


def _upload(client: Client, number: int) -> None:
    name = f"{_project(number)}-{VERSION}.tar.gz"
    fields = {"metadata_version": "2.1", "name": _project(number), "version": VERSION, "filetype": "sdist",
              "pyversion": "source"}  # fmt: skip
    client.server.upload(INDEX, fields, name, BytesIO(_content(number)))


def _is_there(client: Client, listed: set[str], number: int) -> bool:
    """Return True if an index lists a project, and has the file that was sent for it."""
    if _project(number) not in listed:
        return False
    file, digest = BytesIO(), hashlib.sha256(_content(number)).hexdigest()
    try:
        links = [link for release in client.server.releases(INDEX, _project(number)) for link in release.links]
        for link in links:
            client.download(link, file)
    except Missing:
        return False
    return hashlib.sha256(file.getvalue()).hexdigest() == digest
