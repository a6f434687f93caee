"""Upload files to an index, several at once if faster; report each result."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devpi_cli.cli.steps.hints import may_upload
from devpi_cli.cli.steps.releases import warn_of_mirrored
from devpi_cli.cli.steps.summary import sum_up
from devpi_cli.errors import BrokenDistribution, CheckFailed, DevpiError, OtherFile, Refused
from devpi_cli.http import parallel
from devpi_cli.http.responses import CONFIRMED
from devpi_cli.indexes.contents import IDENTICAL, IndexContents
from devpi_cli.models import DOC_UPLOAD
from devpi_cli.packages import archives, dists
from devpi_cli.packages import docs as documentation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from devpi_cli.cli.app import App
    from devpi_cli.cli.output import Part
    from devpi_cli.models import Dist
    from devpi_cli.server.api import Server


@dataclass
class Uploads:
    """Files to upload to an index, and their outcomes."""

    app: App
    server: Server
    index: str
    dry_run: bool
    skip_existing: bool = False
    check: bool = False
    jobs: int | None = None
    """How many files to send at once; None to choose automatically."""
    private: Path = Path()
    """A folder in which documentation can be repacked."""
    paths: list[Path] = field(default_factory=list)
    """Files not read yet: each is read while the one before it is sent."""
    dists: list[Dist] = field(default_factory=list)
    outcomes: dict[Path, str] = field(default_factory=dict)
    failures: dict[Path, DevpiError] = field(default_factory=dict)
    shown: dict[Path, Path] = field(default_factory=dict)
    """The path to show for a temporary file: the one given, or the permanent one."""
    _is_aborted: bool = False

    def read(self) -> None:
        """Read all files now; a broken one counts as failed."""
        self.dists += self._readable(self.paths)
        self.paths = []

    def _readable(self, paths: Iterable[Path]) -> Iterator[Dist]:
        for path in paths:
            try:
                dist = _read(path, self.private)
            except BrokenDistribution as error:
                self.failures[path] = error
                continue
            if dist.path != path:
                self.shown[dist.path] = path
            yield dist

    def send(self) -> None:
        """Upload all files, documentation last; raise one error for all failures."""
        url = f"{self.server.url(self.index)}/"
        if not self.dry_run:
            self._log_in(url)
        if self.check or self.skip_existing:
            self.read()
        total = len(self.paths) + len(self.dists) + len(self.failures)
        known = self._checked()
        if self.skip_existing:
            known = self._missing(known, url)
        if not self.dry_run:
            self.server.session.prepare(url)  # once, before several threads need it
        size = sum(path.stat().st_size for path in [*(dist.path for dist in known), *self.paths])
        with self.app.out.progress(f"{total} files", size, total) as part:
            for docs in (False, True):
                paths = [path for path in self.paths if documentation.is_documentation(path) is docs]
                read = [dist for dist in known if (dist.action == DOC_UPLOAD) is docs]
                self._send_all(chain(read, parallel.read_ahead(self._readable(paths)) if paths else ()), url, part)
        results: dict[Path, dict[str, Any]] = {path: {"outcome": outcome} for path, outcome in self.outcomes.items()}
        results |= {path: _as_json(error) for path, error in self.failures.items()}
        files = {str(self.shown.get(path, path)): result for path, result in results.items()}
        self.app.out.document({"index": self.index, "url": url, "files": files})
        self._sum_up(total)

    def _send_all(self, wanted: Iterable[Dist], url: str, part: Part) -> None:
        jobs = 1 if self.dry_run else self.jobs
        for dist, outcome in parallel.run(partial(self._send, part), wanted, jobs):
            if isinstance(outcome, DevpiError):
                self.failures[dist.path] = outcome
                continue
            if not outcome:
                continue
            self.outcomes[dist.path] = outcome
            what = f"{dist.action} of {dist.path.name} to {url}"
            self.app.out.line(f"skipped: {what}" if self.dry_run else what)

    def _send(self, part: Part, dist: Dist) -> str:
        """Upload a file and return its outcome; nothing once every upload would fail."""
        if self.dry_run or self._is_aborted:
            return "skipped" if self.dry_run else ""
        out, name = self.app.out, dist.path.name
        server = self.server.narrowed_to(dist.project)
        try:
            with part(name, dist.path.stat().st_size) as advance, dists.Watched(dist.path, advance) as file:
                message = server.upload(self.index, dist.fields, name, file, action=dist.action)
        except DevpiError as error:
            self._is_aborted = self._is_aborted or _holds_for_all(error)
            raise
        if message.startswith(IDENTICAL):
            out.note(f"{name}: already there")
            return "already there"
        if message == CONFIRMED:
            out.note(f"{name}: {message}")
        elif message:
            out.warn(f"{name}: {message}")
        return "uploaded"

    def _checked(self) -> list[Dist]:
        """Return the files to send: none at all if ``check`` finds a bad one."""
        files = [dist for dist in self.dists if dist.action != DOC_UPLOAD] if self.check else []
        for dist in files:
            try:
                dists.check(dist.path)
            except CheckFailed as error:
                self.failures[dist.path] = error
        if self.check and self.failures:
            for failure in self.failures.values():
                failure.hint = "with --check, nothing is uploaded unless all files are good"
            return []
        if files:
            warn_of_mirrored(self.app, self.server, self.index, [dist.project for dist in files])
        return self.dists

    def _missing(self, wanted: Sequence[Dist], url: str) -> list[Dist]:
        """Return the files that the index lacks; one that differs counts as failed."""
        existing, missing = IndexContents(self.server, self.index), []
        for dist in wanted:
            try:
                if not existing.has(dist):
                    missing.append(dist)
                    continue
            except DevpiError as error:
                self.failures[dist.path] = error
                if _holds_for_all(error):
                    return []
                continue
            self.outcomes[dist.path] = "identical"
            self.app.out.line(f"identical: {dist.path.name} at {url}")
        return missing

    def _log_in(self, url: str) -> None:
        """Log in first if the upload needs it, so that no large file is sent in vain."""
        session = self.server.session
        login = session.find_login()
        if (login and login.is_current) or not self.app.out.can_ask:
            return
        if not may_upload(None, self.server.index(self.index, projects=False).listed("acl_upload")):
            session.ask_login(f"POST {url}")

    def _sum_up(self, total: int) -> None:
        """Report how many files had which outcome, or raise what failed."""
        kinds = Counter(self.outcomes.values())
        if not self.failures and total > 1:
            counted = [f"{'all' if len(kinds) == 1 else count} {kind}" for kind, count in kinds.items()]
            self.app.out.note(f"{total} files: {', '.join(counted)}")
        failures = [(path.name, error) for path, error in self.failures.items()]
        sum_up(self.app, failures, "files uploaded", done=len(self.outcomes), total=total)


def _read(path: Path, private: Path) -> Dist:
    if documentation.is_documentation(path):
        return documentation.read(path, private)
    if path.name.endswith(dists.SUFFIXES):
        archives.check(path)
    return dists.read(path)


def _as_json(error: DevpiError) -> dict[str, Any]:
    if isinstance(error, OtherFile):
        return {"outcome": "conflict", "message": error.message, "sha256": error.here, "there": error.there}
    return {"outcome": "failed", "message": error.message}


def _holds_for_all(error: DevpiError) -> bool:
    """Return True if the next file would also fail, as without server or login."""
    if isinstance(error, Refused):
        return error.status == HTTPStatus.UNAUTHORIZED
    return not isinstance(error, OtherFile)
