"""Requirements files: which projects they name."""

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
    """Return the projects that a requirements file, and the files it includes, want from an index, each once.

    What does not come from an index (URLs, paths, editable projects) is left out. Raises WrongUsage, with file and
    line, for what cannot be read.
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
    """Yield the lines that say something, with their numbers; a backslash at the end continues a line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise WrongUsage(f"cannot read {path}: {why}") from None
    begun = ""
    for number, line in enumerate(text.splitlines(), 1):
        begun += line.removesuffix("\\")
        if line.endswith("\\"):
            continue
        said, begun = COMMENT.sub("", begun).strip(), ""
        if said:
            yield number, said


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
