"""Read the tox results attached to a file, and tell whether they passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import BrokenDistribution, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_MIB = 32


@dataclass(frozen=True)
class Command:
    """A command that tox ran, with its whole output."""

    line: str
    output: str
    failed: bool


@dataclass(frozen=True)
class Environment:
    """The result of one tox environment: the commands of its setup and of its tests."""

    host: str
    platform: str
    name: str
    python: str
    setup: tuple[Command, ...]
    tests: tuple[Command, ...]

    @property
    def size(self) -> int:
        """Bytes of memory that it takes, roughly."""
        return 1024 + sum(len(command.line) + len(command.output) for command in (*self.setup, *self.tests))

    def without_outputs(self) -> Environment:
        """Return the environment without what its commands printed."""
        setup, tests = ([Command("", "", command.failed) for command in each] for each in (self.setup, self.tests))
        return Environment(self.host, self.platform, self.name, self.python, tuple(setup), tuple(tests))

    @property
    def key(self) -> tuple[str, str, str]:
        """Identifies the environment: a newer result with the same key replaces this one."""
        return self.host, self.platform, self.name


def outcome(commands: tuple[Command, ...]) -> str:
    """Return ``passed``, ``failed``, or ``none`` if nothing was run."""
    if not commands:
        return "none"
    return "failed" if any(command.failed for command in commands) else "passed"


def environments(report: Any) -> list[Environment]:
    """Return the environments in a tox report that were run, sorted by name.

    Raises BrokenDistribution for anything that is not such a report.
    """
    try:
        host, platform = str(report["host"]), str(report["platform"])
        return [_environment(host, platform, name, data) for name, data in sorted(report["testenvs"].items()) if data]
    except (KeyError, TypeError, AttributeError):
        raise BrokenDistribution("not a tox report") from None


def newest(reports: Iterable[list[Environment]]) -> list[list[Environment]]:
    """Keep only the newest result of each environment; reports come newest first.

    Raises TooLarge if they would take more than 32 MiB.
    """
    seen: set[tuple[str, str, str]] = set()
    filtered, size = [], 0
    for report in reports:
        filtered.append([environment for environment in report if environment.key not in seen])
        seen.update(environment.key for environment in report)
        size += sum(environment.size for environment in filtered[-1])
        if size > MOST_MIB * 2**20:
            raise TooLarge(f"the newest results are larger than {MOST_MIB} MiB")
    return filtered


def _environment(host: str, platform: str, name: str, data: dict[str, Any]) -> Environment:
    version = str((data.get("python") or {}).get("version") or "")
    setup, tests = (tuple(_command(entry) for entry in data.get(phase) or ()) for phase in ("setup", "test"))
    return Environment(host, platform, str(name), version.partition(" ")[0], setup, tests)


def _command(entry: dict[str, Any]) -> Command:
    """Read a command.

    tox 3 writes all output to ``output``, tox 4 also to ``err``; None and ``"0"`` are successes.
    """
    output = "".join(str(entry.get(stream) or "") for stream in ("output", "err"))
    status = entry.get("retcode")
    return Command(" ".join(map(str, entry.get("command") or ())), output, str(status) not in ("None", "0"))
