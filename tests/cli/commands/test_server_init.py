from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from tests.support.kills import AFTERWARDS, Kills
from tests.support.loopback import Watch
from tests.support.ports import free_port
from tests.support.serverdirs import described, end_after

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clients import Client

MOMENTS = 20 if os.environ.get("DEEP") == "1" else 2
PASSWORD = "a password of root"
SAFER = "warning: others can see --root-passwd in 'ps', and it is in your history: --root-password-stdin is safer\n"


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return tmp_path / "new"


def root_hash(serverdir: Path, folder: Path) -> str:
    """Return what the server compares the password of root with, by its own program."""
    program = Path(sys.executable).with_name("devpi-export")
    command = [program, "-c", os.devnull, "--serverdir", serverdir, folder / "exported"]
    subprocess.run(command, check=True, capture_output=True)
    found: str = described(folder / "exported")["users"]["root"]["pwhash"]
    return found


def test_it_is_private_and_no_program_is_told_the_password(devpi: Client, new: Path, tmp_path: Path) -> None:
    """S1 and S2."""
    (tmp_path / "watch").mkdir()
    watch = Watch(tmp_path / "watch")
    typed = ("--serverdir", new, "--no-root-pypi", "--root-password-stdin")
    lines = devpi.ok("server", "init", *typed, stdin=f"{PASSWORD}\n", **watch.env)
    assert lines == [f"server made: {new}", f"  secret={new / '.secret'}"]
    assert new.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in new.iterdir() if path.is_file()} == {0o600}
    assert len((new / ".secret").read_text()) >= 32
    found = root_hash(new, tmp_path)
    assert PasswordHasher().verify(found, PASSWORD)
    assert [command for command in watch.commands if "devpi_server.init" in command]
    assert not [command for command in watch.commands if PASSWORD in command or "$argon2" in command]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["exported", "home", "new", "watch"]


def test_a_password_is_made_if_there_is_none(devpi: Client, new: Path, tmp_path: Path) -> None:
    lines = devpi.ok("server", "init", "--serverdir", new, "--no-root-pypi", "--role", "primary")
    made = re.fullmatch(r"password of root, shown only now: (\S{32})", lines[2])
    assert made
    assert json.loads((new / ".nodeinfo").read_text())["role"] == "primary"
    assert PasswordHasher().verify(root_hash(new, tmp_path), made[1])
    assert devpi.fails("server", "init", "--serverdir", new) == (
        5,
        f"{new} is already the data of a devpi-server\n'devpi server run --serverdir {new}' runs it\n",
    )


@pytest.mark.parametrize(("typed", "env", "said"), [
    (["--root-passwd", PASSWORD], {}, SAFER),
    (["--root-passwd-hash", PasswordHasher().hash(PASSWORD)], {}, ""),
    ([], {"DEVPISERVER_ROOT_PASSWD": PASSWORD}, ""),
], ids=["password", "hash", "variable"])  # fmt: skip
def test_the_ways_of_the_raw_program(
    devpi: Client, new: Path, tmp_path: Path, typed: list[str], env: dict[str, str], said: str
) -> None:
    result = devpi("server", "init", "--serverdir", new, *typed, PATH="/usr/bin:/bin", **env)  # as with pipx
    assert (result.status, result.stderr, len(result.lines)) == (0, said, 2)
    assert PasswordHasher().verify(root_hash(new, tmp_path), PASSWORD)


def test_a_settings_file_with_a_password_and_what_init_does_not_know(devpi: Client, new: Path, tmp_path: Path) -> None:
    """S21: also what only devpi-server itself knows."""
    file = tmp_path / "devpi.yml"
    file.write_text(f"devpi-server:\n  serverdir: {new}\n  port: 3333\n  no-root-pypi: true\n")
    assert devpi.ok("server", "init", "-c", file, "--root-password-stdin", stdin="x\n")[0] == f"server made: {new}"
    assert PasswordHasher().verify(root_hash(new, tmp_path), "x")
    assert described(tmp_path / "exported")["indexes"] == {}


def test_the_secret_is_where_the_settings_say(devpi: Client, new: Path, tmp_path: Path) -> None:
    file, secret = tmp_path / "devpi.yml", tmp_path / "kept/secret"
    secret.parent.mkdir()
    file.write_text(f"devpi-server:\n  serverdir: {new}\n  secretfile: {secret}\n  no-root-pypi: true\n")
    made = devpi.ok("server", "init", "-c", file, "--root-password-stdin", stdin="x\n")
    assert made == [f"server made: {new}", f"  secret={secret}"]
    assert (secret.stat().st_mode & 0o777, (new / ".secret").exists()) == (0o600, False)
    (line,) = devpi.ok("server", "run", "-n", "-c", file, "--port", free_port())
    assert line.startswith(f"would run a server: {new} at ")


def test_a_replica_has_the_users_of_its_primary(devpi: Client, new: Path) -> None:
    typed = ("--role", "replica", "--primary-url", "http://127.0.0.1:9/", "--serverdir", new)
    assert devpi.ok("server", "init", *typed) == [f"server made: {new}", f"  secret={new}/.secret"]


NEEDS = (
    f"the storage pg8000 needs devpi-postgresql\ninstall it with: {sys.executable} -m pip install devpi-postgresql\n"
)
LOSES = (
    "the storage pg8000 loses uploads that arrive at the same time (devpi-postgresql 3.0.1 acknowledged 30 of them, "
    "and had 8)\nuse sqlite, which loses none, or confirm with --accept-data-loss\n"
)
PROBLEMS = [
    ("--role replica", "a replica needs --primary-url\n"),
    ("--role primary --primary-url http://x", "--primary-url is for a replica, and the role is primary\n"),
    ("--secretfile HOME/none", "cannot read HOME/none: No such file or directory\n"
     "leave out --secretfile to have one made\n"),
    ("--secretfile HOME/short", "the secret in HOME/short is shorter than 32 characters\n"),
    ("--secretfile HOME/open", "others can read the secret in HOME/open\ntype: chmod 600 HOME/open\n"),
    ("--storage pg8000 --accept-data-loss", NEEDS),
    ("--storage pg8000:host=db", f"{NEEDS}{LOSES}2 problems: nothing was changed\n"),
    ("--serverdir HOME/short", "HOME/short exists, and is not a folder\n"),
    ("--serverdir HOME/short/new", "cannot make HOME/short/new: HOME/short is not a folder\n"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "said"), PROBLEMS)
def test_problems_are_told_before_anything_is_made(devpi: Client, new: Path, options: str, said: str) -> None:
    (devpi.home / "short").write_text("short")
    (devpi.home / "short").chmod(0o600)
    (devpi.home / "open").write_text("x" * 40)
    (devpi.home / "open").chmod(0o644)
    options, said = (text.replace("HOME", str(devpi.home)) for text in (options, said))
    place = () if "--serverdir" in options else ("--serverdir", new)
    status, found = devpi.fails("server", "init", *place, *options.split())
    assert (status > 0, found) == (True, said)
    assert sorted(path.name for path in devpi.home.iterdir()) == ["open", "short"]
    assert not new.exists()


def test_a_dry_run_makes_nothing(devpi: Client, new: Path) -> None:
    assert devpi.ok("server", "init", "-n", "--serverdir", new) == [f"would make a server: {new}"]
    assert sorted(path.name for path in new.parent.iterdir()) == ["home"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_whenever_it_is_ended_the_target_is_absent_or_whole(
    devpi: Client, new: Path, tmp_path: Path, number: signal.Signals, record_property: Callable[[str, object], None]
) -> None:
    typed, kills = ("server", "init", "--serverdir", new, "--no-root-pypi"), Kills("init", number, record_property)
    for moment in range(MOMENTS):
        end_after(devpi, typed, number, begun=Path(f"{new}.part"), seconds=4.0 * moment / MOMENTS)
        kills.see(new, lambda data: (data / ".secret").exists() and (data / ".sqlite").exists())
        shutil.rmtree(new, ignore_errors=True)
    assert number == signal.SIGKILL or not Path(f"{new}.part").exists()
    assert (
        devpi("server", "init", "--serverdir", new, "--no-root-pypi", "--root-password-stdin", stdin="x\n").status == 0
    )
    assert PasswordHasher().verify(root_hash(new, tmp_path), "x")
    assert not Path(f"{new}.part").exists()
    kills.end(AFTERWARDS)
