"""Draw projects, releases and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devpi_cli.cli.views.amounts import size, when
from devpi_cli.cli.views.paper import BAD, CAREFUL, GOOD, LESS, MORE, Column, Rows, facts, joined, parts, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Group, RenderableType
    from rich.text import Text

    Document = Mapping[str, Any]

OUTCOMES = {"passed": GOOD, "failed": BAD}


def releases(rows: Sequence[tuple[str, str, str | None, int]]) -> Rows:
    """Return a table of projects: a release, when it was uploaded, and how many releases there are."""
    columns = [
        Column("project", folds=True),
        Column("version", folds=True),
        Column("uploaded", rank=2),
        Column("releases", rank=1, is_right=True),
    ]
    return Rows(
        columns,
        [(text(project, MORE), text(version), text(when(date)), text(count)) for project, version, date, count in rows],
    )


def files(index: str, rows: Sequence[Document]) -> RenderableType:
    """Return a table of files, those of other indexes than ``index`` dimmed, and their tox results."""
    elsewhere = any(row["index"] != index for row in rows)
    columns = [
        Column("version", folds=True),
        Column("file", folds=True),
        Column("size", rank=2, is_right=True),
        Column("uploaded", rank=1),
        Column("by", rank=3),
        Column("index", rank=4),
    ]
    cells, before = [], None
    for row in rows:
        style = "" if row["index"] == index else LESS
        cells.append(
            (
                text("" if row["version"] == before else row["version"], style or MORE),
                _name(row, style),
                text(size(row["size"]), style),
                text(when(row["upload_time"]), style),
                text(row["uploaded_by"] or "", style),
                text(row["index"] or "" if elsewhere else "", style),
            )
        )
        before = row["version"]
    return parts(Rows(columns, cells), *_results(rows))


def _name(row: Document, style: str) -> Text:
    """Return the name of a file, below it that it is yanked, and why."""
    found = joined((row["file"], style))
    if row["yanked"]:
        reason = "" if row["yanked"] is True else f": {' '.join(row['yanked'].split())}"
        found.append("\n").append_text(text(f"yanked{reason}", CAREFUL))
    return found


def _results(rows: Sequence[Document]) -> list[RenderableType]:
    """Return the tox results of each file that has any."""
    found: list[RenderableType] = []
    for row in rows:
        if tested_in := row.get("toxresults"):
            found += [text(f"tox results of {row['file']}", MORE), environments(tested_in)]
    return [parts(*found)] if found else []


def environments(rows: Sequence[Document]) -> Rows:
    """Return a table of tox environments and their outcomes."""
    columns = [Column("environment"), Column("setup"), Column("tests"), Column("python"), Column("host", 2, folds=True)]
    return Rows(
        [*columns, Column("platform", 1)],
        [
            (
                text(each["environment"], MORE),
                text(each["setup"], OUTCOMES.get(each["setup"], LESS)),
                text(each["tests"], OUTCOMES.get(each["tests"], LESS)),
                text(each["python"] or ""),
                text(each["host"], LESS),
                text(each["platform"], LESS),
            )
            for each in rows
        ],
    )


def hits(index: str, rows: Sequence[Document]) -> Rows:
    """Return a table of what a search found."""
    columns = [Column("project", folds=True), Column("version"), Column("summary", folds=True), Column("index", 1)]
    return Rows(
        columns,
        [
            (
                text(row["project"], MORE),
                text(row["version"] or ""),
                text(row["summary"] or ""),
                text(row["index"], LESS if row["index"] != index else ""),
            )
            for row in rows
        ],
    )


def release(url: str, shown: Document, first: Sequence[str], unshown: Sequence[str], results: int) -> Group:
    """Return all that is known about a release: its metadata, ``first`` some, its files and its history.

    ``results`` is the number of tox results, if these are not among the files.
    """
    metadata = shown["metadata"]
    keys = [*first, *(key for key in metadata if key not in (*first, *unshown))]
    known = [(key, line) for key in keys if metadata.get(key) for line in _lines(metadata[key])]
    docs = [("documentation", text(shown["docs"]))] if shown["docs"] else []
    counted = [("tox results", text(f"{results} (-t shows them)"))] if results else []
    return parts(
        joined((f"{shown['project']} {shown['version']}", MORE), (f"  {url}", LESS)),
        facts([(key.replace("_", " "), text(line)) for key, line in known]) if known else None,
        files(shown["index"], shown["files"]) if shown["files"] else text("no files", LESS),
        facts([*counted, *docs]) if counted or docs else None,
        _history(shown["history"]),
        *(_other(name, found) for name, found in shown.get("elsewhere", {}).items()),
    )


def _lines(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else value.splitlines()


def _other(name: str, found: Document) -> Group:
    """Return what another index has of a release."""
    title = joined((f"also on {name}", MORE), (f"  {', '.join(found['files']) or 'no files'}", ""))
    return parts(title, _history(found["history"]))


def _history(events: Sequence[Document]) -> Rows | None:
    columns = [Column("when"), Column("what"), Column("who", 2), Column("where", 1, folds=True)]
    rows = [
        (
            text(when(event["when"]) or "at an unknown time"),
            text(event["what"]),
            text(event["who"] or "-"),
            text(f"{event['source']} -> {event['index']}" if event["source"] else event["index"] or ""),
        )
        for event in events
    ]
    return Rows(columns, rows) if rows else None


def tested(rows: Sequence[Document]) -> Rows:
    """Return a table of the files that were tested, and what failed."""
    columns = [Column("result"), Column("file", folds=True), Column("why", 1, folds=True)]
    return Rows(
        columns,
        [
            (
                text("failed", BAD) if row["failures"] else text("passed", GOOD),
                text(row["url"].rpartition("/")[2]),
                text(" and ".join(" ".join(failure.split("\n")) for failure in row["failures"])),
            )
            for row in rows
        ],
    )
