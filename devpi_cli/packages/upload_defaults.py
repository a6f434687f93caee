"""Upload options that a project sets in ``pyproject.toml`` or ``setup.cfg``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import WrongUsage
from devpi_cli.system import files

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "[tool.devpi.upload]"
SECTION = "devpi:upload"
FLAGS = ("no-vcs", "sdist", "setupdir-only", "wheel", "check")
FORMATS = "formats"
TRUTH = dict.fromkeys(("1", "yes", "y", "true", "t", "on"), True) | dict.fromkeys(
    ("", "0", "no", "n", "false", "f", "off"), False
)


@dataclass(frozen=True)
class Defaults:
    """Options for what the command line does not set; None where not set here either."""

    sdist: bool | None = None
    wheel: bool | None = None
    no_vcs: bool | None = None
    setupdir_only: bool | None = None
    formats: str | None = None
    check: bool | None = None

    def over(self, others: Defaults) -> Defaults:
        """Return these options, with those that are None taken from ``others``."""
        chosen = {name: value for name, value in vars(self).items() if value is not None}
        return replace(others, **chosen)


def read(project: Path) -> Defaults:
    """Read the upload options of the project in a folder.

    Raises WrongUsage, naming file and key, for an unknown key, a value that is not a boolean, a file that cannot be
    read, and options in both files.
    """
    toml, cfg = project / "pyproject.toml", project / "setup.cfg"
    from_toml, from_cfg = _from_toml(toml), _from_cfg(cfg)
    if from_toml is not None and from_cfg is not None:
        raise WrongUsage(
            f"both {toml} ({TABLE}) and {cfg} ([{SECTION}]) set upload options",
            hint="keep only one of the two sections",
        )
    return Defaults(**{key.replace("-", "_"): value for key, value in (from_toml or from_cfg or {}).items()})


def _from_toml(path: Path) -> dict[str, Any] | None:
    table = _table(path)
    where = f"{path}: {TABLE}"
    for key, value in table.items():
        if key == FORMATS:
            raise WrongUsage(f"{where} {key} is not supported", hint="use sdist = true or wheel = true")
        _known(where, key, FLAGS)
        if not isinstance(value, bool):
            raise WrongUsage(f"{where} {key} = {value!r} is neither true nor false")
    return table or None


def _table(path: Path) -> dict[str, Any]:
    """Return our table in ``pyproject.toml``, empty if there is none."""
    import tomllib

    try:
        table = tomllib.loads(_text(path))
    except ValueError as error:
        raise WrongUsage(f"{path}: {error}") from None
    for key in ("tool", "devpi", "upload"):
        table = table.get(key, {}) if isinstance(table, dict) else {}
    if not isinstance(table, dict):
        raise WrongUsage(f"{path}: tool.devpi.upload is not a table", hint=f"write {TABLE} with the options below it")
    return table


def _text(path: Path) -> str:
    """Return the text of a file, empty if there is none."""
    try:
        return files.read(path)
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise WrongUsage(f"{path}: cannot be read: {why}") from None


def _from_cfg(path: Path) -> dict[str, Any] | None:
    import configparser

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(_text(path))
    except configparser.Error as error:
        raise WrongUsage(f"{path}: cannot be read, see line {files.line_of(error)}") from None
    if not parser.has_section(SECTION):
        return None
    options: dict[str, Any] = {}
    for key, value in parser.items(SECTION):
        if key in parser.defaults():
            continue
        where = f"{path}: [{SECTION}]"
        _known(where, key, (*FLAGS, FORMATS))
        options[key] = value if key == FORMATS else TRUTH.get(value.lower())
        if options[key] is None:
            raise WrongUsage(f"{where} {key} = {value} is neither true nor false")
    return options


def _known(where: str, key: str, keys: tuple[str, ...]) -> None:
    import difflib

    if key not in keys:
        close = difflib.get_close_matches(key, keys, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(sorted(keys))}"
        raise WrongUsage(f"{where} has no key {key!r}", hint=hint)
