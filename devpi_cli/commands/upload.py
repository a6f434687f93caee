"""devpi upload."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import click

from devpi_cli import builder, dists
from devpi_cli.app import App, pass_app
from devpi_cli.commands._options import chosen_index, index_option
from devpi_cli.errors import BrokenDistribution, DevpiError, Refused, SomeFailed, WrongUsage

if TYPE_CHECKING:
    from collections.abc import Sequence

# What --formats knows of the days of setup.py, and what it means to build.
FORMATS = {"bdist_wheel": "wheel", "sdist": "sdist", "sdist.tgz": "sdist", "sdist.gztar": "sdist"}


@click.command(
    epilog="\b\nExamples:\n  devpi upload                       build the project in this folder, and upload it\n"
    "  devpi upload dist/*.whl            upload files\n"
    "  devpi upload --from-dir wheelhouse upload all files in and below a folder"
)
@click.argument("paths", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path))
@index_option("upload to")
@click.option("--from-dir", is_flag=True, help="Let a FILE be a folder: all distributions in and below it.")
@click.option("--only-latest", is_flag=True, help="Of every project, upload its newest version only.")
@click.option("--dry-run", "-n", is_flag=True, help="Say what would be uploaded, and change nothing.")
@click.option("--sdist", is_flag=True, help="Build an sdist only.")
@click.option("--wheel", is_flag=True, help="Build a wheel only.")
@click.option("--formats", metavar="LIST", help="sdist, bdist_wheel or both; deprecated.")
@click.option("--no-isolation", is_flag=True, help="Build without an environment of its own.")
@click.option("--no-vcs", is_flag=True, help="Build in the folder itself.")
@click.option("--python", "-p", metavar="PYTHON", help="Build with this Python. [the active environment's, or ours]")
@pass_app
def command(
    app: App,
    index: str | None,
    paths: tuple[Path, ...],
    from_dir: bool,
    only_latest: bool,
    dry_run: bool,
    sdist: bool,
    wheel: bool,
    formats: str | None,
    no_isolation: bool,
    no_vcs: bool,
    python: str | None,
) -> None:
    """Build the project in this folder and upload it, or upload files.

    Without FILE an sdist and a wheel are built in a private folder, kept in dist/ and uploaded. FILEs are wheels
    (.whl) and sdists (.tar.gz, .zip). All files are tried; if any fails, the summary says which, and the exit status
    is not 0.
    """
    index = chosen_index(app, index)
    _refuse_mirror(app, index)
    if paths:
        _upload(app, index, dists.find(paths, from_dir=from_dir), only_latest=only_latest, dry_run=dry_run)
        return
    sdist, wheel = _chosen(app, sdist, wheel, formats)
    build = builder.Build(builder.choose_python(python), sdist, wheel, not no_isolation)
    app.out.line(f"--> .$ {build.command}")
    with builder.built(Path.cwd(), build) as built:
        files = built if dry_run else [builder.keep(file, Path("dist")) for file in built]
        for file in files:
            app.out.line(f"built: {Path('dist', file.name)} {file.stat().st_size // 1000}kb")
        _upload(app, index, files, dry_run=dry_run)


def _refuse_mirror(app: App, index: str) -> None:
    """Refuse at once what the server would refuse after it got the whole file."""
    state = app.state
    if state.is_mirror and (app.root, index) == (state.server, state.index):
        raise DevpiError(
            f"{app.server.url(index)} is a mirror: nothing can be uploaded to it",
            hint=f"name another index with --index, or make one on top of it: devpi index -c NAME bases={index}",
        )


def _chosen(app: App, sdist: bool, wheel: bool, formats: str | None) -> tuple[bool, bool]:
    """Return whether to build an sdist only, or a wheel only; ``--formats`` counts when neither was chosen."""
    if not formats or sdist or wheel:
        return sdist, wheel
    chosen = {FORMATS.get(name.strip()) for name in formats.split(",")}
    if None in chosen:
        raise WrongUsage(f"--formats {formats}: only {', '.join(FORMATS)} can be built", hint="leave --formats out")
    instead = "leave it out" if len(chosen) > 1 else f"use --{min(filter(None, chosen))}"
    app.out.warn(f"the --formats option is deprecated: {instead} for the same result")
    return chosen == {"sdist"}, chosen == {"wheel"}


def _upload(app: App, index: str, paths: Sequence[Path], *, only_latest: bool = False, dry_run: bool = False) -> None:
    """Upload files, all of them, whatever happens to one; raise what stands for all failures."""
    url = f"{app.server.url(index)}/"
    failures: dict[str, DevpiError] = {}
    outcomes: dict[str, str] = {}
    readable = _read(paths, failures)
    try:
        for dist in dists.latest(readable) if only_latest else readable:
            what = f"file_upload of {dist.path.name} to {url}"
            try:
                said = "" if dry_run else _send(app, index, dist)
            except Refused as error:
                if error.status == HTTPStatus.UNAUTHORIZED:  # true of every file
                    raise
                failures[dist.path.name] = error
                continue
            app.out.line(f"skipped: {what}" if dry_run else what)
            outcomes[dist.path.name] = "skipped" if dry_run else said or "uploaded"
            if said:
                app.out.note(f"{dist.path.name}: {said}")
    finally:
        failed = {name: error.message for name, error in failures.items()}
        app.out.document({"index": index, "url": url, "files": outcomes, "failed": failed})
    _sum_up(app, outcomes, failures)


def _read(paths: Sequence[Path], failures: dict[str, DevpiError]) -> list[dists.Dist]:
    readable = []
    for path in paths:
        try:
            readable.append(dists.read(path))
        except BrokenDistribution as error:
            failures[path.name] = error
    return readable


def _send(app: App, index: str, dist: dists.Dist) -> str:
    name = dist.path.name
    with app.out.progress(name, dist.path.stat().st_size) as advance, dists.Watched(dist.path, advance) as file:
        return app.server.upload(index, dist.fields, name, file)


def _sum_up(app: App, outcomes: dict[str, str], failures: dict[str, DevpiError]) -> None:
    """Say how many files are where; a failure that is the only one, or one of a kind, keeps its exit status."""
    total = len(outcomes) + len(failures)
    if not failures:
        if total > 1:
            app.out.note(f"{total} files: all {'skipped' if 'skipped' in outcomes.values() else 'uploaded'}")
        return
    if total == 1:
        raise next(iter(failures.values()))
    for name, error in failures.items():
        why = error.message.splitlines()[-1].removeprefix(f"{name}: ")
        app.out.failure(f"FAILED {name}: {why}")
    statuses = {error.exit_status for error in failures.values()}
    same = statuses.pop() if len(statuses) == 1 and not outcomes else 1
    hint = next((error.hint for error in failures.values() if error.hint), "")
    raise SomeFailed(f"{len(outcomes)} of {total} files uploaded, {len(failures)} failed", status=same, hint=hint)
