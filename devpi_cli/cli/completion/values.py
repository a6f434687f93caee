"""Values that complete a word: names from the server, settings, environments.

The shell needs an answer between two keystrokes: nothing here waits long, prompts, reports errors, or changes anything
but its own cache.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from devpi_cli.cli.completion.context import CompletionContext
from devpi_cli.cli.target import Target, root_of
from devpi_cli.errors import DevpiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

OPERATORS = "=<>!~"
BOOLEAN = ("True", "False")
EVERYBODY = (":ANONYMOUS:", ":AUTHENTICATED:")
LISTS = ("bases", "acl_upload", "acl_toxresult_upload", "mirror_whitelist")
CHOICES = {
    "type": ("stage", "mirror"),
    "volatile": BOOLEAN,
    "mirror_whitelist_inheritance": ("intersection", "union"),
    "mirror_no_project_list": BOOLEAN,
    "mirror_use_external_urls": BOOLEAN,
    "mirror_ignore_serial_header": BOOLEAN,
    "mirror_provides_core_metadata": BOOLEAN,
}
# The keys of an index and of a user (devpi-server 6.20, model.py and mirror.py).
INDEX_KEYS = (
    *("type", "volatile", "bases", "acl_upload", "acl_toxresult_upload", "title", "description", "custom_data"),
    *("mirror_whitelist", "mirror_whitelist_inheritance", "mirror_url", "mirror_web_url_fmt", "mirror_cache_expiry"),
    *("mirror_no_project_list", "mirror_use_external_urls", "mirror_ignore_serial_header"),
    "mirror_provides_core_metadata",
)
USER_KEYS = ("email", "title", "description", "custom_data", "password", "pwhash")


def values(kind: str, current: str, words: Sequence[str]) -> list[str]:
    """Return the values of a kind that begin with ``current``; none on errors.

    ``words`` are the words before it on the command line.
    """
    current = current.strip("'\"")
    with suppress(DevpiError, OSError, ValueError):
        found = KINDS[kind](CompletionContext(tuple(words)), current) if kind in KINDS else ()
        return [value for value in dict.fromkeys(found) if value.startswith(current)]
    return []


# -- the values of each kind


def _indexes(context: CompletionContext, current: str) -> Iterable[str]:
    """Return indexes as USER/NAME, as NAME for those of the acting user, and as URL."""
    if "://" in current and (root := root_of(current, context.state.servers)):
        return [root + name for name in context.names(Target(root)) if "/" in name]
    own = f"{context.user}/"
    names = [name for name in context.names() if "/" in name]
    servers = context.state.servers if current or not context.target.root else ()
    return [*(name.removeprefix(own) for name in names if name.startswith(own)), *names, *servers]


def _users(context: CompletionContext, current: str) -> Iterable[str]:
    del current
    return [*context.logins, *(name for name in context.names() if "/" not in name)]


def _projects(context: CompletionContext, current: str) -> Iterable[str]:
    del current
    return context.projects()


def _requirements(context: CompletionContext, current: str) -> Iterable[str]:
    """Return projects, or the versions of one after an operator."""
    cut = next((place for place, sign in enumerate(current) if sign in OPERATORS), None)
    if cut is None:
        return context.projects()
    name, rest = current[:cut], current[cut:]
    operator = rest[: len(rest) - len(rest.lstrip(OPERATORS))]
    if operator in ("=", "!", "~"):
        operator += "="
    return [f"{name}{operator}{version}" for version in context.versions(name)]


def _releases(context: CompletionContext, current: str) -> Iterable[str]:
    """Return requirements with ``==`` after each project, as a version is needed."""
    found = _requirements(context, current)
    return found if set(current) & set(OPERATORS) else [f"{project}==" for project in found]


def _targets(context: CompletionContext, current: str) -> Iterable[str]:
    """Return push targets, or releases if no target begins with ``current``."""
    from pathlib import Path

    from devpi_cli.auth import pypirc as settings
    from devpi_cli.system.files import expanded

    pypirc = context.option("--pypirc")
    found = [*_indexes(context, current)]
    with suppress(DevpiError):
        sections = settings.sections(expanded(Path(pypirc)) if pypirc else settings.default_path())
        found += [f"pypi:{name}" for name in sections]
    if any(name.startswith(current) for name in found):
        return found
    return _releases(context, current)


def _places(context: CompletionContext, current: str) -> Iterable[str]:
    """Return indexes, and the beginning of a folder."""
    return [*_indexes(context, current), "dir:"]


def _settings(context: CompletionContext, current: str) -> Iterable[str]:
    """Return keys of an index with ``=``, or with a typed ``+`` or ``-``; or values."""
    key, equals, value = current.partition("=")
    name = key.rstrip("+-")
    if not equals:
        return [f"{known}{key[len(name) :]}=" for known in (LISTS if key != name else INDEX_KEYS)]
    if name not in LISTS:
        return [f"{key}={choice}" for choice in CHOICES.get(name, ())]
    before, comma, _ = value.rpartition(",")
    names = context.names()
    items = [n for n in names if "/" in n] if name == "bases" else [*EVERYBODY, *(n for n in names if "/" not in n)]
    return [f"{key}={before}{comma}{item}" for item in items if item not in before.split(",")]


def _indexes_or_settings(context: CompletionContext, current: str) -> Iterable[str]:
    found = () if "=" in current else _indexes(context, current)
    return [name for name in found if name.startswith(current)] or _settings(context, current)


def _user_settings(context: CompletionContext, current: str) -> Iterable[str]:
    del context, current
    return [f"{key}=" for key in USER_KEYS]


def _fields(context: CompletionContext, current: str) -> Iterable[str]:
    """Return the fields of core metadata."""
    del context, current
    from devpi_cli.packages.metadata import FIELDS

    return FIELDS.values()


def _environments(context: CompletionContext, current: str) -> Iterable[str]:
    """Return tox environments; ``current`` may be a list separated by commas."""
    from devpi_cli.programs import tox

    before, comma, _ = current.rpartition(",")
    found = tox.environments(context.option("-c"))
    return [f"{before}{comma}{name}" for name in found if name not in before.split(",")]


def _paths(context: CompletionContext, current: str) -> Iterable[str]:
    del current
    return ["/", *(f"/{name}" for name in context.names()), "/+api", "/+status"]


def _commands(context: CompletionContext, current: str) -> Iterable[str]:
    """Return the commands of plugins; the script has all others."""
    del context, current
    from devpi_cli.cli import plugins

    return [plugin.name for plugin in plugins.installed()]


KINDS: dict[str, Callable[[CompletionContext, str], Iterable[str]]] = {
    "command": _commands,
    "environments": _environments,
    "field": _fields,
    "index": _indexes,
    "index-or-setting": _indexes_or_settings,
    "path": _paths,
    "place": _places,
    "project": _projects,
    "release": _releases,
    "requirement": _requirements,
    "setting": _settings,
    "target": _targets,
    "user": _users,
    "user-setting": _user_settings,
}
