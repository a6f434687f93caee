"""Draw which index answers for a project: a tree of bases."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.tree import Tree

from devpi_cli.cli.views.paper import GOOD, LESS, MORE, Column, Rows, joined, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.text import Text


class Answer(NamedTuple):
    """What an index has of a project, how that is coloured, and the mark of the one that pip asks."""

    name: str
    kind: str
    verdict: str
    style: str
    mark: str


def tree(answers: Sequence[Answer], bases: Mapping[str, Sequence[str]]) -> Tree:
    """Return the bases of the first index as a tree; the numbers are the order in which the server asks them."""
    found = {answer.name: _label(place, answer) for place, answer in enumerate(answers, 1)}
    first = answers[0].name
    places = {first: Tree(found[first])}
    for name in found:
        for base in bases.get(name, ()):
            if base not in places:
                places[base] = places[name].add(found[base])
    return places[first]


def table(title: str, rows: Sequence[tuple[str, str]]) -> Rows:
    """Return a table of names, each with a text about it."""
    columns = [Column(title, folds=True), Column("because", folds=True)]
    return Rows(columns, [(text(name), text(why)) for name, why in rows])


def _label(place: int, answer: Answer) -> Text:
    mark = answer.mark and f"   {answer.mark}"
    parts = ((answer.name, MORE), (f"  {answer.kind}  ", LESS), (answer.verdict, answer.style), (mark, GOOD))
    return joined((f"{place} ", LESS), *parts)
