"""Send files to an index one after the other, and say what became of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from devpi_cli import archives, dists, documentation
from devpi_cli.commands._bases import warn_of_mirrored
from devpi_cli.commands._existing import Existing
from devpi_cli.commands._failures import sum_up
from devpi_cli.commands._refusals import may_upload
from devpi_cli.errors import BrokenDistribution, CheckFailed, DevpiError, OtherFile, Refused
from devpi_cli.responses import CONFIRMED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from devpi_cli.app import App
    from devpi_cli.dists import Dist

# What the server says, with status 200, of a file that it has already.
IDENTICAL = "Upload of identical file"


@dataclass
class Uploads:
    """What is to be uploaded to an index, and what became of it."""

    app: App
    index: str
    dry_run: bool
    skip_existing: bool = False
    check: bool = False
    dists: list[Dist] = field(default_factory=list)
    outcomes: dict[Path, str] = field(default_factory=dict)
    failures: dict[Path, DevpiError] = field(default_factory=dict)

    def read(self, paths: Iterable[Path], private: Path) -> None:
        """Read what files hold; a broken one has failed already."""
        for path in paths:
            try:
                self.dists.append(_read(path, private))
            except BrokenDistribution as error:
                self.failures[path] = error

    def send(self) -> None:
        """Upload all, whatever happens to one, and documentation last; raise what stands for all failures."""
        url = f"{self.app.server.url(self.index)}/"
        if not self.dry_run:
            self._log_in(url)
        total = len(self.dists) + len(self.failures)
        wanted = sorted(self._checked(), key=lambda dist: dist.action == documentation.ACTION)
        if self.skip_existing:
            wanted = self._missing(wanted, url)
        for dist in wanted:
            what = f"{dist.action} of {dist.path.name} to {url}"
            try:
                self.outcomes[dist.path] = "skipped" if self.dry_run else _send(self.app, self.index, dist)
            except DevpiError as error:
                self.failures[dist.path] = error
                if _holds_for_all(error):
                    break
                continue
            self.app.out.line(f"skipped: {what}" if self.dry_run else what)
        results = {str(path): {"outcome": outcome} for path, outcome in self.outcomes.items()}
        results |= {str(path): _as_json(error) for path, error in self.failures.items()}
        self.app.out.document({"index": self.index, "url": url, "files": results})
        self._sum_up(total)

    def _checked(self) -> list[Dist]:
        """Return what is to be sent: nothing at all if a file failed what was to be checked before."""
        files = [dist for dist in self.dists if dist.action != documentation.ACTION] if self.check else []
        for dist in files:
            try:
                dists.check(dist.path)
            except CheckFailed as error:
                self.failures[dist.path] = error
        if self.check and self.failures:
            for failure in self.failures.values():
                failure.hint = "with --check nothing is uploaded until all files are good"
            return []
        if files:
            warn_of_mirrored(self.app, self.index, [dist.project for dist in files])
        return self.dists

    def _missing(self, wanted: Sequence[Dist], url: str) -> list[Dist]:
        """Return what the index does not have, before anything is sent; another file of a name has failed."""
        existing, missing = Existing(self.app, self.index), []
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
        """Log in before a large file is sent for nothing, where that needs a login; without it the server decides."""
        app = self.app
        app.logins.ready(app.session)
        if app.logins.is_in or not app.out.can_ask:
            return
        acl = app.server.index(self.index, projects=False).config.get("acl_upload")
        if not may_upload(None, acl if isinstance(acl, list) else []):
            app.logins.ask_for(app.session, f"POST {url}")

    def _sum_up(self, total: int) -> None:
        """Say how many files are where, or what failed."""
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


def _send(app: App, index: str, dist: Dist) -> str:
    """Upload a file, and return what became of it."""
    name = dist.path.name
    with app.out.progress(name, dist.path.stat().st_size) as advance, dists.Watched(dist.path, advance) as file:
        said = app.server.narrowed_to(dist.project).upload(index, dist.fields, name, file, action=dist.action)
    if said.startswith(IDENTICAL):
        app.out.note(f"{name}: already there")
        return "already there"
    if said == CONFIRMED:
        app.out.note(f"{name}: {said}")
    elif said:
        app.out.warn(f"{name}: {said}")
    return "uploaded"


def _as_json(error: DevpiError) -> dict[str, Any]:
    if isinstance(error, OtherFile):
        return {"outcome": "conflict", "message": error.message, "sha256": error.here, "there": error.there}
    return {"outcome": "failed", "message": error.message}


def _holds_for_all(error: DevpiError) -> bool:
    """Tell whether the next file would fare alike: no server, no devpi server, or nobody logged in."""
    if isinstance(error, Refused):
        return error.status == HTTPStatus.UNAUTHORIZED
    return not isinstance(error, OtherFile)
