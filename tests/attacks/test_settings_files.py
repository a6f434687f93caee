"""Something else in the place of a file that we read: it does not hang, takes no memory, and is named."""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import DEVPI, Client
from tests.support.dists import make_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clients import Member

SECONDS = 30
# A process of its own, which may use half of the memory that reading what is large would take.
LIMITED = ("bash", "-c", 'ulimit -v 524288; exec "$@"', "bash")
NO_FILE, LARGE = "it is not a regular file", "it is larger than 16 MiB"


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 30)


KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pipe": (os.mkfifo, NO_FILE),
    "/dev/zero": (lambda path: path.symlink_to("/dev/zero"), NO_FILE),
    "a folder": (lambda path: path.mkdir(), "Is a directory"),
    "a gigabyte": (sparse, LARGE),
    "no text": (lambda path: path.write_bytes(b"\xff\xfe\0\x81" * 99), ""),
}
ENDLESS = ("/dev/zero", "a gigabyte")
BACKUP, LEFT, STATE = ".config/pip/pip.conf-bak", ".devpi/client", ".local/state/devpi-cli"
# file at home -> what is typed, and whether the file has to be named with the reason; it need not where whatever is
# wrong with it counts as a file that is not there
READ = {
    ".config/pip/pip.conf": ("use --set-cfg", True),
    ".config/uv/uv.toml": ("use --set-cfg", True),
    BACKUP: ("use --undo -y", True),
    f"{STATE}/state.json": ("use", True),
    f"{STATE}/server/server.json": ("server status", True),
    "venv/devpi-cli.json": ("use", True),
    "venv/devpi.json": ("use", False),
    f"{LEFT}/current.json": ("use --clientdir new", False),
    f"{LEFT}/auth.json": ("use --clientdir new", False),
    ".pypirc": ("push demo==1.0 pypi:pypi", True),
    ".netrc": ("user -m {user} email=a@example.com --clientdir new", False),
    "project/pyproject.toml": ("upload -n", True),
    "project/setup.cfg": ("upload -n", True),
    "requirements.txt": ("refresh -r included.txt", True),
    f"{STATE}/server/server.log": ("server log", False),
    "site/x-1.dist-info/entry_points.txt": ("--version", False),
    "completions/devpi": ("completion install bash -n", False),
}
PRESSED = {  # TAB
    "tox.ini": "completion values toxenv ''",
    ".pypirc": "completion values push_target pypi:",
    f"{STATE}/state.json": "completion values index d",
    "project/pyproject.toml": "completion values toxenv ''",
}


@pytest.fixture
def victim(member: Member, kind: str) -> Client:
    """A member with all the folders, who may use little memory where that matters."""
    for name in (*READ, *PRESSED):
        (member.home / name).parent.mkdir(parents=True, exist_ok=True)
    make_project(member.home / "project")
    (member.home / "included.txt").write_text("-r requirements.txt\n")
    (member.home / STATE / "server/data").mkdir()
    env = {
        "PYTHONPATH": str(member.home / "site"),
        "BASH_COMPLETION_USER_DIR": str(member.home),
        "DEVPI_NO_INPUT": "1",
    }
    return Client(member.home, env, (*LIMITED, *DEVPI) if kind in ENDLESS else tuple(DEVPI))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", READ)
def test_what_is_no_settings_file_is_named(
    victim: Client, member: Member, name: str, kind: str, attack: Callable[[str, str, str], None]
) -> None:
    typed, is_named = READ[name]
    make, why = KINDS[kind]
    replaced(victim.home / name, make)
    if name == BACKUP:
        (victim.home / name).with_name("pip.conf").write_text("[global]\n")
    place = victim.home / "project" if name.startswith("project/") else None
    env = {"VIRTUAL_ENV": str(victim.home / "venv")} if name.startswith("venv/") else {}
    env |= {"DEVPI_INDEX": member.server.root} if name == ".netrc" else {}
    result = victim(*typed.format(user=member.user).split(), cwd=place, seconds=SECONDS, **env)
    assert name != ".netrc" or "looked at" in result.stderr
    said = result.stdout + result.stderr
    assert "Traceback" not in said
    assert "MemoryError" not in said
    if is_named:
        line = next(line for line in said.splitlines() if Path(name).name in line)
        assert why in line
    attack("files that are none", f"{kind} as {name}", seen(result.status, said, victim, name))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PRESSED)
def test_tab_does_not_wait_for_what_is_no_file(
    victim: Client, name: str, kind: str, attack: Callable[[str, str, str], None]
) -> None:
    replaced(victim.home / name, KINDS[kind][0])
    started = time.monotonic()
    typed = [word.strip("'") for word in PRESSED[name].split()]
    place = victim.home / "project" if name.startswith("project/") else None
    result = victim(*typed, cwd=place, seconds=SECONDS)
    assert (result.stdout, result.stderr, result.status) == ("", "", 0)
    attack("files that are none", f"TAB with {kind} as {name}", f"nothing, within {SECONDS} s")
    assert time.monotonic() - started < SECONDS


@pytest.mark.parametrize("kind", KINDS)
def test_tab_ignores_a_cache_that_is_no_file(
    member: Member, kind: str, attack: Callable[[str, str, str], None]
) -> None:
    cached = member.home / ".cache/devpi-cli"
    for _ in range(5):
        member.ok("completion", "values", "index", "d")
        if found := list(cached.glob("*.names")):
            break
    for path in found:
        replaced(path, KINDS[kind][0])
    victim = Client(member.home, {}, (*LIMITED, *DEVPI) if kind in ENDLESS else tuple(DEVPI))
    result = victim("completion", "values", "index", "d", seconds=SECONDS)
    assert (result.stderr, result.status) == ("", 0)
    attack("files that are none", f"TAB with {kind} as the cache", f"status {result.status}")


def replaced(path: Path, make: Callable[[Path], object]) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    make(path)


def seen(status: int, said: str, victim: Client, name: str) -> str:
    line = next((line for line in said.splitlines() if Path(name).name in line), "")
    return f"status {status} {line.replace(str(victim.home), '~')}".rstrip()


# -- what was named in the command


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("refresh -n -r <(cat FILE)", "demo\n"),
        ("patchjson -n /{user} <(cat FILE)", '{{"email": "a@example.com"}}\n'),
        ("patchjson -n /{user} - < <(cat FILE)", '{{"email": "a@example.com"}}\n'),
        ("token inspect -f <(cat FILE)", "no token\n"),
    ],
)
def test_a_pipe_that_was_named_is_read(member: Member, typed: str, text: str) -> None:
    (member.home / "FILE").write_text(text.format())
    line = f"exec {sys.executable} -m devpi_cli {typed.format(user=member.user)}"
    result = replace(member, command=("bash", "-c", line))(seconds=SECONDS)
    assert "regular file" not in result.stderr
    assert ("does not contain a devpi API token" in result.stderr) == ("token" in typed)
    assert "token" in typed or "would" in result.stdout or "mirror" in result.stderr, result


@pytest.mark.parametrize(
    "typed",
    [
        "refresh -r /dev/zero", "patchjson /x /dev/zero", "token inspect -f /dev/zero", "refresh -r <(cat /dev/zero)",
        "patchjson /x <(cat /dev/zero)", "patchjson /x - < /dev/zero", "token inspect -f - < /dev/zero",
        "login x --password-stdin < /dev/zero",
    ],
)  # fmt: skip
def test_what_never_ends_is_refused(member: Member, typed: str, attack: Callable[[str, str, str], None]) -> None:
    line = f"ulimit -v 524288; exec {sys.executable} -m devpi_cli {typed}"
    result = replace(member, command=("bash", "-c", line))(seconds=SECONDS)
    assert (result.stdout, result.status) == ("", 2)
    assert "Traceback" not in result.stderr
    attack("files that are none", typed, result.stderr.splitlines()[0][:100])
