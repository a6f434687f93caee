"""Upload files to an index, several at once if faster; report each result."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devpi_cli.cli.steps.releases import warn_of_mirrored
from devpi_cli.cli.steps.summary import GOES_ON, GOES_ON_IF, on_interruption, sum_up
from devpi_cli.cli.steps.upload_login import UploadLogin
from devpi_cli.cli.steps.waiting import wait_for
from devpi_cli.cli.views.amounts import number
from devpi_cli.errors import BrokenDistribution, CheckFailed, DevpiError, OtherFile, Refused
from devpi_cli.http import parallel
from devpi_cli.http.responses import CONFIRMED
from devpi_cli.indexes.contents import IDENTICAL, SAME_CONTENT, IndexContents
from devpi_cli.models import DOC_UPLOAD
from devpi_cli.packages import checks, dists, folders
from devpi_cli.packages import docs as documentation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from devpi_cli.cli.app import App
    from devpi_cli.cli.output import Part
    from devpi_cli.cli.steps.waiting import Patience
    from devpi_cli.models import Dist
    from devpi_cli.server.api import Server


NAMED = 10  # Files that are named in a note about them.
UPLOADED, SKIPPED, ALREADY_THERE, NOT_TRIED = "uploaded", "skipped", "already there", "not tried"
VOLATILE = "; a volatile index accepts it without --skip-existing"


@dataclass
class Uploads:
    """Files to upload to an index, and their outcomes."""

    app: App
    server: Server
    index: str
    dry_run: bool
    skip_existing: bool = False
    foresee: bool = False
    """Whether a dry run has to find out which files the server would refuse."""
    check: bool = False
    jobs: int | None = None
    """How many files to send at once; None to choose automatically."""
    private: Path = Path()
    """A folder in which documentation can be repacked."""
    patience: Patience | None = None
    """How long to wait until pip can install what was sent; None not to wait."""
    paths: list[Path] = field(default_factory=list)
    """Files not read yet: each is read while the one before it is sent."""
    dists: list[Dist] = field(default_factory=list)
    outcomes: dict[Path, str] = field(default_factory=dict)
    failures: dict[Path, DevpiError] = field(default_factory=dict)
    shown: dict[Path, Path] = field(default_factory=dict)
    """The path to show for a temporary file: the one given, or the permanent one."""
    left_out: list[Path] = field(default_factory=list)
    """Files beside distributions, which are not uploaded."""
    login: UploadLogin = field(init=False)
    _is_aborted: bool = False
    _present: list[Dist] = field(default_factory=list)
    """Files that are on the index now, or would be."""
    _untried: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.login = UploadLogin(self.app, self.server, self.index)

    def leave_out(self, paths: Sequence[Path]) -> None:
        """Say once which files are not uploaded, and why signatures are not."""
        self.left_out += paths
        if not paths:
            return
        names = [path.name for path in paths[:NAMED]] + ["…"] * (len(paths) > NAMED)
        files = "1 file" if len(paths) == 1 else f"{len(paths)} files"
        why = " (devpi has no place for signatures and attestations)" if any(map(dists.is_signature, paths)) else ""
        self.app.out.note(f"left out: {files}: {', '.join(names)}{why}")

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
            self.login.before_sending()
        if self.check or self.skip_existing or self.foresee:
            self.read()
        given = [self._shown(path) for path in (*(dist.path for dist in self.dists), *self.paths, *self.failures)]
        total = len(given)
        if not (self.skip_existing or self.foresee):
            self._require_distinct()
        known = self._checked()
        if self.skip_existing or self.foresee:
            known = self._missing(known, url)
        if not self.dry_run:
            self.server.session.prepare(url)  # once, before several threads need it
        size = sum(path.stat().st_size for path in [*(dist.path for dist in known), *self.paths])
        with on_interruption(lambda: self._done(total)), self.app.out.progress(f"{total} files", size, total) as part:
            for docs in (False, True):
                paths = [path for path in self.paths if documentation.is_documentation(path) is docs]
                read = [dist for dist in known if (dist.action == DOC_UPLOAD) is docs]
                self._send_all(chain(read, parallel.read_ahead(self._readable(paths)) if paths else ()), url, part)
        waited, late = self._wait()
        self.app.out.document({"index": self.index, "url": url, **self._results(given), **waited})
        self._warn_of_parts()
        self._sum_up(total)
        if late:
            raise late

    def _require_distinct(self) -> None:
        """Raise OtherFile if two different files have one name: the index would keep the last one."""
        named: dict[str, list[Path]] = {}
        for path in (*(dist.path for dist in self.dists), *self.paths):
            if documentation.is_documentation(path):
                continue  # what is packed anew has other bytes each time
            named.setdefault(path.name, []).append(path)
        for name, paths in named.items():
            if len(paths) == 1:
                continue
            (here, one), *others = {str(folders.link_of("", path).sha256): path for path in paths}.items()
            for there, two in others:
                what = f"{name}: two different files have this name: {self._shown(one)} and {self._shown(two)}"
                raise OtherFile(what, here=here, there=there, hint="nothing was uploaded: leave one of them out")

    def _done(self, total: int) -> str:
        done = list(self.outcomes.values()).count(UPLOADED)
        return f"{done} of {number(total, 'file')} uploaded{GOES_ON if self.skip_existing else GOES_ON_IF}"

    def _send_all(self, wanted: Iterable[Dist], url: str, part: Part) -> None:
        jobs = 1 if self.dry_run else self.jobs
        for dist, outcome in parallel.run(partial(self._send, part), wanted, jobs):
            if dist.path.name != (given := self._shown(dist.path)).name:
                self.app.out.line(f"repackaged {given} to {dist.path.name}")
            if dist.remark:
                self.app.out.warn(f"{dist.path.name}: {dist.remark}")
            if isinstance(outcome, DevpiError):
                self.failures[dist.path] = outcome
                continue
            if not outcome:
                self._untried.append(dist.path)
                continue
            self._settle(dist, outcome, url)

    def _settle(self, dist: Dist, outcome: str, url: str) -> None:
        """Print and keep what became of a file."""
        self.outcomes[dist.path] = outcome
        self._present.append(dist)
        sent = f"{dist.action} of {dist.path.name} to {url}"
        lines = {UPLOADED: sent, SKIPPED: f"{SKIPPED}: {sent}"}
        self.app.out.line(lines.get(outcome, f"{outcome}: {dist.path.name} at {url}"))

    def _wait(self) -> tuple[dict[str, Any], DevpiError | None]:
        """Wait for the releases, if that is asked for and nothing failed; return what is to be added to the result."""
        if self.patience is None or self.dry_run or self.failures:
            return {}, None
        releases: dict[tuple[str, str], dict[str, str | None]] = {}
        for dist in self._present:
            if dist.action != DOC_UPLOAD:
                same = self.outcomes.get(dist.path) != SAME_CONTENT  # the index has other bytes
                files = releases.setdefault((dist.project, dist.version), {})
                files[dist.path.name] = dist.sha256 if same else None
        documents, late = wait_for(self.app, self.server, self.index, releases, self.patience)
        return {"waited": documents}, late

    def _shown(self, path: Path) -> Path:
        return self.shown.get(path, path)

    def _results(self, given: Sequence[Path]) -> dict[str, Any]:
        """Return for JSON what became of the files, and the counts.

        They are counted as in the summary.
        """
        results = {self._shown(path): {"outcome": outcome} for path, outcome in self.outcomes.items()}
        results |= {self._shown(path): _as_json(error) for path, error in self.failures.items()}
        untried = {path: {"outcome": NOT_TRIED} for path in given if path not in results}
        counts = Counter(self.outcomes.values()) + Counter(
            {"failed": len(self.failures), NOT_TRIED: len(given) - len(results)}
        )
        left_out = {"left_out": list(map(str, self.left_out))} if self.left_out else {}
        return {
            "files": {str(path): result for path, result in (results | untried).items()},
            "counts": counts,
            **left_out,
        }

    def _send(self, part: Part, dist: Dist) -> str:
        """Upload a file and return its outcome; nothing once every upload would fail."""
        if self.dry_run or self._is_aborted:
            return SKIPPED if self.dry_run else ""
        out, name = self.app.out, dist.path.name
        server = self.server.narrowed_to(dist.project)
        try:
            with part(name, dist.path.stat().st_size) as advance, dists.Watched(dist.path, advance) as file:
                message = server.upload(self.index, dist.fields, name, file, action=dist.action)
        except DevpiError as error:
            self._is_aborted = self._is_aborted or _holds_for_all(error)
            raise
        if message.startswith(IDENTICAL):
            return ALREADY_THERE
        if message == CONFIRMED:
            out.note(f"{name}: {message}")
        elif message:
            out.warn(f"{name}: {message}")
        return UPLOADED

    def _checked(self) -> list[Dist]:
        """Return the files to send: none at all if ``check`` finds a bad one."""
        files = [dist for dist in self.dists if dist.action != DOC_UPLOAD] if self.check else []
        for dist in files:
            try:
                checks.check(dist.path, self.private)
            except CheckFailed as error:
                self.failures[dist.path] = error
        if self.check and self.failures:
            for failure in self.failures.values():
                failure.hint = "nothing is uploaded unless all files pass the check"
            return []
        if files:
            warn_of_mirrored(self.app, self.server, self.index, [dist.project for dist in files])
        return self.dists

    def _missing(self, wanted: Sequence[Dist], url: str) -> list[Dist]:
        """Return the files that the index lacks; one that differs counts as failed."""
        existing, missing = IndexContents(self.server, self.index, compare=self.skip_existing), []
        for dist in wanted:
            try:
                found = existing.has(dist)
            except DevpiError as error:
                self.failures[dist.path] = error
                if isinstance(error, OtherFile) and error.hint and self.skip_existing:
                    error.hint += VOLATILE
                if _holds_for_all(error):
                    return []
                continue
            if found:
                self._settle(dist, found if self.skip_existing else ALREADY_THERE, url)
            else:
                missing.append(dist)
        return missing

    def _warn_of_parts(self) -> None:
        """Name the releases of which only some files could be uploaded."""
        there = {dist.path.name: (str(dist.fields["name"]), dist.version) for dist in self._present}
        lost = [path for path in (*self.failures, *self._untried) if path.name not in there]
        for name, version in dict.fromkeys(there.values()):
            lacking = [path.name for path in lost if dists.is_file_of(path, name, version)]
            if lacking:
                what = "would be" if self.dry_run else "is"
                self.app.out.warn(f"{name} {version} {what} incomplete on {self.index}: without {', '.join(lacking)}")

    def _sum_up(self, total: int) -> None:
        """Report how many files had which outcome, or raise what failed."""
        kinds = Counter(self.outcomes.values())
        if not self.failures and total > 1:
            counted = [f"{'all' if len(kinds) == 1 else count} {kind}" for kind, count in kinds.items()]
            self.app.out.tell(f"{total} files: {', '.join(counted)}")
        failures = [(path.name, error) for path, error in self.failures.items()]
        uploaded = kinds.pop(UPLOADED, 0)
        sum_up(self.app, failures, "files uploaded", done=uploaded, total=total, others=kinds)


def _read(path: Path, private: Path) -> Dist:
    if documentation.is_documentation(path):
        return documentation.read(path, private)
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
