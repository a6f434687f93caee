"""Test results of tox for the files on an index, as ``devpi list -t`` shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.errors import BrokenDistribution
from devpi_cli.programs import tox_results

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.cli.app import App
    from devpi_cli.models import Link, Release
    from devpi_cli.programs.tox_results import Command, Environment
    from devpi_cli.server.api import Server

SETUP = {"none": "no setup was performed", "failed": "setup failed"}
TESTS = {"none": "no tests were run", "failed": "tests failed", "passed": "tests passed"}


def results_of(app: App, server: Server, release: Release, file: Link, *, in_full: bool) -> list[Environment]:
    """Return the newest result of each environment of a file.

    Outputs come with it if ``in_full``.
    """

    def reports() -> Iterator[list[Environment]]:  # one after the other, because each can be large
        for link in release.tox_results(file):
            try:
                report = tox_results.environments(server.tox_result(link))
            except BrokenDistribution as error:
                app.out.warn(f"corrupt toxresult, skipping: {link.url} ({error.message})")
                continue
            yield report if in_full else [environment.without_outputs() for environment in report]

    return [environment for report in tox_results.newest(reports()) for environment in report]


def told(environment: Environment, *, in_full: bool) -> list[str]:
    """Return the lines for an environment: the setup unless it passed, and the tests."""
    label = f"{environment.host:<10} {environment.platform:<7} {environment.name:<10}"
    lines = []
    setup, tests = tox_results.outcome(environment.setup), tox_results.outcome(environment.tests)
    if setup != "passed":
        lines += [f"{label} {SETUP[setup]}", *(_commands(environment.setup) if in_full else ())]
    version = f" {environment.python}" if environment.python else ""
    lines.append(f"{label}{version} {TESTS[tests]}")
    return lines + (_commands(environment.tests) if in_full and tests == "failed" else [])


def _commands(commands: tuple[Command, ...]) -> list[str]:
    """Return the commands up to the first that failed, and its output."""
    lines = []
    for command in commands:
        lines.append(f"    {'FAIL:' if command.failed else 'OK:  '} {command.line}")
        if command.failed:
            return lines + [f"    {line}" for line in command.output.splitlines()]
    return lines


def as_json(environment: Environment) -> dict[str, str]:
    """Return an environment and its outcomes as in the document of ``list --json``."""
    return {
        "host": environment.host,
        "platform": environment.platform,
        "environment": environment.name,
        "python": environment.python,
        "setup": tox_results.outcome(environment.setup),
        "tests": tox_results.outcome(environment.tests),
    }
