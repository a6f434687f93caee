"""Where a password or token comes from: .pypirc; and how a token is made to be good for less."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import BrokenSettings, WrongUsage
from devpi_cli.files import home, line_of
from devpi_cli.models import normalised

if TYPE_CHECKING:
    from configparser import RawConfigParser
    from pathlib import Path

DEFAULT_URLS = {"pypi": "https://upload.pypi.org/legacy/", "testpypi": "https://test.pypi.org/legacy/"}
TOKEN_USER = "__token__"  # noqa: S105 (a user name)
TOKEN_PREFIXES = ("pypi-", "devpi-")
TOKEN_SECONDS = 60


@dataclass(frozen=True)
class Repository:
    """A package index elsewhere, where uploads go, and who uploads there."""

    name: str
    url: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def default_pypirc() -> Path:
    """Return where ``.pypirc`` is unless the user names another."""
    return home() / ".pypirc"


def sections(pypirc: Path) -> list[str]:
    """Return the names of the repositories in a ``.pypirc``. Raises what ``repository`` raises for the file."""
    return [name for name in _read(pypirc).sections() if name != "distutils"]


def repository(pypirc: Path, name: str) -> Repository:
    """Return what a ``.pypirc`` says of a repository.

    Raises BrokenSettings for a file that cannot be understood, without a word of what is in it, and WrongUsage for
    one that is not there, or does not say where the repository is.
    """
    parser = _read(pypirc)
    if not parser.has_section(name):
        there = ", ".join(sections(pypirc)) or "none"
        raise WrongUsage(f"{pypirc} has no section [{name}]", hint=f"the sections there are: {there}")
    section = parser[name]
    url = section.get("repository") or DEFAULT_URLS.get(name)
    if not url:
        raise WrongUsage(
            f"{pypirc}: section [{name}] does not say where to upload", hint="add a line: repository = URL"
        )
    password = section.get("password") or None
    takes_token = name in DEFAULT_URLS or is_token(password or "")
    return Repository(name, url, section.get("username") or (TOKEN_USER if takes_token else None), password)


def is_token(secret: str) -> bool:
    """Tell an API token of PyPI or devpi from a password."""
    return secret.startswith(TOKEN_PREFIXES)


def narrowed(token: str, project: str) -> str | None:
    """Return a token that is good for uploads of one project within a minute, made from one that may do more.

    None when that cannot be done: ``pypitoken`` is not installed, or does not know this kind of token.
    """
    try:
        pypitoken: Any = import_module("pypitoken")  # it has no types
    except ImportError:
        return None
    now = int(time.time())
    limits: dict[str, Any] = {
        "project_names": [normalised(project)],
        "not_before": now - 1,
        "not_after": now + TOKEN_SECONDS,
    }
    try:
        parsed = pypitoken.Token.load(token)
        if any(isinstance(there, pypitoken.LegacyNoopRestriction) for there in parsed.restrictions):
            # A token of the first kind; who checks it does not understand restrictions of the second.
            limits = {f"legacy_{name}": value for name, value in limits.items()}
        return str(parsed.restrict(**limits).dump())
    except pypitoken.PyPITokenException:
        return None


def _read(path: Path) -> RawConfigParser:
    from configparser import Error, RawConfigParser  # here, because every request imports this module

    parser = RawConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise WrongUsage(f"there is no {path}", hint="name another file with --pypirc FILE") from None
    except UnicodeError:
        raise BrokenSettings(f"cannot read {path}: it is not UTF-8 text") from None
    except OSError as error:
        raise BrokenSettings(f"cannot read {path}: {error.strerror}") from None
    except Error as error:
        raise BrokenSettings(f"cannot read {path}: line {line_of(error)} is not understood") from None
    return parser
