"""Find a free port of this machine, and tell whose a port is that is taken."""

from __future__ import annotations

import errno
import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.errors import DevpiError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

HOST = "127.0.0.1"
ANY, ANY6 = "0.0.0.0", "0" * 32  # noqa: S104 (nothing is bound to it here)
LAST_PORT = 65535
PORTS = 100
CONNECT_SECONDS = 5.0
PROC = Path("/proc")
LISTENING = "0A"
TABLES = ("tcp", "tcp6")
ADDRESS, STATE, UID, INODE = 1, 3, 7, 9  # places in a line of these tables


@dataclass(frozen=True)
class Listener:
    """Who listens on a port: a user and, if it is our own, the process."""

    uid: int
    inode: str = ""

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()

    @cached_property
    def pid(self) -> int | None:
        """The process, if we may see it; finding it takes a while."""
        return _process_with(self.inode) if self.inode else None

    def __str__(self) -> str:
        process = f"process {self.pid}" if self.pid else "a program"
        return f"{process} of {_user_name(self.uid)}"


def is_in_use(port: int, host: str = HOST) -> bool:
    """Return True if somebody listens on a port, of this machine if no other is named."""
    try:
        with socket.create_connection((host, port), CONNECT_SECONDS):
            return True
    except ConnectionResetError:  # somebody listens, who ends each connection at once
        return True
    except OSError:
        return False


def is_free(port: int) -> bool:
    """Return True if a server can listen on a port.

    It may also be taken by a connection to somewhere.
    """
    with socket.socket() as probe:
        if os.name == "posix":  # as servers do, to which old connections are no obstacle; on Windows it means more
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return not is_in_use(port)


def free_port(first: int) -> int:
    """Return the first free port from ``first`` on. Raises DevpiError for none."""
    last = min(first + PORTS, LAST_PORT)
    for port in range(first, last + 1):
        if is_free(port):
            return port
    raise DevpiError(f"no free port between {first} and {last}", hint="choose one with --port")


def listener(port: int) -> Listener | None:
    """Return who gets the connections to a port of this machine.

    Return None for nobody, or if the system does not tell.
    """
    found = list(_listening(port, {*_addresses(HOST), *_addresses(ANY), ANY6}))
    # Of several sockets the one with this very address gets them; otherwise it is one with any address.
    exact = [fields for fields in found if fields[ADDRESS].partition(":")[0] in _addresses(HOST)]
    for fields in exact or found:
        return Listener(int(fields[UID]), fields[INODE])
    return None


def listeners_at_localhost(port: int) -> list[Listener]:
    """Return who may get the connections to a port of ``localhost``.

    That may mean IPv4 or IPv6.
    """
    found = _listening(port, {*_addresses(HOST), *_addresses(ANY), ANY6, _words(bytes(15) + b"\1")})
    return [Listener(int(fields[UID]), fields[INODE]) for fields in found]


def _listening(port: int, known: Container[str]) -> Iterator[list[str]]:
    for table in TABLES:
        with suppress(OSError):
            for line in (PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                address, _, number = fields[ADDRESS].partition(":")
                if fields[STATE] == LISTENING and int(number, 16) == port and address in known:
                    yield fields


def _addresses(host: str) -> tuple[str, str]:
    """Return an address as the tables for IPv4 and IPv6 have it.

    It is in words of 32 bits, in the order of this machine.
    """
    packed = socket.inet_aton(host)
    mapped = bytes(10) + b"\xff\xff" + packed
    return _words(packed), _words(mapped)


def _words(address: bytes) -> str:
    parts = (address[start : start + 4] for start in range(0, len(address), 4))
    return "".join(f"{int.from_bytes(part, sys.byteorder):08X}" for part in parts)


def _process_with(inode: str) -> int | None:
    """Return the process that has a socket, if we may see it."""
    for folder in PROC.glob("[0-9]*/fd"):
        with suppress(OSError):
            if any(os.readlink(handle) == f"socket:[{inode}]" for handle in folder.iterdir()):  # noqa: PTH115 (no path)
                return int(folder.parent.name)
    return None


def _user_name(uid: int) -> str:
    with suppress(ImportError, KeyError):
        import pwd

        return pwd.getpwuid(uid).pw_name
    return f"user {uid}"
