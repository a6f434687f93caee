"""The state under stress: parallel processes, sudden kills, and nowhere to write."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from devpi_cli.state.store import State
from tests.state.test_store import filled
from tests.support.clients import DEVPI, Client

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live

KILLS = 500
AS_ROOT = os.geteuid() == 0
# What root may do although modes forbid it, it may not do in these tests.
LIKE_OTHERS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-chown,-fowner"] if AS_ROOT else []
ELSEWHERE = "name another folder with --clientdir"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


# -- many processes, and sudden deaths


def test_twenty_parallel_logins_are_all_kept(at_server: Client, server: Live) -> None:
    """V34."""
    users = {f"parallel{number}": f"secret of {number}" for number in range(20)}
    for user, password in users.items():
        server.connect().create_user(user, {"password": password})
    with ThreadPoolExecutor(len(users)) as pool:
        ended = pool.map(lambda user: at_server("login", user, DEVPI_PASSWORD=users[user]), users)
        assert [(result.stderr, result.status) for result in ended] == [("", 0)] * 20
    logins = at_server.state.at(server.url).logins
    assert sorted(logins) == sorted(users)
    assert len({login.token for login in logins.values()}) == 20


# A process without threads forks the writers, each of which is killed at a moment of its own.
KILLER = """
import os, pathlib, random, signal, sys, time
from devpi_cli.models import Login
from devpi_cli.state.store import State
import filelock

path, seed, kills = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

def write(number):
    with State(path).changing() as state:
        state.index = f"alice/{number}"
        state.at("http://host/").logins = {f"{user}": Login(f"{user}", f"{number}", number) for user in range(50)}

def number_in_file():
    state = State.load(path)
    (number,) = {login.token for login in state.at("http://host/").logins.values()} | {state.index[6:]}
    return int(number)

write(0)
began = time.perf_counter()
for _ in range(5):
    write(0)
usual = (time.perf_counter() - began) / 5
moments = random.Random(seed)
surprises = 0
for _ in range(kills):
    before = number_in_file()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        number = before
        while True:
            number += 1
            write(number)
            os.write(writing, f"{number} ".encode())
    os.close(writing)
    time.sleep(moments.uniform(0, 2 * usual))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with open(reading) as told:
        done = max(map(int, told.read().split()), default=before)
    assert number_in_file() in (done, done + 1), (before, done, number_in_file())
    surprises += len(list(path.parent.glob(".*"))) > 0
write(0)
print(surprises, *sorted(file.name for file in path.parent.iterdir()))
"""


def test_five_hundred_kills_leave_the_old_or_the_new_file_each_time(path: Path) -> None:
    seed = random.randrange(10**6)
    command = [sys.executable, "-c", KILLER, str(path), str(seed), str(KILLS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), f"the seed of the moments was {seed}"
    surprised, *files = done.stdout.split()
    assert int(surprised) > 0, "no process was killed while it wrote"
    assert set(files) <= {"state.json", "state.json.lock"}  # the next one tidies up


@pytest.mark.parametrize("step", ["tempfile.mkstemp", "os.fsync", "pathlib.Path.replace"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_killed_at_any_step_leaves_the_old_or_the_new_file(path: Path, step: str, when: str) -> None:
    filled(path)
    script = f"""
import os, pathlib, signal, sys, tempfile
from devpi_cli.state.store import State
done = {step}
def killed(*arguments, **named):
    {when!r} == "after" and done(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)
{step} = killed
with State(pathlib.Path(sys.argv[1])).changing() as state:
    state.index = "alice/new"
"""
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == -9
    new = (step, when) == ("pathlib.Path.replace", "after")
    assert State.load(path).index == ("alice/new" if new else "root/pypi")
    assert len(State.load(path).at("http://host/").logins) == 2


# -- nowhere to write


def limited(devpi: Client) -> Client:
    """A client whose files may not grow."""
    return Client(devpi.home, devpi.env, ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *DEVPI))


def test_a_file_that_may_not_grow_is_named_and_the_old_one_kept(member: Member) -> None:
    before = member.state_file.read_bytes()
    assert limited(member).fails("use", "/") == (1, f"cannot write {member.state_file}: File too large\n{ELSEWHERE}\n")
    assert [file.name for file in member.state_file.parent.glob(".*")] == []
    assert member.state_file.read_bytes() == before


FULL_DISK = """
mount -t tmpfs -o size=16k none "$1" && cp -p "$2" "$1/state.json" || exit 99
shift 2
dd if=/dev/zero of="$DEVPI_CLIENTDIR/filler" 2> /dev/null
"$@"
status=$?
cat "$DEVPI_CLIENTDIR/state.json"
ls -A "$DEVPI_CLIENTDIR" >&2
exit $status
"""
MAY_MOUNT = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True)


@pytest.mark.parametrize("how", ["-rm"] if MAY_MOUNT.returncode == 0 else [])
def test_a_full_disk_is_named_and_the_old_file_kept(member: Member, tmp_path: Path, how: str) -> None:
    (tmp_path / "disk").mkdir()
    wrapped = ("unshare", how, "sh", "-c", FULL_DISK, "sh", str(tmp_path / "disk"), str(member.state_file))
    client = Client(member.home, {"DEVPI_CLIENTDIR": str(tmp_path / "disk")}, (*wrapped, *DEVPI))
    result = client("use", "/")
    there = tmp_path / "disk" / "state.json"
    said = f"cannot write {there}: No space left on device\n{ELSEWHERE}\n"
    assert (result.status, result.stderr.replace("state.json.lock\n", "")) == (1, f"{said}filler\nstate.json\n")
    assert result.stdout == member.state_file.read_text()


def test_a_folder_that_is_read_only_is_named(member: Member) -> None:
    client = Client(member.home, member.env, (*LIKE_OTHERS, *DEVPI))
    before = member.state_file.read_bytes()
    member.state_file.parent.chmod(0o500)
    try:
        assert client.ok("whoami") == [member.user]
        assert client.fails("use", "/") == (1, f"cannot write {member.state_file}: Permission denied\n{ELSEWHERE}\n")
    finally:
        member.state_file.parent.chmod(0o700)
    assert member.state_file.read_bytes() == before


def test_a_file_that_may_not_be_read_is_named(member: Member) -> None:
    member.state_file.chmod(0)
    client = Client(member.home, member.env, (*LIKE_OTHERS, *DEVPI))
    said = (
        f"cannot use the state file {member.state_file}: Permission denied\nmake it readable for you, or {ELSEWHERE}\n"
    )
    assert client.fails("use") == (1, said)
    assert client.fails("login", member.user, DEVPI_PASSWORD=member.password) == (1, said)


# Only root can give a file away; who is not root has none that is somebody else's.
@pytest.mark.parametrize("uid", [12345] if AS_ROOT else [])
def test_a_file_of_somebody_else_stays_theirs_or_is_left_alone(member: Member, uid: int) -> None:
    os.chown(member.state_file, uid, uid)
    member.ok("use", "/")
    found = member.state_file.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (uid, uid, 0o600)
    member.state_file.chmod(0o644)
    client, before = Client(member.home, member.env, (*LIKE_OTHERS, *DEVPI)), member.state_file.read_bytes()
    assert client.fails("use", member.index) == (
        1, f"cannot write {member.state_file}: it belongs to another user\n{ELSEWHERE}\n",
    )  # fmt: skip
    assert member.state_file.read_bytes() == before
    assert f"warning  state file: {member.state_file} belongs to user {uid}, not to you" in member("doctor").stdout


def test_a_home_that_nobody_knows_is_asked_for(devpi: Client, tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "sitecustomize.py").write_text(
        "import pwd\ndel pwd.getpwuid\ndef getpwuid(uid): raise KeyError\npwd.getpwuid = getpwuid"
    )
    bare = {name: value for name, value in devpi.environment.items() if name != "HOME"}
    env = {**bare, "PYTHONPATH": str(tmp_path / "python")}
    command = [*DEVPI, "use"]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == (
        "", "error: cannot find your home folder\nset HOME\n", 1,
    )  # fmt: skip
    assert sorted(file.name for file in tmp_path.iterdir()) == ["home", "python"]


def test_a_home_that_is_not_there_is_made_or_named(devpi: Client, at_server: Client, tmp_path: Path) -> None:
    home = tmp_path / "gone" / "home"
    root = str(at_server.state.server)
    assert Client(home).ok("use", root, cwd=tmp_path)
    assert stat.S_IMODE((home / ".local/state/devpi-cli").stat().st_mode) == 0o700
    (tmp_path / "closed").mkdir(mode=0o500)
    closed = Client(tmp_path / "closed" / "home", command=(*LIKE_OTHERS, *DEVPI))
    assert closed.fails("use", root, cwd=tmp_path) == (
        1, f"cannot write {closed.state_file}: Permission denied\n{ELSEWHERE}\n",
    )  # fmt: skip
