"""Let pip or uv find out what requirements need, from an index and with the login for it."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING

from devpi_cli.cli.steps.further_sources import shut_out
from devpi_cli.cli.steps.install_env import chosen_installer, index_access
from devpi_cli.errors import DevpiError, WrongUsage
from devpi_cli.models import Requirement
from devpi_cli.programs import process
from devpi_cli.system import private

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devpi_cli.cli.app import App
    from devpi_cli.cli.steps.install_env import Installer
    from devpi_cli.server.api import Server

PINNED = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==(\S+)")


def resolved(  # noqa: PLR0913 (keyword options)
    app: App,
    server: Server,
    index: str,
    wanted: Sequence[Requirement],
    *,
    installer: str,
    python: str | None,
    platform: str | None,
) -> list[Requirement]:
    """Return the releases that an installation of these would take, each as ``NAME==VERSION``.

    No other index is asked. Raises ProgramFailed, with what pip or uv says, if there is no solution.
    """
    chosen = chosen_installer(installer, None)
    if (python or platform) and not chosen.is_pip:
        raise WrongUsage("uv cannot tell what another Python or platform needs", hint="add --installer pip")
    with ExitStack() as stack:
        folder = stack.enter_context(private.folder("download"))
        access = stack.enter_context(index_access(app, server, index, chosen))
        only = stack.enter_context(shut_out(chosen, access["PIP_INDEX_URL"]))
        extra = {**access, **only, **private.variables(folder)}
        texts = [each.text for each in wanted]
        if not chosen.is_pip:
            source = folder / "wanted.txt"
            source.write_text("\n".join(texts) + "\n", encoding="utf-8")
            options = ["compile", "--no-header", "--no-annotate", "--quiet", str(source)]
            lines = process.output([*chosen.command, *options], cwd=folder, extra=extra).decode().splitlines()
            return [_pinned(*found.groups()) for line in lines if (found := PINNED.match(line))]
        report = folder / "report.json"
        options = ["install", "--dry-run", "--ignore-installed", "--quiet", "--report", str(report)]
        options += ["--only-binary=:all:", "--target", str(folder / "target")] if python or platform else []
        options += ["--python-version", python] if python else []
        options += ["--platform", platform] if platform else []
        process.output([*chosen.command, *options, *texts], cwd=folder, extra=extra)
        return _reported(report.read_bytes(), chosen)


def _reported(report: bytes, installer: Installer) -> list[Requirement]:
    """Return the releases in a report of pip."""
    try:
        found = [each["metadata"] for each in json.loads(report)["install"]]
        return [_pinned(each["name"], each["version"]) for each in found]
    except (ValueError, LookupError, TypeError):
        raise DevpiError(f"{process.name_of(installer.command)} did not print a report") from None


def _pinned(name: str, version: str) -> Requirement:
    return Requirement.parse(f"{name}=={version}")
