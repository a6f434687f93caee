"""Create, start and stop a devpi-server on this machine."""

from __future__ import annotations

import getpass
import importlib.util
import json
import os
import re
import secrets
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import BrokenState, DevpiError, NothingFound, ProgramFailed, ProgramMissing
from devpi_cli.hosting import challenge, failures, journal, ports, stretching, trust
from devpi_cli.hosting.secret import UNSTRETCHED, Secret
from devpi_cli.hosting.squatters import RECORD
from devpi_cli.http.identity import Identity
from devpi_cli.http.session import Session
from devpi_cli.programs import process, running
from devpi_cli.system import locks
from devpi_cli.system.files import read, write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from devpi_cli.programs.running import Running

FIRST_PORT = 3141
START_SECONDS = 120.0
STOP_SECONDS = 20.0
# For everything that another command may do meanwhile.
LOCK_SECONDS = START_SECONDS + STOP_SECONDS + 60
# Not "-m devpi_server", which always exits with status 0. -P keeps modules in the current folder out.
# After Ctrl-C it returns an object that is no exit status.
DEVPI_SERVER = [
    *(sys.executable, "-P", "-c"),
    "from devpi_server.main import main; code = main(); raise SystemExit(code if isinstance(code, int) else 0)",
]
DEVPI_INIT = [sys.executable, "-P", "-c", "from devpi_server.init import init; raise SystemExit(init())"]


@dataclass
class LocalServer:
    """A devpi-server with its data, log and user passwords in one folder.

    ``server.json`` in it (mode 0600) holds the port, the process and the passwords. Its port and its process id may
    belong to somebody else by now: ``process`` and ``answers`` tell. ``debug`` gets a line for each request.
    """

    folder: Path
    debug: Callable[[str], None] = lambda line: None

    @property
    def data(self) -> Path:
        """The folder where devpi-server keeps users, indexes and files."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """The file with the output of devpi-server."""
        return self.folder / "server.log"

    @property
    def exists(self) -> bool:
        """True if the server has been created."""
        return self._record.exists() and self.data.exists()

    def require(self) -> None:
        """Raise NothingFound if the server has not been created.

        Raises BrokenState if its record is damaged.
        """
        self._read()

    @property
    def port(self) -> int:
        """The port of the server when it was started last."""
        port: int = self._read()["port"]
        return port

    @property
    def url(self) -> str:
        """The root URL of the server."""
        return _url(self.port)

    @property
    def process(self) -> Running | None:
        """The process that was started last, if it still runs.

        It is never one that got its id later. Only such a process may be signalled: it is ours, serves this
        folder, and started when it was recorded.
        """
        record = self._read()
        found = running.find(record["pid"]) if record["pid"] else None
        if not (found and found.is_ours and found.has_arguments("--serverdir", str(self.data))):
            return None
        return found if record.get("started") in (None, found.started) else None  # None: by an older devpi-cli

    @property
    def _record(self) -> Path:
        return self.folder / RECORD

    @property
    def secret(self) -> Secret:
        """The key for signing tokens, kept so that logins survive a restart."""
        return Secret(self.folder / "secret")

    def answers(self, session: Session | None = None) -> bool:
        """Return True if this server, and nobody else, answers at its URL.

        Only then it may get a password, preferably over the connection of ``session``, which has been used.
        """
        port = self.port
        return ports.is_in_use(port) and self._answers_at(port, session)

    def _answers_at(self, port: int, session: Session | None = None) -> bool:
        listener = ports.listener(port)
        if listener and not listener.is_ours:
            return False
        asking = session or Session(Identity(_url(port)), log=self.debug)
        try:
            return challenge.is_passed(asking, _url(port), self.secret)
        finally:
            if session is None:
                asking.close()

    def alone(self, warn: Callable[[str], None], waiting: Callable[[], None]) -> AbstractContextManager[None]:
        """Let no other process create, start, fill or stop the server during the block.

        ``waiting`` is called if another one does. Raises DevpiError if it does not end.
        """
        busy = f"another process has been starting or stopping the server for more than {LOCK_SECONDS:g} s"
        return locks.required(
            self.folder,
            LOCK_SECONDS,
            busy=DevpiError(busy, hint=locks.WAIT),
            broken=lambda error: BrokenState(f"cannot write {self.folder.parent}: {error.strerror}"),
            warn=warn,
            waiting=waiting,
        )

    def password(self, user: str) -> str | None:
        """Return the password generated for a user, or None."""
        password: str | None = self._read()["passwords"].get(user)
        return password

    def passwords(self) -> dict[str, str]:
        """Return the passwords that are kept, by user."""
        return dict(self._read()["passwords"])

    def keep_password(self, user: str, password: str) -> None:
        """Keep another password of a user, which the server has already."""
        record = self._read()
        record["passwords"][user] = password
        self._save(record)

    def make_password(self, user: str) -> str:
        """Return the password to set for a new user.

        It is the one kept for them, else a new one, which is kept first.
        """
        record = self._read()
        password: str = record["passwords"].setdefault(user, new_password())
        self._save(record)
        return password

    def make(self) -> None:
        """Create an empty server without a mirror, with a random password for ``root``.

        The remains of an interrupted attempt are replaced. Raises ProgramMissing without devpi-server, ProgramFailed if
        it fails, BrokenState if there is data whose passwords are lost.
        """
        require_devpi_server()
        if self.data.exists():
            raise BrokenState(f"{self.data} exists, but {self._record} does not", hint=f"move {self.folder} away")
        for folder in (self.folder.parent, self.folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        password = new_password()
        half_made = self.folder / "half-made"
        shutil.rmtree(half_made, ignore_errors=True)
        try:
            process.capture(
                [*DEVPI_INIT, "-c", os.devnull, "--serverdir", str(half_made), "--no-root-pypi"],
                extra={"DEVPISERVER_ROOT_PASSWD": password},  # not an argument: other users can read those
            )
        except ProgramFailed as error:
            cause, remedy = failures.cause(error.message.splitlines()[:-1])
            raise ProgramFailed(f"devpi-init failed: {cause}", status=1, hint=remedy) from None
        self.secret.create()
        stretching.keep(self.secret.path, stretching.NONE)
        self._save({"port": FIRST_PORT, "pid": None, "passwords": {"root": password}})
        half_made.rename(self.data)

    def start(self, *, port: int | None = None, ca_bundle: str | None = None) -> None:
        """Start the server and wait until it answers at its URL.

        Its mirrors trust the CAs of the system, and those in ``ca_bundle``, also when it is started again. Without
        ``port`` it uses its previous port, or the next free one. Raises ProgramMissing without devpi-server,
        ProgramFailed if it does not start, DevpiError if another program listens on the port.
        """
        require_devpi_server()
        record = self._read()
        if port and not ports.is_free(port):
            raise DevpiError(f"port {port} is taken by another program", hint="choose another one with --port")
        port, trusted = port or ports.free_port(record["port"]), trust.variables(self.folder, ca_bundle)
        options = {"--serverdir": self.data, "--secretfile": self.secret.path, "--host": ports.HOST, "--port": port}
        journal.undo(self.data / ".sqlite")
        options["-c"] = os.devnull  # ignore the settings of other devpi-servers on this machine

        def remember(pid: int) -> None:
            found = running.find(pid)
            self._save({**record, "port": port, "pid": pid, "started": found.started if found else None})

        try:
            process.start(
                [*DEVPI_SERVER, *(str(part) for option in options.items() for part in option)],
                log=self.log,
                started=remember,
                ready=lambda: ports.is_in_use(port) and self._answers_at(port),
                seconds=START_SECONDS,
                extra={**UNSTRETCHED, **trusted},
            )
        except BaseException as error:
            self._save(record)
            if isinstance(error, ProgramFailed):
                raise failures.of_start(error, self.log) from None
            raise

    def stop(self, found: Running) -> None:
        """Stop the process of the server and wait for its end.

        Raises ProgramFailed if it does not end.
        """
        running.end(found, STOP_SECONDS)
        self._save({**self._read(), "pid": None, "started": None})

    def _read(self) -> dict[str, Any]:
        try:
            record = json.loads(read(self._record))
        except FileNotFoundError:
            raise NothingFound("there is no local server yet", hint="type 'devpi quickstart'") from None
        except OSError as error:
            raise BrokenState(f"cannot read {self._record}: {error.strerror}") from None
        except (ValueError, RecursionError):
            record = None
        match record:
            case {"port": int(), "pid": int() | None, "passwords": dict()}:
                return dict(record)
        raise BrokenState(f"{self._record} is damaged", hint=f"to start afresh, move {self.folder} away")

    def _save(self, record: dict[str, Any]) -> None:
        write_private(self._record, json.dumps(record, indent=2))


def require_devpi_server() -> None:
    """Raise ProgramMissing with the install command if devpi-server is not installed."""
    if importlib.util.find_spec("devpi_server") is None:
        from devpi_cli.programs.own_environment import line_to_add_extra

        raise ProgramMissing(
            "devpi-server is not installed next to devpi-cli", hint=f"install it with: {line_to_add_extra('server')}"
        )


def new_password() -> str:
    """Return a new random password."""
    return secrets.token_urlsafe(24)


def default_user() -> str:
    """Return the user's login name as devpi allows it.

    Returns ``dev`` instead of root, which every server has.
    """
    try:
        name = re.sub(r"[^a-z0-9._-]", "", getpass.getuser().lower())
    except (OSError, KeyError):  # a container without this user
        name = ""
    return "dev" if name in ("", "root") else name


def _url(port: int) -> str:
    return f"http://{ports.HOST}:{port}/"
