"""The command devpi doctor: checks of the client's surroundings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps import client_checks, installer_checks, keyring_checks, server_checks
from devpi_cli.cli.steps.installer_checks import WRONG, Finding
from devpi_cli.cli.steps.visit import Visit
from devpi_cli.errors import DevpiError
from devpi_cli.printable import hide

if TYPE_CHECKING:
    from collections.abc import Callable


@click.command(epilog="\b\nExamples:\n  devpi doctor\n  devpi doctor --json")
@pass_app
def command(app: App) -> None:
    """Check state, server, login, index, pip and uv, and report what is wrong.

    It changes nothing and shows no secrets: its output can go into a bug report. The exit status is 1 if something is
    WRONG.
    """
    visit, findings = Visit(app), {}
    for name, check in CHECKS.items():
        try:
            finding = check(visit)
        except DevpiError as error:
            finding = Finding(WRONG, "; ".join(str(error).splitlines()))
        if finding:
            findings[name] = Finding(finding.verdict, hide(finding.detail))
            _show(app, name, findings[name])
    app.out.document(
        {"checks": [{"check": name, "verdict": it.verdict, "detail": it.detail} for name, it in findings.items()]}
    )
    if wrong := [name for name, finding in findings.items() if finding.verdict == WRONG]:
        raise DevpiError(f"WRONG: {', '.join(wrong)}")


def _show(app: App, name: str, finding: Finding) -> None:
    if not app.out.draws:
        app.out.line(f"{finding.verdict:<8} {name}: {finding.detail}")
        return
    from devpi_cli.cli.views import checks

    app.out.draw(checks.finding(finding.verdict, name, finding.detail, CHECKS))


def _pip(visit: Visit) -> Finding:
    return installer_checks.of_pip(visit.app, visit.venv)


def _uv(visit: Visit) -> Finding:
    return installer_checks.of_uv(visit.app)


def _keyring(visit: Visit) -> Finding | None:
    if not (visit.server and visit.index and visit.has_answered):
        return None
    return keyring_checks.of_keyring(visit.server, visit.index, visit.venv)


CHECKS: dict[str, Callable[[Visit], Finding | None]] = {
    "client": client_checks.of_client,
    "command": client_checks.of_command,
    "state file": client_checks.of_state,
    "server": server_checks.of_server,
    "replica": server_checks.of_replica,
    "TLS": server_checks.of_tls,
    "clock": server_checks.of_clock,
    "login": server_checks.of_login,
    "logins": client_checks.of_sources,
    "index": server_checks.of_index,
    "mirrors": server_checks.of_mirrors,
    "pip": _pip,
    "uv": _uv,
    "keyring": _keyring,
    "versions": client_checks.of_versions,
    "proxies": client_checks.of_proxies,
    "completion": client_checks.of_completion,
    "server extra": client_checks.of_extra,
}
