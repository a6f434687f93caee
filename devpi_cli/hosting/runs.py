"""Run a devpi-server in the place of this process: for containers, systemd and terminals."""

from __future__ import annotations

import os
import re
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from devpi_cli.errors import DevpiError
from devpi_cli.hosting import journal, stretching, trials
from devpi_cli.hosting.inits import SECRET
from devpi_cli.hosting.local_server import DEVPI_SERVER
from devpi_cli.hosting.secret import Secret
from devpi_cli.hosting.serverdir import lossy_storage, owner_of, raise_all
from devpi_cli.programs import process
from devpi_cli.system import locks
from devpi_cli.system.files import expanded
from devpi_cli.system.signals import held

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from devpi_cli.hosting.serverdir import Serverdir
    from devpi_cli.hosting.stretching import Stretching

STARTS_SERVER = re.compile(r"from devpi_server\S* import .*\bmain\b")
HOST, PORT = "localhost", 3141
WINDOWS = os.name == "nt"  # without handles of folders
VARIABLES = {"host": "DEVPISERVER_HOST", "port": "DEVPISERVER_PORT", "secretfile": "DEVPISERVER_SECRETFILE"}
STRETCHED = "devpi-server stretches its secret, which takes 10 to 40 seconds"
SETTINGS = ".devpi-cli-run.yml"
"""The settings of a server whose storage has settings, which others must not see as arguments."""
# With these, host and port have another meaning or none.
OTHER_PLACES = ("listen", "unix-socket")


@dataclass(frozen=True)
class Run:
    """How a server is run: where it listens, its secret, and further options of devpi-server.

    ``stretching`` of the secret is devpi-server's own if it is None; ``before`` is another one that it had before.
    """

    on: Serverdir
    host: str
    port: int
    secret: Path
    stretching: Stretching | None = None
    before: Stretching | None = None
    options: tuple[str, ...] = ()
    has_other_place: bool = False
    accept_data_loss: bool = False

    @property
    def url(self) -> str:
        """Where it listens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    @property
    def is_stretched(self) -> bool:
        """Whether the start takes a while."""
        return self.stretching != stretching.NONE

    @property
    def needs_repair(self) -> bool:
        """Whether the last server was killed in the middle of a change, if none runs now."""
        return self.on.storage_name == "sqlite" and journal.is_left(self.on.database)

    @property
    def settings(self) -> Path | None:
        """The settings file for it; ``prepare`` writes it if something must not be an argument."""
        return self.on.path / SETTINGS if self.on.private_settings() else self.on.settings.path

    def command(self) -> list[str]:
        """Return what runs it."""
        place = [] if self.has_other_place else ["--host", self.host, "--port", str(self.port)]
        known = ["-c", str(self.settings or os.devnull), *self.on.options()]
        return [*DEVPI_SERVER, *known, *place, "--secretfile", str(self.secret), *self._role(), *self.options]

    def _role(self) -> list[str]:
        """Let a primary stay one: without the option devpi-server makes it a standalone server, without replicas."""
        is_named = any(option.partition("=")[0] == "--role" for option in self.options)
        if is_named or os.environ.get("DEVPISERVER_ROLE") or self.on.settings.get("role"):
            return []
        return ["--role", "primary"] if self.on.nodeinfo.get("role") in ("primary", "master") else []

    def variables(self) -> Mapping[str, str]:
        """Return the variables that it needs."""
        return {**(self.stretching.variables() if self.stretching else {}), **self.on.variables()}

    def mismatch(self) -> str:
        """Return what to warn of: a secret that is stretched otherwise than before; empty for nothing."""
        if not self.before:
            return ""
        changed = f"how the secret is stretched has changed, from '{self.before}' to '{self.stretching}'"
        return f"{changed}: logins end, and replicas are refused"


def plan(  # noqa: PLR0913 (keyword options)
    on: Serverdir,
    *,
    host: str | None,
    port: int | None,
    secretfile: str | None,
    options: Sequence[str],
    quick: bool,
    last: Mapping[str, Any] | None = None,
) -> Run:
    """Return how a server is to be run, by what was typed, the environment and the settings, in this order.

    ``last`` is the host, port and secret of its last start, which count after these. ``quick`` is for quickstart's
    server, whose secret is elsewhere. Raises DevpiError for a number that is none.
    """
    typed: dict[str, Any] = {"host": host, "port": port, "secretfile": secretfile}
    said = {name: typed[name] or os.environ.get(VARIABLES[name]) or on.settings.get(name) for name in typed}
    found = {name: said[name] or (last or {}).get(name) for name in typed}
    try:
        number = int(found["port"] or PORT)
    except ValueError:
        raise DevpiError(f"the port {found['port']!r} is not a number") from None
    kept = on.path.parent / "secret" if quick else on.path / SECRET
    secret = expanded(Path(found["secretfile"])).absolute() if found["secretfile"] else kept
    has_other_place = any(on.settings.get(name) for name in OTHER_PLACES) or any(
        option.removeprefix("--").partition("=")[0] in OTHER_PLACES for option in options
    )
    told = stretching.kept(secret) or (stretching.NONE if quick and secret == kept else None)
    named = stretching.named(on.settings, options)
    return Run(
        on,
        found["host"] or HOST,
        number,
        secret,
        named or told,
        told if named and told != named else None,
        tuple(options),
        has_other_place,
    )


def require(run: Run) -> None:
    """Raise DevpiError with all that keeps a server from starting."""
    handle = prepare(run, makes_secret=False)
    if handle is not None:
        os.close(handle)


def prepare(run: Run, *, makes_secret: bool = True) -> int | None:
    """Make sure that a server can start; return the handle of the lock that it is to keep.

    A secret is made if there is none, and what a killed server left of a change is undone. Raises DevpiError with all
    that keeps it from starting.
    """
    problems = [*run.on.problems(), *_problems_of_owner(run.on.path)]
    handle = None if problems else _lock(run.on.path)
    if handle is False:
        problems.append(DevpiError(f"a devpi-server already runs on {run.on.path}", hint=_who(run.on.path)))
    name = run.on.named_storage or run.on.storage_name
    problems += lossy_storage(name, is_accepted=run.accept_data_loss or trials.has_passed(run.on))
    if not run.has_other_place:
        problems += _problems_of_place(run)
    if run.secret.parent != run.on.path and not run.secret.exists():
        problems.append(DevpiError(f"there is no secret at {run.secret}", hint="name another one with --secretfile"))
    raise_all(problems, "the server was not started")
    if makes_secret and run.needs_repair:
        journal.undo(run.on.database)
    if makes_secret and not run.secret.exists():
        Secret(run.secret).create()
        if run.stretching:
            stretching.keep(run.secret, run.stretching)
    if makes_secret and (private := run.on.private_settings()):
        run.on.settings.write_for(None, run.on.path / SETTINGS, private)
    return None if handle is None or handle is False else handle


def replace_this_process(run: Run, handle: int | None) -> NoReturn:
    """Become the server, which gets all signals itself, and keeps the lock until it ends."""
    with held():
        if handle is not None:
            os.set_inheritable(handle, True)
        for stream in (sys.stdout, sys.stderr):
            if stream:
                stream.flush()
        command = run.command()
        os.execve(command[0], command, process.environment(run.variables()))  # noqa: S606 (no shell is wanted)


def _problems_of_owner(folder: Path) -> Iterator[DevpiError]:
    """Yield the error for data of another user, whose own server could not read what this one writes."""
    with suppress(OSError, AttributeError):
        if folder.stat().st_uid != os.geteuid():
            yield DevpiError(
                f"{folder} belongs to {owner_of(folder)}, whose own server could not go on with what this one writes",
                hint="run this as that user",
            )


def _problems_of_place(run: Run) -> Iterator[DevpiError]:
    try:
        found = socket.getaddrinfo(run.host, run.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        yield DevpiError(f"{run.host!r} is not an address of this machine")
        return
    for family, kind, _, _, address in found:
        with suppress(OSError), socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind(address)
                probe.listen(1)
            except OSError as error:
                yield DevpiError(f"cannot listen on {run.url}: {error.strerror}", hint="choose another one with --port")
                return


def _lock(folder: Path) -> int | bool | None:
    """Return a handle that keeps other servers off a folder, False if one runs on it, None without locks."""
    if WINDOWS:
        return None
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    is_free = locks.take(handle)
    if is_free and not serving(folder):
        return handle
    os.close(handle)
    return None if is_free is None else False


def serving(folder: Path) -> list[int]:
    """Return the processes of devpi-servers on a folder; only Linux tells."""
    return [pid for pid in _pids() if _serves(pid, folder)]


def _pids() -> Iterator[int]:
    with suppress(OSError):
        yield from (int(name) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208 (names only)


def _serves(pid: int, folder: Path) -> bool:
    """Return True for a devpi-server on a folder that others started; only Linux tells."""
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="surrogateescape").split("\0")
        is_server = any(Path(word).name == "devpi-server" or STARTS_SERVER.search(word) for word in words[:6])
        places = [after for word, after in pairwise(words) if word == "--serverdir"]
        return pid != os.getpid() and is_server and any(_is_same(place, folder) for place in places)
    return False


def _is_same(place: str, folder: Path) -> bool:
    with suppress(OSError):
        return Path(place).samefile(folder)
    return False


def _who(folder: Path) -> str:
    found = serving(folder)
    return f"it is process {', '.join(map(str, found))}" if found else ""
