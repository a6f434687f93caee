"""Signals at random moments, to every command that makes private files: what is left, and what goes on.

Each shot is a process of its own, with a home and a folder for temporary files of its own. A third of them get a second
signal while they tidy up. ``DEEP=1`` fires 500 instead of 60; ``SIGNALS_SEED`` repeats a run.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import DEVPI, WITH_PROGRAMS, Member, make_member
from tests.support.dists import QUICK_TOX, make_project, make_sdist, make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.servers import Live

KIND = "signals at random moments"
SHOTS = 500 if os.environ.get("DEEP") == "1" else 60
SIGNALS = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]
MARK = "DEVPI_TEST_SHOT"  # a variable by which everything that a command has started is found
END_SECONDS = 60.0
SETTLE_SECONDS = 5.0
# What the commands are for: these files hold secrets, and others must not.
KEEPERS = {"state.json", ".netrc", ".pypirc", "token", "derived", "server.json", "secret"}
NO_TESTS = {"VIRTUALENV_NO_SEED": "1"}
AGAIN = {"PIP_FORCE_REINSTALL": "1"}


@dataclass(frozen=True)
class Scene:
    """A command, where it runs, and what it needs."""

    typed: str
    folder: str = "."
    stdin: str = ""
    env: dict[str, str] = field(default_factory=dict)


SCENES = {
    "install with pip": Scene("install --installer pip --venv {venv} slow", env=AGAIN),
    "install with uv": Scene("install --installer uv --venv {venv} -- --reinstall slow"),
    "test": Scene("test tested", env=NO_TESTS),
    "build and upload": Scene("upload", "project"),
    "build without isolation": Scene("upload --no-isolation --sdist", "project"),
    "upload --check": Scene("upload --check {home}/demo-1.0-py3-none-any.whl"),
    "upload documentation": Scene("upload {home}/demo-1.0.doc.tar.gz"),
    "push": Scene("push demo==1.0 {user}/prod"),
    "copy to a folder": Scene("copy {index} dir:{home}/copied --all --jobs 4"),
    "copy from a folder": Scene("copy dir:{home}/files {user}/prod --all --jobs 4 --overwrite"),
    "download": Scene("download slow tested demo --jobs 4 -d {home}/downloads"),
    "verify": Scene("verify --jobs 4"),
    "env": Scene("env"),
    "login": Scene("login {user} --password-stdin", stdin="{password}\n"),
    "use --set-cfg": Scene("use --set-cfg {index}"),
    "token derive": Scene("token derive -f {home}/token -e 1h -o {home}/derived"),
    "quickstart": Scene("quickstart --user alice --mirror-url http://127.0.0.1:1/simple/"),
}


@dataclass
class Range:
    """Where commands are shot at: a member with a home to copy, and a virtual environment."""

    member: Member
    venv: Path
    folder: Path
    shots: int = 0

    def start(self, scene: Scene) -> Target:
        """Start a command in a fresh home."""
        self.shots += 1
        folder = self.folder / str(self.shots)
        shutil.copytree(self.member.home, folder / "home", symlinks=True)
        (folder / "tmp").mkdir()
        names = {"venv": self.venv, "home": folder / "home", "user": self.member.user}
        names |= {"index": self.member.index, "password": self.member.password}
        env = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "PATH": WITH_PROGRAMS, MARK: str(folder)}
        with (folder / "stdin").open("w+") as stdin, (folder / "said").open("w") as said:
            stdin.write(scene.stdin.format(**names))
            stdin.seek(0)
            child = subprocess.Popen(
                [*DEVPI, *scene.typed.format(**names).split()],
                cwd=folder / "home" / scene.folder,
                env={**self.member.environment, **scene.env, **env},
                stdin=stdin,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Target(child, folder, self.member)


@dataclass
class Target:
    """A command that runs."""

    child: subprocess.Popen[bytes]
    folder: Path
    member: Member

    def shoot(self, number: int, after: float, *, at_all: bool, again: float | None) -> list[str]:
        """Send a signal, to the command or to its whole process group, and one more if wanted; wait for its end.

        Return what is wrong with what is left then.
        """
        with self.child:
            time.sleep(after)
            self._send(number, at_all=at_all)
            if again is not None:
                time.sleep(again)
                self._send(number, at_all=at_all)
            self.child.wait(END_SECONDS)
        return self.wrong()

    def wrong(self) -> list[str]:
        """Return what is wrong with what the command has said and left."""
        return [*self._said(), *self._alive(), *self._left()]

    def _send(self, number: int, *, at_all: bool) -> None:
        if at_all:
            if self.child.poll() is None:
                os.killpg(self.child.pid, number)
        else:
            self.child.send_signal(number)

    def before_us(self) -> set[int]:
        """Return the status of a Python that Ctrl-C reached before it came to our code."""
        return {1} if "Fatal Python error: init_import_site" in (self.folder / "said").read_text() else set()

    def _said(self) -> Iterator[str]:
        said = (self.folder / "said").read_text(errors="replace")
        ours = [line for line in said.splitlines() if "devpi_cli" in line and "File " in line]
        # Before our first line runs, the traceback is Python's own; it names the file of none of our functions.
        if any(", in <module>" not in line for line in ours) or "this is a bug" in said or "ignored in" in said:
            yield f"said {said!r}"

    def _alive(self) -> Iterator[str]:
        """Yield what goes on, but for a server that quickstart has started, and that 'devpi server stop' can stop."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while (alive := self.processes()).keys() - self._server() and time.monotonic() < deadline:
            time.sleep(0.05)
        for pid in alive.keys() & self._server():
            os.kill(pid, signal.SIGTERM)
        yield from (f"alive: {command}" for pid, command in alive.items() if pid not in self._server())

    def _server(self) -> set[int]:
        record = self.folder / "home/.local/state/devpi-cli/server/server.json"
        return {json.loads(record.read_text())["pid"]} if record.exists() else set()

    def processes(self) -> dict[int, str]:
        """Return the processes that the command has started, directly or not, and that still run."""
        wanted = f"{MARK}={self.folder}".encode()
        found = {}
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (path / "environ").read_bytes().split(b"\0"):
                    found[int(path.name)] = (path / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            except OSError:  # it has ended
                continue
        return found

    def _left(self) -> Iterator[str]:
        secrets = [self.member.password, "netrc-s3cret", *self._tokens()]
        for path in sorted((self.folder / "tmp").iterdir()):
            yield f"left: {path.name}"
        for path in self.folder.rglob("*"):
            if path.is_symlink() or not path.is_file() or path.name == "stdin":
                continue
            if path.name.startswith(".") and path.name.endswith((".tmp", ".part")):
                yield f"unfinished: {path.name}"
            content = path.read_bytes()
            if any(secret.encode() in content for secret in secrets):
                if path.name not in KEEPERS:
                    yield f"a secret in {path.relative_to(self.folder)}"
                elif stat.S_IMODE(path.stat().st_mode) != 0o600:
                    yield f"others can read {path.name}"

    def _tokens(self) -> list[str]:
        token = (self.member.home / "token").read_text().strip()
        return [
            token,
            *(login.token for known in self.member.state.servers.values() for login in known.logins.values()),
        ]


@pytest.fixture(scope="module")
def shooting_range(server: Live, tmp_path_factory: pytest.TempPathFactory) -> Range:
    folder = tmp_path_factory.mktemp("range")
    member = make_member(server, folder, "target")
    member.server.create_index(f"{member.user}/prod", {"bases": ""})
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    _fill_index(member, folder)
    _fill_home(member)
    (folder / "shots").mkdir()
    return Range(member, venv, folder / "shots")


def _fill_index(member: Member, folder: Path) -> None:
    wheel = make_wheel(folder)
    tested = make_sdist(folder, {"tox.ini": f'{QUICK_TOX}"import time; time.sleep(0.5)"\n'}, "tested")
    slow = make_project(folder / "slow", "slow")
    backend = slow / "backend.py"
    backend.write_text(f"{backend.read_text()}\n__import__('time').sleep(0.2)\n")
    assert member("upload", wheel, tested).status == 0
    assert member("upload", "--sdist", "--no-isolation", cwd=slow).status == 0


def _fill_home(member: Member) -> None:
    home = member.home
    (home / "files").mkdir()
    for number in range(3):
        make_wheel(home / "files", f"file{number}")
    make_wheel(home, metadata="Description-Content-Type: text/markdown\n\nA demo.\n")
    make_project(home / "project")
    pages = make_sdist(home, {"index.html": "<html>"})
    pages.rename(home / "demo-1.0.doc.tar.gz")
    for name, text in {
        ".netrc": "machine other.example login me password netrc-s3cret\n",
        "token": "\n".join(member.ok("token", "create", "-e", "1h")),
    }.items():
        (home / name).write_text(text)
        (home / name).chmod(0o600)


@pytest.fixture(scope="session")
def seed() -> int:
    return int(os.environ.get("SIGNALS_SEED") or random.randrange(10**6))


@pytest.mark.parametrize("name", SCENES)
def test_nothing_private_is_left(
    shooting_range: Range, name: str, seed: int, attack: Callable[[str, str, str], None]
) -> None:
    scene = SCENES[name]
    chosen = random.Random(f"{seed} {name}")
    started = time.monotonic()
    undisturbed = shooting_range.start(scene)
    assert undisturbed.child.wait(END_SECONDS) == 0, (undisturbed.folder / "said").read_text()
    seconds = time.monotonic() - started
    assert undisturbed.wrong() == []
    shots, ended = -(-SHOTS // len(SCENES)), 0
    wrong: list[str] = []
    for shot in range(shots):
        number, at_all = SIGNALS[shot % len(SIGNALS)], chosen.random() < 0.5
        after = chosen.uniform(0, seconds)
        again = chosen.uniform(0, 0.3) if chosen.random() < 1 / 3 else None
        target = shooting_range.start(scene)
        fired = f"{number.name}{' to all' if at_all else ''} after {after:.3f} s, again after {again} s, seed {seed}"
        found = target.shoot(number, after, at_all=at_all, again=again)
        if target.child.returncode not in {0, 128 + number, -number, *target.before_us()}:
            found.append(f"status {target.child.returncode}")
        wrong += [f"shot {shot}, {fired}: {each}" for each in found]
        ended += target.child.returncode != 0
        shutil.rmtree(target.folder)
    attack(KIND, f"{name}: {shots} signals", f"{ended} ended it; {len(wrong)} files, secrets or processes left")
    assert wrong == []
