"""The command devpi verify: are the files of an index there, and what they should be?"""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option, jobs_option
from devpi_cli.cli.steps.sides import require_found
from devpi_cli.cli.steps.summary import sum_up
from devpi_cli.errors import DevpiError, Differs, WrongUsage
from devpi_cli.http import parallel
from devpi_cli.indexes import verification
from devpi_cli.indexes.copying import Choice
from devpi_cli.indexes.sides import IndexSide
from devpi_cli.indexes.verification import Verdict
from devpi_cli.models import Requirement
from devpi_cli.system import private
from devpi_cli.system.files import expanded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from devpi_cli.models import Release


@click.command(
    epilog="\b\nExamples:\n  devpi verify\n  devpi verify --quick --index ci/prod\n"
    "  devpi verify 'demo>=1' --resume verified.jsonl\n  devpi verify --names"
)
@click.argument("requirements", nargs=-1, metavar="[REQUIREMENT]...")
@index_option("verify")
@click.option("--quick", is_flag=True, help="Only check that the files exist; download nothing.")
@click.option("--names", is_flag=True, help="Compare names with those of mirrors; files only with --quick, too.")
@click.option("--resume", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Record verified files in FILE, and skip those already in it.")  # fmt: skip
@jobs_option("verify")
@pass_app
def command(
    app: App,
    requirements: tuple[str, ...],
    index: str | None,
    quick: bool,
    names: bool,
    resume: Path | None,
    jobs: int | None,
) -> None:
    """Verify that an index has what it lists, and that nothing else has its names.

    Each file on the index itself, with documentation and tox results, is downloaded and compared with its hash, and its
    metadata with those that the index has. With --names the names of the projects are compared with the lists of the
    mirrors among the bases: what stands on both is hidden there, or can be confused with it. If anything is found, the
    exit status is 7.
    """
    if resume and (quick or names):
        raise WrongUsage("--resume cannot be combined with --quick or --names: they download no files")
    choice = Choice(tuple(map(Requirement.parse, requirements)))
    target = app.target(index)
    name, server = target.require_index(), app.connect(target)
    side = IndexSide(server, name, name)
    if not requirements and side.is_mirror:
        raise WrongUsage(
            f"{name} is a mirror: it lists everything that its upstream has",
            hint="name the releases, such as NAME or 'NAME==VERSION'",
        )
    projects = choice.projects(side)
    shadows = verification.shadowed(server, name, projects, app.out.warn) if names else verification.Shadows()
    for project, mirror in shadows.found.items():
        app.out.line(f"shadowed: {project}: {mirror} has a project of this name, too")
    verdict = Verdict()
    if quick or not names:
        with private.folder("verify") as folder:
            verdict = _verified(app, side, choice, projects, folder, resume, jobs, quick=quick)
    document: dict[str, object] = {"lost": verdict.lost, "damaged": verdict.damaged, "metadata": verdict.metadata}
    document |= {"shadowed": shadows.found, "failed": {what: error.message for what, error in verdict.failures}}
    if names:
        document |= {"names": len(projects), "compared": shadows.compared, "not_compared": shadows.not_compared}
    app.out.document({"index": name, "checked": verdict.checked, "skipped": verdict.skipped, **document})
    if verdict.skipped:
        app.out.note(f"{verdict.skipped} files skipped: they were verified before")
    total = verdict.checked + len(verdict.failures)
    sum_up(app, verdict.failures, "files verified", done=verdict.checked, total=total)
    what = "1 file" if verdict.checked == 1 else f"{verdict.checked} files"
    told = f"{what} checked" if quick or not names else f"{len(projects)} names compared"
    if shadows.found or not verdict.is_good:
        raise Differs(f"{name} failed the verification: {_counts(verdict, shadows.found)}")
    is_compared = quick or not names or shadows.compared
    app.out.tell(
        f"{told}, no problems" if is_compared else f"no names compared: {name} has no mirror with a list of them"
    )


def _counts(verdict: Verdict, shadowed: dict[str, str]) -> str:
    found = {
        "lost": len(verdict.lost),
        "damaged": len(verdict.damaged),
        "with other metadata": len(verdict.metadata),
        "shadowed": len(shadowed),
    }
    return ", ".join(f"{count} {what}" for what, count in found.items() if count)


def _verified(
    app: App,
    side: IndexSide,
    choice: Choice,
    projects: list[str],
    folder: Path,
    resume: Path | None,
    jobs: int | None,
    *,
    quick: bool,
) -> Verdict:
    """Verify all files, even if some cannot be; return what was found."""
    whole, path = Verdict(), expanded(resume) if resume else None
    known = verification.marks_in(path) if path else frozenset()
    found: list[str] = []

    def releases() -> Iterator[Release]:
        for project in projects:
            matching = choice.among(project, side.releases(project, metadata=not quick))
            found.extend([project] if matching else [])
            yield from matching

    if not quick and side.is_mirror:
        app.out.note(f"{side.name} is a mirror: it has hashes to compare, but no metadata")
    work: Callable[[Release], Verdict] = (
        partial(verification.look, side.server)
        if quick
        else partial(verification.verify, side.server, private=folder, known=known, metadata=not side.is_mirror)
    )
    seconds = side.server.session.quickest
    with path.open("a", encoding="utf-8") if path else nullcontext() as progress:
        for release, verdict in parallel.run(
            work, releases(), jobs, seconds=seconds, server_seconds=parallel.READING_SECONDS
        ):
            if isinstance(verdict, DevpiError):
                whole.failures.append((f"{release.project} {release.version}", verdict))
                continue
            whole.add(verdict)
            _show(app, verdict)
            if progress:
                progress.writelines(f"{line}\n" for line in verdict.marks)
                progress.flush()
    require_found(choice.requirements, found, side)
    return whole


def _show(app: App, verdict: Verdict) -> None:
    app.out.lines([f"lost: {name}" for name in verdict.lost])
    app.out.lines([f"damaged: {name}: {what}" for name, what in verdict.damaged.items()])
    app.out.lines([f"other metadata: {name}: {', '.join(fields)}" for name, fields in verdict.metadata.items()])
    for text in verdict.unread:
        app.out.warn(f"metadata not compared: {text}")
