"""Send files to an index one after the other, and say what became of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from devpi_cli import dists, documentation
from devpi_cli.errors import BrokenDistribution, DevpiError, NotAllowed, Refused, SomeFailed
from devpi_cli.responses import CONFIRMED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from devpi_cli.app import App

# What the server says, with status 200, of a file that it has already.
IDENTICAL = "Upload of identical file"


@dataclass
class Uploads:
    """What is to be uploaded to an index, and what became of it."""

    app: App
    index: str
    dry_run: bool
    dists: list[dists.Dist] = field(default_factory=list)
    outcomes: dict[Path, str] = field(default_factory=dict)
    failures: dict[Path, DevpiError] = field(default_factory=dict)

    def read(self, paths: Iterable[Path], private: Path) -> None:
        """Read what files hold; a broken one has failed already."""
        for path in paths:
            try:
                is_docs = documentation.is_documentation(path)
                self.dists.append(documentation.read(path, private) if is_docs else dists.read(path))
            except BrokenDistribution as error:
                self.failures[path] = error

    def send(self) -> None:
        """Upload all, whatever happens to one, and documentation last; raise what stands for all failures."""
        url = f"{self.app.server.url(self.index)}/"
        total = len(self.dists) + len(self.failures)
        for dist in sorted(self.dists, key=lambda dist: dist.action == documentation.ACTION):
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
        results |= {str(path): {"outcome": "failed", "message": why.message} for path, why in self.failures.items()}
        self.app.out.document({"index": self.index, "url": url, "files": results})
        self._sum_up(total)

    def _sum_up(self, total: int) -> None:
        """Say how many files are where; a failure that is the only one, or one of a kind, keeps its exit status."""
        if not self.failures:
            kinds = Counter(self.outcomes.values())
            counted = [f"{'all' if len(kinds) == 1 else count} {kind}" for kind, count in kinds.items()]
            if total > 1:
                self.app.out.note(f"{total} files: {', '.join(counted)}")
            return
        errors = list(self.failures.values())
        if len(errors) == 1 and not self.outcomes:
            raise errors[0]
        for path, error in self.failures.items():
            why = error.message.splitlines()[-1].removeprefix(f"{path.name}: ")
            self.app.out.failure(f"FAILED {path.name}: {why}")
        untried = total - len(self.outcomes) - len(errors)
        rest = f", {untried} not tried" if untried else ""
        message = f"{len(self.outcomes)} of {total} files uploaded, {len(errors)} failed{rest}"
        raise SomeFailed.of(errors, message, done=len(self.outcomes), hint=_hint(errors))


def _send(app: App, index: str, dist: dists.Dist) -> str:
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


def _holds_for_all(error: DevpiError) -> bool:
    """Tell whether the next file would fare alike: no server, no devpi server, or nobody logged in."""
    return not isinstance(error, Refused) or error.status == HTTPStatus.UNAUTHORIZED


def _hint(errors: list[DevpiError]) -> str:
    if any(isinstance(error, NotAllowed) for error in errors):
        return "'devpi use' tells whether the server accepts your login"
    return next((error.hint for error in errors if error.hint), "")
