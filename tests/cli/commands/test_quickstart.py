from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import devpi_cli
from tests.support.clients import Client
from tests.support.dists import make_wheel
from tests.support.loopback import Owner, SimpleIndex, Watch, owner, simple_index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clients import Result
    from tests.support.servers import Live

NEXT = """
Type next:
  devpi upload          in the folder of a project: build it and upload it
  devpi list            what is on the index
  devpi install NAME    install from the index, and from PyPI through it
  devpi server stop     stop the server; 'devpi server start' starts it again
"""


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleIndex]:
    """What root/pypi mirrors here instead of PyPI: an index of ``demo`` 1.0."""
    folder = tmp_path_factory.mktemp("mirrored")
    make_wheel(folder)
    with simple_index(folder) as index:
        yield index


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Watch:
    return Watch(tmp_path_factory.mktemp("watch"))


@pytest.fixture(scope="module")
def alice(tmp_path_factory: pytest.TempPathFactory, watch: Watch) -> Iterator[Owner]:
    """Somebody whose login name is alice."""
    with owner(tmp_path_factory.mktemp("alice") / "home", **watch.env) as somebody:
        yield somebody


@pytest.fixture(scope="module")
def made(alice: Owner, mirrored: SimpleIndex) -> Result:
    """What quickstart says the first time."""
    return alice("quickstart", "--debug", "--port", alice.port, "--mirror-url", mirrored.url)


def test_it_makes_a_server_a_user_and_an_index_and_uses_them(made: Result, alice: Owner, mirrored: SimpleIndex) -> None:
    assert (
        made.stdout
        == (
            f"server created: {alice.folder}\n"
            f"server started: {alice.url}\n"
            f"index created: root/pypi (mirror_url={mirrored.url})\n"
            "user created: alice\n"
            "index created: alice/dev (bases=root/pypi)\n"
            "logged in 'alice', credentials valid for 10.00 hours\n"
            f"current devpi index: {alice.url}alice/dev (logged in as alice)\n"
        )
        + NEXT
    )
    assert {line.partition(" ")[0] for line in made.stderr.splitlines()} == {"debug:"}
    assert made.status == 0
    assert alice.ok("index")[0] == f"{alice.url}alice/dev:"


@pytest.mark.usefixtures("made")
def test_run_again_it_finds_everything_in_place(alice: Owner, mirrored: SimpleIndex) -> None:
    assert (
        alice.ok("quickstart", "--user", "alice")
        == (
            f"server exists: {alice.folder}\n"
            f"server already running: {alice.url}\n"
            f"index exists: root/pypi (mirror_url={mirrored.url})\n"
            "user exists: alice\n"
            "index exists: alice/dev (bases=root/pypi)\n"
            "logged in 'alice', credentials valid for 10.00 hours\n"
            f"current devpi index: {alice.url}alice/dev (logged in as alice)\n{NEXT}"
        ).splitlines()
    )


@pytest.mark.usefixtures("made")
def test_it_does_what_is_missing(alice: Owner) -> None:
    lines = alice.ok("quickstart", "--user", "bob")
    assert lines[3:5] == ["user created: bob", "index created: bob/dev (bases=root/pypi)"]
    alice.ok("quickstart", "--user", "alice")


@pytest.mark.usefixtures("made")
def test_json_is_one_document(alice: Owner) -> None:
    assert json.loads("\n".join(alice.ok("quickstart", "--json"))) == {
        "server": alice.url,
        "user": "alice",
        "index": f"{alice.url}alice/dev",
        "folder": str(alice.folder),
    }


@pytest.mark.usefixtures("made")
def test_what_it_keeps_is_for_its_owner_only(alice: Owner) -> None:
    kept = [alice.state_file.parent, alice.folder, *alice.folder.iterdir(), *alice.state_file.parent.glob("*.json")]
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in kept if path.name != "data"}
    assert modes == {
        "devpi-cli": "0o700",
        "server": "0o700",
        "server.json": "0o600",
        "server.log": "0o600",
        "secret": "0o600",
        "secret.stretching": "0o600",
        "state.json": "0o600",
    }


def test_no_secret_is_seen(made: Result, alice: Owner, watch: Watch) -> None:
    again = alice("quickstart", "--debug", "--json")
    secrets = [*alice.record["passwords"].values(), (alice.folder / "secret").read_text()]
    secrets += [login.token for login in alice.state.servers[alice.url].logins.values()]
    seen = [
        made.stdout,
        made.stderr,
        again.stdout,
        again.stderr,
        *watch.commands,
        (alice.folder / "server.log").read_text(),
    ]
    assert len(secrets) >= 4
    assert any("devpi_server" in command for command in watch.commands)
    assert [text for text in seen if any(secret in text for secret in secrets)] == []


@pytest.mark.usefixtures("made")
def test_nobody_beyond_this_machine_is_called(watch: Watch) -> None:
    assert watch.hosts == {"127.0.0.1"}


@pytest.mark.usefixtures("made")
def test_the_first_install_through_the_mirror_works_at_once(alice: Owner, venv: Path, mirrored: SimpleIndex) -> None:
    result = alice("install", "demo", "--venv", venv)
    assert (result.lines[-1], result.status) == ("Successfully installed demo-1.0", 0), result.stderr
    assert mirrored.asked == ["/simple/demo/", "/simple/demo/demo-1.0-py3-none-any.whl"]


@pytest.mark.usefixtures("made")
def test_another_port_than_the_one_it_runs_on_is_refused(alice: Owner) -> None:
    result = alice("quickstart", "--port", alice.port + 1)
    assert result.stderr == f"the server already runs at {alice.url}\ntype 'devpi server stop' first\n"
    assert result.status == 2


@pytest.mark.usefixtures("made")
def test_a_password_that_was_changed_is_said(alice: Owner) -> None:
    alice.ok("quickstart", "--user", "carol")
    alice.ok("user", "-m", "carol", "password=her own secret")
    result = alice("quickstart", "--user", "carol")
    assert result.stderr == (
        "the password of carol is not the one that quickstart set\n"
        f"type 'devpi use {alice.url}' and 'devpi login carol', or name another user with --user\n"
    )
    assert result.status == 3
    alice.ok("quickstart", "--user", "alice")


def test_a_port_that_another_server_has_is_refused(devpi: Client, server: Live) -> None:
    port = server.url.rstrip("/").rpartition(":")[2]
    result = devpi("quickstart", "--port", port)
    assert result.stderr == f"port {port} is taken by another program\nchoose another one with --port\n"
    assert result.status == 1


def test_root_becomes_dev_and_an_interrupted_start_leaves_no_server(tmp_path: Path, mirrored: SimpleIndex) -> None:
    with owner(tmp_path / "home", LOGNAME="root") as somebody:
        typed = ["quickstart", "--port", str(somebody.port), "--mirror-url", mirrored.url]
        pid = interrupt_when_the_server_comes_up(somebody, typed)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert somebody.record["pid"] is None
        assert somebody.ok(*typed)[:7] == [
            f"server exists: {somebody.folder}",
            f"server started: {somebody.url}",
            f"index created: root/pypi (mirror_url={mirrored.url})",
            "user created: dev",
            "index created: dev/dev (bases=root/pypi)",
            "logged in 'dev', credentials valid for 10.00 hours",
            f"current devpi index: {somebody.url}dev/dev (logged in as dev)",
        ]


def interrupt_when_the_server_comes_up(somebody: Owner, typed: list[str]) -> int:
    """Press Ctrl-C as soon as the server has a process; return its id."""
    command = [*somebody.command, *typed]
    running = subprocess.Popen(command, env=somebody.environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (somebody.folder / "server.json").exists() or somebody.record["pid"] is None:
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    pid: int = somebody.record["pid"]
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert (said, running.returncode) == (b"interrupted\n", 130)
    return pid


def test_without_the_extra_it_says_what_to_install(devpi: Client, tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    for package in Path(pytest.__file__).parents[1].iterdir():
        if not package.name.startswith(("devpi", "__pycache__")):
            (packages / package.name).symlink_to(package)
    (packages / "devpi_cli").symlink_to(Path(devpi_cli.__file__).parent)
    run = f"import sys; sys.path.append({str(packages)!r}); from devpi_cli.cli.main import main; main()"
    bare = Client(devpi.home, command=(sys.executable, "-I", "-S", "-c", run))
    assert bare.fails("quickstart") == (
        1,
        "devpi-server is not installed next to devpi-cli\n"
        f"install it with: {sys.executable} -m pip install 'devpi-cli[server]'\n",
    )
    assert not devpi.state_file.parent.exists()
