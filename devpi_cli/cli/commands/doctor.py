"""devpi doctor."""

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
    """What a check found."""

    verdict: str
    detail: str


@dataclass
class Visit:
    """What the checks are about, and what those before have learnt."""

    app: App
    target: Target | None = None
    server: Server | None = None
    index: str | None = None
    reply: Reply | None = field(default=None, repr=False)
    """What the server said of its status; none when it did not answer."""
    service: Service | None = None

    @property
    def root(self) -> str:
        """The root URL of the server in use; empty for none."""
        return self.target.root if self.target else ""

    @property
    def login(self) -> Login | None:
        """The login at hand."""
        return self.server.session.acting() if self.server else None

    @property
    def has_answered(self) -> bool:
        """Tell whether the server has, if only to say no."""
        return self.reply is not None or self.service is not None


@click.command(epilog="\b\nExamples:\n  devpi doctor\n  devpi doctor --json")
@pass_app
def command(app: App) -> None:
    """Check state, server, login, index, pip and uv, and say what is wrong.

    Nothing is changed. No secret is shown: what it prints can go into a bug report. The exit status is 1 when
    something is WRONG.
    """
    visit, found = Visit(app), {}
    for name, check in CHECKS.items():
        try:
            finding = check(visit)
        except DevpiError as error:
            finding = Finding(WRONG, "; ".join(str(error).splitlines()))
        if finding:
            found[name] = Finding(finding.verdict, urls.hide(finding.detail))
            app.out.line(f"{finding.verdict:<8} {name}: {found[name].detail}")
    app.out.document(
        {"checks": [{"check": name, "verdict": it.verdict, "detail": it.detail} for name, it in found.items()]}
    )
    if wrong := [name for name, finding in found.items() if finding.verdict == WRONG]:
        raise DevpiError(f"WRONG: {', '.join(wrong)}")


def _client(visit: Visit) -> Finding:
    return Finding(OK, f"devpi-cli {__version__}, Python {platform.python_version()}, {platform.system()}")


def _state(visit: Visit) -> Finding:
    """Check the file, and take from it which server and index the other checks are about."""
    state = visit.app.state
    visit.target = visit.app.target()
    path = state.path
    if not path.exists():
        came = f", and counts what devpi-client left in {state.imported_from}" if state.imported_from else ""
        return Finding(OK, f"there is none yet at {path}{came}")
    found = path.stat()
    if os.name == "posix" and found.st_uid != os.geteuid():
        return Finding(WARNING, f"{path} belongs to user {found.st_uid}, not to you")
    mode = found.st_mode & 0o777
    if mode & 0o077 and os.name == "posix":
        return Finding(WRONG, f"{path} has mode {mode:04o}: others can read your logins; type 'chmod 600 {path}'")
    return Finding(OK, f"{path}, mode {mode:04o}")


def _server(visit: Visit) -> Finding:
    """Ask the server for its status; what it answers tells the time, too."""
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
        return Finding(WARNING, f"{server.root} does not tell its status ({error.status} {error.reason})")
    status = parse.status(visit.reply)
    role = ", a replica" if status.role == "replica" else ""
    rows = sorted(status.versions.items())
    return Finding(OK, f"{server.root}{role}: {', '.join(f'{name} {number}' for name, number in rows)}")


def _tls(visit: Visit) -> Finding | None:
    if not visit.root:
        return None
    if urlsplit(visit.root).scheme != "https":
        if urls.is_loopback(visit.root):
            return Finding(OK, "none, and none is needed: the server is on this machine")
        return Finding(WARNING, "none: with http:// passwords and files can be read and changed on their way")
    if visit.app.options.insecure:
        return Finding(WARNING, "certificates are not verified (--insecure)")
    variable, places = named_in_environment()
    named = [f"{variable}={os.pathsep.join(places)}"] if places else []
    bundle = [f"--ca-bundle {visit.app.options.ca_bundle}"] if visit.app.options.ca_bundle else named
    trusted = " and ".join(["the operating system", *bundle])
    if not visit.has_answered:
        return Finding(WARNING, f"could not be checked; trusted are the CAs of {trusted}")
    return Finding(OK, f"verified with the CAs of {trusted}")


def _clock(visit: Visit) -> Finding | None:
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    said = visit.reply.headers.get("date") if visit.reply else None
    if not said:
        return None
    try:
        there = parsedate_to_datetime(said)
    except ValueError:
        return Finding(WARNING, f"the server's time makes no sense: {said}")
    skew = (datetime.now(UTC) - there.astimezone(UTC)).total_seconds()
    if abs(skew) <= MOST_SKEW:
        return Finding(OK, "as the server's, within 5 minutes")
    way = "ahead of" if skew > 0 else "behind"
    return Finding(WARNING, f"{abs(skew) / 60:.0f} minutes {way} the server's: logins seem to expire at another time")


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
    lasts = f"for {login.hours:.1f} more hours" if 0 < login.hours < float("inf") else "nobody said for how long"
    return Finding(OK, f"{login.user}, {lasts}")


def _index(visit: Visit) -> Finding | None:
    if not visit.root:
        return None
    if not visit.index:
        return Finding(WARNING, "none in use: type 'devpi use USER/INDEX'")
    if not (visit.has_answered and visit.server):
        return Finding(WARNING, f"{visit.index}; it could not be checked")
    index = visit.server.index(visit.index, projects=False)
    if index.is_mirror:
        return Finding(OK, f"{visit.index} is a mirror: nobody uploads to it")
    acl = index.listed("acl_upload")
    login = visit.login
    if may_upload(login.user if login else None, acl):
        return Finding(OK, f"{visit.index}, and {login.user if login else 'anybody'} may upload to it")
    who = f"{login.user} may" if login else "who is not logged in may"
    return Finding(WARNING, f"{who} not upload to {visit.index}: its acl_upload is {','.join(acl) or 'empty'}")


def _pip(visit: Visit) -> Finding:
    """Ask pip itself, of the environment that 'devpi install' would install into."""
    try:
        installer = chosen_installer("pip", _venv(visit))
        said = process.capture([*installer.command, "--disable-pip-version-check", "config", "list"])
    except ProgramMissing as error:
        return Finding(WARNING, "; ".join(str(error).splitlines()))
    except ProgramFailed as error:
        return Finding(WRONG, f"its settings are broken: {error.message.splitlines()[0]}")
    settings = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    name, found = _of_pip(settings, "index-url")
    uses = f"{' '.join(installer.command)} uses {f'{found} ({name})' if found else f'{PYPI} (its default)'}"
    name, extra = _of_pip(settings, "extra-index-url")
    if extra:
        return Finding(WARNING, f"{uses}, and {extra} ({name}) as well: of both, the higher version is installed")
    return Finding(OK, uses)


def _of_pip(settings: dict[str, str], option: str) -> tuple[str, str]:
    """Return where an option is set that counts for 'pip install', and what it says: the environment comes first."""
    names = (f":env:.{option}", f"install.{option}", f"global.{option}")
    used = {name: settings[name].strip("'\"").replace("\\n", " ").strip() for name in names if name in settings}
    return next(((name, value) for name, value in used.items() if value), ("", ""))


def _uv(visit: Visit) -> Finding:
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        if os.environ.get(variable):
            return Finding(OK, f"uses {os.environ[variable]} ({variable})")
    for place in () if os.environ.get("UV_NO_CONFIG") else in_force(Path.cwd()):
        found = index_of(place)
        if found.startswith("cannot be read"):
            return Finding(WRONG, f"{place.path}: {found}")
        if urls.is_url(found):
            return Finding(OK, f"uses {found} ({place.path})")
    return Finding(OK, f"uses {PYPI} (its default)")


def _proxies(visit: Visit) -> Finding:
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    named = ", ".join(f"{scheme}={url}" for scheme, url in sorted(proxies.items()) if scheme != "no")
    if not visit.root:
        return Finding(OK, named or "none")
    parts = urlsplit(visit.root)
    used = proxies.get(parts.scheme) or proxies.get("all")
    if not used or proxy_bypass(parts.netloc):
        return Finding(OK, f"none for this server{f'; others use {named}' if named else ''}")
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
