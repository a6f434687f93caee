"""A run of tox on the files of a release: which files, with which configuration, and what it reports."""

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

from devpi_cli import files, strict_json
from devpi_cli.errors import BrokenDistribution, NothingFound, ProgramMissing, WrongUsage
from devpi_cli.programs import venvs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.models import Link, Release

SDISTS = (".tar.gz", ".tgz", ".zip")
RUNS_ANYWHERE = re.compile(r"[-.]py3\d*(\.\w+)*-none-any\.whl")


@dataclass(frozen=True)
class Candidate:
    """A file to test, and the sdist that has its tests: wheels come without."""

    release: Release
    file: Link
    sdist: Link


@dataclass(frozen=True)
class Options:
    """How to run tox: environments, a configuration file, one for packages that have none, and more arguments."""

    environments: str | None = None
    config: Path | None = None
    fallback: Path | None = None
    arguments: tuple[str, ...] = ()


def candidates(release: Release, select: re.Pattern[str] | None) -> list[Candidate]:
    """Return the files of a release to test: its sdists and the wheels for any platform, or those that are selected.

    Raises NothingFound when there is none, or no sdist.
    """
    what = f"{release.project} {release.version}"
    sdists = [link for ending in SDISTS for link in release.files if link.name.endswith(ending)]
    if not sdists:
        raise NothingFound(
            f"{what} has no sdist to test", hint="the tests, and what tox has to do with them, come in the sdist"
        )
    files = [*sdists, *(link for link in release.files if link.name.endswith(".whl"))]
    wanted = [link for link in files if (select or RUNS_ANYWHERE).search(link.name) or (not select and link in sdists)]
    if not wanted:
        names = ", ".join(link.name for link in files)
        raise NothingFound(f"--select {select and select.pattern!r} matches no file of {what}", hint=f"it has {names}")
    return [Candidate(release, file, sdists[0]) for file in wanted]


def file_name(link: Link) -> str:
    """Return the name to save a file by. Raises BrokenDistribution for one that leads to another folder."""
    if set(link.name) & set('/\\:\0"') or link.name.startswith("."):
        raise BrokenDistribution(f"{link.url}: this is no name for a file")
    return link.name


def find_tox(venv: Path | None) -> str:
    """Return the tox of a virtual environment, else that on the PATH, else that beside us.

    Raises ProgramMissing when there is none.
    """
    found = (venvs.program(venv, "tox") if venv else None) or shutil.which("tox")
    found = found or shutil.which("tox", path=str(Path(sys.executable).parent))
    if found:
        return found
    raise ProgramMissing("there is no tox in the active environment or on the PATH", hint="install it: pip install tox")


def command(tox: str, file: Path, package: Path, report: Path, options: Options) -> list[str]:
    """Return the command that tests a file with the tests in the folder of an unpacked sdist.

    Raises NothingFound when nothing says what tox has to do.
    """
    config = _config(package, options)
    environments = ["-e", options.environments] if options.environments else []
    # Without --root, tests would run beside a configuration that comes from elsewhere.
    fixed = ["--installpkg", file, "--recreate", "--result-json", report, "--root", package, "-c", config]
    return [tox, *map(str, fixed), *environments, *options.arguments]


def read_report(path: Path) -> dict[str, Any] | None:
    """Return what tox reports; None when it came to no test."""
    try:
        report = strict_json.parsed(path.read_bytes())
    except (OSError, ValueError):
        return None
    environments = report.get("testenvs") if isinstance(report, dict) else None
    return report if isinstance(environments, dict) and any(environments.values()) else None


def environments(config: str | None = None) -> list[str]:
    """Return the environments that the configuration of tox, or the one in this folder, names; none without any."""
    for path in [Path(config)] if config else map(Path, ("tox.ini", "setup.cfg", "pyproject.toml", "tox.toml")):
        with suppress(OSError, ValueError, IniError):
            text = path.read_text(encoding="utf-8")
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
        parts = re.split(r"\{([^}]*)\}", item)  # every second one stood in braces
        choices = [re.split(r"\s*,\s*", part.strip()) if place % 2 else [part] for place, part in enumerate(parts)]
        yield from map("".join, product(*choices))


def _config(package: Path, options: Options) -> Path:
    """Return the configuration: the one named, that of the package, or the one for packages that have none."""
    if options.config:
        return _existing(options.config, package)
    for path in (package / "tox.ini", package / "pyproject.toml", package / "setup.cfg", package / "tox.toml"):
        if path.is_file() and _is_for_tox(path):
            return path
    if options.fallback:
        return _existing(options.fallback, package)
    raise NothingFound(
        f"{package.name} has no tox.ini, nor tox.toml, pyproject.toml or setup.cfg with a section for tox",
        hint="name a configuration with -c FILE or --fallback-ini FILE",
    )


def _existing(named: Path, package: Path) -> Path:
    """Return a file that is named from here, or from the folder of the package."""
    for path in (files.expanded(named).absolute(), package / named):
        if path.is_file():
            return path
    raise WrongUsage(f"{named}: there is no such file, here or in {package.name}")


def _is_for_tox(path: Path) -> bool:
    """Tell whether tox takes a file for its configuration. Raises BrokenDistribution for a broken one."""
    import tomllib

    try:
        if path.name == "pyproject.toml":
            tool = tomllib.loads(path.read_text(encoding="utf-8")).get("tool")
            return isinstance(tool, dict) and "tox" in tool
        if path.name == "setup.cfg":
            parser = RawConfigParser(strict=False)
            parser.read_string(path.read_text(encoding="utf-8"))
            return parser.has_section("tox:tox")
    except (ValueError, IniError) as error:
        raise BrokenDistribution(f"{path.parent.name}/{path.name} is broken: {str(error).splitlines()[0]}") from None
    return True
