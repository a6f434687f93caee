"""What a word can become that is being typed: names that the server in use knows, settings, sections, environments.

It never waits long, asks nobody anything, changes nothing but its own cache, and says nothing of what goes wrong: the
shell wants an answer between two keys.
"""

from __future__ import annotations

import os
import string
import time
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.cache import Cache, default_folder
from devpi_cli.errors import DevpiError, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from devpi_cli.api import Server
    from devpi_cli.models import Login
    from devpi_cli.state import State

LIMIT = 0.3
"""How many seconds a server has to answer, whatever it is asked for one word."""
DEAD_SECONDS = 15.0
"""For how long a server that did not is not asked again."""
# What a name can hold; another one could mean something to a shell.
HARMLESS = frozenset(string.ascii_letters + string.digits + "._-+@/")
OPERATORS = "=<>!~"
YES = ("1", "true", "t", "yes", "y", "on")
BOOLEAN = ("True", "False")
EVERYBODY = (":ANONYMOUS:", ":AUTHENTICATED:")
LISTS = ("bases", "acl_upload", "acl_toxresult_upload", "mirror_whitelist")
CHOICES = {
    "type": ("stage", "mirror"),
    "volatile": BOOLEAN,
    "mirror_whitelist_inheritance": ("intersection", "union"),
    "mirror_no_project_list": BOOLEAN,
    "mirror_use_external_urls": BOOLEAN,
}
# The keys of an index and of a user (devpi-server 6.20, model.py and mirror.py).
INDEX_KEYS = (
    *("type", "volatile", "bases", "acl_upload", "acl_toxresult_upload", "title", "description", "custom_data"),
    *("mirror_whitelist", "mirror_whitelist_inheritance", "mirror_url", "mirror_web_url_fmt", "mirror_cache_expiry"),
    *("mirror_no_project_list", "mirror_use_external_urls"),
)
USER_KEYS = ("email", "title", "description", "custom_data", "password", "pwhash")


def values(kind: str, current: str, words: Sequence[str]) -> list[str]:
    """Return the values of a kind that begin with ``current``, on a line with these words before it.

    Whatever goes wrong, there is none then.
    """
    current = current.strip("'\"")
    with suppress(DevpiError, OSError, ValueError):
        found = KINDS[kind](Line(tuple(words)), current) if kind in KINDS else ()
        return [value for value in dict.fromkeys(found) if value.startswith(current)]
    return []


class Line:
    """The words before the one at the cursor, and what they and the state say of server, user and index."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self._words = words
        self._clientdir = self.option("--clientdir") or os.environ.get("DEVPI_CLIENTDIR")
        self._left = LIMIT

    def option(self, *names: str) -> str | None:
        """Return the value of an option, the last one if there are several."""
        found = None
        for place, word in enumerate(self._words):
            name, equals, value = word.partition("=")
            if name in names:
                found = value if equals else "".join(self._words[place + 1 : place + 2])
        return found

    @cached_property
    def state(self) -> State:
        from devpi_cli.state import State

        return State.of(self._clientdir)

    @cached_property
    def root(self) -> str:
        """The root URL of the server in use; empty if there is none."""
        return self.state.server or ""

    @cached_property
    def user(self) -> str | None:
        """Who acts, as ``--index`` and others understand it."""
        login = self.state.login(self.root)
        return os.environ.get("DEVPI_USER") or (login.user if login else None)

    def index(self) -> tuple[str, str]:
        """Return the root URL and the name of the index that is meant. Raises WrongUsage if there is none."""
        typed = self.option("--index") or os.environ.get("DEVPI_INDEX") or self.state.index or ""
        if urls.is_url(typed):
            return urls.split_index(urls.without_login(urls.checked(typed))[0])
        return self.root, urls.index_name(typed, self.user)

    # -- what a server knows

    def names(self, root: str) -> list[str]:
        """Return the users of a server, and their indexes as ``user/index``."""

        def fetch(server: Server) -> list[str]:
            users = server.users()
            return [*(user.name for user in users), *(index.name for user in users for index in user.indexes)]

        return self._ask(root, "names", fetch)

    def projects(self) -> list[str]:
        root, index = self.index()
        return self._ask(root, f"{index} projects", lambda server: server.index(index).projects)

    def versions(self, project: str) -> list[str]:
        """Return the versions of a project, the newest first."""
        root, index = self.index()

        def fetch(server: Server) -> list[str]:
            from devpi_cli.models import newest_first, normalised

            return newest_first(release.version for release in server.releases(index, normalised(project)))

        return self._ask(root, f"{index} {project}", fetch)

    def _ask(self, root: str, question: str, fetch: Callable[[Server], Sequence[str]]) -> list[str]:
        """Return what the cache knows, or the server in the time that it has; nothing where neither does."""
        if not root:
            return []
        login = self.state.login(root, os.environ.get("DEVPI_USER"))
        key = (root, login.user if login else "", question)
        found = self._cache.names(*key)
        if found is None and self._left > 0 and self._cache.names(root, seconds=DEAD_SECONDS) is None:
            found = self._fetch(root, login, fetch)
            self._cache.keep(found or (), *(key if found is not None else (root,)))
        return found or []

    def _fetch(self, root: str, login: Login | None, fetch: Callable[[Server], Sequence[str]]) -> list[str] | None:
        """Return what the server says; None when it does not answer in time."""
        from devpi_cli.access import Access
        from devpi_cli.api import Server
        from devpi_cli.session import Session
        from devpi_cli.trust import Trust

        known = self.state.at(root)
        access = Access(root, (login.user, login.token) if login else None, known.basic_auth, known.client_cert)
        insecure = "--insecure" in self._words or os.environ.get("DEVPI_INSECURE", "").lower() in YES
        trust = Trust(self.option("--ca-bundle") or os.environ.get("DEVPI_CA_BUNDLE"), insecure)
        session = Session(access, timeout=LIMIT, trust=trust)
        session.prepare(root)
        started = time.monotonic()
        found = _within(self._left, Server(root, session), fetch)
        self._left -= time.monotonic() - started
        return None if found is None else [name for name in found if HARMLESS.issuperset(name)]

    @cached_property
    def _cache(self) -> Cache:
        from pathlib import Path

        return Cache((Path(self._clientdir) / "cache" if self._clientdir else default_folder()) / "completion")


def _within(seconds: float, server: Server, fetch: Callable[[Server], Sequence[str]]) -> Sequence[str] | None:
    """Return what a server says in that time, nothing when it says no; None when it says nothing.

    A server that dribbles keeps a connection busy for ever, so that a thread talks to it, which ends with the process.
    """
    from threading import Thread

    said: list[Sequence[str]] = []

    def ask() -> None:
        with suppress(Exception):
            try:
                said.append(fetch(server))
            except Refused:
                said.append(())
            finally:
                server.session.close()

    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return said[0] if said else None


# -- what there is of each kind


def _indexes(line: Line, current: str) -> Iterable[str]:
    """Return indexes by their name, by the short one that the user who is logged in may use, and by their URL."""
    if urls.is_url(current) and (root := line.state.root_of(current)):
        return [root + name for name in line.names(root) if "/" in name]
    own = f"{line.user}/"
    names = [name for name in line.names(line.root) if "/" in name]
    servers = line.state.servers if current or not line.root else ()
    return [*(name.removeprefix(own) for name in names if name.startswith(own)), *names, *servers]


def _users(line: Line, current: str) -> Iterable[str]:
    del current
    known = line.state.servers.get(line.root)
    return [*(known.logins if known else ()), *(name for name in line.names(line.root) if "/" not in name)]


def _projects(line: Line, current: str) -> Iterable[str]:
    del current
    return line.projects()


def _requirements(line: Line, current: str) -> Iterable[str]:
    """Return projects, and after an operator the versions of one."""
    cut = next((place for place, sign in enumerate(current) if sign in OPERATORS), None)
    if cut is None:
        return line.projects()
    name, rest = current[:cut], current[cut:]
    operator = rest[: len(rest) - len(rest.lstrip(OPERATORS))]
    if operator in ("=", "!", "~"):
        operator += "="
    return [f"{name}{operator}{version}" for version in line.versions(name)]


def _releases(line: Line, current: str) -> Iterable[str]:
    """Return what ``_requirements`` does, with the beginning of a version behind a project, which needs one."""
    found = _requirements(line, current)
    return found if set(current) & set(OPERATORS) else [f"{project}==" for project in found]


def _targets(line: Line, current: str) -> Iterable[str]:
    """Return where releases can be pushed to; and more releases, once it is clear that one is meant."""
    from pathlib import Path

    from devpi_cli import pypirc as settings
    from devpi_cli.files import expanded

    pypirc = line.option("--pypirc")
    sections = settings.sections(expanded(Path(pypirc)) if pypirc else settings.default_path())
    found = [*_indexes(line, current), *(f"pypi:{name}" for name in sections)]
    if any(name.startswith(current) for name in found):
        return found
    return _releases(line, current)


def _settings(line: Line, current: str) -> Iterable[str]:
    """Return keys of an index with ``=`` (or ``+=`` and ``-=``, once it is begun), and values."""
    key, equals, value = current.partition("=")
    name = key.rstrip("+-")
    if not equals:
        return [f"{known}{key[len(name) :]}=" for known in (LISTS if key != name else INDEX_KEYS)]
    if name not in LISTS:
        return [f"{key}={choice}" for choice in CHOICES.get(name, ())]
    before, comma, _ = value.rpartition(",")
    names = line.names(line.root)
    items = [n for n in names if "/" in n] if name == "bases" else [*EVERYBODY, *(n for n in names if "/" not in n)]
    return [f"{key}={before}{comma}{item}" for item in items if item not in before.split(",")]


def _indexes_or_settings(line: Line, current: str) -> Iterable[str]:
    found = () if "=" in current else _indexes(line, current)
    return [name for name in found if name.startswith(current)] or _settings(line, current)


def _user_settings(line: Line, current: str) -> Iterable[str]:
    del line, current
    return [f"{key}=" for key in USER_KEYS]


def _environments(line: Line, current: str) -> Iterable[str]:
    """Return the environments that tox knows in this folder; several are separated by commas."""
    from devpi_cli import testruns

    before, comma, _ = current.rpartition(",")
    found = testruns.environments(line.option("-c"))
    return [f"{before}{comma}{name}" for name in found if name not in before.split(",")]


def _paths(line: Line, current: str) -> Iterable[str]:
    del current
    return ["/", *(f"/{name}" for name in line.names(line.root)), "/+api", "/+status"]


def _commands(line: Line, current: str) -> Iterable[str]:
    """Return the commands of plugins: the others are in the script."""
    del line, current
    from devpi_cli import plugins

    return [plugin.name for plugin in plugins.installed()]


KINDS: dict[str, Callable[[Line, str], Iterable[str]]] = {
    "command": _commands,
    "environments": _environments,
    "index": _indexes,
    "index-or-setting": _indexes_or_settings,
    "path": _paths,
    "project": _projects,
    "release": _releases,
    "requirement": _requirements,
    "setting": _settings,
    "target": _targets,
    "user": _users,
    "user-setting": _user_settings,
}
