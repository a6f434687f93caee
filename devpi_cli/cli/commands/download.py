"""The command devpi download: files of releases into a folder."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from contextlib import ExitStack, nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, cast

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option, jobs_option
from devpi_cli.cli.steps.preflight import dry_run_option
from devpi_cli.cli.steps.summary import GOES_ON, on_interruption, sum_up
from devpi_cli.cli.views.amounts import number
from devpi_cli.errors import DevpiError, WrongUsage
from devpi_cli.http import parallel
from devpi_cli.indexes import downloading
from devpi_cli.indexes.downloading import DOWNLOADED, Kinds
from devpi_cli.indexes.selection import Environment
from devpi_cli.models import Requirement
from devpi_cli.system.files import expanded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import BinaryIO

    from devpi_cli.cli.output import Part
    from devpi_cli.models import Link
    from devpi_cli.server.api import Server

STDOUT = "-"
FAILED, WOULD = "failed", "would be downloaded"


@click.command(
    epilog="\b\nExamples:\n  devpi download demo\n  devpi download demo==1.0 --wheel -d wheels\n"
    "  devpi download 'demo>=1,<2' --deps --python 3.11 --platform manylinux2014_x86_64\n"
    "  devpi download demo --sdist -O - | tar tz"
)
@click.argument("requirements", nargs=-1, required=True, metavar="REQUIREMENT...")
@index_option("download from")
@click.option("--dir", "-d", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
              help="Folder to download into. [the current one]")  # fmt: skip
@click.option("--pattern", multiple=True, metavar="GLOB", help="Only files whose name matches. Repeatable.")
@click.option("--sdist", is_flag=True, help="Only sdists.")
@click.option("--wheel", is_flag=True, help="Only wheels.")
@click.option("--python", metavar="VERSION", help="Only the file that pip would choose for this Python, such as 3.11.")
@click.option(
    "--platform", metavar="TAG", help="Only the file that pip would choose for this platform, such as win_amd64."
)
@click.option("--deps", is_flag=True, help="Also download the dependencies, as pip or uv resolves them.")
@click.option(
    "--installer",
    type=click.Choice(["auto", "pip", "uv"]),
    default="auto",
    help="With --deps: program that resolves them. [auto]",
)
@click.option("--skip-existing", is_flag=True, help="Skip files whose names exist already, without comparing them.")
@click.option("--output", "-O", metavar="FILE", help="Write one file to FILE; - is standard output.")
@dry_run_option()
@jobs_option("download")
@pass_app
def command(
    app: App,
    requirements: tuple[str, ...],
    index: str | None,
    folder: Path | None,
    pattern: tuple[str, ...],
    sdist: bool,
    wheel: bool,
    python: str | None,
    platform: str | None,
    deps: bool,
    installer: str,
    skip_existing: bool,
    output: str | None,
    dry_run: bool,
    jobs: int | None,
) -> None:
    """Download files of releases from an index and its bases.

    REQUIREMENT is NAME for the newest release, 'NAME==VERSION', or 'NAME>=1,<2' for the newest that matches. All its
    files are downloaded, unless options choose among them. Each is verified by the hash that the index has, and has its
    name only once it is whole. Files that are there already with the same bytes are not downloaded again; another file
    of the same name is a conflict, status 5, and stays as it is.
    """
    if output and (folder or deps):
        raise WrongUsage("-O writes one file: it cannot be combined with -d or --deps")
    if output == STDOUT and app.options.json:
        raise WrongUsage("-O - prints the file: it cannot be combined with --json")
    wanted = [Requirement.parse(text) for text in requirements]
    environment = Environment.of(python, platform) if python or platform or deps else None
    kinds = Kinds(pattern, sdist, wheel, environment)
    target = app.target(index)
    name, server = target.require_index(), app.connect(target)
    if deps:
        from devpi_cli.cli.steps.dependencies import resolved

        wanted = resolved(app, server, name, wanted, installer=installer, python=python, platform=platform)
    links = _found(server, name, wanted, kinds, jobs)
    if output and _is_stream(output):
        _print(server, _only(links), output) if not dry_run else app.out.line(f"would print: {_only(links).name}")
        return
    if output:
        paths = {expanded(Path(output)): _only(links)}
    else:
        paths = {downloading.path_in(expanded(folder or Path()), link): link for link in links}
    _download_all(app, server, paths, jobs, skip_existing=skip_existing, dry_run=dry_run)


def _only(links: Sequence[Link]) -> Link:
    """Return the only file. Raises WrongUsage if there are several."""
    if len(links) > 1:
        names = ", ".join(link.name for link in links)
        hint = "choose with --pattern, --sdist or --wheel"
        raise WrongUsage(f"-O writes one file, but these match: {names}", hint=hint)
    return links[0]


def _found(server: Server, index: str, wanted: Sequence[Requirement], kinds: Kinds, jobs: int | None) -> list[Link]:
    """Return the files of all requirements, each once; raise the first failure."""
    found: dict[str, Link] = {}
    ask, seconds = partial(downloading.find, server, index, kinds=kinds), server.session.quickest
    for _, links in parallel.answers(ask, wanted, jobs, seconds=seconds):
        found |= {link.name: link for link in links}
    return list(found.values())


def _download_all(
    app: App, server: Server, paths: Mapping[Path, Link], jobs: int | None, *, skip_existing: bool, dry_run: bool
) -> None:
    """Download all files, even if some fail; raise one error for all failures. A dry run looks at what is there."""
    rows: dict[str, dict[str, Any]] = {}
    failures: list[tuple[str, DevpiError]] = []
    seconds = server.session.quickest

    def done() -> str:
        count = sum(1 for row in rows.values() if row["outcome"] == DOWNLOADED)
        return f"{count} of {number(len(paths), 'file')} downloaded{GOES_ON}"

    with on_interruption(done), app.out.progress(number(len(paths), "file"), 0, len(paths)) as part:
        work = partial(_foresee if dry_run else _download, server, part, skip_existing)
        for (path, link), outcome in parallel.run(
            work, paths.items(), jobs, seconds=seconds, server_seconds=parallel.READING_SECONDS
        ):
            row = {"path": str(path), "sha256": link.sha256}
            if isinstance(outcome, DevpiError):
                failures.append((link.name, outcome))
                rows[link.name] = {**row, "outcome": FAILED, "message": outcome.message}
                continue
            rows[link.name] = {**row, "outcome": outcome}
            if outcome in (DOWNLOADED, WOULD):
                app.out.line(f"would download: {path}" if dry_run else str(path))
            else:
                app.out.note(f"{outcome}: {path}")
    app.out.document({"files": rows, **({"dry_run": True} if dry_run else {})})
    outcomes = Counter(str(row["outcome"]) for row in rows.values() if row["outcome"] != FAILED)
    downloaded = outcomes.pop(DOWNLOADED, 0)
    sum_up(app, failures, "files downloaded", done=downloaded, total=len(paths), others=outcomes)


def _foresee(server: Server, part: Part, skip_existing: bool, item: tuple[Path, Link]) -> str:
    """Return what a download would do, by what is there."""
    del server, part
    outcome = downloading.foresee(*item, skip_existing=skip_existing)
    return WOULD if outcome == DOWNLOADED else outcome


def _download(server: Server, part: Part, skip_existing: bool, item: tuple[Path, Link]) -> str:
    """Download a file with a progress bar, which appears once its size is known."""
    path, link = item
    with ExitStack() as stack:
        watched = _Watched(part, link.name, stack)

        def write(file: BinaryIO) -> None:
            watched.file = file
            server.download(link, cast("BinaryIO", watched), size=watched.begin)

        try:
            return downloading.fetch(path, link, write, skip_existing=skip_existing)
        finally:
            watched.begin(0)  # what was there already, or could not be had, counts as well


class _Watched:
    """A file that is written, with a progress bar."""

    file: BinaryIO

    def __init__(self, part: Part, name: str, stack: ExitStack) -> None:
        self._part, self._name, self._stack = part, name, stack
        self._advance: Callable[[int], None] | None = None

    def begin(self, size: int) -> None:
        """Show the progress bar; a second attempt goes on with it."""
        if self._advance is None:
            self._advance = self._stack.enter_context(self._part(self._name, size))

    def write(self, piece: bytes) -> int:
        """Write the next piece."""
        if self._advance:
            self._advance(len(piece))
        return self.file.write(piece)


def _is_stream(output: str) -> bool:
    """Return True for standard output, a pipe or a device: it has no content to compare with, and is not replaced."""
    path = expanded(Path(output))
    return output == STDOUT or (path.exists() and not path.is_file() and not path.is_dir())


def _print(server: Server, link: Link, output: str) -> None:
    """Write a file to standard output, a pipe or a device once it is verified."""
    with TemporaryFile() as file:
        server.download(link, file)
        file.seek(0)
        with nullcontext(sys.stdout.buffer) if output == STDOUT else expanded(Path(output)).open("wb") as stream:
            shutil.copyfileobj(file, stream)
            stream.flush()
