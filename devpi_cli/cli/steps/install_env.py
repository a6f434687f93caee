"""Prepare pip or uv for an index: program, variables, virtual environment."""

from __future__ import annotations

import os
import re
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from devpi_cli import urls
from devpi_cli.errors import Missing, NotAllowed, NotDevpi, ProgramFailed, ProgramMissing, ServerFailed, Unreachable
from devpi_cli.http.tls import named_in_environment
from devpi_cli.programs import process, venvs
from devpi_cli.programs.own_environment import line_to_get

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.cli.app import App
    from devpi_cli.server.api import Server

NONE = "-"
INDEX_VARIABLES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX")
MOST_SECONDS = 10.0  # for the question whether an index is open to everybody
KEYRING_PROGRAM = (23, 1)  # the first pip that runs a program to get a login, and not only where it may ask the user
NEVER_ASKED = "the server did not ask for your login: it must answer 401 where it needs one, see 'devpi help pip-uv'"
PROXIES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


@dataclass(frozen=True)
class Installer:
    """The program that installs, and its environment variables."""

    command: list[str]
    settings: dict[str, str]
    without_cache: str = "--no-cache-dir"
    """The option that keeps files out of the cache."""
    is_pip: bool = True

    @property
    def prefix(self) -> Path:
        """The folder of the environment that the program is in.

        pip may have settings there.
        """
        return Path(self.command[0]).parent.parent

    def is_old_pip(self) -> bool:
        """Ask for the version; return True for a pip that runs no program to get a login."""
        if not self.is_pip:
            return False
        said = process.capture([*self.command, "--version"])
        version = re.search(r"^pip (\d+)\.(\d+)", said, re.MULTILINE)
        return version is not None and (int(version[1]), int(version[2])) < KEYRING_PROGRAM


def chosen_installer(choice: str, venv: Path | None) -> Installer:
    """Return the installer for ``pip``, ``uv`` or ``auto``.

    ``auto`` is pip, or uv if only uv is found. The pip of the environment that devpi runs in is never used by default.
    Raises ProgramMissing.
    """
    if choice == "uv":
        return _uv(venv)
    if pip := _pip(venv):
        return pip
    if choice == "auto" and shutil.which("uv"):
        return _uv(venv)
    if not venv:
        raise ProgramMissing(
            "there is no pip on the PATH", hint="activate a virtual environment, or name one with --venv DIR"
        )
    how = f"install it with: {venvs.python_of(venv)} -m ensurepip; or uv with: {line_to_get('uv')}"
    raise ProgramMissing(f"there is no pip in {venv}", hint=how)


def _pip(venv: Path | None) -> Installer | None:
    if venv:
        python = venvs.python_of(venv)
        command = [python, "-m", "pip"] if process.has_module(python, "pip") else []
    else:
        command = list(filter(None, [shutil.which("pip")]))
    settings = {"PIP_PRE": os.environ.get("PIP_PRE") or "1"}
    if not (sys.stdin and sys.stdin.isatty()):
        settings["PIP_NO_INPUT"] = "1"  # otherwise pip asks for a login without a terminal, and crashes
    return Installer(command, settings) if command else None


def _uv(venv: Path | None) -> Installer:
    """Return uv; without an environment it looks for ``.venv``.

    If there is none, uv fails rather than change the system's Python.
    """
    uv = process.on_path("uv", f"install it with: {line_to_get('uv')}; or use pip with --installer pip")
    settings = {"UV_PRERELEASE": os.environ.get("UV_PRERELEASE") or "allow"}
    settings |= {"UV_PYTHON": str(venv)} if venv else {}
    return Installer([uv, "pip"], settings, "--no-cache", is_pip=False)


@contextmanager
def index_access(app: App, server: Server, index: str, installer: Installer | None = None) -> Iterator[dict[str, str]]:
    """Yield the environment variables with which pip and uv use an index.

    An index that anybody may read is used without a login. Otherwise a private ``keyring`` program hands out the login
    for URLs of this server, and pip and uv are given only the name of the user. ``installer`` is the pip that will run,
    if it is known: before 23.1 it needs more.
    """
    url = simple_url(server, index)
    settings, login = index_settings(app, server, url), needed_login(server, index)
    if not login:
        yield settings
        return
    from devpi_cli.auth import private_keyring
    from devpi_cli.auth.answers import Grant, question

    with private_keyring.handing_out(Grant(server.root, *login)) as keyring:
        variables = keyring.variables
        if installer and installer.is_old_pip():
            variables |= keyring.variables_of_old_pip
        try:
            yield {**settings, **dict.fromkeys(INDEX_VARIABLES, question(url, login[0])), **variables}
        except ProgramFailed as error:
            if not keyring.was_asked and not error.hint:
                error.hint = NEVER_ASKED
            raise


def simple_url(server: Server, index: str) -> str:
    """Return the URL of an index for pip and uv."""
    return f"{server.url(index)}/+simple/"


def login_at_hand(server: Server) -> tuple[str, str] | None:
    """Return user and secret for pip and uv.

    They can show only one login: that of a web server in front comes first.
    """
    login, basic_auth = server.session.find_login(), server.session.identity.basic_auth
    return basic_auth or ((login.user, login.token) if login else None)


def needed_login(server: Server, index: str) -> tuple[str, str] | None:
    """Return user and secret for an index that cannot be read without.

    Return None if there is none. If the server does not say in time, pip and uv may still ask.
    """
    login = login_at_hand(server)
    if not (login and all(login)):
        return None
    try:
        return login if is_closed(server.hurried(MOST_SECONDS), index) else None
    except (Unreachable, ServerFailed):
        return login


def is_closed(server: Server, index: str) -> bool:
    """Ask whether an index cannot be read without a login.

    A web server may send a page instead. Raises Missing if there is no such index.
    """
    try:
        server.anonymous().index(index, projects=False)
    except (NotAllowed, NotDevpi):
        return True
    except Missing:  # so some plugins answer who may not read it
        server.index(index, projects=False)
        return True
    return False


def index_settings(app: App, server: Server, url: str) -> dict[str, str]:
    """Return the variables that point pip and uv to an index.

    They hold no login.
    """
    return {**dict.fromkeys(INDEX_VARIABLES, url), **_tls(app, server, url), **_proxy(url)}


def _proxy(url: str) -> dict[str, str]:
    """Return the variables that bypass a proxy for a server on this machine."""
    host = urlsplit(url).hostname or ""
    named = next((os.environ[name] for name in ("no_proxy", "NO_PROXY") if os.environ.get(name)), "")
    has_proxy = any(os.environ.get(name) for name in PROXIES)
    if not has_proxy or not urls.is_loopback(url) or host in named.split(","):
        return {}
    return dict.fromkeys(("no_proxy", "NO_PROXY"), ",".join(filter(None, [named, host])))


def _tls(app: App, server: Server, url: str) -> dict[str, str]:
    """Return the variables that give pip and uv our TLS trust and client certificate."""
    host = urlsplit(url)
    found: dict[str, str] = {}
    variable, places = ("", [app.options.ca_bundle]) if app.options.ca_bundle else named_in_environment()
    for place in [Path(place).absolute() for place in places[:1]]:  # absolute: tox runs in another folder
        if not (variable and os.environ.get("PIP_CERT")):
            found["PIP_CERT"] = str(place)
        if not variable.startswith("SSL_"):
            found["SSL_CERT_DIR" if place.is_dir() else "SSL_CERT_FILE"] = str(place)
    if certificate := server.session.identity.certificate(url):
        found |= {"PIP_CLIENT_CERT": certificate, "SSL_CLIENT_CERT": certificate}
    # pip ignores an index without TLS on another machine unless its host is trusted; uv does not.
    trusting = ["PIP_TRUSTED_HOST", "UV_INSECURE_HOST"] if app.options.insecure else ["PIP_TRUSTED_HOST"]
    if app.options.insecure or (host.scheme == "http" and not urls.is_loopback(url)):
        found |= {name: " ".join(dict.fromkeys([*os.environ.get(name, "").split(), host.netloc])) for name in trusting}
    return found


def chosen_venv(app: App, typed: str | None) -> Path | None:
    """Return the virtual environment to use, or None.

    That is the given one, else the remembered one, else the active one; ``-`` ignores the remembered one.
    Raises ProgramMissing if it does not exist.
    """
    if typed and typed != NONE:
        return venvs.named(typed)
    if app.state.venv and not typed:
        return venvs.checked(Path(app.state.venv), "type 'devpi use --venv -' to forget it")
    active = venvs.active()
    return venvs.checked(active, "check the variable VIRTUAL_ENV") if active else None
