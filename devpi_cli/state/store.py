"""What the client remembers: servers, index, logins; load, lock, save."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any

from devpi_cli import dirs
from devpi_cli.errors import BrokenState
from devpi_cli.files import behind_links, home, read, tidy, write_private
from devpi_cli.models import Login, Written
from devpi_cli.state.known_server import KnownServer, text_or_none
from devpi_cli.urls import origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from devpi_cli.state.devpi_client import ImportedState

SCHEMA = 1
LOCK_SECONDS = 20
LOCAL_STATE = "devpi-cli.json"  # in a virtual environment
ELSEWHERE = "name another folder with --clientdir"


def default_clientdir() -> Path:
    """Return the folder where state is kept unless the user names another. Raises DevpiError without a home."""
    from pathlib import Path

    home()
    return Path(dirs.state())


def local_state() -> Path | None:
    """Return where ``devpi use --local`` keeps what is in use, in the active virtual environment."""
    from pathlib import Path

    venv = os.environ.get("VIRTUAL_ENV")
    return Path(venv) / LOCAL_STATE if venv else None


@dataclass(eq=False, repr=False)
class State:
    """The contents of ``state.json``.

    What is in use may stand in a file of its own, in the active virtual environment (``devpi use --local``), as long as
    that file is there; the logins never do: an environment is copied, cached and put into images.

    Loaded state is plain data. What has to last is changed inside ``with state.changing():``, which locks the file,
    reads it afresh, and writes it in one step: parallel processes lose nothing, a kill leaves the old or the new file.
    """

    path: Path
    server: str | None = None
    index: str | None = None
    is_mirror: bool = False
    always_set_cfg: bool = False
    pip_set_trusted: str = "auto"
    venv: str | None = None
    servers: dict[str, KnownServer] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    """The settings files of installers that were written, by path."""
    local: Path | None = None
    """Where the file in the active virtual environment is, or would be."""
    is_local: bool = False
    devpi_client_folders: tuple[Path, ...] = ()
    """Folders where devpi-client may have left its state, which counts until there is a state file."""
    imported_from: Path | None = None
    """The folder that it was read from."""

    def __post_init__(self) -> None:
        self._elsewhere = self._in_use()  # what the main file says while the local one is in force

    @classmethod
    def load(cls, path: Path, local: Path | None = None, devpi_client_folders: tuple[Path, ...] = ()) -> State:
        """Read a state file; one that is not there is an empty state.

        Raises BrokenState for a file that cannot be read or understood. Such a file is never overwritten.
        """
        state = cls(path, local=local, devpi_client_folders=devpi_client_folders)
        state._read()
        return state

    @classmethod
    def of(cls, clientdir: str | None) -> State:
        """``load`` the state in a folder, or where it is unless the user names one, and in the active environment."""
        from pathlib import Path

        folder = Path(clientdir) if clientdir else default_clientdir()
        devpi_client_folders = (folder,) if clientdir else (folder, home() / ".devpi" / "client")
        return cls.load(folder / "state.json", local_state(), devpi_client_folders)

    def at(self, root: str) -> KnownServer:
        """Return what is remembered of a server; a new one is remembered from now on."""
        return self.servers.setdefault(root, KnownServer())

    def known(self, root: str) -> KnownServer:
        """Return what is remembered of a server, which may be nothing."""
        return self.servers.get(root, KnownServer())

    def login(self, root: str, user: str | None = None) -> Login | None:
        """Return the login of a user, or of who acts there, at a server."""
        return self.known(root).logins.get(user or self.known(root).user or "")

    def user_at(self, root: str, named: str | None = None) -> str | None:
        """Return the user who acts at a server, or the one who is named, if they are logged in there."""
        login = self.login(root, named)
        return login.user if login else None

    @contextmanager
    def changing(self) -> Iterator[State]:
        """Lock the file, read it afresh, and save what the block changed; an exception saves nothing.

        Raises BrokenState for a file that cannot be read, understood, locked or written.
        """
        with _locked(self.path):
            self._read()
            yield self
            self._write()

    def _read(self) -> None:
        self.imported_from = None
        if not self._read_file(self.path, self._fill):
            self._fill(State(self.path).as_json())  # what was read before must not come back
            self._import()
        found = bool(self.local and self._read_file(self.local, self._fill_in_use))
        self.is_local = found or bool(self.local and self._import_local(self.local.parent))

    def _import(self) -> None:
        """Begin with what devpi-client left; the first change makes it ours."""
        from devpi_cli.state import devpi_client  # here, because that was once

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
        """Read a file; return whether there is one."""
        try:
            text = read(path)
        except FileNotFoundError:
            return False
        except PermissionError as error:
            raise _broken(path, str(error.strerror), f"let it belong to you, or {ELSEWHERE}") from None
        except (OSError, UnicodeError) as error:
            raise _broken(path, getattr(error, "strerror", None) or "it is not UTF-8 text") from None
        try:
            data = json.loads(text)
            if data["version"] != SCHEMA:
                raise _broken(
                    path,
                    f"its version is {data['version']}, and this devpi-cli knows {SCHEMA}",
                    f"update devpi-cli, or {ELSEWHERE}",
                )
            fill(data)
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError):
            raise _broken(path, "it is not a state file of this program, or damaged") from None
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
        self.venv = text_or_none(data.get("venv"))

    def _in_use(self) -> dict[str, Any]:
        return {
            "version": SCHEMA,
            "server": self.server,
            "index": self.index,
            "mirror": self.is_mirror,
            "always_set_cfg": self.always_set_cfg,
            "pip_set_trusted": self.pip_set_trusted,
            "venv": self.venv,
        }

    def as_json(self) -> dict[str, Any]:
        """Return what is in use and remembered, in the form of the file."""
        return {
            **self._in_use(),
            "servers": {root: server.as_json() for root, server in self.servers.items()},
            "written": {path: written._asdict() for path, written in self.written.items()},
        }

    def _write(self) -> None:
        in_use = self._in_use()
        if self.local and self.is_local:
            _save(self.local, in_use, "leave the virtual environment, or make it anew")
            in_use = self._elsewhere
        _save(self.path, {**self.as_json(), **in_use}, ELSEWHERE)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other processes from changing a file during the block."""
    from filelock import FileLock, Timeout

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = behind_links(path)  # whoever comes another way has to wait, too
        held = FileLock(place.with_name(f"{place.name}.lock"), timeout=LOCK_SECONDS, mode=0o600).acquire()
    except Timeout:
        raise BrokenState(
            f"{path} is locked by another process for more than {LOCK_SECONDS} s",
            hint="wait for that process, or end it, and try again",
        ) from None
    except OSError as error:
        raise BrokenState(f"cannot write {path}: {error.strerror}", hint=ELSEWHERE) from None
    with held:
        tidy(path)
        yield


def _save(path: Path, data: dict[str, Any], hint: str) -> None:
    try:
        write_private(path, json.dumps(data, indent=2))
    except OSError as error:
        raise BrokenState(f"cannot write {path}: {error.strerror}", hint=hint) from None


def _root(url: str) -> str:
    """Return a URL as it is. Raises ValueError for what is none."""
    origin(url)
    return url


def _broken(path: Path, why: str, hint: str = "to start afresh, move it away") -> BrokenState:
    return BrokenState(f"cannot use the state file {path}: {why}", hint=hint)
