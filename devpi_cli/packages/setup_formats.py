"""Understand the formats of ``setup.py`` that devpi-client takes for uploads."""

from __future__ import annotations

import re
from typing import NamedTuple

from devpi_cli.errors import WrongUsage

# What follows "sdist.", and what setup.py calls it.
ARCHIVES = {"tgz": "gztar", "tar": "tar", "zip": "zip", "tz": "ztar", "tbz": "bztar"}
GZIP = "gztar"
BDIST = re.compile(r"bdist(?:_[a-z0-9_]+)?")


class Formats(NamedTuple):
    """What to build, and with what.

    ``python -m build`` builds it, or ``setup.py`` in its own words.
    """

    sdist: bool
    wheel: bool
    setup: dict[str, tuple[str, ...]]
    """The arguments of ``setup.py`` by the name of the format."""


def parse(text: str) -> Formats:
    """Parse a list of formats.

    Raises WrongUsage for an empty one and for unknown formats.
    """
    sdist = wheel = False
    setup: dict[str, tuple[str, ...]] = {}
    names = sorted({*text.replace(",", " ").split()})
    for name in names:
        arguments = _arguments(name)
        if arguments == ("sdist", "--formats", GZIP):
            sdist = True
        elif name == "bdist_wheel":
            wheel = True
        elif arguments:
            setup[name] = arguments
        else:
            known = ", ".join(["sdist", *(f"sdist.{archive}" for archive in ARCHIVES), "bdist_wheel", "bdist_egg"])
            raise WrongUsage(f"formats {text}: {name!r} is unknown", hint=f"there are {known} and others of setup.py")
    if not names:
        raise WrongUsage("formats is empty: nothing to build", hint="leave formats out")
    return Formats(sdist, wheel, setup)


def _arguments(name: str) -> tuple[str, ...]:
    """Return the arguments of ``setup.py`` for a format, none if it is unknown."""
    if name == "sdist":
        name = "sdist.tgz"
    command, _, archive = name.partition(".")
    archive = ARCHIVES.get(archive, archive)
    if command == "sdist" and archive in ARCHIVES.values():
        return ("sdist", "--formats", archive)
    return (name,) if BDIST.fullmatch(name) else ()
