"""pip and uv against faults: their messages are their own, but success must mean installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.faults import FAULTS
from tests.faults.proxy import open_doors
from tests.support.clients import WITH_PROGRAMS
from tests.support.dists import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member

# Neither tries again here, nor takes from a cache what this server does not give.
AT_ONCE = {"PIP_RETRIES": "0", "PIP_TIMEOUT": "2", "UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "2", "UV_NO_CACHE": "1"}
TRIED = {
    "uv": [
        "reset after",
        "hang",
        "cut short",
        "301 same",
        "302 port",
        "303 loop",
        "401",
        "503",
        "HTML",
        "empty",
        "API 3",
    ],
    "pip": ["reset after", "301 same", "401", "HTML"],
}

INSTALLS = ("301 same", "302 port")


@pytest.mark.parametrize(("installer", "name"), [(program, name) for program in TRIED for name in TRIED[program]])
def test_success_means_installed(member: Member, tmp_path: Path, venv: Path, installer: str, name: str) -> None:
    member.ok("upload", make_wheel(tmp_path))
    fault = next(fault for fault in FAULTS if fault.name == name)
    before = member.state.servers
    with open_doors() as doors:
        door, elsewhere = doors.make(member.server.root), doors.make(member.server.root)
        door.action, door.elsewhere = fault.action, elsewhere.url
        with member.state.changing() as state:
            state.servers[door.url] = state.servers.pop(member.server.root)
            state.server = door.url
        target = tmp_path / "target"
        typed = ["--installer", installer, "--venv", venv, "demo", "--", "--no-deps", "--target", target]
        result = member("install", *typed, **AT_ONCE, PIP_NO_CACHE_DIR="1", PATH=WITH_PROGRAMS, seconds=60)
        assert door.asked
    assert (result.status == 0) == (target / "demo.py").exists() == (name in INSTALLS)
    assert "Traceback" not in result.stdout + result.stderr
    assert next(iter(before.values())).logins[member.user].token not in result.stdout + result.stderr
    assert list(member.state.servers[door.url].logins) == [member.user]
