from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.serverdirs import FILES, MIRRORED, USERS, a_copy, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clients import Client


@pytest.fixture
def data(stocked_serverdir: Path, tmp_path: Path) -> Path:
    data = a_copy(stocked_serverdir, tmp_path)
    data.chmod(0o700)
    return data


def test_a_healthy_server_has_nothing_wrong(devpi: Client, data: Path) -> None:
    (data / ".secret").write_text("x" * 40)
    (data / ".secret").chmod(0o600)
    before = snapshot(data)
    lines = devpi.ok("server", "doctor", "--serverdir", data)
    space = next(line for line in lines if line.startswith("ok       space: "))
    assert lines == [
        f"ok       serverdir: {data} (sqlite)",
        f"ok       owner: {data.owner()}",
        "ok       mode: others cannot read the passwords' hashes",
        space,
        f"ok       secret: {data / '.secret'}",
        "ok       storage: sqlite",
        f"ok       root: has a password; {USERS} users, {FILES + MIRRORED} files",
        "ok       server: not running",
    ]
    assert snapshot(data) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@contextmanager
def reachable(folder: Path) -> Iterator[None]:
    """Let others get to a folder during the block: pytest keeps its folders for itself."""
    before = {above: mode for above in folder.parents if not (mode := above.stat().st_mode) & 0o001}
    for above, mode in before.items():
        above.chmod(mode | 0o001)
    try:
        yield
    finally:
        for above, mode in before.items():
            above.chmod(mode)


def test_what_the_raw_programs_leave_is_found(devpi: Client, tmp_path: Path) -> None:
    """S1 and S17: an empty password, open modes, a .nodeinfo that the server cannot write, an open secret."""
    data = tmp_path / "data"
    program = Path(sys.executable).with_name("devpi-init")
    subprocess.run([program, "--serverdir", data, "--no-root-pypi"], check=True, capture_output=True)
    data.chmod(0o755)
    (data / ".sqlite").chmod(0o644)
    (data / ".secret").write_text("x" * 40)
    (data / ".secret").chmod(0o644)
    os.chown(data / ".nodeinfo", 12345, -1)
    with reachable(data):
        result = devpi("server", "doctor", "--serverdir", data, "--json")
    closed = json.loads(devpi("server", "doctor", "--serverdir", data, "--json").stdout)["checks"]
    assert (
        next(each["verdict"] for each in closed if each["check"] == "mode") == "ok"
    )  # nobody gets into a folder above
    found = {each["check"]: (each["verdict"], each["detail"]) for each in json.loads(result.stdout)["checks"]}
    assert found.pop("space")[0] == "ok"
    assert found == {
        "serverdir": ("ok", f"{data} (sqlite)"),
        "owner": ("WRONG", f".nodeinfo not of root: type 'chown -R root {data}' as root"),
        "mode": (
            "warning",
            f"others can read the hashes of passwords in {data / '.sqlite'}: type 'chmod go= {data}'",
        ),
        "secret": ("WRONG", f"others can read it: type 'chmod 600 {data / '.secret'}'"),
        "storage": ("ok", "sqlite"),
        "root": ("WRONG", "anybody can log in as root with an empty password: type 'devpi passwd root'"),
        "server": ("ok", "not running"),
    }
    assert result.status == 1
    assert json.loads(result.stderr)["error"]["message"] == "WRONG: owner, secret, root"


def test_what_is_no_serverdir_is_the_only_finding(devpi: Client, tmp_path: Path) -> None:
    result = devpi("server", "doctor", "--serverdir", tmp_path / "typo")
    assert (result.status, result.lines, result.stderr) == (
        1,
        [f"WRONG    serverdir: {tmp_path}/typo does not exist - name the data of a devpi-server with --serverdir"],
        "WRONG: serverdir\n",
    )
