"""Read ~/.pypirc: the URLs and logins of other package indexes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.auth.environment import ANY_TOKEN
from devpi_cli.errors import BrokenSettings, WrongUsage
from devpi_cli.server.tokens import is_token
from devpi_cli.system.files import home, line_of, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from configparser import RawConfigParser
    from pathlib import Path

DEFAULT_URLS = {"pypi": "https://upload.pypi.org/legacy/", "testpypi": "https://test.pypi.org/legacy/"}


@dataclass(frozen=True)
class Repository:
    """A package index elsewhere: its URL for uploads, and the login for it."""

    name: str
    url: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def default_path() -> Path:
    """Return the default path of ``.pypirc``."""
    return home() / ".pypirc"


def sections(pypirc: Path) -> list[str]:
    """Return the names of the repositories in a ``.pypirc``.

    Raises what ``repository`` raises for the file.
    """
    return [name for name in _read(pypirc).sections() if name != "distutils"]


def repository(pypirc: Path, name: str) -> Repository:
    """Return a repository by its name in a ``.pypirc``.

    Raises BrokenSettings, without quoting the file, if it cannot be parsed, and WrongUsage if the file, the section or
    the URL is missing.
    """
    parser = _read(pypirc)
    if not parser.has_section(name):
        existing = ", ".join(sections(pypirc)) or "none"
        raise WrongUsage(f"{pypirc} has no section [{name}]", hint=f"existing sections: {existing}")
    found = _repository(parser, name)
    if not found.url:
        raise WrongUsage(
            f"{pypirc}: section [{name}] does not say where to upload", hint="add a line: repository = URL"
        )
    return found


def repositories_at(pypirc: Path, root: str, index_url: str | None) -> list[Repository]:
    """Return the repositories in a ``.pypirc`` on one server, ``index_url`` first.

    URLs are compared by scheme, host, port and path. A missing file has none. Raises BrokenSettings.
    """
    if not pypirc.exists():
        return []
    wanted = [_place(url) for url in (index_url, root) if url]
    ranked = [
        (wanted.index(place) if place in wanted else len(wanted), found)
        for found in _all(pypirc)
        if (place := _place(found.url)) and urls.is_below(found.url, root)
    ]
    return [found for _, found in sorted(ranked, key=lambda pair: pair[0])]


def _all(pypirc: Path) -> Iterator[Repository]:
    parser = _read(pypirc)
    for name in parser.sections():
        yield _repository(parser, name)


def _repository(parser: RawConfigParser, name: str) -> Repository:
    section = parser[name]
    password = section.get("password") or None
    takes_token = name in DEFAULT_URLS or is_token(password or "")
    user = section.get("username") or (ANY_TOKEN if takes_token else None)
    return Repository(name, section.get("repository") or DEFAULT_URLS.get(name, ""), user, password)


def _place(url: str) -> tuple[str, str, int | None, str] | None:
    """Return a key that is equal for URLs of the same index; None for an invalid URL."""
    try:
        scheme, host, port = urls.origin(url)
    except ValueError:
        return None
    return (scheme, host, port, urls.path(url).partition("/+simple")[0].rstrip("/")) if host else None


def _read(path: Path) -> RawConfigParser:
    from configparser import Error, RawConfigParser  # here, because few commands need it

    parser = RawConfigParser()
    try:
        parser.read_string(read(path).removeprefix("\ufeff"))
    except FileNotFoundError:
        raise WrongUsage(f"there is no {path}", hint="name another file with --pypirc FILE") from None
    except UnicodeError:
        raise BrokenSettings(f"cannot read {path}: it is not UTF-8 text") from None
    except OSError as error:
        raise BrokenSettings(f"cannot read {path}: {error.strerror}") from None
    except Error as error:
        raise BrokenSettings(f"cannot read {path}: line {line_of(error)} is invalid") from None
    return parser
