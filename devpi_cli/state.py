"""What the client remembers: servers, index, logins; load, lock, save."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import BrokenState, NothingInUse
from devpi_cli.models import Login
from devpi_cli.urls import is_below

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = 1
LOCK_SECONDS = 20


def default_clientdir() -> Path:
    """Return the folder where state is kept unless the user names another."""
    from platformdirs import user_state_path

    return user_state_path("devpi-cli", appauthor=False)


@dataclass
class Server:
    """What is remembered of one server: who acts there, the tokens of all its users, what it can do."""

    user: str | None = None
    logins: dict[str, Login] = field(default_factory=dict)
    features: list[str] = field(default_factory=list)
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)


@dataclass
class State:
    """The contents of ``state.json``.

    Loaded state is plain data. What has to last is changed inside ``with state.changing():``, which locks the file,
    reads it afresh, and writes it in one step: parallel processes lose nothing, a kill leaves the old or the new file.
    """

    path: Path
    server: str | None = None
    index: str | None = None
    is_mirror: bool = False
    always_set_cfg: bool = False
    servers: dict[str, Server] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> State:
        """Read a state file; one that is not there is an empty state.

        Raises BrokenState for a file that cannot be read or understood. Such a file is never overwritten.
        """
        state = cls(path)
        state._read()
        return state

    def require_server(self) -> str:
        """Return the root URL of the server in use, or raise NothingInUse."""
        if self.server is None:
            raise NothingInUse("no server in use", hint="type 'devpi use URL' with the URL of a server or an index")
        return self.server

    def at(self, root: str) -> Server:
        """Return what is remembered of a server; a new one is remembered from now on."""
        return self.servers.setdefault(root, Server())

    def root_of(self, url: str) -> str | None:
        """Return the root URL of the remembered server that a URL belongs to."""
        return max((root for root in self.servers if is_below(url, root)), key=len, default=None)

    def login(self, root: str, user: str | None = None) -> Login | None:
        """Return the login of a user, or of who acts there, at a server."""
        server = self.servers.get(root)
        return server.logins.get(user or server.user or "") if server else None

    @contextmanager
    def changing(self) -> Iterator[State]:
        """Lock the file, read it afresh, and save what the block changed; an exception saves nothing."""
        from filelock import FileLock, Timeout

        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(self.path.with_name(f"{self.path.name}.lock"), timeout=LOCK_SECONDS, mode=0o600)
            with lock:
                self._read()
                yield self
                self._write()
        except Timeout:
            raise BrokenState(
                f"{self.path} is locked by another process for more than {LOCK_SECONDS} s",
                hint="wait for that process, or end it, and try again",
            ) from None
        except OSError as error:
            raise BrokenState(
                f"cannot write {self.path}: {error.strerror}", hint="name another folder with --clientdir"
            ) from None

    def _read(self) -> None:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except (OSError, UnicodeError) as error:
            raise self._broken(getattr(error, "strerror", None) or "it is not UTF-8 text") from None
        try:
            self._fill(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise self._broken("it is not a state file of this program, or damaged") from None

    def _fill(self, data: dict[str, Any]) -> None:
        if data["version"] != SCHEMA:
            raise self._broken(f"its version is {data['version']}, and this devpi-cli knows {SCHEMA}")
        self.server = _text_or_none(data["server"])
        self.index = _text_or_none(data["index"])
        self.is_mirror = bool(data["mirror"])
        self.always_set_cfg = bool(data["always_set_cfg"])
        self.servers = {root: _server(known) for root, known in data["servers"].items()}

    def _broken(self, why: str) -> BrokenState:
        return BrokenState(f"cannot use the state file {self.path}: {why}", hint="to start afresh, move it away")

    def _write(self) -> None:
        data = {
            "version": SCHEMA,
            "server": self.server,
            "index": self.index,
            "mirror": self.is_mirror,
            "always_set_cfg": self.always_set_cfg,
            "servers": {root: _as_json(server) for root, server in self.servers.items()},
        }
        write_private(self.path, json.dumps(data, indent=2))


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 in one step: a reader, or a crash, meets the old or the new text, never half of it."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mkstemp makes it 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _text_or_none(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value


def _server(data: dict[str, Any]) -> Server:
    logins = {user: Login(user, str(login["token"]), float(login["expires"])) for user, login in data["logins"].items()}
    basic = data.get("basic_auth")
    return Server(
        user=_text_or_none(data["user"]),
        logins=logins,
        features=[str(feature) for feature in data["features"]],
        basic_auth=(str(basic[0]), str(basic[1])) if basic else None,
    )


def _as_json(server: Server) -> dict[str, Any]:
    return {
        "user": server.user,
        "features": server.features,
        "basic_auth": server.basic_auth,
        "logins": {user: {"token": login.token, "expires": login.expires} for user, login in server.logins.items()},
    }
