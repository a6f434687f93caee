"""The line that is being typed: its words, and what the state and the server know of server, user and index meant.

The state is read at a glance, without the libraries that ``State`` needs, as long as the server is not asked.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from devpi_cli import dirs
from devpi_cli.cli.completion.cache import Cache
from devpi_cli.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from devpi_cli.server.api import Server
    from devpi_cli.state.store import State

LIMIT = 0.3
"""How many seconds a server has to answer, whatever it is asked for one word."""
DEAD_SECONDS = 15.0
"""For how long a server that did not is not asked again."""
SCHEMA = 1  # of the state file
LOCAL_STATE = "devpi-cli.json"  # in a virtual environment
YES = ("1", "true", "t", "yes", "y", "on")
# What a name can hold; another one could mean something to a shell.
HARMLESS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+@/")


class Line:
    """The words before the one at the cursor, and what is known where they lead."""

    def __init__(self, words: Sequence[str]) -> None:
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

    # -- what the state knows

    @cached_property
    def state(self) -> State:
        from devpi_cli.state.store import State

        return State.of(self._clientdir)

    @cached_property
    def _glance(self) -> dict[str, Any]:
        """Return what the state file says, and before it that of the active environment."""
        folder, venv = self._clientdir or dirs.state(), os.environ.get("VIRTUAL_ENV")
        with suppress(OSError, ValueError, LookupError, TypeError):
            found: dict[str, Any] = _json(f"{folder}/state.json")
            if venv and os.path.exists(f"{venv}/{LOCAL_STATE}"):  # noqa: PTH110 (without pathlib)
                found |= _json(f"{venv}/{LOCAL_STATE}")
            elif venv and os.path.exists(f"{venv}/devpi.json"):  # noqa: PTH110 (without pathlib)
                return self.state.as_json()
            return found
        return self.state.as_json()

    @property
    def root(self) -> str:
        """The root URL of the server in use; empty if there is none."""
        if "://" in os.environ.get("DEVPI_INDEX", ""):
            from devpi_cli import urls

            named = urls.named_place()
            return named.root if named else ""
        return self._glance["server"] or ""

    @property
    def servers(self) -> list[str]:
        """The root URLs of all servers that are remembered."""
        return list(self._glance["servers"])

    @property
    def logins(self) -> list[str]:
        """The users who are logged in at the server in use."""
        return list(self._known(self.root).get("logins", ()))

    @property
    def user(self) -> str | None:
        """Who acts, as ``--index`` and others understand it."""
        return os.environ.get("DEVPI_USER") or self._login(self.root)

    def _known(self, root: str) -> dict[str, Any]:
        found: dict[str, Any] = self._glance["servers"].get(root, {})
        return found

    def _login(self, root: str) -> str | None:
        """Return the user by whose login a server is asked; None for nobody's."""
        known = self._known(root)
        user = os.environ.get("DEVPI_USER") or known.get("user")
        return user if user in known.get("logins", ()) else None

    def index(self) -> tuple[str, str]:
        """Return the root URL and the name of the index that is meant. Raises WrongUsage if there is none."""
        from devpi_cli import urls

        typed = self.option("--index") or os.environ.get("DEVPI_INDEX") or self._glance["index"] or ""
        if urls.is_url(typed):
            return urls.split_index(urls.without_login(urls.checked(typed))[0])
        return self.root, urls.index_name(typed, self.user)

    # -- what a server knows

    def names(self, root: str | None = None) -> list[str]:
        """Return the users of a server, of that in use unless it is named, and their indexes as ``user/index``."""

        def fetch(server: Server) -> list[str]:
            users = server.users()
            return [*(user.name for user in users), *(index.name for user in users for index in user.indexes)]

        return self._ask(root or self.root, "users", fetch)

    def projects(self) -> list[str]:
        """Return the projects of the index that is meant."""
        root, index = self.index()
        return self._ask(root, f"projects of {index}", lambda server: server.index(index).projects)

    def versions(self, project: str) -> list[str]:
        """Return the versions of a project on that index, the newest first."""
        root, index = self.index()

        def fetch(server: Server) -> list[str]:
            from devpi_cli.models import newest_first, normalised

            return newest_first(release.version for release in server.releases(index, normalised(project)))

        return self._ask(root, f"versions of {project} on {index}", fetch)

    def _ask(self, root: str, question: str, fetch: Callable[[Server], Sequence[str]]) -> list[str]:
        """Return what the cache knows, or the server in the time that it has; nothing where neither does."""
        if not root:
            return []
        key = (root, self._login(root) or "", question)
        found = self._cache.names(*key)
        if found is None and self._left > 0 and self._cache.names(root, seconds=DEAD_SECONDS) is None:
            found = self._fetch(root, fetch)
            self._cache.keep(found or (), *(key if found is not None else (root,)))
        return found or []

    def _fetch(self, root: str, fetch: Callable[[Server], Sequence[str]]) -> list[str] | None:
        """Return what the server says; None when it does not answer in time."""
        from devpi_cli.http import engine

        engine.start()
        from devpi_cli.http.identity import Access
        from devpi_cli.http.session import Session
        from devpi_cli.http.tls import Trust
        from devpi_cli.server.api import Server

        login, known = self.state.login(root, self._login(root)), self.state.known(root)
        access = Access(root, login.pair if login else None, known.basic_auth, known.client_cert)
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
        return Cache(f"{f'{self._clientdir}/cache' if self._clientdir else dirs.cache()}/completion")


def _json(path: str) -> dict[str, Any]:
    """Read a state file. Raises ValueError when this is another one."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 (pathlib costs more than reading it)
        found: dict[str, Any] = json.load(file)
    if found["version"] != SCHEMA:
        raise ValueError
    return found


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
