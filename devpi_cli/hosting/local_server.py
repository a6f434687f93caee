"""The local_server of one's own: make, start and stop a devpi-server on this machine."""

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
# Not "-m devpi_server", which ends with status 0 whatever happens. -P: the folder that somebody stands in has no say.
DEVPI_SERVER = [sys.executable, "-P", "-c", "from devpi_server.main import main; raise SystemExit(main())"]
DEVPI_INIT = [sys.executable, "-P", "-c", "from devpi_server.init import init; raise SystemExit(init())"]
# devpi-server stretches its secret, as one that somebody thought of has to be: 10 s of CPU and 512 MiB at each start.
# Ours is random, 192 bits of it. These are variables and no options, because a server that does not know them goes on.
UNSTRETCHED = {
    "DEVPISERVER_ARGON2_MEMORY_COST": "8",
    "DEVPISERVER_ARGON2_PARALLELISM": "1",
    "DEVPISERVER_ARGON2_TIME_COST": "1",
}


@dataclass
class LocalServer:
    """A devpi-server with its data, its log and the passwords of its users in one folder.

    ``server.json`` there (0600) holds what has to be known to start, reach and stop it.
    """

    folder: Path

    @property
    def data(self) -> Path:
        """Where devpi-server keeps users, indexes and files."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What devpi-server prints."""
        return self.folder / "server.log"

    @property
    def exists(self) -> bool:
        """Tell whether it has been made."""
        return self._record.exists() and self.data.exists()

    @property
    def url(self) -> str:
        """The root URL of the server."""
        return _url(self._read()["port"])

    @property
    def pid(self) -> int | None:
        """The process id of the server that was started last; None when it was stopped."""
        pid: int | None = self._read()["pid"]
        return pid

    @property
    def _record(self) -> Path:
        return self.folder / "server.json"

    @property
    def _secret(self) -> Path:
        """What devpi-server signs tokens with: kept, so that logins outlive a restart."""
        return self.folder / "secret"

    def password(self, user: str) -> str | None:
        """Return the password that was made for a user."""
        password: str | None = self._read()["passwords"].get(user)
        return password

    def remember_password(self, user: str, password: str) -> None:
        """Keep the password of a user, before the server is told."""
        record = self._read()
        record["passwords"][user] = password
        self._save(record)

    def make(self) -> None:
        """Make an empty local_server, without a mirror; ``root`` gets a password that nobody has to know.

        What is half made, because somebody interrupted it, is made anew. Raises ProgramMissing without devpi-server,
        ProgramFailed when it refuses, BrokenState when there is data that nobody knows the passwords of.
        """
        require_devpi_server()
        if self.data.exists():
            raise BrokenState(f"{self.data} is there, but not {self._record}", hint=f"move {self.folder} away")
        for folder in (self.folder.parent, self.folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        password = new_password()
        half_made = self.folder / "half-made"
        shutil.rmtree(half_made, ignore_errors=True)
        process.capture(
            [*DEVPI_INIT, "-c", os.devnull, "--serverdir", str(half_made), "--no-root-pypi"],
            extra={"DEVPISERVER_ROOT_PASSWD": password},  # not an argument, because everybody can read those
        )
        write_private(self._secret, new_password())
        self._save({"port": FIRST_PORT, "pid": None, "passwords": {"root": password}})
        half_made.rename(self.data)

    def start(self, answers: Callable[[str], bool], *, port: int | None = None) -> None:
        """Start the server on a port, else the one it had or the next one free; wait until it answers at its URL.

        Raises ProgramMissing without devpi-server, ProgramFailed when it does not come up, DevpiError when another
        program listens on the port.
        """
        require_devpi_server()
        record = self._read()
        if port and not is_free(port):
            raise DevpiError(f"port {port} is taken by another program", hint="name another one with --port")
        port = port or free_port(record["port"])
        options = {"--serverdir": self.data, "--secretfile": self._secret, "--host": HOST, "--port": port}
        options["-c"] = os.devnull  # the settings of another devpi-server on this machine are not meant for this one
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
        """Stop the server that answers at its URL, by its own process id.

        Raises DevpiError when that is not known, ProgramFailed when it does not end it.
        """
        record = self._read()
        if record["pid"] is None:
            raise DevpiError(f"{self.url} was not started by 'devpi server start'", hint="stop it as it was started")
        process.stop(record["pid"], ended=lambda: not answers(_url(record["port"])), seconds=STOP_SECONDS)
        self._save({**record, "pid": None})

    def _read(self) -> dict[str, Any]:
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NothingFound("there is no server of your own here yet", hint="type 'devpi quickstart'") from None
        except (ValueError, RecursionError):
            record = None
        match record:
            case {"port": int(), "pid": int() | None, "passwords": dict()}:
                return dict(record)
        raise BrokenState(f"{self._record} is damaged", hint=f"to start afresh, move {self.folder} away")

    def _save(self, record: dict[str, Any]) -> None:
        write_private(self._record, json.dumps(record, indent=2))


def require_devpi_server() -> None:
    """Raise ProgramMissing, with what to install, when devpi-server is not there."""
    if importlib.util.find_spec("devpi_server") is None:
        raise ProgramMissing(
            "devpi-server is not installed beside devpi-cli", hint="install it with: pip install 'devpi-cli[server]'"
        )


def is_free(port: int) -> bool:
    """Tell whether nothing listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0


def free_port(first: int) -> int:
    """Return a port, or one of the next, on which nothing listens. Raises DevpiError when there is none."""
    last = min(first + PORTS, LAST_PORT)
    for port in range(first, last + 1):
        if is_free(port):
            return port
    raise DevpiError(f"no free port between {first} and {last}", hint="name one with --port")


def new_password() -> str:
    """Return a password that nobody can guess."""
    return secrets.token_urlsafe(24)


def default_user() -> str:
    """Return who is at the keyboard, as devpi spells names; not root, which every server has already."""
    try:
        name = re.sub(r"[^a-z0-9._-]", "", getpass.getuser().lower())
    except (OSError, KeyError):  # no such user in this container
        name = ""
    return "dev" if name in ("", "root") else name


def _url(port: int) -> str:
    return f"http://{HOST}:{port}/"
