"""Load, lock and save what the client remembers: servers, index and logins."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import BrokenState
from devpi_cli.models import Login, Written
from devpi_cli.state import file
from devpi_cli.state.file import ELSEWHERE, LOCAL_STATE, SCHEMA
from devpi_cli.state.known_server import KnownServer, text_or_none
from devpi_cli.system import dirs, locks
from devpi_cli.system.files import home, tidy, write_private
from devpi_cli.urls import origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from devpi_cli.state.devpi_client import ImportedState

LOCK_SECONDS = 20


def default_clientdir() -> Path:
    """Return the default folder of the state. Raises DevpiError without a home."""
    from pathlib import Path

    home()
    return Path(dirs.state())


def local_state() -> Path | None:
    """Return the path of the ``devpi use --local`` file in the active environment."""
    from pathlib import Path

    venv = os.environ.get("VIRTUAL_ENV")
    return Path(venv) / LOCAL_STATE if venv else None


@dataclass
class State:
    """The contents of ``state.json``.

    If the active virtual environment has a file of its own (``devpi use --local``), what is in use comes from there.
    Logins are never stored there, because environments are copied, cached and put into images.

    Loaded state is plain data. Lasting changes are made inside ``with state.changing():``, which locks the file, reads
    it again and writes it atomically: parallel processes lose nothing, and a kill leaves the old or the new file.
    """

    path: Path
    server: str | None = None
    index: str | None = None
    is_mirror: bool = False
    always_set_cfg: bool = False
    pip_set_trusted: str = "auto"
    keyring: bool = False
    """Whether every --set-cfg lets pip and uv get the login from keyring."""
    venv: str | None = None
    servers: dict[str, KnownServer] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    """The settings files of installers that we wrote, by path."""
    local: Path | None = None
    """The path of the file in the active virtual environment, which may not exist."""
    is_local: bool = False
    devpi_client_folders: tuple[Path, ...] = ()
    """Folders with the state of devpi-client, which is used until there is a state file."""
    imported_from: Path | None = None
    """The folder from which the state of devpi-client was read."""
    warn: Callable[[str], None] = field(default=lambda text: None, repr=False, compare=False)
    """Called if the file cannot be locked in the usual way."""

    def __post_init__(self) -> None:
        self._elsewhere = self._in_use()  # what is in use in the main file while the local one applies

    @classmethod
    def load(
        cls,
        path: Path,
        local: Path | None = None,
        devpi_client_folders: tuple[Path, ...] = (),
        warn: Callable[[str], None] = lambda text: None,
    ) -> State:
        """Read a state file; a missing file is an empty state.

        Raises BrokenState for a file that cannot be read or parsed. Such a file is never overwritten.
        """
        state = cls(path, local=local, devpi_client_folders=devpi_client_folders, warn=warn)
        state._read()
        return state

    @classmethod
    def of(cls, clientdir: str | None, warn: Callable[[str], None] = lambda text: None) -> State:
        """Load the state from a folder, and from the active environment."""
        from pathlib import Path

        folder = Path(clientdir) if clientdir else default_clientdir()
        devpi_client_folders = (folder,) if clientdir else (folder, home() / ".devpi" / "client")
        return cls.load(folder / "state.json", local_state(), devpi_client_folders, warn)

    def at(self, root: str) -> KnownServer:
        """Return what is remembered about a server; add it if it is new."""
        return self.servers.setdefault(root, KnownServer())

    def known(self, root: str) -> KnownServer:
        """Return what is remembered about a server, without adding it."""
        return self.servers.get(root, KnownServer())

    def login(self, root: str, user: str | None = None) -> Login | None:
        """Return the login of a user at a server, by default of the acting user."""
        return self.known(root).logins.get(user or self.known(root).user or "")

    def user_at(self, root: str, named: str | None = None) -> str | None:
        """Return the ``named`` or acting user of a server if logged in, else None."""
        login = self.login(root, named)
        return login.user if login else None

    def read_again(self) -> None:
        """Read what other processes have changed since.

        Raises BrokenState as ``load`` does.
        """
        self._read()

    @contextmanager
    def changing(self) -> Iterator[State]:
        """Lock the file, read it again, and save changes unless the block raises.

        Raises BrokenState for a file that cannot be read, parsed, locked or written.
        """
        with _locked(self.path, self.warn):
            self._read()
            yield self
            self._write()

    def _read(self) -> None:
        self.imported_from = None
        if not self._read_file(self.path, self._fill):
            self._fill(State(self.path).as_json())  # drop what was read before
            self._import()
        found = bool(self.local and self._read_file(self.local, self._fill_in_use))
        self.is_local = found or bool(self.local and self._import_local(self.local.parent))

    def _import(self) -> None:
        """Import the state of devpi-client; it is saved as ours with the first change."""
        from devpi_cli.state import devpi_client  # imported here because it is rarely needed

        for folder in self.devpi_client_folders:
            if left := devpi_client.read(folder):
                self.imported_from = folder
                self._take(left)
                self.always_set_cfg, self.venv = left.always_set_cfg, left.venv
                for root, tokens in left.tokens.items():
                    self.at(root).logins = {user: Login(user, token, inf) for user, token in tokens.items()}
                    self.at(root).user = left.user if left.user in tokens else next(iter(tokens))
                for root, basic_auth in left.basic_auth.items():
                    self.at(root).basic_auth = basic_auth
                for root, client_cert in left.client_certs.items():
                    self.at(root).client_cert = client_cert
                break
        self._elsewhere = self._in_use()

    def _import_local(self, venv: Path) -> bool:
        from devpi_cli.state import devpi_client

        if left := devpi_client.read_local(venv):
            self._take(left)
        return left is not None

    def _take(self, left: ImportedState) -> None:
        self.server, self.index, self.is_mirror = left.server, left.index, left.is_mirror
        if left.server:
            self.at(left.server).features = list(left.features)

    def _read_file(self, path: Path, fill: Callable[[dict[str, Any]], None]) -> bool:
        """Read a file; return False if it does not exist."""
        data = file.contents(path)
        if data is None:
            return False
        try:
            fill(data)
        except file.DAMAGE:
            raise file.damaged(path) from None
        return True

    def _fill(self, data: dict[str, Any]) -> None:
        self._fill_in_use(data)
        self._elsewhere = self._in_use()
        self.servers = {_root(root): KnownServer.of(known) for root, known in data["servers"].items()}
        self.written = {path: Written(**written) for path, written in data.get("written", {}).items()}

    def _fill_in_use(self, data: dict[str, Any]) -> None:
        server = text_or_none(data["server"])
        self.server = server and _root(server)
        self.index = text_or_none(data["index"])
        self.is_mirror = bool(data["mirror"])
        self.always_set_cfg = bool(data["always_set_cfg"])
        self.pip_set_trusted = str(data.get("pip_set_trusted", "auto"))
        self.keyring = bool(data.get("keyring"))
        self.venv = text_or_none(data.get("venv"))

    def _in_use(self) -> dict[str, Any]:
        return {
            "version": SCHEMA,
            "server": self.server,
            "index": self.index,
            "mirror": self.is_mirror,
            "always_set_cfg": self.always_set_cfg,
            "pip_set_trusted": self.pip_set_trusted,
            "keyring": self.keyring,
            "venv": self.venv,
        }

    def as_json(self) -> dict[str, Any]:
        """Return the whole state as data for the file."""
        return {
            **self._in_use(),
            "servers": {root: server.as_json() for root, server in self.servers.items()},
            "written": {path: _shortened(written._asdict()) for path, written in self.written.items()},
        }

    def _write(self) -> None:
        in_use = self._in_use()
        if self.local and self.is_local:
            _save(self.local, in_use, "leave the virtual environment, or recreate it")
            in_use = self._elsewhere
        _save(self.path, {**self.as_json(), **in_use}, ELSEWHERE)


@contextmanager
def _locked(path: Path, warn: Callable[[str], None]) -> Iterator[None]:
    """Lock a file against other processes during the block."""
    busy = f"{path} has been locked by another process for more than {LOCK_SECONDS} s"
    with locks.required(
        path,
        LOCK_SECONDS,
        busy=BrokenState(busy, hint=locks.WAIT),
        broken=lambda error: BrokenState(f"cannot write {path}: {error.strerror}", hint=ELSEWHERE),
        warn=warn,
    ):
        tidy(path)
        yield


def _save(path: Path, data: dict[str, Any], hint: str) -> None:
    try:
        write_private(path, json.dumps(data, indent=2))
    except OSError as error:
        raise BrokenState(f"cannot write {path}: {error.strerror}", hint=hint) from None


def _shortened(written: dict[str, Any]) -> dict[str, Any]:
    """Leave out what older versions do not know, unless it is needed."""
    return {name: value for name, value in written.items() if value or name not in ("backup", "keyring")}


def _root(url: str) -> str:
    """Return a URL unchanged. Raises ValueError if it is not valid."""
    origin(url)
    return url
