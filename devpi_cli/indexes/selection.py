"""Choose among the files of a project as pip does.

Say why it passes over the others. Source: ``LinkEvaluator`` and ``CandidateEvaluator`` in pip 26. Yanked files count
only if their version is pinned, pre-releases also if nothing else is left.
"""

from __future__ import annotations

import platform as machine
import re
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import WrongUsage
from devpi_cli.models import normalised, parsed_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.tags import Tag

    from devpi_cli.models import Requirement
    from devpi_cli.server.simple import SimpleFile

EARLY = "a pre-release, and there are others"
BUILT_FOR = "built for "
SDISTS = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tbz", ".tar.xz", ".txz", ".tar")


class Environment(NamedTuple):
    """A Python to install into.

    ``tags`` are those of the wheels that it takes, the best first.
    """

    python: str
    tags: tuple[Tag, ...]
    platform: str

    def __str__(self) -> str:
        return f"Python {self.python} on {self.platform}"

    @classmethod
    def of(cls, python: str | None = None, platform: str | None = None) -> Environment:
        """Return the environment for a Python version and a platform.

        They are written as ``3.11``, and as in the name of a wheel. By default both are those of this Python.
        Raises WrongUsage for anything that is not a version of Python 3.
        """
        from packaging import tags

        platforms = [platform] if platform else list(tags.platform_tags())
        if not python:
            own = machine.python_version()
            if not platform:
                return cls(own, tuple(tags.sys_tags()), platforms[0])
            python = ".".join(own.split(".")[:2])
        found = re.fullmatch(r"(3)\.(\d{1,3})(?:\.(\d{1,3}))?", python)
        if not found:
            raise WrongUsage(f"{python!r} is not a version of Python 3", hint="example: --python 3.11")
        version = (3, int(found[2]))
        interpreter = "cp{}{}".format(*version)
        taken = [
            *tags.cpython_tags(version, platforms=platforms),
            *tags.compatible_tags(version, interpreter=interpreter, platforms=platforms),
        ]
        return cls(f"{python}.0" if found[3] is None else python, tuple(taken), platforms[0])


class Judged(NamedTuple):
    """A file, and its version as its name tells it.

    ``passed_over`` is why pip passes it over; empty if it does not.
    """

    file: SimpleFile
    version: str
    passed_over: str
    rank: tuple[object, ...] = ()
    """Key to sort by: the greatest is chosen."""


def judged(files: Sequence[SimpleFile], wanted: Requirement, environment: Environment) -> list[Judged]:
    """Return the files that a requirement is about, as pip judges them.

    They stay in their order.
    """
    found = [_judged(file, wanted, environment) for file in files]
    found = [each for each in found if wanted.matches(each.version)]
    is_final = any(not each.passed_over and not _is_early(each.version) for each in found)
    if wanted.version or not is_final:
        return found
    return [
        each._replace(passed_over=EARLY) if not each.passed_over and _is_early(each.version) else each for each in found
    ]


def chosen(files: Sequence[Judged]) -> Judged | None:
    """Return the file that pip would install."""
    return max((each for each in files if not each.passed_over), key=lambda each: each.rank, default=None)


def _judged(file: SimpleFile, wanted: Requirement, environment: Environment) -> Judged:
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    if not file.name.endswith(".whl"):
        version = version_of(file.name, wanted.project)
        if not file.name.endswith(SDISTS):
            return Judged(file, version, "not a wheel or an sdist")
        return _with_version(file, version, wanted, environment, ((0, -1), ()))
    try:
        _, parsed, build, tags = parse_wheel_filename(file.name)
    except InvalidWheelFilename:
        return Judged(file, version_of(file.name, wanted.project), "not the name of a wheel")
    best = next((number for number, tag in enumerate(environment.tags) if tag in tags), None)
    if best is None:
        shown = ", ".join(sorted(map(str, tags))[:2]) + (", …" if len(tags) > 2 else "")  # noqa: PLR2004 (enough to see)
        return Judged(file, str(parsed), f"{BUILT_FOR}{shown}")
    return _with_version(file, str(parsed), wanted, environment, ((1, -best), build))


def _with_version(
    file: SimpleFile, version: str, wanted: Requirement, environment: Environment, kind: tuple[object, ...]
) -> Judged:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    parsed = parsed_version(version)
    if parsed is None:
        return Judged(file, version, f"{version or 'no version'} is not a version by PEP 440")
    try:
        python = SpecifierSet(file.requires_python or "")
    except InvalidSpecifier:  # pip ignores it, too
        python = SpecifierSet()
    if not python.contains(environment.python, prereleases=True):
        return Judged(file, version, f"needs Python {file.requires_python}")
    if file.yanked and not wanted.version:
        return Judged(file, version, "yanked" if file.yanked is True else f"yanked: {file.yanked}")
    return Judged(file, version, "", (not file.yanked, parsed, *kind))


def version_of(name: str, project: str) -> str:
    """Return the version in the name of a file: what follows the name of the project."""
    is_sdist = name.endswith(SDISTS)
    parts = re.sub(r"\.(tar(\.\w+)?|zip|tgz|tbz|txz|egg|whl|exe|msi|rpm)$", "", name).split("-")
    for number in range(1, len(parts)):
        if normalised("-".join(parts[:number])) == project:
            found = "-".join(parts[number:]) if is_sdist else parts[number]
            break
    else:
        return ""
    while not (is_sdist or parsed_version(found)) and "." in found:
        found = found.rpartition(".")[0]  # installers for Windows: 1.0.win32
    return found


def _is_early(version: str) -> bool:
    parsed = parsed_version(version)
    return parsed is not None and parsed.is_prerelease
