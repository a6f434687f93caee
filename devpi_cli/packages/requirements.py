"""Find the projects, and the indexes, that requirements files name."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.errors import WrongUsage
from devpi_cli.installers.sources import Source
from devpi_cli.models import normalised
from devpi_cli.system import files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.requirements import Requirement

INCLUDE = re.compile(r"(?:-r|--requirement)[\s=]*(.+)")
COMMENT = re.compile(r"(^|\s)#.*")
SHORT = {"-r": "--requirement", "-c": "--constraint", "-i": "--index-url", "-f": "--find-links"}
FILES, SOURCES = ("--requirement", "--constraint"), ("--index-url", "--extra-index-url", "--find-links")
OPTIONS = re.compile(r"\s--?[a-z].*")  # as in: demo==1.0 --hash=sha256:…


def projects(path: Path) -> list[str]:
    """Return the projects that a requirements file and its includes need.

    Each is listed once; URLs, paths and editable projects are left out. Raises WrongUsage, with file and line, for
    anything that cannot be read. The file itself may be a pipe, which those that it includes may not.
    """
    return list(dict.fromkeys(normalised(parsed.name) for parsed in _parsed(path, set(), named=True)))


def named(path: Path) -> list[str]:
    """Return what a requirements file and its includes need, as ``NAME>=VERSION``, without extras and markers.

    Raises what ``projects`` raises.
    """
    return list(dict.fromkeys(f"{parsed.name}{parsed.specifier}" for parsed in _parsed(path, set(), named=True)))


def files_in(arguments: Sequence[str]) -> list[str]:
    """Return the files that are options of a command line.

    They are requirements and constraints.
    """
    return [value for option, value in _options(arguments) if option in FILES]


def source_options_in(arguments: Sequence[str]) -> list[str]:
    """Return the options of a command line that name indexes and links."""
    return [option for option, _ in _options(arguments) if option in SOURCES]


def sources(names: Sequence[str]) -> tuple[list[Source], list[str]]:
    """Return the indexes and links that files and their includes name.

    With them come the files that cannot be looked into. These are URLs, pipes, which can be read only once, and
    what cannot be read.
    """
    found: list[Source] = []
    unread: list[str] = []
    read: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        path, place = Path(name), os.path.realpath(name.replace("\0", "?"))
        if place in read:
            continue
        try:
            named = list(_named_in(path))
        except WrongUsage:
            unread.append(name)
            continue
        read.add(place)
        waiting += [
            value if "://" in value else str(path.parent / value) for option, value, _ in named if option in FILES
        ]
        found += [Source(value, where) for option, value, where in named if option in SOURCES]
    return list(dict.fromkeys(found)), unread


def _named_in(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the options of a file that name files and sources.

    Their values come with them, and where they stand.
    """
    if not os.path.isfile(path):  # noqa: PTH113 (a name that is too long is none)
        raise WrongUsage(f"cannot look into {path}")
    for number, line in _lines(path, named=False):
        for option, value in _options(_split(line)) if line.startswith("-") else ():
            yield option, value, f"{path}, line {number}"


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the options that name files and sources, with their values.

    pip takes abbreviations, too.
    """
    for place, word in enumerate(words):
        name, equals, value = word.partition("=") if word.startswith("--") else (word[:2], word[2:], word[2:])
        if option := SHORT.get(name) or _whole(name):
            following = words[place + 1] if place + 1 < len(words) else ""
            yield option, value.removeprefix("=") if equals else following


def _whole(name: str) -> str:
    """Return the option that a name or its beginning means; empty for another one."""
    known = (*FILES, *SOURCES, "--only-binary", "--prefer-binary", "--pre", "--config-settings", "--editable")
    meant = [option for option in known if option.startswith(name)] if name.startswith("--") and name != "--" else []
    return meant[0] if len(meant) == 1 or name in meant[:1] else ""


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # an open quote
        return line.split()


def _parsed(path: Path, read: set[Path], *, named: bool = False) -> Iterator[Requirement]:
    if path.resolve() in read:
        return
    read.add(path.resolve())
    for number, line in _lines(path, named=named):
        include = INCLUDE.fullmatch(line)
        if include:
            yield from _parsed(path.parent / include[1], read)
        elif not line.startswith("-"):
            yield from _requirement(OPTIONS.sub("", line), f"{path}, line {number}")


def _lines(path: Path, *, named: bool) -> Iterator[tuple[int, str]]:
    """Yield the non-empty lines with their numbers.

    A trailing backslash continues a line.
    """
    try:
        text = files.read(path, named=named).removeprefix("\ufeff")
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


def _requirement(text: str, where: str) -> Iterator[Requirement]:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        parsed = Requirement(text)
    except InvalidRequirement:
        if "/" not in text and "\\" not in text:
            raise WrongUsage(f"{where}: {text!r} is not a requirement") from None
        return
    if not parsed.url:
        yield parsed
