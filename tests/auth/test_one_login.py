"""pip, uv, twine, poetry and hatch know the login of ``devpi login``: behind which lock, and why not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devpi_cli.cli import topics
from devpi_cli.errors import Missing
from tests.attacks.test_installers import upload
from tests.support.clients import WITH_PROGRAMS, make_member
from tests.support.dists import make_sdist, make_wheel
from tests.support.gates import Gate, Page, open_at
from tests.support.pips import venv_with
from tests.support.programs import as_a_tool_of_uv, pip_beside_the_backend, program
from tests.support.servers import QUICK_SERVER, running_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.clients import Member
    from tests.support.servers import Live

BASIC = ("web", "pass word:/@%#")
# devpi-server lets plugins say who may read files; without that everybody may.
ACL = f"""
from devpi_server import config
from pluggy import HookimplMarker
class Private:
    @HookimplMarker("devpiserver")
    def devpiserver_stage_get_principals_for_pkg_read(self, ixconfig):
        return [":AUTHENTICATED:"]
found = config.PluginManager.load_setuptools_entrypoints
def load(manager, *arguments):
    manager.register(Private())
    return found(manager, *arguments)
config.PluginManager.load_setuptools_entrypoints = load
{QUICK_SERVER}
"""
SECONDS = 120
PROJECT = """
[project]
name = "user-of-demo"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["demo"]
"""


@dataclass
class Locked:
    """Somebody's index behind a lock, with ``demo`` 1.0."""

    member: Member
    url: str
    shared: Path
    secrets: tuple[str, ...] = ()
    said: str = field(default="", init=False)

    @property
    def index_url(self) -> str:
        return f"{self.url}{self.member.index}/"

    @property
    def project(self) -> Path:
        """A project that needs ``demo``."""
        folder = self.member.home / "project"
        folder.mkdir(exist_ok=True)
        (folder / "pyproject.toml").write_text(PROJECT)
        return folder

    @property
    def dist(self) -> Path:
        """The folder with a new release."""
        folder = self.member.home / "project" / "dist"
        folder.mkdir(exist_ok=True, parents=True)
        make_sdist(folder, {"pyproject.toml": PROJECT}, version="2.0")
        return folder

    def run(self, *command: object, cwd: Path | None = None, **env: str) -> bool:
        """Run a program without a terminal or input; return whether it ended well."""
        foreign = ("PIP_", "PYTHON", "XDG_")
        kept = {name: value for name, value in self.member.environment.items() if not name.startswith(foreign)}
        plain = {"PATH": WITH_PROGRAMS, "UV_NO_CACHE": "1", "PIP_NO_CACHE_DIR": "1", "UV_PYTHON_DOWNLOADS": "never"}
        done = subprocess.run(
            list(map(str, command)), cwd=cwd or self.member.home, env={**kept, **plain, **env},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        self.said += done.stdout + done.stderr
        return done.returncode == 0

    @property
    def is_installed(self) -> bool:
        return any(self.member.home.rglob("demo.py"))

    @property
    def is_uploaded(self) -> bool:
        try:
            return bool(self.member.server.release(self.member.index, "demo", "2.0").links)
        except Missing:
            return False


# -- the programs


def pip(python: Path, locked: Locked, **env: str) -> None:
    target = locked.member.home / "target"
    locked.run(python, "-m", "pip", "install", "--upgrade", "--target", target, "--retries=0", "demo", **env)


def pip_beside_devpi(locked: Locked, **env: str) -> None:
    pip(Path(sys.executable), locked, **env)


def old_pip_beside_the_backend(locked: Locked) -> None:
    pip(pip_beside_the_backend(locked.shared), locked)


def pip_elsewhere(locked: Locked) -> None:
    pip(venv_with("pip 23.2", locked.shared) / "bin/python", locked)


def newest_pip_elsewhere(locked: Locked, **env: str) -> None:
    pip(venv_with("newest pip", locked.shared) / "bin/python", locked, **env)


def uv(locked: Locked, **env: str) -> None:
    target = locked.member.home / "target"
    locked.run("uv", "pip", "install", "--python", sys.executable, "--target", target, "demo", **env)


def uv_sync(locked: Locked) -> None:
    locked.run("uv", "sync", "--python", sys.executable, cwd=locked.project)
    lock = locked.project / "uv.lock"
    assert not lock.exists() or "@" not in lock.read_text()


def poetry(locked: Locked) -> None:
    poetry = program("poetry", locked.shared)
    with (locked.project / "pyproject.toml").open("a") as file:
        file.write(f'[[tool.poetry.source]]\nname = "ours"\nurl = "{locked.index_url}+simple/"\npriority = "primary"\n')
    locked.run(
        poetry, "install", "--no-interaction", "--no-root", cwd=locked.member.home / "project",
        POETRY_VIRTUALENVS_IN_PROJECT="true", POETRY_VIRTUALENVS_OPTIONS_NO_PIP="true",
    )  # fmt: skip


def twine(locked: Locked) -> None:
    locked.run("twine", "upload", "--repository-url", locked.index_url, *locked.dist.iterdir())


def uv_publish(locked: Locked) -> None:
    locked.run("uv", "publish", "--publish-url", locked.index_url, "--username", owner(locked), *locked.dist.iterdir())


def poetry_publish(locked: Locked) -> None:
    poetry, dist = program("poetry", locked.shared), locked.dist
    folder = locked.project.joinpath("pyproject.toml").parent
    named = PROJECT.replace("user-of-demo", "demo").replace("1.0", "2.0").replace('["demo"]', "[]")
    (folder / "pyproject.toml").write_text(named)
    locked.run(
        poetry, "publish", "--no-interaction", "--repository", "ours", "--dist-dir", dist, cwd=folder,
        POETRY_REPOSITORIES_OURS_URL=locked.index_url,
    )  # fmt: skip


def hatch_publish(locked: Locked) -> None:
    hatch = program("hatch", locked.shared)
    typed = ("publish", "--no-prompt", "--repo", locked.index_url, "--user", owner(locked))
    locked.run(hatch, *typed, *locked.dist.iterdir(), cwd=locked.project)


def owner(locked: Locked) -> str:
    return locked.member.user


INSTALL: dict[str, Callable[[Locked], None]] = {
    "pip, beside devpi": pip_beside_devpi,
    "pip 22.3, beside keyring": old_pip_beside_the_backend,
    "pip 23.2, elsewhere": pip_elsewhere,
    "newest pip, elsewhere": newest_pip_elsewhere,
    "uv pip install": uv,
    "uv sync": uv_sync,
    "poetry install": poetry,
}
PIPS = (pip_beside_devpi, old_pip_beside_the_backend, pip_elsewhere, newest_pip_elsewhere)
UPLOAD: dict[str, Callable[[Locked], None]] = {
    "twine upload": twine,
    "uv publish": uv_publish,
    "poetry publish": poetry_publish,
    "hatch publish": hatch_publish,
}

# -- the locks


@pytest.fixture(scope="module")
def acl_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with running_server(tmp_path_factory.mktemp("acl") / "server", "--no-root-pypi", program=ACL) as live:
        yield live


def by_401(gate: Gate, login: str) -> None:
    """A web server demands the devpi login, as with devpi-lockdown."""
    gate.logins = (login,)


def by_a_login_page(gate: Gate, login: str) -> None:
    """It sends everybody to a page with a form, as the nginx file of devpi-lockdown does."""
    gate.logins, gate.refusal = (login,), Page(302, headers={"Location": "/+login-page/+api"})


def behind_basic_auth(gate: Gate, login: str) -> None:
    """A web server has logins of its own."""
    gate.logins = (":".join(BASIC),)


GATES = {"401": by_401, "a login page": by_a_login_page, "basic auth": behind_basic_auth}
LOCKS = [*GATES, "acl"]


@pytest.fixture
def locked(lock: str, request: pytest.FixtureRequest, tmp_path: Path, shared: Path) -> Iterator[Locked]:
    if lock == "acl":
        live = request.getfixturevalue("acl_server")
        member = make_member(live, tmp_path, f"user{len(live.connect().users())}")
    else:
        member = request.getfixturevalue("member")
    upload(member, make_wheel(tmp_path))
    token = member.state.servers[member.server.root].logins[member.user].token
    with ExitStack() as stack:
        url = member.server.root
        if lock in GATES:
            gate = Gate(tmp_path, behind=url, passes_on=True)
            GATES[lock](gate, f"{member.user}:{token}")
            stack.enter_context(open_at(gate))
            with member.state.changing() as state:
                state.servers = {gate.url: state.servers[url]}
                state.servers[gate.url].basic_auth = BASIC if lock == "basic auth" else None
                state.server = url = gate.url
        member.ok("use", "--set-cfg", "--keyring", PATH=WITH_PROGRAMS)
        yield Locked(member, url, shared, (token, BASIC[1]))


# Whoever is set for it has sent the login already; pip waits until a server asks.
NEVER_ASKED = {
    "a login page": "pip asks keyring when a server answers 401, and this one answers 302",
    "acl": "pip asks keyring when a server answers 401, and devpi-server answers 403 for a file that is not for all",
}
ONE_LOGIN = "a program can show one login, and the web server and devpi each need their own"


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("typed", INSTALL)
def test_who_installs(locked: Locked, lock: str, typed: str, record_property: Callable[[str, object], None]) -> None:
    INSTALL[typed](locked)
    why_not = NEVER_ASKED.get(lock, "") if INSTALL[typed] in PIPS else ""
    assert locked.is_installed == (not why_not), locked.said
    record_property("login", [typed, lock, why_not])
    assert [secret for secret in locked.secrets if secret in locked.said] == []


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("typed", UPLOAD)
def test_who_uploads(locked: Locked, lock: str, typed: str, record_property: Callable[[str, object], None]) -> None:
    UPLOAD[typed](locked)
    why_not = ONE_LOGIN if lock == "basic auth" else ""
    assert locked.is_uploaded == (not why_not), locked.said
    record_property("login", [typed, lock, why_not])
    assert [secret for secret in locked.secrets if secret in locked.said] == []


@pytest.mark.parametrize("lock", NEVER_ASKED)
def test_a_pip_that_is_never_asked_can_send_the_login_at_once(locked: Locked, lock: str) -> None:
    variables = dict(line.split("=", 1) for line in locked.member("env", "--login", "--shell", "github").lines)
    pip_beside_devpi(locked, **variables)
    assert locked.is_installed, locked.said


@pytest.mark.parametrize("lock", ["401"])
def test_a_program_set_by_variables_needs_no_file(locked: Locked, lock: str) -> None:
    locked.member.ok("use", "--undo")
    locked.member.env |= {"PATH": WITH_PROGRAMS}
    variables = dict(line.split("=", 1) for line in locked.member.ok("env", "--keyring", "--shell", "github"))
    assert not [value for value in variables.values() if any(secret in value for secret in locked.secrets)]
    for install in (newest_pip_elsewhere, uv):
        install(locked, **variables)
        assert locked.is_installed, locked.said
        shutil.rmtree(locked.member.home / "target")


@pytest.mark.parametrize("lock", ["401"])
def test_as_a_tool_of_uv_it_puts_keyring_and_twine_on_the_path(locked: Locked, lock: str) -> None:
    """As ``devpi help pip-uv`` says, with the wheel for the name."""
    typed = next(line for line in topics.read("pip-uv").splitlines() if line.startswith("uv tool install devpi-cli "))
    tools = as_a_tool_of_uv(locked.member.home / "tools", locked.shared, typed.split()[4:])
    assert sorted(path.name for path in tools.iterdir() if path.name != "in") == ["devpi", "keyring", "twine"]
    path = {"PATH": f"{tools}:/usr/bin:/bin"}
    pip(venv_with("newest pip", locked.shared) / "bin/python", locked, **path)
    locked.run(tools / "twine", "upload", "--repository-url", locked.index_url, *locked.dist.iterdir(), **path)
    assert (locked.is_installed, locked.is_uploaded) == (True, True), locked.said


@pytest.mark.parametrize("lock", ["acl"])
def test_an_api_token_is_enough_to_install_and_upload(locked: Locked, lock: str) -> None:
    """What they get is derived from it: a token that may read, and one that may upload to this index."""
    (token,) = locked.member.ok("token", "create", "--allowed", "pkg_read,upload", "--expires", "1d")
    locked.member.ok("token", "login", "-f", "-", stdin=f"{token}\n")
    uv(locked)
    twine(locked)
    assert (locked.is_installed, locked.is_uploaded) == (True, True), locked.said
    assert token not in locked.said
