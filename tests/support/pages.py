"""Find sections and code in Markdown pages."""

from __future__ import annotations

import re

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def headings(page: str, level: int) -> list[str]:
    """Return the headings of a level."""
    return re.findall(rf"^{'#' * level} (.*)$", BLOCK.sub("", page), re.MULTILINE)


def section(page: str, heading: str) -> str:
    """Return the text between a second-level heading and the next one."""
    _, found, rest = page.partition(f"\n## {heading}\n")
    assert found, f"no heading {heading!r}"
    return rest.partition("\n## ")[0]


def blocks(page: str, *languages: str) -> list[str]:
    """Return the code blocks in these languages."""
    return [code for language, code in BLOCK.findall(page) if language in languages]


def prose(page: str) -> str:
    """Return a page without its code blocks."""
    return BLOCK.sub("", page)
