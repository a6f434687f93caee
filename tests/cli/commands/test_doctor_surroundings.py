"""devpi doctor: what somebody will do next, and what may be in the way of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clients import WITH_PROGRAMS, Client
from tests.support.loopback import owner_of_a_server
from tests.support.pips import install
from tests.support.servers import running_server
from tests.support.webservers import a_front

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.clients import Member, Result
    from tests.support.webservers import Front

CHECKOUT = Path(__file__).parents[3]


def doctor(client: Client, **env: str) -> Result:
    return client("doctor", **{"PIP_INDEX_URL": "", "PIP_CONFIG_FILE": "/dev/null", "SHELL": "", **env})


def of(result: Result, check: str) -> str:
    """Return what a check found; empty for nothing."""
    return next((line for line in result.lines if line[9:].startswith(f"{check}: ")), "")


# -- the command


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with devpi-cli, and after that devpi-client, whose command wins."""
    venv = tmp_path_factory.mktemp("both") / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    install(venv, str(CHECKOUT), "hatchling")
    install(venv, "devpi-client==7.3.0")
    return venv


def test_devpi_client_beside_us(both: Path, devpi: Client) -> None:
    """The lines that are said end with a command that is ours."""
    python = both / "bin/python"
    ours = Client(devpi.home, {"PATH": f"{both / 'bin'}:{os.environ['PATH']}"}, (str(python), "-m", "devpi_cli"))
    remove = f"{python} -m pip uninstall devpi-client"
    repair = f"{python} -m pip install --force-reinstall --no-deps {CHECKOUT}"
    assert of(doctor(ours), "command") == (
        "WRONG    command: devpi-client 7.3.0 is in the same environment, and the command devpi runs devpi-client: "
        f"whichever is uninstalled takes the command along; type '{remove}' and then '{repair}'"
    )
    subprocess.run(repair.split(), check=True, capture_output=True)
    found = of(doctor(ours), "command")
    assert found.startswith(
        "warning  command: devpi-client 7.3.0 is in the same environment, and the command devpi runs devpi-cli"
    )
    subprocess.run([*remove.split(), "-y"], check=True, capture_output=True)
    assert not (both / "bin/devpi").exists()
    subprocess.run(repair.split(), check=True, capture_output=True)
    assert of(doctor(ours), "command") == ""
    assert (
        "devpi-cli"
        in subprocess.run([both / "bin/devpi", "--version"], check=True, capture_output=True, text=True).stdout
    )


def test_another_devpi_that_is_found_first(devpi: Client, tmp_path: Path) -> None:
    other = tmp_path / "bin/devpi"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\necho another\n")
    other.chmod(0o755)
    ours = Path(sys.executable).parent
    assert of(doctor(devpi, PATH=f"{other.parent}:{WITH_PROGRAMS}"), "command") == (
        f"warning  command: the first devpi on the PATH is {other}, another program; put {ours} before it in PATH"
    )
    assert of(doctor(devpi, PATH=f"{ours}:{other.parent}"), "command") == ""


# -- the server


def test_our_own_server_that_is_stopped(tmp_path: Path) -> None:
    with owner_of_a_server(tmp_path / "home") as alice:
        mirror = of(doctor(alice), "mirrors")
        assert mirror.startswith("WRONG    mirrors: root/pypi cannot reach http://127.0.0.1:9/simple/pip/")
        assert mirror.endswith("; type 'devpi server log' to see more")
        assert alice.ok("server", "log") != []
        alice.ok("server", "stop")
        assert of(doctor(alice), "server") == (
            f"WRONG    server: cannot reach {alice.url}: Connection refused; 'devpi server start' starts it"
        )
        alice.ok("server", "start")
        assert of(doctor(alice), "server").startswith("ok       server: ")


@pytest.fixture
def front(devpi: Client) -> Iterator[Front]:
    """A server in use of which only its status is left to say."""
    with a_front() as front:
        front.answer("/+api", {"login": "/+login", "authstatus": ["noauth", "", []]})
        status, headers, body = front.answers["/+api"]
        front.answers["/+api"] = status, headers, body.replace(b"{", b'{"type": "apiconfig", ', 1)
        with devpi.state.changing() as state:
            state.server = front.url
        yield front


REPLICA: dict[str, Any] = {"role": "REPLICA", "serial": 7, "primary-url": "http://primary/", "versioninfo": {}}
INSTEAD = "; type 'devpi use http://primary/' to work with the primary"


@pytest.mark.parametrize(("status", "said"), [
    ({"primary-serial": 7, "replica-in-sync-at": 0}, "ok       replica: in sync with http://primary/"),
    ({"primary-serial": None}, f"WRONG    replica: it has not reached http://primary/ since it was started{INSTEAD}"),
    ({"primary-serial": 7, "replica-in-sync-at": -1200},
     f"WRONG    replica: it no longer hears from http://primary/, and was last in sync 20 minutes ago{INSTEAD}"),
    ({"primary-serial": 8, "replica-in-sync-at": 0}, f"warning  replica: 1 change behind http://primary/{INSTEAD}"),
    ({"primary-serial": 10, "replica-in-sync-at": -10800},
     f"warning  replica: 3 changes behind http://primary/, and was last in sync 3 hours ago{INSTEAD}"),
    ({"primary-serial": None, "primary-url": None},
     "WRONG    replica: it has not reached its primary since it was started"),
    ({"role": "PRIMARY"}, ""),
])  # fmt: skip
def test_a_replica(devpi: Client, front: Front, status: dict[str, Any], said: str) -> None:
    when = status.get("replica-in-sync-at")
    since = {} if when is None else {"replica-in-sync-at": time.time() + when}
    front.answer("/+status", {**REPLICA, **status, **since}, kind="status")
    assert of(doctor(devpi), "replica") == said


def test_a_real_replica_that_never_reached_its_primary(devpi: Client, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("0123456789" * 4)
    secret.chmod(0o600)
    primary = "http://127.0.0.1:9/"
    options = ("--role", "replica", "--primary-url", primary)
    with running_server(tmp_path / "replica", *options, options=("--secretfile", str(secret))) as replica:
        with devpi.state.changing() as state:
            state.server = replica.url
        assert of(doctor(devpi), "replica") == (
            f"WRONG    replica: it has not reached {primary} since it was started; "
            f"type 'devpi use {primary}' to work with the primary"
        )


# -- where logins come from


@pytest.mark.parametrize(("files", "env", "said"), [
    ({}, {}, ""),
    ({}, {"DEVPI_USER": "USER", "DEVPI_PASSWORD": "x"},
     "ok       logins: DEVPI_PASSWORD (USER), the state file (USER): the first is used"),
    ({".netrc": "machine 127.0.0.1 login USER password x\n"}, {},
     "ok       logins: the state file (USER), ~/.netrc (USER): the first is used"),
    ({".pypirc": "[distutils]\nindex-servers = dev\n[dev]\nrepository = INDEX\nusername = USER\npassword = x\n"}, {},
     "ok       logins: the state file (USER), ~/.pypirc, section [dev] (USER): the first is used"),
    ({".netrc": "machine\n"}, {},
     "warning  logins: the state file (USER); not used: cannot read HOME/.netrc: line 2 is invalid"),
    ({".pypirc": "["}, {},
     "warning  logins: the state file (USER); not used: cannot read HOME/.pypirc: line 1 is invalid"),
    ({}, {"DEVPI_PASSWORD": "x", "DEVPI_USER": "__token__"},
     "WRONG    logins: DEVPI_PASSWORD is set, but nothing says which user it belongs to; set DEVPI_USER, too"),
    ({}, {"DEVPI_USER": "nobody"},
     "WRONG    logins: DEVPI_USER is set, but there is neither a password nor a token for nobody; "
     "set DEVPI_PASSWORD or DEVPI_TOKEN, too, or type 'devpi login nobody'"),
])  # fmt: skip
def test_every_source_of_logins(member: Member, files: dict[str, str], env: dict[str, str], said: str) -> None:
    words = {"USER": member.user, "INDEX": f"{member.index_url}/", "HOME": str(member.home)}

    def filled(text: str) -> str:
        for word, value in words.items():
            text = text.replace(word, value) if not text.startswith("DEVPI") else text
        return text

    for name, text in files.items():
        (member.home / name).write_text(filled(text))
        (member.home / name).chmod(0o600)
    found = of(doctor(member, **{name: value.replace("USER", member.user) for name, value in env.items()}), "logins")
    expected = said.replace("(USER)", f"({member.user})").replace("HOME", str(member.home))
    assert found == expected


# -- programs that are too old


@pytest.mark.parametrize(("program", "version", "said"), [
    ("uv", "0.4.22", "uv 0.4.22 is older than 0.4.23 and ignores UV_DEFAULT_INDEX; type 'uv self update'"),
    ("uv", "0.4.23", ""),
    ("tox", "4.22.0", "tox 4.22.0 is older than 4.23 and cannot test releases; type 'LINE tox'"),
    ("tox", "4.23.1", ""),
    ("pip", "22.3", "pip 22.3 is older than 23.1 and gets no login from keyring; type 'BIN/pip install --upgrade pip'"),
    ("pip", "23.1", ""),
])  # fmt: skip
def test_programs_that_are_too_old(devpi: Client, tmp_path: Path, program: str, version: str, said: str) -> None:
    folder = tmp_path / "old"
    script, python = folder / "bin" / program, folder / "bin/python"
    info = folder / f"lib/python3.11/site-packages/{program}-{version}.dist-info"
    for place in (script.parent, info):
        place.mkdir(parents=True)
    script.write_text(f"#!/bin/sh\necho '{program} {version} (somewhere)'\n")
    script.chmod(0o755)
    if program != "uv":
        python.symlink_to(sys.executable)
    found = of(doctor(devpi, PATH=str(script.parent)), "versions")
    line = f"{python} -m pip install --upgrade"
    expected = said.replace("LINE", line).replace("BIN", str(script.parent))
    assert found == (f"warning  versions: {script.parent}/{expected}" if said else "")


def test_a_server_that_is_too_old(devpi: Client, front: Front) -> None:
    front.answer("/+status", {"role": "MASTER", "versioninfo": {"devpi-server": "5.5.1"}}, kind="status")
    assert of(doctor(devpi), "versions") == (
        "warning  versions: devpi-server 5.5.1 is older than 6; ask the administrator of the server to upgrade it"
    )


# -- completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(devpi: Client, shell: str) -> None:
    line = f"type 'devpi completion install {shell}'"

    def found() -> str:
        return of(doctor(devpi, SHELL=f"/bin/{shell}"), "completion")

    assert found() == f"ok       completion: not installed for {shell}; {line}"
    written = devpi.ok(*line.split("'")[1].split()[1:])[0]
    path = Path(written.removeprefix("wrote "))
    assert found() == f"ok       completion: {path} is up to date"
    path.write_text(path.read_text().replace("verbose", "chatty"))
    assert found() == f"warning  completion: {path} was written by another version of devpi-cli; {line}"
    path.write_text("complete devpi\n")
    assert found() == f"ok       completion: {path} was not written by devpi-cli"


@pytest.mark.parametrize("shell", ["", "/bin/tcsh", "/usr/bin/pwsh"])
def test_a_shell_without_a_folder_for_completion(devpi: Client, shell: str) -> None:
    assert of(doctor(devpi, SHELL=shell), "completion") == ""


# -- who may upload


def test_the_line_to_type_lets_somebody_upload(member: Member, new_member: Callable[[], Member]) -> None:
    other = new_member()
    line = of(doctor(member, DEVPI_INDEX=other.index), "index").split("'")[1]
    other.ok(*line.split()[1:], "-q")
    assert of(doctor(member, DEVPI_INDEX=other.index), "index") == (
        f"ok       index: {other.index}, and {member.user} may upload to it"
    )


def test_an_open_index_without_a_login(at_server: Client, member: Member) -> None:
    at_server.env["DEVPI_INDEX"] = member.index_url
    assert of(doctor(at_server), "index") == (
        f"warning  index: you need a login to upload to {member.index}: its acl_upload is {member.user}; "
        "type 'devpi login USER'"
    )
