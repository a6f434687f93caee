"""The command devpi doctor: checks of the client's surroundings."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from devpi_cli import urls
from devpi_cli._version import __version__
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.expiry import remaining
from devpi_cli.cli.steps.hints import may_upload, no_longer_good
from devpi_cli.cli.steps.install_env import chosen_installer, chosen_venv
from devpi_cli.errors import BrokenState, DevpiError, NotAllowed, ProgramFailed, ProgramMissing
from devpi_cli.http.tls import named_in_environment
from devpi_cli.installers.changes import index_of
from devpi_cli.installers.locations import in_force
from devpi_cli.programs import process, venvs
from devpi_cli.server import parse
from devpi_cli.server.api import discover

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.cli.target import Target
    from devpi_cli.http.responses import Reply
    from devpi_cli.models import Login, Service
    from devpi_cli.server.api import Server

OK, WARNING, WRONG = "ok", "warning", "WRONG"
MOST_SKEW = 300.0
PYPI = "https://pypi.org/simple"


@dataclass(frozen=True)
class Finding:
    """The result of a check."""

    verdict: str
    detail: str


@dataclass
class Visit:
    """What the checks look at, and what earlier checks have learnt."""

    app: App
    target: Target | None = None
    server: Server | None = None
    index: str | None = None
    reply: Reply | None = field(default=None, repr=False)
    """The server's reply about its status; None if there was none."""
    service: Service | None = None

    @property
    def root(self) -> str:
        """The root URL of the server in use; empty for none."""
        return self.target.root if self.target else ""

    @property
    def login(self) -> Login | None:
        """The current login, if any."""
        return self.server.session.acting() if self.server else None

    @property
    def has_answered(self) -> bool:
        """Return True if the server has replied, if only with a refusal."""
        return self.reply is not None or self.service is not None


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
            findings[name] = Finding(finding.verdict, urls.hide(finding.detail))
            app.out.line(f"{finding.verdict:<8} {name}: {findings[name].detail}")
    app.out.document(
        {"checks": [{"check": name, "verdict": it.verdict, "detail": it.detail} for name, it in findings.items()]}
    )
    if wrong := [name for name, finding in findings.items() if finding.verdict == WRONG]:
        raise DevpiError(f"WRONG: {', '.join(wrong)}")


def _client(visit: Visit) -> Finding:
    return Finding(OK, f"devpi-cli {__version__}, Python {platform.python_version()}, {platform.system()}")


def _state(visit: Visit) -> Finding:
    """Check the state file, and learn from it the server and index for the other checks."""
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


def _server(visit: Visit) -> Finding:
    """Ask the server for its status; the reply also has the time for the clock check."""
    app = visit.app
    target = visit.target
    if not (target and target.root):
        return Finding(WARNING, "none in use: type 'devpi use URL'")
    visit.server = server = app.connect(target)
    visit.index = target.optional_index()
    try:
        visit.reply = server.session.request("GET", f"{server.root}+status")
    except NotAllowed as error:
        visit.service = discover(server.session, server.root)
        return Finding(WARNING, f"{server.root} does not show its status ({error.status} {error.reason})")
    status = parse.status(visit.reply)
    role = ", a replica" if status.role == "replica" else ""
    rows = sorted(status.versions.items())
    return Finding(OK, f"{server.root}{role}: {', '.join(f'{name} {number}' for name, number in rows)}")


def _tls(visit: Visit) -> Finding | None:
    if not visit.root:
        return None
    if urlsplit(visit.root).scheme != "https":
        if urls.is_loopback(visit.root):
            return Finding(OK, "none, and none needed: the server is on this machine")
        return Finding(WARNING, "none: with http:// others can read and change passwords and files in transit")
    if visit.app.options.insecure:
        return Finding(WARNING, "certificates are not verified (--insecure)")
    variable, paths = named_in_environment()
    from_variable = [f"{variable}={os.pathsep.join(paths)}"] if paths else []
    bundle = [f"--ca-bundle {visit.app.options.ca_bundle}"] if visit.app.options.ca_bundle else from_variable
    trusted = " and ".join(["the operating system", *bundle])
    if not visit.has_answered:
        return Finding(WARNING, f"could not be checked; the trusted CAs are those of {trusted}")
    return Finding(OK, f"verified with the CAs of {trusted}")


def _clock(visit: Visit) -> Finding | None:
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    date = visit.reply.headers.get("date") if visit.reply else None
    if not date:
        return None
    try:
        server_time = parsedate_to_datetime(date)
    except ValueError:
        return Finding(WARNING, f"the server sent an invalid date: {date}")
    skew = (datetime.now(UTC) - server_time.astimezone(UTC)).total_seconds()
    if abs(skew) <= MOST_SKEW:
        return Finding(OK, "within 5 minutes of the server's")
    side = "ahead of" if skew > 0 else "behind"
    return Finding(WARNING, f"{abs(skew) / 60:.0f} minutes {side} the server's: logins seem to expire at another time")


def _login(visit: Visit) -> Finding | None:
    if not visit.root:
        return None
    login = visit.login
    if login is None:
        return Finding(WARNING, "not logged in: type 'devpi login USER'")
    if not (visit.has_answered and visit.server):
        return Finding(WARNING, f"{login.user}; it could not be checked")
    visit.service = visit.service or discover(visit.server.session, visit.root)
    if wrong := no_longer_good(login, visit.service.status):
        return Finding(WRONG, wrong)
    return Finding(OK, f"{login.user}, {remaining(login, digits=1) or 'no known expiry'}")


def _index(visit: Visit) -> Finding | None:
    if not visit.root:
        return None
    if not visit.index:
        return Finding(WARNING, "none in use: type 'devpi use USER/INDEX'")
    if not (visit.has_answered and visit.server):
        return Finding(WARNING, f"{visit.index}; it could not be checked")
    index = visit.server.index(visit.index, projects=False)
    if index.is_mirror:
        return Finding(OK, f"{visit.index} is a mirror: it takes no uploads")
    acl = index.listed("acl_upload")
    login = visit.login
    if may_upload(login.user if login else None, acl):
        return Finding(OK, f"{visit.index}, and {login.user if login else 'anybody'} may upload to it")
    problem = f"{login.user} may not upload to" if login else "you need a login to upload to"
    return Finding(WARNING, f"{problem} {visit.index}: its acl_upload is {','.join(acl) or 'empty'}")


def _pip(visit: Visit) -> Finding:
    """Ask the pip that 'devpi install' would run for its settings."""
    try:
        installer = chosen_installer("pip", _venv(visit))
        output = process.capture([*installer.command, "--disable-pip-version-check", "config", "list"])
    except ProgramMissing as error:
        return Finding(WARNING, "; ".join(str(error).splitlines()))
    except ProgramFailed as error:
        return Finding(WRONG, f"its settings are invalid: {error.message.splitlines()[0]}")
    settings = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
    name, index = _pip_option(settings, "index-url")
    uses = f"{' '.join(installer.command)} uses {f'{index} ({name})' if index else f'{PYPI} (its default)'}"
    name, extra = _pip_option(settings, "extra-index-url")
    if extra:
        return Finding(WARNING, f"{uses}, and also {extra} ({name}): it installs the highest version from either")
    return Finding(OK, uses)


def _pip_option(settings: dict[str, str], option: str) -> tuple[str, str]:
    """Return where an option of 'pip install' is set, and its value; the environment comes first."""
    names = (f":env:.{option}", f"install.{option}", f"global.{option}")
    used = {name: settings[name].strip("'\"").replace("\\n", " ").strip() for name in names if name in settings}
    return next(((name, value) for name, value in used.items() if value), ("", ""))


def _uv(visit: Visit) -> Finding:
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        if os.environ.get(variable):
            return Finding(OK, f"uses {os.environ[variable]} ({variable})")
    for file in () if os.environ.get("UV_NO_CONFIG") else in_force(Path.cwd()):
        index = index_of(file)
        if index.startswith("cannot be read"):
            return Finding(WRONG, f"{file.path}: {index}")
        if urls.is_url(index):
            return Finding(OK, f"uses {index} ({file.path})")
    return Finding(OK, f"uses {PYPI} (its default)")


def _proxies(visit: Visit) -> Finding:
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


def _extra(visit: Visit) -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return Finding(OK, f"devpi-server {version('devpi-server')} is installed, for 'devpi quickstart'")
    except PackageNotFoundError:
        return Finding(OK, "not installed; 'devpi quickstart' needs it: pip install 'devpi-cli[server]'")


def _venv(visit: Visit) -> Path | None:
    try:
        return chosen_venv(visit.app, None)
    except BrokenState:
        return venvs.active()


CHECKS: dict[str, Callable[[Visit], Finding | None]] = {
    "client": _client,
    "state file": _state,
    "server": _server,
    "TLS": _tls,
    "clock": _clock,
    "login": _login,
    "index": _index,
    "pip": _pip,
    "uv": _uv,
    "proxies": _proxies,
    "server extra": _extra,
}
