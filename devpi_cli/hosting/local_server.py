"""Create, start and stop a devpi-server on this machine."""

from __future__ import annotations

import getpass
import importlib.util
import json
import os
import re
import secrets
import shutil
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import BrokenState, DevpiError, NothingFound, ProgramMissing
from devpi_cli.files import write_private
from devpi_cli.programs import process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOST = "127.0.0.1"
FIRST_PORT = 3141
LAST_PORT = 65535
PORTS = 100
START_SECONDS = 120.0
STOP_SECONDS = 20.0
# Not "-m devpi_server", which always exits with status 0. -P keeps modules in the current folder out.
DEVPI_SERVER = [sys.executable, "-P", "-c", "from devpi_server.main import main; raise SystemExit(main())"]
DEVPI_INIT = [sys.executable, "-P", "-c", "from devpi_server.init import init; raise SystemExit(init())"]
# devpi-server stretches its secret in case a person chose it: 10 s of CPU and 512 MiB at each start. Ours is random,
# with 192 bits. These are variables, not options, because a server that does not know them still starts.
UNSTRETCHED = {
    "DEVPISERVER_ARGON2_MEMORY_COST": "8",
    "DEVPISERVER_ARGON2_PARALLELISM": "1",
    "DEVPISERVER_ARGON2_TIME_COST": "1",
}


@dataclass
class LocalServer:
    """A devpi-server with its data, log and user passwords in one folder.

    ``server.json`` in it (mode 0600) holds the port, process id and passwords.
    """

    folder: Path

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

    @property
    def url(self) -> str:
        """The root URL of the server."""
        return _url(self._read()["port"])

    @property
    def pid(self) -> int | None:
        """The process id of the server started last; None once it was stopped."""
        pid: int | None = self._read()["pid"]
        return pid

    @property
    def _record(self) -> Path:
        return self.folder / "server.json"

    @property
    def _secret(self) -> Path:
        """The key for signing tokens, kept so that logins survive a restart."""
        return self.folder / "secret"

    def password(self, user: str) -> str | None:
        """Return the password generated for a user, or None."""
        password: str | None = self._read()["passwords"].get(user)
        return password

    def remember_password(self, user: str, password: str) -> None:
        """Store the password of a user; do this before changing it on the server."""
        record = self._read()
        record["passwords"][user] = password
        self._save(record)

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
        process.capture(
            [*DEVPI_INIT, "-c", os.devnull, "--serverdir", str(half_made), "--no-root-pypi"],
            extra={"DEVPISERVER_ROOT_PASSWD": password},  # not an argument: other users can read those
        )
        write_private(self._secret, new_password())
        self._save({"port": FIRST_PORT, "pid": None, "passwords": {"root": password}})
        half_made.rename(self.data)

    def start(self, answers: Callable[[str], bool], *, port: int | None = None) -> None:
        """Start the server and wait until it answers at its URL.

        Without ``port`` it uses its previous port, or the next free one. Raises ProgramMissing without devpi-server,
        ProgramFailed if it does not start, DevpiError if another program listens on the port.
        """
        require_devpi_server()
        record = self._read()
        if port and not is_free(port):
            raise DevpiError(f"port {port} is taken by another program", hint="choose another one with --port")
        port = port or free_port(record["port"])
        options = {"--serverdir": self.data, "--secretfile": self._secret, "--host": HOST, "--port": port}
        options["-c"] = os.devnull  # ignore the settings of other devpi-servers on this machine
        try:
            process.start(
                [*DEVPI_SERVER, *(str(part) for option in options.items() for part in option)],
                log=self.log,
                started=lambda pid: self._save({**record, "port": port, "pid": pid}),
                ready=lambda: answers(_url(port)),
                seconds=START_SECONDS,
                extra=UNSTRETCHED,
            )
        except BaseException:
            self._save(record)
            raise

    def stop(self, answers: Callable[[str], bool]) -> None:
        """Stop the server by its process id and wait until its URL no longer answers.

        Raises DevpiError if the process id is not known, ProgramFailed if the server does not end.
        """
        record = self._read()
        if record["pid"] is None:
            raise DevpiError(
                f"{self.url} was not started by 'devpi server start'", hint="stop it the way it was started"
            )
        process.stop(record["pid"], ended=lambda: not answers(_url(record["port"])), seconds=STOP_SECONDS)
        self._save({**record, "pid": None})

    def _read(self) -> dict[str, Any]:
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NothingFound("there is no local server yet", hint="type 'devpi quickstart'") from None
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
        raise ProgramMissing(
            "devpi-server is not installed next to devpi-cli", hint="install it with: pip install 'devpi-cli[server]'"
        )


def is_free(port: int) -> bool:
    """Return True if nothing listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0


def free_port(first: int) -> int:
    """Return the first free port from ``first`` on. Raises DevpiError for none."""
    last = min(first + PORTS, LAST_PORT)
    for port in range(first, last + 1):
        if is_free(port):
            return port
    raise DevpiError(f"no free port between {first} and {last}", hint="choose one with --port")


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
    return f"http://{HOST}:{port}/"
