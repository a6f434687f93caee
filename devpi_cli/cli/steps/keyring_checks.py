"""Check whether pip and uv get the login for an index that needs one."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from devpi_cli import urls
from devpi_cli.auth.private_keyring import PROVIDER_OF_UV
from devpi_cli.cli.steps.install_env import chosen_installer, simple_url
from devpi_cli.cli.steps.installer_checks import OK, WARNING, Finding
from devpi_cli.cli.steps.keyring_setup import AUTO, IMPORT
from devpi_cli.errors import BrokenSettings, Missing, NotAllowed, NotDevpi, ProgramFailed, ProgramMissing
from devpi_cli.installers import pip_files, uv_files
from devpi_cli.installers.formats import PROVIDER, SUBPROCESS
from devpi_cli.installers.locations import WINDOWS, in_force
from devpi_cli.installers.pip_files import TRUE
from devpi_cli.programs import process
from devpi_cli.system import files

if TYPE_CHECKING:
    from devpi_cli.cli.steps.install_env import Installer
    from devpi_cli.server.api import Server

ASKS = 401
SET = "type 'devpi use --set-cfg --keyring'"
AT_ONCE = "uv and poetry send the login at once; for pip, 'devpi env --login' puts it into the URL"
NO_PROGRAM = "it finds no keyring that has it, see 'devpi help pip-uv'"
BACKEND = "PYTHON_KEYRING_BACKEND"


def of_keyring(server: Server, index: str, venv: Path | None) -> Finding | None:
    """Return whether pip and uv get the login; None for an index that all may read, or that they do not use."""
    answer = _answer_to_anybody(server, index)
    if not answer:
        return None
    root = server.root
    if answer != str(ASKS):
        return Finding(WARNING, f"{simple_url(server, index)} answers {answer}, and pip asks only after 401: {AT_ONCE}")
    found = {"pip": _why_not_pip(root, venv), "uv": _why_not_uv(root)}
    said = {name: why for name, why in found.items() if why is not None}
    if not said:
        return None
    lines = [f"{name} does not get the login: {why}" if why else f"{name} gets the login" for name, why in said.items()]
    return Finding(WARNING if any(said.values()) else OK, "; ".join(lines))


def _answer_to_anybody(server: Server, index: str) -> str:
    """Return what the server answers without a login; empty if it answers with the index."""
    try:
        server.anonymous().index(index, projects=False)
    except (NotAllowed, Missing) as error:
        return str(error.status)
    except NotDevpi:
        return "with a page"
    return ""


def _why_not_pip(root: str, venv: Path | None) -> str | None:
    """Return why pip does not get the login, empty if it does; None if there is no pip, or it uses another index."""
    try:
        pip = chosen_installer("pip", venv)
        is_old = pip.is_old_pip()
    except (ProgramMissing, ProgramFailed):
        return None
    settings = pip_files.PipSettings(pip.prefix)
    index, named = settings.of("install", "index-url"), settings.of("install", PROVIDER)
    if not (index and _is_at(index.value.strip(), root)):
        return None
    provider = named.value.strip().lower() if named and not is_old else AUTO
    if provider not in (IMPORT, SUBPROCESS, AUTO) and named:
        return f"{named.place} says {provider}, {SET}"
    if provider == AUTO and (silent := settings.of("install", "no-input")) and silent.value.strip().lower() in TRUE:
        return f"{silent.place} keeps it from asking, unless {PROVIDER} is {IMPORT} or {SUBPROCESS}"
    return _why_nobody(index.value.strip(), _keyring_of(pip, provider, is_old=is_old))


def _keyring_of(pip: Installer, provider: str, *, is_old: bool) -> list[str]:
    """Return the command of the keyring that pip asks; empty for none."""
    scripts = pip.prefix / ("Scripts" if WINDOWS else "bin")
    python = str(scripts / ("python.exe" if WINDOWS else "python"))
    if provider != SUBPROCESS and Path(python).exists() and process.has_module(python, "keyring"):
        return [python, "-m", "keyring"]
    if provider == IMPORT or is_old:
        return []
    places = [place for place in os.environ.get("PATH", "").split(os.pathsep) if Path(place) != scripts]
    return _program(os.pathsep.join(places))  # pip ignores the one beside it


def _program(path: str | None = None) -> list[str]:
    found = shutil.which("keyring", path=path)
    return [found] if found else []


def _why_not_uv(root: str) -> str | None:
    """Return the same for uv in the current folder."""
    if not shutil.which("uv"):
        return None
    try:
        index = uv_files.in_use(Path.cwd()).url
    except BrokenSettings:  # which the check of uv says
        return None
    if not _is_at(index, root):
        return None
    if _provider_of_uv() != SUBPROCESS:
        return f"no {PROVIDER} is set, {SET}"
    return _why_nobody(index, _program())


def _provider_of_uv() -> str:
    if named := os.environ.get(PROVIDER_OF_UV):
        return named.lower()
    for file in () if os.environ.get(uv_files.NO_FILES) else in_force(Path.cwd()):
        with suppress(OSError, ValueError):
            if found := file.format.keyring(files.read(file.path)):
                return found
    return ""


def _is_at(index: str, root: str) -> bool:
    try:
        return urls.is_below(index, root)
    except ValueError:
        return False


def _why_nobody(index: str, keyring: list[str]) -> str:
    """Return why a keyring, given by its command, does not answer for an index; empty if it does, or need not."""
    from devpi_cli.auth.backend import NAME, granted

    parts = urlsplit(index)
    user, chosen = unquote(parts.username or ""), os.environ.get(BACKEND)
    if parts.password:
        return ""
    if chosen and chosen != NAME:
        return f"{BACKEND} says {chosen}"
    backends = ""
    with suppress(ProgramFailed, ProgramMissing):
        backends = process.capture([*keyring, "--list-backends"]) if keyring else ""
    if NAME not in backends:
        return NO_PROGRAM
    return (
        ""
        if granted(index, user)
        else f"keyring has none{f' of {user}' if user else ''}, type 'devpi login {user or 'USER'}'"
    )
