"""Check which index pip and uv use, and whether they are too old."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.cli.steps.install_env import chosen_installer
from devpi_cli.errors import BrokenSettings, BrokenState, ProgramFailed, ProgramMissing
from devpi_cli.installers import pip_files, sources, uv_files
from devpi_cli.installers.locations import in_force
from devpi_cli.programs import own_environment, process
from devpi_cli.programs.tox import find_tox

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from devpi_cli.cli.app import App
    from devpi_cli.installers.sources import Source

OK, WARNING, WRONG = "ok", "warning", "WRONG"
PYPI = "https://pypi.org/simple"
HIGHEST = "it installs the highest version from any of them"
FIRST = "it takes a package from the first that has it, and asks its default index last"
NO_INDEX = "no index"
SET = "devpi use --set-cfg"
LEFT_OUT = "add --only-index to 'devpi install' to leave them out"
# Since which version a program does what we need, and what that is.
OLDEST = {
    "pip": ((23, 1), "gets no login from keyring"),
    "uv": ((0, 4, 23), "ignores UV_DEFAULT_INDEX"),
    "tox": ((4, 23), "cannot test releases"),
}


@dataclass(frozen=True)
class Finding:
    """The result of a check."""

    verdict: str
    detail: str


def of_pip(app: App, venv: Path | None) -> Finding:
    """Ask the pip that 'devpi install' would run for its settings.

    Its files say where they come from.
    """
    try:
        installer = chosen_installer("pip", venv)
        output = process.capture([*installer.command, "--disable-pip-version-check", "config", "list"])
    except ProgramMissing as error:
        return Finding(WARNING, "; ".join(str(error).splitlines()))
    except ProgramFailed as error:
        return Finding(WRONG, f"its settings are invalid: {error.message.splitlines()[0]}")
    program = " ".join(installer.command)
    read = pip_files.PipSettings(installer.prefix)
    if ours := _set_by_us(app, pip_files.paths(installer.prefix), read.index_in):
        others = read.instead(ours)
        says = [f"{setting.place} says {setting.value or 'no-index'} for {commands}" for commands, setting in others]
        if says:
            return Finding(WRONG, f"{program} will not use {ours}, which '{SET}' set: {'; '.join(says)}")
    if without := read.without_index():
        return Finding(WARNING, f"{program} {without[0]} uses {NO_INDEX} ({without[1].place})")
    settings = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
    name, index = _pip_option(settings, "index-url")
    uses = f"{program} uses {f'{index} ({name})' if index else f'{PYPI} (its default)'}"
    return _with_further(uses, sources.of_pip(installer.prefix), HIGHEST)


def _pip_option(settings: dict[str, str], option: str) -> tuple[str, str]:
    """Return where an option of 'pip install' is set, and its value.

    The environment comes first.
    """
    names = (f":env:.{option}", f"install.{option}", f"global.{option}")
    used = {name: settings[name].strip("'\"").replace("\\n", " ").strip() for name in names if name in settings}
    return next(((name, value) for name, value in used.items() if value), ("", ""))


def of_uv(app: App) -> Finding:
    """Read the settings of uv that count in the current folder."""
    folder = Path.cwd()
    try:
        used = uv_files.in_use(folder)
    except BrokenSettings as error:
        return Finding(WRONG, error.message)
    ours = _set_by_us(app, [file.path for file in in_force(folder)][::-1], uv_files.index_in)
    other = uv_files.instead(folder, ours) if ours else None
    if other:
        says = f"{other.origin} says {other.url or 'no-index'}"
        return Finding(WRONG, f"it will not use {ours}, which '{SET}' set: {says}")
    if not used.url:
        return Finding(WARNING, f"uses {NO_INDEX} ({used.origin})")
    return _with_further(f"uses {used.url} ({used.origin})", sources.of_uv(folder), FIRST)


def _set_by_us(app: App, paths: Iterable[Path], index_in: Callable[[Path], str]) -> str:
    """Return the index that --set-cfg wrote into the nearest file.

    The nearest is the last; the text is empty for none.
    """
    known: Collection[str] = ()
    with suppress(BrokenState):  # which the check of the state file says
        known = app.state.written
    written = [path for path in paths if str(path.absolute()) in known]
    return index_in(written[-1]) if written else ""


def _with_further(uses: str, further: list[Source], meaning: str) -> Finding:
    """Return a warning if there is more to install from than the index."""
    if not further:
        return Finding(OK, uses)
    named = " and ".join(f"{source.url} ({source.origin})" for source in further)
    return Finding(WARNING, f"{uses}, and also {named}: {meaning}; {LEFT_OUT}")


def too_old(venv: Path | None) -> Iterator[tuple[str, str]]:
    """Yield what is too old of pip, uv and tox, as 'devpi install' and 'devpi test' use them, and what to do."""
    for name, (least, what) in OLDEST.items():
        if not (command := _command(name, venv)):
            continue
        version = _version(name, command[0])
        if version and tuple(int(part) for part in re.findall(r"\d+", version)[: len(least)]) < least:
            wanted = ".".join(map(str, least))
            line = own_environment.line_to_upgrade(name, command)
            yield f"{' '.join(command)} {version} is older than {wanted} and {what}", f"type '{line}'"


def _command(name: str, venv: Path | None) -> list[str]:
    """Return how a program is run; empty if it is not there."""
    with suppress(ProgramMissing):
        if name == "pip":
            return chosen_installer("pip", venv).command
        return [find_tox(venv)] if name == "tox" else [process.on_path("uv", "")]
    return []


def _version(name: str, program: str) -> str:
    """Return the version of a program: it stands beside its package, and only uv is quick to tell it."""
    with suppress(ProgramMissing, ProgramFailed):
        if name == "uv":
            return process.capture([program, "--version"]).split()[1]
    return own_environment.version_beside(program, name)
