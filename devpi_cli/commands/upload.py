"""devpi upload."""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import click

from devpi_cli import builder, dists
from devpi_cli.app import App, pass_app
from devpi_cli.commands._options import chosen_index, index_option
from devpi_cli.errors import BrokenDistribution, DevpiError, NotAllowed, Refused, SomeFailed, WrongUsage

if TYPE_CHECKING:
    from collections.abc import Sequence

# What --formats knows of the days of setup.py, and what it means to build.
FORMATS = {"bdist_wheel": "wheel", "sdist": "sdist", "sdist.tgz": "sdist", "sdist.gztar": "sdist"}
BOTH_FORMATS = (
    "you can remove it to get the default sdist and wheel releases you get with your currently specified formats."
)
DIST = Path("dist")
# What the server says, with status 200, of a file that it has already.
IDENTICAL = "Upload of identical file"


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
    builder.require_project(Path.cwd())
    sdist, wheel = _chosen(app, sdist, wheel, formats)
    what = builder.Build(builder.choose_python(python), sdist, wheel, not no_isolation)
    with builder.private_folder() as private:
        app.out.line(f"--> .$ {what.command}")
        files = builder.build(Path.cwd(), what, private, app.out.note if app.verbose else lambda line: None)
        if not dry_run:
            files = [builder.keep(file, DIST) for file in files]
        for file in files:
            app.out.line(f"built: {file.name if dry_run else file} {file.stat().st_size // 1000}kb")
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
    chosen = {FORMATS.get(name.strip(), "") for name in formats.split(",")}
    if "" in chosen:
        raise WrongUsage(f"--formats {formats}: only {', '.join(FORMATS)} can be built", hint="leave --formats out")
    instead = BOTH_FORMATS if len(chosen) > 1 else f"use --{min(chosen)} for the same result."
    app.out.note(f"The --formats option is deprecated, {instead}")
    return chosen == {"sdist"}, chosen == {"wheel"}


def _upload(app: App, index: str, paths: Sequence[Path], *, only_latest: bool = False, dry_run: bool = False) -> None:
    """Upload files, all of them, whatever happens to one; raise what stands for all failures."""
    url = f"{app.server.url(index)}/"
    failures: dict[Path, DevpiError] = {}
    outcomes: dict[Path, str] = {}
    readable = _read(paths, failures)
    chosen = dists.latest(readable) if only_latest else readable
    for dist in chosen:
        what = f"file_upload of {dist.path.name} to {url}"
        try:
            outcomes[dist.path] = "skipped" if dry_run else _send(app, index, dist)
        except DevpiError as error:
            failures[dist.path] = error
            if _holds_for_all(error):
                break
            continue
        app.out.line(f"skipped: {what}" if dry_run else what)
    results = {str(path): {"outcome": outcome} for path, outcome in outcomes.items()}
    results |= {str(path): {"outcome": "failed", "message": error.message} for path, error in failures.items()}
    app.out.document({"index": index, "url": url, "files": results})
    _sum_up(app, outcomes, failures, total=len(chosen) + len(paths) - len(readable))


def _read(paths: Sequence[Path], failures: dict[Path, DevpiError]) -> list[dists.Dist]:
    readable = []
    for path in paths:
        try:
            readable.append(dists.read(path))
        except BrokenDistribution as error:
            failures[path] = error
    return readable


def _send(app: App, index: str, dist: dists.Dist) -> str:
    """Upload a file, and return what became of it."""
    name = dist.path.name
    with app.out.progress(name, dist.path.stat().st_size) as advance, dists.Watched(dist.path, advance) as file:
        said = app.server.upload(index, dist.fields, name, file)
    if said.startswith(IDENTICAL):
        app.out.note(f"{name}: already there")
        return "already there"
    if said:
        app.out.warn(f"{name}: {said}")
    return "uploaded"


def _holds_for_all(error: DevpiError) -> bool:
    """Tell whether the next file would fare alike: no server, no devpi server, or nobody logged in."""
    return not isinstance(error, Refused) or error.status == HTTPStatus.UNAUTHORIZED


def _sum_up(app: App, outcomes: dict[Path, str], failures: dict[Path, DevpiError], *, total: int) -> None:
    """Say how many files are where; a failure that is the only one, or one of a kind, keeps its exit status."""
    if not failures:
        kinds = Counter(outcomes.values())
        counted = [f"{'all' if len(kinds) == 1 else count} {kind}" for kind, count in kinds.items()]
        if total > 1:
            app.out.note(f"{total} files: {', '.join(counted)}")
        return
    errors = list(failures.values())
    if len(errors) == 1 and not outcomes:
        raise errors[0]
    for path, error in failures.items():
        why = error.message.splitlines()[-1].removeprefix(f"{path.name}: ")
        app.out.failure(f"FAILED {path.name}: {why}")
    statuses = {error.exit_status for error in errors}
    status = statuses.pop() if len(statuses) == 1 and not outcomes else 1
    hint = next((error.hint for error in errors if error.hint), "")
    if not hint and any(isinstance(error, NotAllowed) for error in errors):
        hint = "'devpi use' tells whether the server accepts your login"
    untried = total - len(outcomes) - len(failures)
    rest = f", {untried} not tried" if untried else ""
    raise SomeFailed(
        f"{len(outcomes)} of {total} files uploaded, {len(failures)} failed{rest}", status=status, hint=hint
    )
