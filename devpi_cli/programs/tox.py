"""Test a release with tox: choose files and configuration, read the report."""

from __future__ import annotations

import re
import shutil
import sys
from configparser import Error as IniError
from configparser import RawConfigParser
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devpi_cli import strict_json
from devpi_cli.errors import BrokenDistribution, NothingFound, ProgramMissing, WrongUsage
from devpi_cli.programs import venvs
from devpi_cli.programs.own_environment import line_to_get
from devpi_cli.system import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.models import Link, Release

SDISTS = (".tar.gz", ".tgz", ".zip")
LONGEST_NAME = 255  # in bytes, on most file systems
SHOWN = 40
RUNS_ANYWHERE = re.compile(r"[-.]py3\d*(\.\w+)*-none-any\.whl")


@dataclass(frozen=True)
class Candidate:
    """A file to test, and the sdist with its tests, which wheels do not contain."""

    release: Release
    file: Link
    sdist: Link


@dataclass(frozen=True)
class Options:
    """How to run tox.

    ``config`` replaces the configuration of every package, ``fallback`` is for packages without one.
    """

    environments: str | None = None
    config: Path | None = None
    fallback: Path | None = None
    arguments: tuple[str, ...] = ()


def candidates(release: Release, select: re.Pattern[str] | None) -> list[Candidate]:
    """Return the files of a release to test.

    These are the files that ``select`` matches, by default the sdists and the wheels for any platform. Raises
    NothingFound if there are none, or no sdist.
    """
    what = f"{release.project} {release.version}"
    sdists = [link for ending in SDISTS for link in release.files if link.name.endswith(ending)]
    if not sdists:
        raise NothingFound(
            f"{what} has no sdist to test", hint="the tests and the configuration of tox are taken from the sdist"
        )
    files = [*sdists, *(link for link in release.files if link.name.endswith(".whl"))]
    wanted = [link for link in files if (select or RUNS_ANYWHERE).search(link.name) or (not select and link in sdists)]
    if not wanted:
        names = ", ".join(link.name for link in files)
        raise NothingFound(
            f"--select {select and select.pattern!r} matches no file of {what}", hint=f"there are: {names}"
        )
    return [Candidate(release, file, sdists[0]) for file in wanted]


def file_name(link: Link) -> str:
    """Return the name to save a file under.

    Raises BrokenDistribution for a name that leads to another folder, or that no file can have.
    """
    name = link.name
    if set(name) & set('/\\:"?*<>|') or name.startswith(".") or not name.isprintable():
        raise BrokenDistribution(f"{link.url}: not a safe file name")
    if len(name.encode()) > LONGEST_NAME:
        raise BrokenDistribution(f"{name[:SHOWN]}…: the file name is too long")
    return name


def find_tox(venv: Path | None) -> str:
    """Return the path of tox.

    The virtual environment comes first, then the PATH, then our own environment. Raises ProgramMissing if there is
    none.
    """
    found = (venvs.program(venv, "tox") if venv else None) or shutil.which("tox")
    found = found or shutil.which("tox", path=str(Path(sys.executable).parent))
    if found:
        return found
    raise ProgramMissing(
        "there is no tox in the active environment or on the PATH", hint=f"install it with: {line_to_get('tox')}"
    )


def command(tox: str, file: Path, package: Path, report: Path, options: Options) -> list[str]:
    """Return the command that tests a file.

    The tests are those of the unpacked sdist in ``package``. Raises NothingFound if there is no configuration for tox.
    """
    config = _config(package, options)
    environments = ["-e", options.environments] if options.environments else []
    # Without --root, tox would run the tests in the folder of an external configuration.
    fixed = ["--installpkg", file, "--recreate", "--result-json", report, "--root", package, "-c", config]
    return [tox, *map(str, fixed), *environments, *options.arguments]


def read_report(path: Path) -> dict[str, Any] | None:
    """Return the report of tox, or None if no test was run."""
    try:
        report = strict_json.parsed(path.read_bytes())
    except (OSError, ValueError):
        return None
    environments = report.get("testenvs") if isinstance(report, dict) else None
    return report if isinstance(environments, dict) and any(environments.values()) else None


def environments(config: str | None = None) -> list[str]:
    """Return the environments in a tox configuration, by default this folder's."""
    for path in [Path(config)] if config else map(Path, ("tox.ini", "setup.cfg", "pyproject.toml", "tox.toml")):
        with suppress(OSError, ValueError, IniError):
            text = files.read(path)
            found = _toml_environments(text, path.name) if path.suffix == ".toml" else _ini_environments(text)
            if found:
                return list(dict.fromkeys(found))
    return []


def _ini_environments(text: str) -> list[str]:
    parser = RawConfigParser(strict=False)
    parser.read_string(text)
    lists = [parser.get(section, key, fallback="") for section in ("tox", "tox:tox") for key in ("env_list", "envlist")]
    prefix = "testenv:"
    sections = [name.removeprefix(prefix) for name in parser.sections() if name.startswith(prefix)]
    return [name for written in (*lists, ",".join(sections)) for name in _expanded(written)]


def _toml_environments(text: str, name: str) -> list[str]:
    import tomllib

    tox = tomllib.loads(text)
    if name == "pyproject.toml":
        tox = tox.get("tool", {}).get("tox", {})
    if "legacy_tox_ini" in tox:
        return _ini_environments(str(tox["legacy_tox_ini"]))
    return [name for name in (*tox.get("env_list", ()), *tox.get("env", ())) if isinstance(name, str)]


def _expanded(written: str) -> Iterator[str]:
    """Return the names in a list with braces: ``py{311,312}-{a,b}`` are four."""
    for item in re.findall(r"(?:[^,\s{}]|\{[^}]*\})+", written):
        parts = re.split(r"\{([^}]*)\}", item)  # every second part was in braces
        choices = [re.split(r"\s*,\s*", part.strip()) if number % 2 else [part] for number, part in enumerate(parts)]
        yield from map("".join, product(*choices))


def _config(package: Path, options: Options) -> Path:
    """Return the configuration: the one chosen, that of the package, or the fallback."""
    if options.config:
        return _existing(options.config, package)
    for path in (package / "tox.ini", package / "pyproject.toml", package / "setup.cfg", package / "tox.toml"):
        if path.is_file() and _is_for_tox(path):
            return path
    if options.fallback:
        return _existing(options.fallback, package)
    raise NothingFound(
        f"{package.name} has no tox.ini or tox.toml, and no tox section in pyproject.toml or setup.cfg",
        hint="name a configuration with -c FILE or --fallback-ini FILE",
    )


def _existing(named: Path, package: Path) -> Path:
    """Return a file named relative to the current folder, or to that of the package."""
    for path in (files.expanded(named).absolute(), package / named):
        if path.is_file():
            return path
    raise WrongUsage(f"{named}: no such file, here or in {package.name}")


def _is_for_tox(path: Path) -> bool:
    """Return True if tox uses a file as configuration.

    Raises BrokenDistribution if it is broken.
    """
    import tomllib

    try:
        if path.name == "pyproject.toml":
            tool = tomllib.loads(files.read(path)).get("tool")
            return isinstance(tool, dict) and "tox" in tool
        if path.name == "setup.cfg":
            parser = RawConfigParser(strict=False)
            parser.read_string(files.read(path))
            return parser.has_section("tox:tox")
    except (ValueError, IniError) as error:
        raise BrokenDistribution(f"{path.parent.name}/{path.name} is broken: {str(error).splitlines()[0]}") from None
    except OSError as error:
        raise BrokenDistribution(f"{path.parent.name}/{path.name} cannot be read: {error.strerror}") from None
    return True
