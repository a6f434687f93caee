"""Run the programs of devpi-server, each in a process of its own, and say in our words why one failed."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from devpi_cli.errors import DevpiError, ProgramFailed
from devpi_cli.hosting import failures
from devpi_cli.hosting.inside import PREFIX
from devpi_cli.hosting.serverdir import NODEINFO
from devpi_cli.programs import process
from devpi_cli.system.files import write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from devpi_cli.hosting.serverdir import Serverdir

COMMON = frozenset({"debug", "logger-cfg", "serverdir", "storage", "keyfs-cache-size"})
INIT = frozenset({"no-root-pypi", "root-passwd", "root-passwd-hash"})


class Program(NamedTuple):
    """A program of devpi-server: its name, where it begins, and the settings that it knows."""

    name: str
    module: str
    function: str
    settings: frozenset[str]

    @property
    def command(self) -> list[str]:
        """What runs it, also where the programs are not on the PATH, as with pipx."""
        # -P keeps modules in the current folder out.
        code = f"from {self.module} import {self.function}; raise SystemExit({self.function}())"
        return [sys.executable, "-P", "-c", code]


EXPORT = Program(
    "devpi-export", "devpi_cli.hosting.inside", "export", COMMON | {"include-mirrored-files", "hard-links"}
)
IMPORT = Program(
    "devpi-import",
    "devpi_server.importexport",
    "import_",
    COMMON | INIT | {"skip-import-type", "no-events", "hard-links"},
)
INITIALIZE = Program("devpi-init", "devpi_server.init", "init", COMMON | INIT | {"role", "primary-url", "master-url"})
INSIDE = Program("devpi-fsck", "devpi_cli.hosting.inside", "main", COMMON)
# They would win over the settings that we write; a password is passed on as a hash, in a private file.
UNSET = dict.fromkeys(["DEVPISERVER_ROOT_PASSWD", "DEVPISERVER_ROOT_PASSWD_HASH"], "")


@dataclass
class Log:
    """The output of programs, in a file that only its owner may read; it stays only if something failed."""

    path: Path
    lines: list[str] = field(default_factory=list)

    @classmethod
    def new(cls, folder: Path, name: str) -> Log:
        """Return a log with a name of its own in a folder."""
        return cls(folder / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 10**6:06}.log")

    def save(self) -> None:
        """Write the lines to the file."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self.path, "".join(f"{line}\n" for line in self.lines))

    def cause(self) -> tuple[str, str]:
        """Return why a program failed, and what helps."""
        return failures.cause(self.lines)


@dataclass(frozen=True)
class Runner:
    """Runs programs with the settings of a server.

    ``folder`` is for their settings files; ``keep`` is the handle of a lock that they keep while they run.
    """

    folder: Path
    log: Log
    keep: int | None = None
    debug: Callable[[str], None] = lambda line: None

    def run(
        self,
        program: Program,
        on: Serverdir,
        options: Sequence[str] = (),
        *,
        settings: Mapping[str, Any] | None = None,
        on_line: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Run a program to its end. Raises ProgramFailed with the cause, a remedy and the path of the log."""
        file = self.folder / f"{program.name}.yml"
        on.settings.write_for(program.settings, file, {**on.private_settings(), **(settings or {})})

        def hear(line: str) -> None:
            on_line(line)
            if not line.startswith(PREFIX):  # that has the hashes of passwords, and is not for a log
                self.log.lines.append(line)

        command = [*program.command, "-c", str(file), *on.options(), *options]
        self.debug(f"running {program.name} {' '.join(command[4:])}")
        try:
            process.follow(command, hear, cwd=self.folder, extra={**UNSET, **on.variables()}, keep=self.keep)
        except ProgramFailed as error:
            cause, remedy = self.log.cause()
            self.log.save()
            hint = "; ".join(filter(None, [remedy, f"its output is in {self.log.path}"]))
            what = f"{program.name} failed: {cause}"
            raise ProgramFailed(what, status=1 if error.exit_status < 128 else error.exit_status, hint=hint) from None  # noqa: PLR2004 (of signals)


def view_of(on: Serverdir, folder: Path) -> Serverdir:
    """Return a serverdir with the same data and a ``.nodeinfo`` of its own.

    devpi-server's programs write that file even if they only read, with themselves as its owner, and change a primary
    to a standalone server.
    """
    folder.mkdir(mode=0o700)
    try:
        for path in on.path.iterdir():
            if path.name == NODEINFO:
                (folder / NODEINFO).write_bytes(path.read_bytes())
            elif not path.name.endswith("-journal"):
                (folder / path.name).symlink_to(path)
    except OSError as error:
        raise DevpiError(f"cannot read {on.path}: {error.strerror}") from None
    return type(on)(folder, on.settings, on.storage, on.origin)
