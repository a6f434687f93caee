"""Carry out the plan of a copy, several releases at once if that is faster, and report each file."""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

from devpi_cli.cli.steps.sides import latency
from devpi_cli.cli.steps.summary import GOES_ON, on_interruption, sum_up
from devpi_cli.cli.views.amounts import number
from devpi_cli.errors import Conflict, DevpiError, LoginRequired, NotAllowed, NotDevpi, OtherFile, Unreachable
from devpi_cli.http import parallel
from devpi_cli.indexes.copying import (
    CONFLICT,
    COPIED,
    FAILED,
    IDENTICAL,
    NOT_TRIED,
    REMOVED,
    Copier,
    Step,
    outcome_of_conflict,
)
from devpi_cli.indexes.sides import FolderSide

if TYPE_CHECKING:
    from pathlib import Path

    from devpi_cli.cli.app import App
    from devpi_cli.indexes.copying import Choice, Plan
    from devpi_cli.indexes.sides import Side

# What a push of a small release costs devpi-server itself.
PUSH_SECONDS = 0.0075
# Failures that every further release would have.
FOR_ALL = (Unreachable, LoginRequired, NotAllowed, NotDevpi)
NOT_VOLATILE = "{} is not volatile: nothing there can be replaced; --keep-going copies the rest"
NOTHING_DONE = "nothing is copied unless all can be: add --overwrite, or --keep-going to copy the rest"


@dataclass
class Copying:
    """A copy: its plan, and what becomes of it."""

    app: App
    source: Side
    target: Side
    choice: Choice
    plan: Plan
    keep_going: bool = False
    jobs: int | None = None
    index_page: bool = False
    overwrite: bool = False
    outcomes: dict[str, str] = field(default_factory=dict)
    failures: list[tuple[str, DevpiError]] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """Files that failed, and why."""
    _log: TextIO | None = None

    def foresee(self) -> None:
        """Report what would be done; change nothing."""
        self._judge_conflicts()
        names = {COPIED: "would copy", REMOVED: "would remove", CONFLICT: "conflict"}
        nothing = bool(self.failures) and not self.keep_going
        known = {
            name: NOT_TRIED if nothing and outcome in (COPIED, REMOVED) else outcome
            for name, outcome in self.plan.files.items()
        }
        self.outcomes |= {name: outcome for name, outcome in known.items() if name not in self.outcomes}
        shown = [(names[outcome], name) for name, outcome in self.outcomes.items() if outcome in names]
        self.app.out.lines([f"{what}: {name}" for what, name in shown])
        self._finish(would=True)

    def run(self, log: Path | None) -> None:
        """Do it, and raise one error for all failures."""
        if self.plan.removals and not self.plan.conflicts:
            names = [link.name for removal in self.plan.removals for link in removal.links]
            about = [f"About to remove from {self.target.name}:", *(f"  - {name}" for name in names)]
            self.app.out.confirm(f"Remove {number(len(names), 'file')} from {self.target.name}?", about)
        self._judge_conflicts()
        copier = Copier(self.source, self.target, self.choice.rels)
        with log.open("a", encoding="utf-8") if log else nullcontext() as self._log:
            for name in self.plan.identical:
                self._settle(name, IDENTICAL)
            if self.keep_going or not self.failures:
                self._copy_all(copier)
            if not self.failures:
                self._remove_all()
            elif self.plan.removals:
                self.app.out.warn(f"nothing was removed from {self.target.name}, as not everything could be copied")
        self._write_pages()
        if copier.lost:
            count = number(len(copier.lost), "file")
            self.app.out.note(f"not carried over to {self.target.name}: who uploaded {count}, and when")
        self._finish()

    def _write_pages(self) -> None:
        """Write the pages for pip, or write them again: those that are there must not lead to what is gone."""
        if isinstance(self.target, FolderSide):
            from devpi_cli.packages import index_pages

            if self.index_page or index_pages.is_there(self.target.path):
                index_pages.write(self.target.path)

    def _judge_conflicts(self) -> None:
        for here, there in self.plan.conflicts:
            error = outcome_of_conflict(here, there, self.target.name)
            if not self.keep_going:
                error.hint = NOT_VOLATILE.format(self.target.name) if self.overwrite else NOTHING_DONE
            self.failures.append((here.name, error))
            self.outcomes[here.name] = CONFLICT
            self.failed[here.name] = error.message

    def _copy_all(self, copier: Copier) -> None:
        is_over, copied = False, 0
        total = number(sum(len(step.names) for step in self.plan.steps), "file")

        def so_far() -> str:
            return f"{copied} of {total} copied"

        def work(step: Step) -> tuple[list[tuple[str, str]], DevpiError | None]:
            done: list[tuple[str, str]] = []
            if is_over:
                return done, None
            try:
                copier.copy(step, lambda name, outcome: done.append((name, outcome)))
            except DevpiError as error:
                return done, error
            return done, None

        seconds = latency((self.source, self.target))
        with on_interruption(lambda: f"{so_far()}{GOES_ON}"), self.app.out.busy("copying") as tell:
            for step, result in parallel.run(
                work, self.plan.steps, self.jobs, seconds=seconds, server_seconds=PUSH_SECONDS
            ):
                done, error = result if isinstance(result, tuple) else ([], result)
                for name, outcome in done:
                    self._settle(name, outcome)
                    copied += outcome == COPIED
                tell(so_far())
                if error:
                    is_over = not self.keep_going or isinstance(error, FOR_ALL)
                    self._fail(step, error)

    def _fail(self, step: Step, error: DevpiError) -> None:
        """Keep the failure of a release: of its first file that was not copied."""
        name = next((name for name in step.names if name not in self.outcomes), step.release.project)
        outcome = CONFLICT if isinstance(error, OtherFile | Conflict) else FAILED
        self.failures.append((f"{step.release.project} {step.release.version}", error))
        self.failed[name] = error.message
        self._settle(name, outcome, error.message)

    def _remove_all(self) -> None:
        for removal in self.plan.removals:
            try:
                self.target.remove(removal.release, removal.links, whole=removal.whole)
            except DevpiError as error:
                self.failures.append((f"{removal.release.project} {removal.release.version}", error))
                self.failed |= {link.name: error.message for link in removal.links}
                for link in removal.links:
                    self._settle(link.name, FAILED, error.message)
                return
            for link in removal.links:
                self._settle(link.name, REMOVED)

    def _settle(self, name: str, outcome: str, message: str = "") -> None:
        """Print and keep what became of a file."""
        self.outcomes[name] = outcome
        if outcome in (COPIED, REMOVED):
            self.app.out.line(f"{outcome}: {name}")
        if self._log:
            entry = {"file": name, "outcome": outcome, "source": self.source.name, "target": self.target.name}
            entry |= {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
            entry |= {"message": message} if message else {}
            self._log.write(json.dumps(entry, sort_keys=True) + "\n")
            self._log.flush()

    def _warn_of_yanked(self) -> None:
        """Name what the upstream of a mirror has yanked: an index of one's own cannot say so, and pip would take it."""
        yanked = [f"{step.release.project} {step.release.version}" for step in self.plan.steps
                  if any(link.yanked for link in step.missing)]  # fmt: skip
        if yanked:
            self.app.out.warn(f"yanked upstream, which {self.target.name} cannot say: {', '.join(yanked)}")

    def _finish(self, *, would: bool = False) -> None:
        """Print the document and the summary; raise what failed."""
        files = {name: self.outcomes.get(name, NOT_TRIED) for name in self.plan.files | self.outcomes}
        counts = Counter(files.values())
        self._warn_of_yanked()
        document: dict[str, Any] = {"source": self.source.name, "target": self.target.name, "failed": self.failed}
        document["files"] = {name: f"would be {outcome}" if would else outcome for name, outcome in files.items()}
        self.app.out.document(document | ({"dry_run": True} if would else {}))
        copied = counts.pop(COPIED, 0)
        others = {name: count for name, count in counts.items() if name in (IDENTICAL, REMOVED)}
        if not (self.failures or (would and (copied or counts[REMOVED]))):
            told = [f"{number(copied, 'file')} copied", *(f"{count} {name}" for name, count in others.items())]
            self.app.out.tell(", ".join(told))
        done = 0 if would else copied
        errors = [error for _, error in self.failures]
        if errors and not done and not others.get(REMOVED) and all(isinstance(error, FOR_ALL) for error in errors):
            raise errors[0]  # it was not about the file
        sum_up(self.app, self.failures, "files copied", done=done, total=len(files), others=others)
