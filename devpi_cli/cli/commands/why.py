"""The command devpi why: explain what pip gets of a project.

It tells which index answers, and what pip would choose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option, jobs_option
from devpi_cli.errors import NothingFound
from devpi_cli.indexes.resolution import resolve
from devpi_cli.indexes.selection import BUILT_FOR, EARLY, Environment, chosen, judged
from devpi_cli.models import Requirement, parsed_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devpi_cli.indexes.resolution import Resolution, Step
    from devpi_cli.indexes.selection import Judged

MOST_VERSIONS = 5
FEW = 3
STYLES = {"read": "", "nothing": "dim", "hidden": "yellow", "missing": "red", "unreachable": "red"}
CHOSEN = "<- what pip gets"


@click.command(
    epilog="\b\nExamples:\n  devpi why requests\n  devpi why demo==1.2 --index prod\n"
    "  devpi why numpy --python 3.9 --platform win_amd64"
)
@click.argument("requirement", metavar="NAME[==VERSION]")
@index_option("ask")
@click.option(
    "--python", metavar="VERSION", help="Choose for this version of Python, such as 3.11. [the one that runs devpi]"
)
@click.option("--platform", metavar="TAG", help="Choose for this platform, such as win_amd64. [this machine]")
@click.option("--ask-mirrors", is_flag=True, help="Also ask hidden mirrors; their upstream learns the name.")
@jobs_option("ask for")
@pass_app
def command(
    app: App,
    requirement: str,
    index: str | None,
    python: str | None,
    platform: str | None,
    ask_mirrors: bool,
    jobs: int | None,
) -> None:
    """Explain which index answers for a project, and what pip would choose.

    The index and its bases are shown in the order in which the server asks them: what each has of the project, which is
    hidden and by what rule, and what to type to change that. Then the files that pip passes over, and why: all of them
    with ==VERSION, else those of newer versions. The exit status is 4 if pip would get nothing.
    """
    wanted, environment = Requirement.parse(requirement), Environment.of(python, platform)
    target = app.target(index)
    name, server = target.require_index(), app.connect(target)
    resolution = resolve(server, name, wanted.project, ask_mirrors=ask_mirrors, jobs=jobs)
    files = judged(resolution.offered, wanted, environment)
    best = chosen(files)
    _show(app, resolution, best)
    _show_passed_over(app, files, best, environment, wanted)
    if wanted.version or python or platform:
        _show_shadowed(app, resolution, [each.file.name for each in files])
    if resolution.left_out:
        app.out.line(f"left out by the server or by one of its plugins: {', '.join(resolution.left_out)}")
    fixes = _fixes(resolution, files, best, wanted)
    app.out.lines([f"{purpose}: {line}" for purpose, line in fixes])
    app.out.document(_document(resolution, files, best, [line for _, line in fixes]))
    if best is None:
        raise NothingFound(f"pip gets nothing for {requirement!r} from {name}, for {environment}")


def _show(app: App, resolution: Resolution, best: Judged | None) -> None:
    """Print the indexes in their order; on a terminal as a tree of bases."""
    rows = [_cells(step, resolution, best) for step in resolution.steps]
    if app.out.draws:
        from devpi_cli.cli.views import answers

        styles = [STYLES[step.verdict] for step in resolution.steps]
        found = [
            answers.Answer(name, kind, verdict, style, mark)
            for (name, kind, verdict, mark), style in zip(rows, styles, strict=True)
        ]
        app.out.draw(answers.tree(found, resolution.bases))
        return
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, kind, verdict, mark in rows:
        app.out.line(f"{name:{widths[0]}}  {kind:{widths[1]}}  {verdict}{mark and '   '}{mark}")


def _cells(step: Step, resolution: Resolution, best: Judged | None) -> tuple[str, str, str, str]:
    """Return the row of an index: name, type, verdict and mark.

    The mark tells that pip's file comes from it.
    """
    kind = "" if step.verdict == "missing" else "mirror" if step.is_mirror else "stage"
    providers = resolution.providers(best.file.name) if best else []
    mark = f"{CHOSEN}: {best.file.name}" if best and step.index in providers[:1] else ""
    if step.verdict == "read":
        return step.index, kind, _listed(step.versions), mark
    verdict = step.verdict if step.verdict == "nothing" else step.verdict.upper()
    versions = f" (it has {_listed(step.versions)})" if step.versions else ""
    return step.index, kind, f"{verdict}: {step.because}{versions}" if step.because else verdict, mark


def _listed(versions: Sequence[str]) -> str:
    more = len(versions) - MOST_VERSIONS
    return ", ".join([*versions[:MOST_VERSIONS], *([f"{more} older"] if more > 0 else [])])


def _show_passed_over(
    app: App, files: Sequence[Judged], best: Judged | None, environment: Environment, wanted: Requirement
) -> None:
    """Print the files that pip passes over.

    They are those of the version, or newer ones; wheels for others are counted.
    """
    rows = [each for each in files if each.passed_over and (wanted.version or _is_newer(each, best))]
    if not rows:
        return
    others = [each for each in rows if each.passed_over.startswith(BUILT_FOR)]
    if app.options.verbose or len(others) <= FEW:
        others = []
    lines = [(each.file.name, each.passed_over) for each in rows if each not in others]
    _show_rows(app, f"passed over for {environment}", lines)
    if others:
        app.out.line(f"  {len(others)} wheels for other Pythons or platforms (-v lists them)")


def _show_rows(app: App, title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Print names, each with a text about it; on a terminal as a table."""
    if app.out.draws and rows:
        from devpi_cli.cli.views import answers

        app.out.draw(answers.table(title, rows))
        return
    width = max((len(name) for name, _ in rows), default=0)
    app.out.lines([f"{title}:", *(f"  {name:{width}}  {why}" for name, why in rows)])


def _show_shadowed(app: App, resolution: Resolution, files: Sequence[str]) -> None:
    """Print the files that pip is not offered, because an index above has one of the same name."""
    for name in files:
        first, *others = resolution.providers(name) or [""]
        if others:
            app.out.line(f"shadowed by {name} of {first}: that of {' and '.join(others)}")


def _is_newer(file: Judged, best: Judged | None) -> bool:
    own, other = parsed_version(file.version), parsed_version(best.version) if best else None
    return own is not None and (other is None or own > other)


def _fixes(
    resolution: Resolution, files: Sequence[Judged], best: Judged | None, wanted: Requirement
) -> list[tuple[str, str]]:
    """Return what can be done, and the line to type for it."""
    asked, project = resolution.asked, resolution.project
    found = []
    if resolution.hidden:
        names = " and ".join(step.index for step in resolution.hidden)
        found.append((f"to see the releases of {names}", f"devpi index {asked} mirror_whitelist+={project}"))
    if best is None and (early := [each for each in files if not each.passed_over or each.passed_over == EARLY]):
        found.append(("to take a pre-release", f"devpi install '{project}=={early[0].version}'"))
    if best is None and not wanted.version and (yanked := [each for each in files if each.file.yanked]):
        found.append(("to take a yanked file", f"devpi install '{project}=={yanked[0].version}'"))
    for step in resolution.steps:
        heirs = [name for name, bases in resolution.bases.items() if step.index in bases]
        if step.verdict == "missing":
            found += [("to drop that base", f"devpi index {heir} bases-={step.index}") for heir in heirs]
        if step.verdict == "unreachable" and step.is_mirror:
            found.append(("to ask its upstream again", f"devpi refresh {project} --index {step.index}"))
        if best is None and step.verdict == "nothing" and step.is_mirror:
            found.append((f"if {step.index} should have it", f"devpi refresh {project} --index {step.index}"))
    return found


def _document(
    resolution: Resolution, files: Sequence[Judged], best: Judged | None, fixes: Sequence[str]
) -> dict[str, Any]:
    providers = {each.file.name: resolution.providers(each.file.name) for each in files}
    return {
        "index": resolution.asked,
        "project": resolution.project,
        "visible": best is not None,
        "chosen": best.file.name if best else None,
        "order": [
            {
                "index": step.index,
                "type": "mirror" if step.is_mirror else "stage",
                "verdict": step.verdict,
                "because": step.because or None,
                "versions": list(step.versions) if step.verdict in ("read", "nothing") or step.versions else None,
            }
            for step in resolution.steps
        ],
        "files": [
            {
                "file": each.file.name,
                "version": each.version,
                "from": next(iter(providers[each.file.name]), None),
                "shadows": providers[each.file.name][1:],
                "passed_over": each.passed_over or None,
            }
            for each in files
        ],
        "left_out": resolution.left_out,
        "fix": list(fixes),
    }
