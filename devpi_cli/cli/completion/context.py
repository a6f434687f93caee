"""The command line to complete: its words, and what state and server know.

The state file is read without the libraries that ``State`` needs, unless the server has to be asked.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from devpi_cli.cli.completion.cache import Cache
from devpi_cli.cli.completion.harmless import NAMES
from devpi_cli.cli.target import Target, resolve
from devpi_cli.errors import Refused, Unreachable
from devpi_cli.state.file import LOCAL_STATE, contents
from devpi_cli.system import dirs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from devpi_cli.server.api import Server

LIMIT = 0.3
"""Seconds that a server has for all requests to complete one word."""
DEAD_SECONDS = 15.0
"""Seconds for which a server that did not answer in time is not asked again."""
YES = ("1", "true", "t", "yes", "y", "on")


class CompletionContext:
    """The words before the cursor, and what state and server know about them."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._clientdir = self.option("--clientdir") or os.environ.get("DEVPI_CLIENTDIR")
        self._seconds_left = LIMIT

    def option(self, *names: str) -> str | None:
        """Return the value of an option, the last one if it is repeated."""
        found = None
        for place, word in enumerate(self._words):
            name, equals, value = word.partition("=")
            if name in names:
                found = value if equals else "".join(self._words[place + 1 : place + 2])
        return found

    # -- what the state knows

    @cached_property
    def state(self) -> Glance:
        """The content of the state file."""
        return Glance(self._clientdir)

    @cached_property
    def target(self) -> Target:
        """The server, index and user in use. Raises WrongUsage for an invalid variable."""
        return resolve(None, os.environ, self.state)

    @property
    def logins(self) -> list[str]:
        """The users who are logged in at the server in use."""
        return list(self.state.known(self.target.root).get("logins", ()))

    @property
    def user(self) -> str | None:
        """The acting user."""
        return self.target.user

    def index_target(self) -> Target:
        """Return the target with its index. Raises what ``Target.require_index`` raises."""
        target = resolve(self.option("--index"), os.environ, self.state)
        target.require_index()
        return target

    # -- what a server knows

    def names(self, target: Target | None = None) -> list[str]:
        """Return the users of a server and their indexes as ``user/index``.

        The server is that of ``target``, by default the one in use.
        """

        def fetch(server: Server) -> list[str]:
            users = server.users()
            return [*(user.name for user in users), *(index.name for user in users for index in user.indexes)]

        return self._ask(target or self.target, "users", fetch)

    def projects(self) -> list[str]:
        """Return the projects of the index."""
        target = self.index_target()
        index = target.require_index()
        found = self._ask(target, f"projects of {index}", lambda server: server.index(index).projects)
        return [name for name in found if "/" not in name]  # no path, which pip would install

    def versions(self, project: str) -> list[str]:
        """Return the versions of a project on the index, newest first."""
        target = self.index_target()
        index = target.require_index()

        def fetch(server: Server) -> list[str]:
            from devpi_cli.models import newest_first, normalised

            return newest_first(release.version for release in server.releases(index, normalised(project)))

        return [name for name in self._ask(target, f"versions of {project} on {index}", fetch) if "/" not in name]

    def _ask(self, target: Target, question: str, fetch: Callable[[Server], Sequence[str]]) -> list[str]:
        """Return names from the cache, or from the server if it answers in time."""
        root = target.root
        if not root:
            return []
        key = (root, self.state.user_at(root, target.named_user) or "", question)
        found = self._cache.names(*key)
        if found is None and self._seconds_left > 0 and self._cache.names(root, seconds=DEAD_SECONDS) is None:
            found = self._fetch(target, fetch)
            self._cache.keep(found or (), *(key if found is not None else (root,)))
        return found or []

    def _fetch(self, target: Target, fetch: Callable[[Server], Sequence[str]]) -> list[str] | None:
        """Return names from the server; None if it does not answer in time."""
        from devpi_cli.hosting import squatters
        from devpi_cli.http.identity import Identity
        from devpi_cli.http.session import Session
        from devpi_cli.http.tls import Trust
        from devpi_cli.server.api import Server
        from devpi_cli.state.store import State

        root, state = target.root, State.of(self._clientdir)
        try:
            squatters.refuse(root, str(state.path.parent.absolute()))
        except Unreachable:
            return None
        known = state.known(root)
        insecure = "--insecure" in self._words or os.environ.get("DEVPI_INSECURE", "").lower() in YES
        session = Session(
            Identity(root, state.login(root, target.named_user), known.basic_auth, known.client_cert),
            timeout=LIMIT,
            trust=Trust(self.option("--ca-bundle") or os.environ.get("DEVPI_CA_BUNDLE"), insecure),
        )
        session.prepare(root)
        started = time.monotonic()
        found = _within(self._seconds_left, Server(root, session), fetch)
        self._seconds_left -= time.monotonic() - started
        return None if found is None else [name for name in found if NAMES.issuperset(name)]

    @cached_property
    def _cache(self) -> Cache:
        return Cache(f"{f'{self._clientdir}/cache' if self._clientdir else dirs.cache()}/completion")


class Glance:
    """A quick read of the state file, without the libraries that ``State`` needs."""

    def __init__(self, clientdir: str | None) -> None:
        self._data = _read_state(clientdir)
        self.server: str | None = self._data.get("server")
        self.index: str | None = self._data.get("index")

    @property
    def servers(self) -> Iterable[str]:
        """The root URLs of all remembered servers."""
        return list(self._data["servers"])

    def known(self, root: str) -> dict[str, Any]:
        """Return what the file has about a server."""
        found: dict[str, Any] = self._data["servers"].get(root, {})
        return found

    def user_at(self, root: str, named: str | None = None) -> str | None:
        """Return the active user of a server, or ``named``; None if not logged in there."""
        known = self.known(root)
        user = named or known.get("user")
        return user if user in known.get("logins", ()) else None


def _read_state(clientdir: str | None) -> dict[str, Any]:
    """Return the state; a file in the active environment overrides the user's own."""
    folder, venv = clientdir or dirs.state(), os.environ.get("VIRTUAL_ENV")
    found = contents(f"{folder}/state.json")
    local = contents(f"{venv}/{LOCAL_STATE}") if venv else None
    if found is not None and (local or not (venv and os.path.exists(f"{venv}/devpi.json"))):  # noqa: PTH110 (no pathlib)
        return found | (local or {})
    from devpi_cli.state.store import State  # it imports the state of devpi-client

    return State.of(clientdir).as_json()


def _within(seconds: float, server: Server, fetch: Callable[[Server], Sequence[str]]) -> Sequence[str] | None:
    """Return what a server answers within ``seconds``; None if it does not answer.

    The result is empty if it refuses. The request runs in a daemon thread, because a server that sends byte by byte
    can keep a connection busy forever.
    """
    from threading import Thread

    replies: list[Sequence[str]] = []

    def ask() -> None:
        with suppress(Exception):
            try:
                replies.append(fetch(server))
            except Refused:
                replies.append(())
            finally:
                server.session.close()

    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return replies[0] if replies else None
