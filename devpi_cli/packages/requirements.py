"""Find the projects that requirements files name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devpi_cli.errors import WrongUsage
from devpi_cli.models import normalised

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INCLUDE = re.compile(r"(?:-r|--requirement)[\s=]*(.+)")
COMMENT = re.compile(r"(^|\s)#.*")
OPTIONS = re.compile(r"\s--?[a-z].*")  # as in: demo==1.0 --hash=sha256:…


def projects(path: Path) -> list[str]:
    """Return the projects that a requirements file and its includes need.

    Each is listed once; URLs, paths and editable projects are left out. Raises WrongUsage, with file and line, for
    anything that cannot be read.
    """
    return list(dict.fromkeys(_projects(path, set())))


def _projects(path: Path, read: set[Path]) -> Iterator[str]:
    if path.resolve() in read:
        return
    read.add(path.resolve())
    for number, line in _lines(path):
        include = INCLUDE.fullmatch(line)
        if include:
            yield from _projects(path.parent / include[1], read)
        elif not line.startswith("-"):
            yield from _project(OPTIONS.sub("", line), f"{path}, line {number}")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the non-empty lines with their numbers; a trailing backslash continues a line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise WrongUsage(f"cannot read {path}: {why}") from None
    pending = ""
    for number, line in enumerate(text.splitlines(), 1):
        pending += line.removesuffix("\\")
        if line.endswith("\\"):
            continue
        content, pending = COMMENT.sub("", pending).strip(), ""
        if content:
            yield number, content


def _project(text: str, where: str) -> Iterator[str]:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        parsed = Requirement(text)
    except InvalidRequirement:
        if "/" not in text and "\\" not in text:
            raise WrongUsage(f"{where}: {text!r} is not a requirement") from None
        return
    if not parsed.url:
        yield normalised(parsed.name)
