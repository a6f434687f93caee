"""The command devpi test: tox runs of releases on an index."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option
from devpi_cli.cli.steps.install_env import index_access
from devpi_cli.cli.steps.summary import on_interruption
from devpi_cli.cli.views.amounts import number
from devpi_cli.errors import DevpiError, NotVerified, SomeFailed, WrongUsage
from devpi_cli.models import Requirement, newest_first
from devpi_cli.packages import archives
from devpi_cli.programs import process, venvs
from devpi_cli.programs import tox as testruns
from devpi_cli.server import hashes
from devpi_cli.system import private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from devpi_cli.models import Link
    from devpi_cli.programs.tox import Candidate
    from devpi_cli.server.api import Server

ANYWAY = "to test it anyway, add --allow-unverified: it may not be the file that was uploaded"


@click.command(
    epilog="\b\nExamples:\n  devpi test demo\n  devpi test 'demo==1.0' other --index alice/dev\n"
    "  devpi test demo -e py312 --tox-args '-- -k fast'"
)
@click.argument("requirements", nargs=-1, required=True, metavar="REQUIREMENT...")
@click.option("-e", "environments", metavar="ENVNAME", help="Tox environments to run. [those of the configuration]")
@click.option("-c", "config", metavar="PATH", type=click.Path(path_type=Path), help="Tox configuration to use.")
@click.option(
    "--fallback-ini",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Tox configuration for packages that have none.",
)
@click.option("--tox-args", default="", metavar="ARGUMENTS", help="More arguments for tox, quoted as one argument.")
@click.option("--allow-unverified", is_flag=True, help="Also test files that the index has no hash to verify by.")
@click.option("--no-upload", is_flag=True, help="Do not attach the results to the files.")
@index_option("take releases from")
@click.option("--select", "-s", metavar="REGEX", help="Test the files whose names match, for any platform.")
@click.option(
    "--list", "-l", "--dry-run", "-n", "list_", is_flag=True, help="Show what would be tested; change nothing."
)
@pass_app
def command(
    app: App,
    requirements: tuple[str, ...],
    environments: str | None,
    config: Path | None,
    fallback_ini: Path | None,
    tox_args: str,
    allow_unverified: bool,
    no_upload: bool,
    index: str | None,
    select: str | None,
    list_: bool,
) -> None:
    """Test releases with tox and attach the results to their files.

    For each REQUIREMENT (NAME, 'NAME==VERSION') it takes the newest matching release and tests every sdist, and every
    wheel that runs on any platform, with the tests and tox configuration of the sdist. It runs tox (4.23 or newer) of
    the active environment, or else the first on the PATH. All files are tested; the exit status is the worst of all.
    """
    wanted = [Requirement.parse(requirement) for requirement in requirements]
    options = testruns.Options(environments, config, fallback_ini, _arguments(tox_args))
    pattern = _pattern(select) if select is not None else None
    target = app.target(index)
    name, server = target.require_index(), app.connect(target)
    found = [candidate for each in wanted for candidate in _candidates(app, server, name, each, pattern)]
    candidates = list(dict.fromkeys(found))
    if list_:
        _show(app, name, candidates)
        return
    tox = testruns.find_tox(venvs.active())
    with (
        private.folder("test") as folder,
        index_access(app, server, name) as environment,  # for pip, and for uv with tox-uv
    ):
        bench = Bench(app, server, tox, options, folder, environment, not no_upload, allow_unverified)
        _test(app, name, candidates, bench)


@dataclass
class Bench:
    """A private folder to test files in; each is downloaded and unpacked only once."""

    app: App
    server: Server
    tox: str
    options: testruns.Options
    folder: Path
    environment: Mapping[str, str]
    upload: bool
    allow_unverified: bool = False
    files: dict[str, Path | DevpiError] = field(default_factory=dict)
    packages: dict[str, Path | DevpiError] = field(default_factory=dict)
    reports: Iterator[int] = field(default_factory=count)

    def test(self, candidate: Candidate) -> list[DevpiError]:
        """Test a file and attach the result; return what failed.

        That is the tests, the upload, or both.
        """
        report = self.folder / f"report-{next(self.reports)}.json"
        try:
            package = self._once(self.packages, candidate.sdist, self._unpack)
            file = self._once(self.files, candidate.file, self._download)
            command = testruns.command(self.tox, file, package, report, self.options)
        except DevpiError as error:
            return [error]
        self.app.out.line(f"--> .$ {shlex.join(command)}")
        failures = []
        try:
            process.run(command, cwd=package, extra=self.environment, aside=self.app.options.json)
        except DevpiError as error:
            failures.append(error)
        try:
            self._attach(candidate.file, report)
        except DevpiError as error:
            failures.append(error)
        return failures

    def _once(self, known: dict[str, Path | DevpiError], link: Link, make: Callable[[Link], Path]) -> Path:
        """Return what ``make`` makes of a file, or raise why it failed.

        It is called once for each file.
        """
        if link.url not in known:
            try:
                known[link.url] = make(link)
            except DevpiError as error:
                known[link.url] = error
        found = known[link.url]
        if isinstance(found, DevpiError):
            raise found
        return found

    def _download(self, link: Link) -> Path:
        path = self.folder / f"file-{len(self.files)}" / testruns.file_name(link)
        try:
            path.parent.mkdir()
            with path.open("wb") as file:
                self.server.download(link, file, allow_unverified=self.allow_unverified)
        except OSError as error:  # the disk is full, or a name is too long for this file system
            raise DevpiError(f"cannot save {link.name}: {error.strerror}") from None
        except NotVerified as error:
            error.hint = ANYWAY
            raise
        self.app.out.line(f"received {link.url}")
        if not hashes.known(link):
            self.app.out.warn(f"{link.name}: not verified, because the index has no hash of it")
        return path

    def _unpack(self, sdist: Link) -> Path:
        archive = self._once(self.files, sdist, self._download)
        return archives.unpack(archive, archive.parent / "unpacked")

    def _attach(self, link: Link, path: Path) -> None:
        report = testruns.read_report(path) if self.upload else None
        if not report:
            return
        self.app.out.line(f"posting tox result data to {link.url}")
        message = self.server.attach_tox_result(link.url, report)
        self.app.out.line("success")
        if message:
            self.app.out.warn(message)


def _arguments(typed: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(typed))
    except ValueError as error:
        raise WrongUsage(f"--tox-args {typed!r}: {error}") from None


def _pattern(typed: str) -> re.Pattern[str]:
    try:
        return re.compile(typed)
    except re.error as error:
        raise WrongUsage(f"--select {typed!r} is not a regular expression: {error}") from None


def _candidates(
    app: App, server: Server, index: str, wanted: Requirement, select: re.Pattern[str] | None
) -> list[Candidate]:
    """Return the files to test: those of the newest matching release that has any."""
    releases = {release.version: release for release in server.releases(index, wanted.project) if release.files}
    version = next(filter(wanted.matches, newest_first(releases)), None)
    if version is None:
        raise wanted.nothing_on(index, newest_first(releases))
    found = testruns.candidates(releases[version], select)
    tested = [candidate.file for candidate in found]
    for link in releases[version].files:
        if link not in tested and not select:
            app.out.note(f"left out: {link.name} does not run on every platform (use --select to test it)")
    return found


def _show(app: App, index: str, candidates: list[Candidate]) -> None:
    app.out.line("would test:")
    for candidate in candidates:
        app.out.line(f"   {candidate.file.name if app.out.draws else candidate.file.url}")
    app.out.document({"index": index, "would_test": [candidate.file.url for candidate in candidates]})


def _test(app: App, index: str, candidates: list[Candidate], bench: Bench) -> None:
    """Test all files, even if some fail; raise one error for all failures."""
    failures: dict[str, list[DevpiError]] = {}

    def done() -> str:
        return f"{len(failures)} of {number(len(candidates), 'file')} tested"

    try:
        with on_interruption(done):
            for place, candidate in enumerate(candidates, 1):
                if app.out.draws and len(candidates) > 1:
                    app.out.tell(f"{place} of {len(candidates)}: {candidate.file.name}")
                failures[candidate.file.url] = bench.test(candidate)
    finally:
        tested = [{"url": url, "failures": [error.message for error in errors]} for url, errors in failures.items()]
        if app.out.draws and tested:
            from devpi_cli.cli.views import packages

            app.out.draw(packages.tested(tested))
        app.out.document({"index": index, "tested": tested})
    failed = [(url, error) for url, errors in failures.items() for error in errors]
    if len(candidates) == 1 and len(failed) == 1:
        raise failed[0][1]
    for url, error in failed:
        app.out.failure(f"FAILED {url.rpartition('/')[2]}: {' '.join(error.message.splitlines())}")
    if failed:
        bad = len({url for url, _ in failed})
        worst = max(error.exit_status for _, error in failed)
        hint = ANYWAY if any(isinstance(error, NotVerified) for _, error in failed) else ""
        raise SomeFailed(f"{bad} of {len(candidates)} files failed", status=worst, hint=hint)
