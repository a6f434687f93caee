"""Read the tox results attached to a file, and tell whether they passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import BrokenDistribution

if TYPE_CHECKING:
    from collections.abc import Iterable


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
    """Keep only the newest result of each environment; reports come newest first."""
    seen: set[tuple[str, str, str]] = set()
    filtered = []
    for report in reports:
        filtered.append([environment for environment in report if environment.key not in seen])
        seen.update(environment.key for environment in report)
    return filtered


def _environment(host: str, platform: str, name: str, data: dict[str, Any]) -> Environment:
    version = str((data.get("python") or {}).get("version") or "")
    setup, tests = (tuple(_command(entry) for entry in data.get(phase) or ()) for phase in ("setup", "test"))
    return Environment(host, platform, str(name), version.partition(" ")[0], setup, tests)


def _command(entry: dict[str, Any]) -> Command:
    """Read a command: tox 3 writes all output to ``output``, tox 4 also to ``err``; None and ``"0"`` are successes."""
    output = "".join(str(entry.get(stream) or "") for stream in ("output", "err"))
    status = entry.get("retcode")
    return Command(" ".join(map(str, entry.get("command") or ())), output, str(status) not in ("None", "0"))
