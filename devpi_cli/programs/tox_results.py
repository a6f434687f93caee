"""The results of tox that are attached to a file: what tox reports, and whether it passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import BrokenDistribution

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Command:
    """A command that tox ran, and all that it printed."""

    line: str
    output: str
    failed: bool


@dataclass(frozen=True)
class Environment:
    """What became of one environment of tox: the commands of its setup, and those of its tests."""

    host: str
    platform: str
    name: str
    python: str
    setup: tuple[Command, ...]
    tests: tuple[Command, ...]

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes a later result take the place of this one."""
        return self.host, self.platform, self.name


def outcome(commands: tuple[Command, ...]) -> str:
    """Return ``passed``, ``failed``, or ``none`` when nothing was run."""
    if not commands:
        return "none"
    return "failed" if any(command.failed for command in commands) else "passed"


def environments(report: Any) -> list[Environment]:
    """Return the environments in a report of tox, in order of their names, without those that were not run.

    Raises BrokenDistribution for what is no such report.
    """
    try:
        host, platform = str(report["host"]), str(report["platform"])
        return [_environment(host, platform, name, data) for name, data in sorted(report["testenvs"].items()) if data]
    except (KeyError, TypeError, AttributeError):
        raise BrokenDistribution("not a report of tox") from None


def newest(reports: Iterable[list[Environment]]) -> list[list[Environment]]:
    """Keep of every environment its first result; the reports come newest first."""
    seen: set[tuple[str, str, str]] = set()
    kept = []
    for report in reports:
        kept.append([environment for environment in report if environment.key not in seen])
        seen.update(environment.key for environment in report)
    return kept


def _environment(host: str, platform: str, name: str, data: dict[str, Any]) -> Environment:
    version = str((data.get("python") or {}).get("version") or "")
    setup, tests = (tuple(_command(entry) for entry in data.get(phase) or ()) for phase in ("setup", "test"))
    return Environment(host, platform, str(name), version.partition(" ")[0], setup, tests)


def _command(entry: dict[str, Any]) -> Command:
    """Tox 3 wrote all output into ``output``, tox 4 has ``err``, too; None and ``"0"`` are no failures."""
    output = "".join(str(entry.get(stream) or "") for stream in ("output", "err"))
    status = entry.get("retcode")
    return Command(" ".join(map(str, entry.get("command") or ())), output, str(status) not in ("None", "0"))
