"""Check devpi-cli itself: its command, its state, where logins come from, programs that are too old, completion."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from devpi_cli._version import __version__
from devpi_cli.cli.completion import places, shells
from devpi_cli.cli.steps.installer_checks import OK, WARNING, WRONG, Finding, too_old
from devpi_cli.programs import venvs
from devpi_cli.programs.own_environment import OwnEnvironment, line_to_add_extra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.cli.steps.visit import Visit

PREDECESSOR = "devpi-client"
OURS = "devpi_cli"
OLDEST_SERVER = 6
WITH_FILES = ("bash", "zsh", "fish")


def of_client(visit: Visit) -> Finding:
    """Say which version this is, and on what it runs."""
    del visit
    return Finding(OK, f"devpi-cli {__version__}, Python {platform.python_version()}, {platform.system()}")


def of_command(visit: Visit) -> Finding | None:
    """Check whether typing ``devpi`` runs devpi-cli; None if nothing is known against it.

    devpi-client in the same environment has a command of the same name: the one that was installed last wins, and
    whichever is uninstalled takes it along.
    """
    del visit
    here = OwnEnvironment.here()
    script = here.prefix / venvs.PROGRAMS / ("devpi.exe" if os.name == "nt" else "devpi")
    if version := _installed(PREDECESSOR):
        is_ours = OURS in _text(script)
        return Finding(
            WARNING if is_ours else WRONG,
            f"{PREDECESSOR} {version} is in the same environment, and the command devpi runs "
            f"{'devpi-cli' if is_ours else PREDECESSOR}: whichever is uninstalled takes the command along; "
            f"type '{here.line_to_remove(PREDECESSOR)}' and then '{here.line_to_repair()}'",
        )
    first = shutil.which("devpi")
    if not first or OURS in _text(Path(first)) or Path(first).resolve() == script.resolve():
        return None
    return Finding(
        WARNING, f"the first devpi on the PATH is {first}, another program; put {script.parent} before it in PATH"
    )


def _installed(package: str) -> str:
    """Return the version of a package beside us; empty if there is none."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _text(script: Path) -> str:
    """Return what a script that pip or uv made says; on Windows it is at the end of a program."""
    try:
        return script.read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return ""


def of_state(visit: Visit) -> Finding:
    """Check the state file; learn its server and index, which the other checks need."""
    state = visit.app.state
    visit.target = visit.app.target()
    path = state.path
    if not path.exists():
        imported = f"; the state of devpi-client in {state.imported_from} is used" if state.imported_from else ""
        return Finding(OK, f"there is none yet at {path}{imported}")
    status = path.stat()
    if os.name == "posix" and status.st_uid != os.geteuid():
        return Finding(WARNING, f"{path} belongs to user {status.st_uid}, not to you")
    mode = status.st_mode & 0o777
    if mode & 0o077 and os.name == "posix":
        return Finding(WRONG, f"{path} has mode {mode:04o}: others can read your logins; type 'chmod 600 {path}'")
    return Finding(OK, f"{path}, mode {mode:04o}")


def of_sources(visit: Visit) -> Finding | None:
    """Look at every place that a login can come from; None if there is only the one in the state file, or none."""
    from devpi_cli.auth.sources import STORED, CredentialSources

    app, target = visit.app, visit.target
    if not (target and target.root):
        return None
    said: list[str] = []
    stored = app.state.login(target.root, target.named_user)
    sources = CredentialSources(
        target.root,
        target.index,
        target.named_user,
        stored,
        named_by=target.named_by,
        secrets_for=target.secrets_for,
        warn=said.append,
    )
    if half := sources.half_set():
        return Finding(WRONG, "; ".join(str(half).splitlines()))
    given = sources.environment()
    found = [f"{given.source} ({given.user})"] if given else []
    found += [f"{STORED} ({stored.user})"] if stored else []
    found += [f"{each.source} ({each.user})" for each in sources.found()]
    if said := [*said, *sources.passed_over]:
        return Finding(WARNING, f"{', '.join(found) or 'none'}; not used: {'; '.join(said)}")
    if len(found) > bool(stored and not given):
        return Finding(OK, f"{', '.join(found)}{': the first is used' if len(found) > 1 else ''}")
    return None


def of_versions(visit: Visit) -> Finding | None:
    """Name what is too old: the server, pip, uv and tox; None if nothing is."""
    old = [*_old_server(visit), *too_old(visit.venv)]
    if not old:
        return None
    whats, lines = [what for what, _ in old], [line for _, line in old]
    return Finding(WARNING, f"{', '.join(whats)}; {' and '.join(lines)}")


def _old_server(visit: Visit) -> Iterator[tuple[str, str]]:
    version = visit.status.versions.get("devpi-server", "") if visit.status else ""
    major = version.partition(".")[0]
    if major.isdecimal() and int(major) < OLDEST_SERVER:
        yield (
            f"devpi-server {version} is older than {OLDEST_SERVER}",
            "ask the administrator of the server to upgrade it",
        )


def of_proxies(visit: Visit) -> Finding:
    """Say which proxy is used."""
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    configured = ", ".join(f"{scheme}={url}" for scheme, url in sorted(proxies.items()) if scheme != "no")
    if not visit.root:
        return Finding(OK, configured or "none")
    parts = urlsplit(visit.root)
    used = proxies.get(parts.scheme) or proxies.get("all")
    if not used or proxy_bypass(parts.netloc):
        return Finding(OK, f"none for this server{f'; others use {configured}' if configured else ''}")
    return Finding(OK, f"{used} for this server")


def of_completion(visit: Visit) -> Finding | None:
    """Check the completion script of the login shell; None for a shell without a folder for such scripts."""
    del visit
    shell = places.login_shell()
    if shell not in WITH_FILES:
        return None
    path, line = places.place(shell, os.environ), f"type 'devpi completion install {shell}'"
    try:
        found = places.existing(path)
    except OSError as error:
        return Finding(WARNING, f"cannot read {path}: {error.strerror}")
    if found is None:
        return Finding(OK, f"not installed for {shell}; {line}")
    if shells.MARK not in found:
        return Finding(OK, f"{path} was not written by devpi-cli")
    if found != places.script(shell, click.get_current_context().find_root()):
        return Finding(WARNING, f"{path} was written by another version of devpi-cli; {line}")
    return Finding(OK, f"{path} is up to date")


def of_extra(visit: Visit) -> Finding:
    """Say whether 'devpi quickstart' has the server that it needs."""
    del visit
    if version := _installed("devpi-server"):
        return Finding(OK, f"devpi-server {version} is installed, for 'devpi quickstart'")
    line = line_to_add_extra("server")
    return Finding(OK, f"devpi-server is not installed, and 'devpi quickstart' needs it; install it with: {line}")
