"""Make a replica of a primary, and make sure that changes arrive."""

from __future__ import annotations

import re
import shutil
import time
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import DevpiError, NotAllowed, NotDevpi, ProgramFailed, Refused, TimeIsUp, Unreachable
from devpi_cli.hosting import inits, stretching
from devpi_cli.hosting.attended import Attended, behind
from devpi_cli.hosting.local_server import new_password
from devpi_cli.hosting.passwords import hash_of

if TYPE_CHECKING:
    from pathlib import Path

    from devpi_cli.hosting.exports import Watching
    from devpi_cli.hosting.inits import NewServer
    from devpi_cli.hosting.raw import Log
    from devpi_cli.hosting.runs import Run
    from devpi_cli.hosting.serverdir import Serverdir
    from devpi_cli.http.session import Session

# Standalone servers call themselves so, too.
PRIMARY = ("primary", "master")
POLL_SECONDS = 0.5
REFUSED = re.compile(r" 40[13] [^:\n]*: failed fetching ")  # the number alone may be the end of a time
OTHER_SECRET = "their secrets differ, or how they are stretched"  # noqa: S105 (words)
MOST_LOG = 1 << 20


def require_primary(asking: Session, url: str) -> int:
    """Return the serial of a primary. Raises DevpiError if nobody answers, or it does not take replicas."""
    try:
        found = asking.request("GET", f"{url}+status").result
        match found:
            case {"role": str(role), "serial": int(serial)}:
                pass
            case _:
                raise NotDevpi(f"{url} is not a devpi server")
        if role.lower() not in PRIMARY or not _takes_replicas(asking, url):
            raise DevpiError(
                f"{url} is not a primary: it takes no replicas", hint="run it with the option '--role primary'"
            )
    except Unreachable as error:
        raise Unreachable(f"the primary does not answer: {error.message}", hint=error.hint) from None
    return serial


def _takes_replicas(asking: Session, url: str) -> bool:
    """Ask for changes as nobody: only a primary complains that no replica asks; a standalone server forbids it."""
    try:
        asking.request("GET", f"{url}+changelog/0")
    except NotAllowed:
        return False
    except Refused:
        return True
    return True


def make(  # noqa: PLR0913 (keyword options)
    target: Serverdir,
    new: NewServer,
    log: Log,
    watching: Watching,
    *,
    host: str | None,
    port: int | None,
    seconds: float,
    serial: int,
) -> tuple[Attended, dict[str, Any]]:
    """Make and start a replica, and wait until it has the changes of the primary up to a serial.

    Returns it and its status. If that fails, nothing is left of it. Raises DevpiError with the reason.
    """
    inits.initialize(target, new, hash_of(new_password()), log, watching)
    server = Attended(target, watching.debug)
    try:
        run = server.plan(host, port, accept_data_loss=new.accept_data_loss)
        server.start(run)
        return server, _wait(server, run, serial, seconds, watching)
    except BaseException as error:
        log.lines += _last(server.log).splitlines()
        log.save()
        if found := server.process:
            server.stop(found)
        shutil.rmtree(target.path)
        if isinstance(error, ProgramFailed):
            cause, remedy = log.cause()
            hint = "; ".join(filter(None, [remedy, f"its output is in {log.path}"]))
            raise ProgramFailed(f"the replica did not start: {cause}", status=1, hint=hint) from None
        raise


def _wait(server: Attended, run: Run, serial: int, seconds: float, watching: Watching) -> dict[str, Any]:
    until, said = time.monotonic() + seconds, -1
    while True:
        status = server.status() or {}
        here = status.get("serial")
        if isinstance(here, int) and here >= serial:
            return status
        if is_refused(server.log):
            raise DevpiError(
                f"the primary refuses the replica (403): {OTHER_SECRET} (here {run.stretching or stretching.USUAL})",
                hint="--secretfile must be a copy of the primary's, and 'devpi server status' there tells how it is "
                "stretched",
            )
        if isinstance(here, int) and here != said:
            said = here
            watching.note(f"serial {here} of {serial}, {behind(status)} changes behind")
        if time.monotonic() > until:
            raise TimeIsUp(
                f"the replica is at serial {here} of {serial} after {seconds:g} s", hint="wait longer with --for"
            )
        time.sleep(POLL_SECONDS)


def is_refused(log: Path) -> bool:
    """Return True if a replica has logged that its primary refuses it."""
    return bool(REFUSED.search(_last(log)))


def _last(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - MOST_LOG))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
