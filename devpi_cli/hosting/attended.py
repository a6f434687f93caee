"""Start and stop a devpi-server on any serverdir in the background, and tell how it is."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from devpi_cli.errors import DevpiError, NothingFound, ProgramFailed
from devpi_cli.hosting import failures, ports, runs
from devpi_cli.hosting.local_server import START_SECONDS, STOP_SECONDS
from devpi_cli.http.identity import Identity
from devpi_cli.http.session import Session
from devpi_cli.programs import process, running
from devpi_cli.system.files import read, write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from devpi_cli.hosting.runs import Run
    from devpi_cli.hosting.serverdir import Serverdir
    from devpi_cli.programs.running import Running

RECORD, LOG = ".devpi-cli.json", ".devpi-cli.log"
ANSWER_SECONDS = 5.0
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "*": "127.0.0.1"}  # noqa: S104 (it is asked there, not bound)


@dataclass(frozen=True)
class Attended:
    """A serverdir whose server 'devpi server start' may have started: what is remembered of that is beside the data."""

    on: Serverdir
    debug: Callable[[str], None] = lambda line: None

    @property
    def log(self) -> Path:
        """The file with the output of the server."""
        return self.on.path / LOG

    @property
    def record(self) -> dict[str, Any]:
        """What is remembered of the last start; nothing of a server that was never started this way."""
        try:
            found = json.loads(read(self.on.path / RECORD))
        except (OSError, ValueError, RecursionError):
            return {}
        match found:
            case {"pid": int() | None, "url": str(), "started": str() | None}:
                return dict(found)
        return {}

    @property
    def url(self) -> str:
        """Where the server listened when it was started last, or would listen."""
        return str(self.record.get("url") or self.plan().url)

    @property
    def port(self) -> int:
        """The port of ``url``."""
        return urlsplit(self.url).port or runs.PORT

    def plan(
        self,
        host: str | None = None,
        port: int | None = None,
        secretfile: str | None = None,
        *,
        accept_data_loss: bool = False,
    ) -> Run:
        """Return how the server is to be run: where nothing else is said, as at its last start."""
        before = urlsplit(str(self.record.get("url", "")))
        last = {"host": before.hostname, "port": before.port, "secretfile": self.record.get("secretfile")}
        run = runs.plan(self.on, host=host, port=port, secretfile=secretfile, options=(), quick=False, last=last)
        return replace(run, accept_data_loss=accept_data_loss)

    @property
    def process(self) -> Running | None:
        """The process that was started last, if it still runs.

        It is never one that got its id later.
        """
        record = self.record
        found = running.find(record["pid"]) if record.get("pid") else None
        if not (found and found.is_ours and found.has_arguments("--serverdir", str(self.on.path))):
            return None
        return found if record["started"] == found.started else None

    def status(self, url: str | None = None) -> dict[str, Any] | None:
        """Return what the server says of itself; None if nobody answers, or another server does.

        Nothing secret is sent.
        """
        url = url or self.url
        host = url.split("://")[1].rpartition(":")[0].strip("[]")
        asked = url.replace(host, ANYWHERE[host], 1) if host in ANYWHERE else url
        session = Session(Identity(asked), log=self.debug)
        try:
            found = session.hurried(ANSWER_SECONDS).request("GET", f"{asked}+status").result
        except DevpiError:
            return None
        finally:
            session.close()
        with suppress(DevpiError):
            if isinstance(found, dict) and found.get("uuid") == self.on.nodeinfo.get("uuid"):
                return found
        return None

    def is_taken(self) -> bool:
        """Return True if anything listens where the server would."""
        where = urlsplit(self.url)
        host = ANYWHERE.get(where.hostname or "", where.hostname)
        return bool(host and where.port and ports.is_in_use(where.port, host))

    def start(self, run: Run) -> int:
        """Start the server and wait until it answers; return its process id.

        Raises what ``runs.prepare`` raises, and ProgramFailed if it does not start.
        """
        handle = runs.prepare(run)
        before = self.record

        def remember(pid: int) -> None:
            found = running.find(pid)
            started = found.started if found else None
            self._save({"pid": pid, "started": started, "url": run.url, "secretfile": str(run.secret)})

        try:
            return process.start(
                run.command(),
                log=self.log,
                started=remember,
                ready=lambda: self.status(run.url) is not None,
                seconds=START_SECONDS,
                extra=run.variables(),
                keep=handle,
            )
        except BaseException as error:
            self._save(before or {"pid": None, "started": None, "url": run.url})
            if isinstance(error, ProgramFailed):
                raise failures.of_start(error, self.log) from None
            raise
        finally:
            if handle is not None:
                os.close(handle)

    def stop(self, found: Running) -> None:
        """Stop the process of the server and wait for its end.

        Raises ProgramFailed if it does not end.
        """
        running.end(found, STOP_SECONDS)
        self._save({**self.record, "pid": None, "started": None})

    def require_log(self) -> Path:
        """Return the log. Raises NothingFound for none."""
        if not self.log.is_file():
            raise NothingFound(f"there is no log at {self.log}", hint="'devpi server start' writes it")
        return self.log

    def _save(self, record: dict[str, Any]) -> None:
        write_private(self.on.path / RECORD, json.dumps(record))


def behind(status: dict[str, Any]) -> int | None:
    """Return how many changes a replica has not received; None if it is none, or does not know."""
    there, here = status.get("primary-serial"), status.get("serial")
    return max(0, there - here) if isinstance(there, int) and isinstance(here, int) else None
