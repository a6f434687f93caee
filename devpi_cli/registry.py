"""The registry of one's own: make, start and stop a devpi-server on this machine."""

from __future__ import annotations

import getpass
import importlib.util
import json
import re
import secrets
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devpi_cli import process
from devpi_cli.errors import BrokenState, NothingFound, ProgramMissing
from devpi_cli.state import write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOST = "127.0.0.1"
FIRST_PORT = 3141
PORTS = 100
START_SECONDS = 60.0
STOP_SECONDS = 20.0
INSTALL_SERVER = "install it with: pip install 'devpi-cli[server]'"


@dataclass
class Registry:
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
        return self._record.exists()

    @property
    def url(self) -> str:
        """The root URL of the server."""
        return f"http://{HOST}:{self._read()['port']}/"

    @property
    def pid(self) -> int | None:
        """The process id of the server that was started last."""
        pid: int | None = self._read()["pid"]
        return pid

    @property
    def _record(self) -> Path:
        return self.folder / "server.json"

    def password(self, user: str) -> str | None:
        """Return the password that was made for a user."""
        password: str | None = self._read()["passwords"].get(user)
        return password

    def remember_password(self, user: str, password: str) -> None:
        """Keep the password of a user, before the server is told."""
        record = self._read()
        record["passwords"][user] = password
        self._save(record)

    def make(self, *, root_pypi: bool = True) -> None:
        """Make an empty registry; ``root`` gets a password that nobody has to know.

        Raises ProgramMissing without devpi-server, ProgramFailed when it refuses.
        """
        require_devpi_server()
        init = process.beside_us("devpi-init", INSTALL_SERVER)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        password = new_password()
        settings = self.folder / "devpi-init.yml"  # a file, because everybody can read the arguments of a program
        write_private(settings, json.dumps({"devpi-server": {"root-passwd": password}}))
        try:
            options = [] if root_pypi else ["--no-root-pypi"]
            process.capture([init, "-c", str(settings), "--serverdir", str(self.data), *options])
        finally:
            settings.unlink()
        self._save({"port": None, "pid": None, "passwords": {"root": password}})

    def start(self, answers: Callable[[str], bool], *, port: int | None = None) -> None:
        """Start the server on a port, the one it had, or the first one free; wait until it answers at its URL.

        Raises ProgramMissing without devpi-server, ProgramFailed when it does not come up.
        """
        require_devpi_server()
        record = self._read()
        port = port or free_port(record["port"] or FIRST_PORT)
        url = f"http://{HOST}:{port}/"
        command = [sys.executable, "-m", "devpi_server", "--serverdir", str(self.data)]
        command += ["--host", HOST, "--port", str(port)]
        pid = process.start(command, log=self.log, ready=lambda: answers(url), seconds=START_SECONDS)
        self._save({**record, "port": port, "pid": pid})

    def stop(self, answers: Callable[[str], bool]) -> None:
        """Stop the server that answers at its URL, by its own process id."""
        record = self._read()
        url = self.url
        process.stop(record["pid"], ended=lambda: not answers(url), seconds=STOP_SECONDS)
        self._save({**record, "pid": None})

    def _read(self) -> dict[str, Any]:
        try:
            record: dict[str, Any] = json.loads(self._record.read_text(encoding="utf-8"))
            record["port"], record["pid"], record["passwords"].items()
        except FileNotFoundError:
            raise NothingFound("there is no server of your own here yet", hint="type 'devpi quickstart'") from None
        except (ValueError, TypeError, KeyError, AttributeError):
            raise BrokenState(f"{self._record} is damaged", hint=f"to start afresh, move {self.folder} away") from None
        return record

    def _save(self, record: dict[str, Any]) -> None:
        write_private(self._record, json.dumps(record, indent=2))


def require_devpi_server() -> None:
    """Raise ProgramMissing, with what to install, when devpi-server is not there."""
    if importlib.util.find_spec("devpi_server") is None:
        raise ProgramMissing("devpi-server is not installed beside devpi-cli", hint=INSTALL_SERVER)


def free_port(first: int) -> int:
    """Return a port, or the next one, on which nothing listens."""
    for port in range(first, first + PORTS):
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)):
                return port
    raise NothingFound(f"no free port between {first} and {first + PORTS}", hint="name one with --port")


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
