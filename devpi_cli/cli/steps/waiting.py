"""Wait until releases can be installed, also from replicas, and say what is waited for."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from devpi_cli.cli.options import duration
from devpi_cli.errors import DevpiError, TimeIsUp, WrongUsage
from devpi_cli.indexes.arrival import Awaited, Progress, wait
from devpi_cli.models import Requirement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from devpi_cli.cli.app import App
    from devpi_cli.server.api import Server

_Command = TypeVar("_Command", bound="Callable[..., Any]")
INTERVAL_SECONDS = 2.0


class Patience(NamedTuple):
    """What ``--wait`` asks for: the replicas to wait for, too, and for how long."""

    replicas: tuple[str, ...] = ()
    seconds: float = 300.0


def replica_option() -> Callable[[_Command], _Command]:
    """Add ``--replica``."""
    return click.option(
        "--replica", "replicas", multiple=True, metavar="URL", help="Also wait for this replica. Repeatable."
    )


def for_option() -> Callable[[_Command], _Command]:
    """Add ``--for``, after which waiting ends."""
    return click.option(
        "--for", "seconds", type=duration, default="5m", metavar="TIME", help="Give up waiting after this time. [5m]"
    )


def wait_options() -> Callable[[_Command], _Command]:
    """Add ``--wait``, ``--replica`` and ``--for``; ``patience`` is what they ask for."""

    def decorate(command: _Command) -> _Command:
        flag = click.option("--wait", "wait_", is_flag=True, help="Wait until pip can install what was sent.")
        return flag(replica_option()(for_option()(command)))

    return decorate


def patience(*, wait_: bool, replicas: tuple[str, ...], seconds: float) -> Patience | None:
    """Return what was asked for; None without ``--wait``. Raises WrongUsage for replicas without it."""
    if replicas and not wait_:
        raise WrongUsage("--replica works only with --wait")
    return Patience(replicas, seconds) if wait_ else None


def servers_at(app: App, server: Server, index: str, replicas: Sequence[str]) -> list[Server]:
    """Return the server and its replicas; warn of one that says that it is none."""
    found = [app.connect(app.target(f"{url.rstrip('/')}/{index}")) for url in replicas]
    for replica in found:
        with suppress(DevpiError):  # it may come up while it is waited for
            if (role := replica.status().role) not in ("replica", ""):
                app.out.warn(f"{replica.root} is not a replica: it says that it is a {role} server")
    return [server, *found]


def watched(app: App, servers: Sequence[Server], awaited: Awaited) -> tuple[Progress, dict[str, Any]]:
    """Wait for a release, and print each new state; return the last one, which may not be done, and the document."""
    started, said = time.monotonic(), ""
    for progress in wait(servers, awaited):
        if not progress.is_done and str(progress) != said:
            said = str(progress)
            app.out.tell(f"waiting: {said}")
    return progress, _document(awaited, progress, time.monotonic() - started)


def out_of_time(awaited: Awaited, progress: Progress, seconds: float) -> TimeIsUp:
    """Return the error for a release that did not come, or go, in time."""
    what = "cannot be installed yet" if awaited.files else "is still there"
    release = f"{awaited.wanted.project} {awaited.wanted.version}"
    return TimeIsUp(f"{release} {what} after {seconds:.0f} s: {progress}", hint="wait longer with --for")


def wait_for(
    app: App, server: Server, index: str, releases: Mapping[tuple[str, str], Mapping[str, str | None]], how: Patience
) -> tuple[list[dict[str, Any]], DevpiError | None]:
    """Wait until pip can install files that were sent, given with their hashes by project and version.

    Return the documents, and the error for the first release that did not come; the others are not waited for then.
    """
    servers = servers_at(app, server, index, how.replicas)
    documents: list[dict[str, Any]] = []
    until = time.monotonic() + how.seconds
    for (project, version), files in releases.items():
        left = max(0.0, until - time.monotonic())
        wanted = Requirement.parse(f"{project}=={version}")
        awaited = Awaited(index, wanted, len(files), left, INTERVAL_SECONDS, files)
        try:
            progress, document = watched(app, servers, awaited)
        except DevpiError as error:  # what was sent is there all the same, and has to be reported
            return documents, error
        documents.append(document)
        if not progress.is_done:
            return documents, out_of_time(awaited, progress, how.seconds)
        app.out.line(f"{project} {version} can be installed")
    return documents, None


def _document(awaited: Awaited, progress: Progress, seconds: float) -> dict[str, Any]:
    first = progress.arrivals[0]
    return {
        "project": awaited.wanted.project,
        "version": awaited.wanted.version,
        "visible": bool(first.files),
        "files": sorted(first.files),
        "seconds": round(seconds, 1),
        "serial": first.serial,
        "waiting_for": 0 if progress.is_done else progress.behind,
    }
