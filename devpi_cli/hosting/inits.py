"""Make the data of a new devpi-server: private, with a password for root, and with a secret that stays."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.errors import AlreadyThere, DevpiError, WrongUsage
from devpi_cli.hosting import postgres, stretching
from devpi_cli.hosting.raw import INITIALIZE, Runner
from devpi_cli.hosting.secret import Secret
from devpi_cli.hosting.serverdir import Serverdir, lossy_storage, missing_storage, raise_all
from devpi_cli.system.files import expanded, read, write_private
from devpi_cli.system.unfinished import problem, unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.hosting.exports import Watching
    from devpi_cli.hosting.raw import Log
    from devpi_cli.hosting.stretching import Stretching

SECRET = ".secret"  # noqa: S105 (the name of the file)
SHORTEST_SECRET = 32
"""What devpi-server takes."""


@dataclass(frozen=True)
class NewServer:
    """How a new server is to be: its role, and a file whose secret it takes, if that is not to be made."""

    role: str = "auto"
    primary_url: str | None = None
    secretfile: Path | None = None
    no_root_pypi: bool = False
    accept_data_loss: bool = False
    unstretched: bool = False
    """Whether the secret, which is random, is not stretched."""


def require(target: Serverdir, new: NewServer) -> None:
    """Raise DevpiError with all that keeps a server from being made."""
    raise_all(list(_problems(target, new)))


def _problems(target: Serverdir, new: NewServer) -> Iterator[DevpiError]:
    if target.exists:
        yield AlreadyThere(f"{target.path} is already the data of a devpi-server", hint="'devpi server run' runs it")
    elif refusal := problem(target.path):
        yield refusal
    storage = target.named_storage or "sqlite"
    yield from missing_storage(storage)
    yield from lossy_storage(storage, is_accepted=new.accept_data_loss)
    if new.role == "replica" and not new.primary_url:
        yield WrongUsage("a replica needs --primary-url")
    if new.primary_url and new.role not in ("auto", "replica"):
        yield WrongUsage(f"--primary-url is for a replica, and the role is {new.role}")
    yield from postgres.problems(target)
    if new.secretfile:
        yield from _problems_of_secret(new.secretfile)
        yield from _problems_of_stretching(new.secretfile, _named_stretching(target, new))


def _named_stretching(target: Serverdir, new: NewServer) -> Stretching | None:
    return stretching.NONE if new.unstretched else stretching.named(target.settings)


def is_stretched(target: Serverdir, new: NewServer) -> bool:
    """Return True if a server to be made will stretch its secret at each start."""
    said = stretching.kept(new.secretfile) if new.secretfile else None
    return (said or _named_stretching(target, new)) != stretching.NONE


def _problems_of_stretching(secret: Path, here: Stretching | None) -> Iterator[DevpiError]:
    """Yield the error for a secret that other servers stretch otherwise: their keys would differ."""
    there = stretching.kept(secret)
    if here and there and here != there:
        yield DevpiError(
            f"the server that {secret} is from stretches it '{there}', and this one would '{here}'",
            hint="leave out --no-stretching, and the variables and settings for argon2",
        )


def _problems_of_secret(path: Path) -> Iterator[DevpiError]:
    try:
        content = path.read_bytes()
        mode = path.stat().st_mode & 0o777
    except OSError as error:
        yield DevpiError(f"cannot read {path}: {error.strerror}", hint="leave out --secretfile to have one made")
        return
    if len(content.strip()) < SHORTEST_SECRET:
        yield DevpiError(f"the secret in {path} is shorter than {SHORTEST_SECRET} characters")
    if mode & 0o077:
        yield DevpiError(f"others can read the secret in {path}", hint=f"type: chmod 600 {path}")


def initialize(target: Serverdir, new: NewServer, root_hash: str, log: Log, watching: Watching) -> Path:
    """Make a server with devpi-init; return the file with its secret.

    Raises what ``require`` raises, and ProgramFailed.
    """
    require(target, new)
    options = ["--role", new.role, *(["--primary-url", new.primary_url] if new.primary_url else [])]
    options += ["--no-root-pypi"] * new.no_root_pypi
    waiting = f"waiting for another command that makes {target.path}"
    with unfinished(target.path, lambda: watching.note(waiting)) as made, postgres.filled(target):
        runner = Runner(made.beside, log, made.handle, watching.debug)
        runner.run(INITIALIZE, replace(target, path=made.whole), options, settings={"root-passwd-hash": root_hash})
        secret = None if new.secretfile else _secret_elsewhere(target)
        if not secret:
            _make_secret(made.whole / SECRET, target, new)
        elif not secret.exists():
            _make_secret(secret, target, new)
        if target.storage:
            target.storage.remember(made.whole)
    return secret or target.path / SECRET


def _secret_elsewhere(target: Serverdir) -> Path | None:
    """Return the file in which the server will look for its secret, if variables or settings name it."""
    named = os.environ.get("DEVPISERVER_SECRETFILE") or target.settings.get("secretfile")
    return expanded(Path(str(named))).absolute() if named else None


def _make_secret(path: Path, target: Serverdir, new: NewServer) -> None:
    """Copy the secret that was named, or make one."""
    if new.secretfile:
        write_private(path, read(new.secretfile))
    else:
        Secret(path).create()
    said = stretching.kept(new.secretfile) if new.secretfile else None
    if how := said or _named_stretching(target, new):
        stretching.keep(path, how)
