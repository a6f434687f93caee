"""Search with devpi-web, which answers ``pip search``: XML-RPC at the URL of an index.

Sources: ``views.py`` and ``whoosh_index.py`` of devpi-web 5.1. It searches the index with its bases, knows names and
summaries, and puts the index into the summary: ``[alice/dev] A demo``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from devpi_cli.errors import DevpiError, NotDevpi
from devpi_cli.server import parse

if TYPE_CHECKING:
    from devpi_cli.server.api import Server

XML = "text/xml"
IN_SUMMARY = re.compile(r"\[([^\[\]\s]+/[^\[\]\s]+)\]\s*(.*)", re.DOTALL)
DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class Hit(NamedTuple):
    """A project that was found; version and summary are those of its newest release, if known."""

    project: str
    index: str  # type: ignore[assignment]  # hides tuple.index, which is not used
    version: str | None = None
    summary: str | None = None


class SearchFailed(DevpiError):
    """The search of devpi-web failed."""


def search(server: Server, index: str, query: str) -> list[Hit]:
    """Search names and summaries on an index and its bases, the best hits first.

    Raises SearchFailed with the words of devpi-web if it fails, NotDevpi for a reply that is none to a search, and
    Refused if the server has no devpi-web.
    """
    from xmlrpc.client import Fault, dumps

    question = dumps(({"name": [query], "summary": [query]}, "or"), "search", encoding="utf-8", allow_none=False)
    url = f"{server.url(index)}/"
    content = server.session.ask(url, question.encode(), XML)
    try:
        rows = _parsed(content)
    except Fault as fault:
        raise SearchFailed(f"the search of the server failed: {fault.faultString}") from None
    except ValueError:
        raise NotDevpi([f"POST {url}", "the reply is not the result of a search"]) from None
    found = [(_rank(row), _hit(row, index)) for row in map(parse.mapping, rows) if parse.text(row, "name")]
    return [hit for _, hit in sorted(found, key=lambda pair: (-pair[0], pair[1].project))]


def _parsed(content: bytes) -> list[Any]:
    """Return the rows of an answer. Raises Fault, and ValueError for anything that is not an answer."""
    from xml.parsers.expat import ExpatError
    from xmlrpc.client import Fault, ResponseError, loads

    if DECLARATION.search(content):  # entities can be declared to grow without end
        raise ValueError
    try:
        values, _ = loads(content.decode())
    except Fault:
        raise
    except (ExpatError, ResponseError, TypeError, LookupError, AttributeError, OverflowError):
        raise ValueError from None
    if len(values) != 1 or not isinstance(values[0], list):
        raise ValueError
    return values[0]


def _rank(row: dict[str, Any]) -> float:
    rank = row.get("_pypi_ordering")
    return float(rank) if isinstance(rank, int | float) and rank == rank else 0.0  # noqa: PLR0124 (not a number)


def _hit(row: dict[str, Any], asked: str) -> Hit:
    summary = parse.text(row, "summary") or ""
    parts = IN_SUMMARY.fullmatch(summary)
    index, text = parts.groups() if parts else (asked, summary)
    return Hit(str(row["name"]), index, parse.text(row, "version") or None, " ".join(text.split()) or None)
