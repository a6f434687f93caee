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
from devpi_cli.cli.target import Target, resolve
from devpi_cli.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from devpi_cli.server.api import Server

LIMIT = 0.3
"""How many seconds a server has to answer, whatever it is asked for one word."""
DEAD_SECONDS = 15.0
"""For how long a server that did not is not asked again."""
SCHEMA = 1  # of the state file
LOCAL_STATE = "devpi-cli.json"  # in a virtual environment
YES = ("1", "true", "t", "yes", "y", "on")
# What a name can hold; another one could mean something to a shell.
HARMLESS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+@/")


class CompletionContext:
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
    def state(self) -> Glance:
        """What the state file says."""
        return Glance(self._clientdir)

    @cached_property
    def target(self) -> Target:
        """The server, index and user in use. Raises WrongUsage for a variable that makes no sense."""
        return resolve(None, os.environ, self.state)

    @property
    def logins(self) -> list[str]:
        """The users who are logged in at the server in use."""
        return list(self.state.known(self.target.root).get("logins", ()))

    @property
    def user(self) -> str | None:
        """Who acts, as ``--index`` and others understand it."""
        return self.target.user

    def index_target(self) -> Target:
        """Return the target with the index that is meant. Raises what ``Target.require_index`` raises."""
        target = resolve(self.option("--index"), os.environ, self.state)
        target.require_index()
        return target

    # -- what a server knows

    def names(self, target: Target | None = None) -> list[str]:
        """Return the users of a server, of that in use unless it is named, and their indexes as ``user/index``."""

        def fetch(server: Server) -> list[str]:
            users = server.users()
            return [*(user.name for user in users), *(index.name for user in users for index in user.indexes)]

        return self._ask(target or self.target, "users", fetch)

    def projects(self) -> list[str]:
        """Return the projects of the index that is meant."""
        target = self.index_target()
        index = target.require_index()
        return self._ask(target, f"projects of {index}", lambda server: server.index(index).projects)

    def versions(self, project: str) -> list[str]:
        """Return the versions of a project on that index, the newest first."""
        target = self.index_target()
        index = target.require_index()

        def fetch(server: Server) -> list[str]:
            from devpi_cli.models import newest_first, normalised

            return newest_first(release.version for release in server.releases(index, normalised(project)))

        return self._ask(target, f"versions of {project} on {index}", fetch)

    def _ask(self, target: Target, question: str, fetch: Callable[[Server], Sequence[str]]) -> list[str]:
        """Return what the cache knows, or the server in the time that it has; nothing where neither does."""
        root = target.root
        if not root:
            return []
        key = (root, self.state.user_at(root, target.named_user) or "", question)
        found = self._cache.names(*key)
        if found is None and self._left > 0 and self._cache.names(root, seconds=DEAD_SECONDS) is None:
            found = self._fetch(target, fetch)
            self._cache.keep(found or (), *(key if found is not None else (root,)))
        return found or []

    def _fetch(self, target: Target, fetch: Callable[[Server], Sequence[str]]) -> list[str] | None:
        """Return what the server says; None when it does not answer in time."""
        from devpi_cli.http.identity import Identity
        from devpi_cli.http.session import Session
        from devpi_cli.http.tls import Trust
        from devpi_cli.server.api import Server
        from devpi_cli.state.store import State

        root, state = target.root, State.of(self._clientdir)
        known = state.known(root)
        insecure = "--insecure" in self._words or os.environ.get("DEVPI_INSECURE", "").lower() in YES
        session = Session(
            Identity(root, state.login(root, target.named_user), known.basic_auth, known.client_cert),
            timeout=LIMIT,
            trust=Trust(self.option("--ca-bundle") or os.environ.get("DEVPI_CA_BUNDLE"), insecure),
        )
        session.prepare(root)
        started = time.monotonic()
        found = _within(self._left, Server(root, session), fetch)
        self._left -= time.monotonic() - started
        return None if found is None else [name for name in found if HARMLESS.issuperset(name)]

    @cached_property
    def _cache(self) -> Cache:
        return Cache(f"{f'{self._clientdir}/cache' if self._clientdir else dirs.cache()}/completion")


class Glance:
    """What the state says of servers and users, read without the libraries that ``State`` needs."""

    def __init__(self, clientdir: str | None) -> None:
        self._data = _in_files(clientdir)
        self.server: str | None = self._data["server"]
        self.index: str | None = self._data["index"]

    @property
    def servers(self) -> Iterable[str]:
        """The root URLs of all servers."""
        return list(self._data["servers"])

    def known(self, root: str) -> dict[str, Any]:
        """Return what is remembered of a server, as the file has it."""
        found: dict[str, Any] = self._data["servers"].get(root, {})
        return found

    def user_at(self, root: str, named: str | None = None) -> str | None:
        """Return the user who acts at a server, or the one who is named, if they are logged in there."""
        known = self.known(root)
        user = named or known.get("user")
        return user if user in known.get("logins", ()) else None


def _in_files(clientdir: str | None) -> dict[str, Any]:
    """Return what the state file says, and before it that of the active environment."""
    folder, venv = clientdir or dirs.state(), os.environ.get("VIRTUAL_ENV")
    with suppress(OSError, ValueError, LookupError, TypeError):
        found: dict[str, Any] = _json(f"{folder}/state.json")
        if venv and os.path.exists(f"{venv}/{LOCAL_STATE}"):  # noqa: PTH110 (without pathlib)
            return found | _json(f"{venv}/{LOCAL_STATE}")
        if not (venv and os.path.exists(f"{venv}/devpi.json")):  # noqa: PTH110 (without pathlib)
            return found
    from devpi_cli.state.store import State

    return State.of(clientdir).as_json()


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
