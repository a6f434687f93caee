"""Copies between servers that are killed at any moment, and equal at the end.

One server is behind a path and a login of its web server, the other takes API tokens. ``DEEP=1`` copies 200 releases.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import make_member
from tests.support.gates import Gate, Page, open_at
from tests.support.places import contents, put_release, tree
from tests.support.servers import running_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live

RELEASES = 200 if os.environ.get("DEEP") == "1" else 20
KILLS = 10
PATH = "/devpi"
GATE = "gate:pass of the gate"


class UnderPath(Gate):
    """A web server in front of devpi, with a path and a login of its own."""

    def page(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Page:
        if not path.startswith(f"{PATH}/"):
            return Page(404)
        told = replace(self, url=f"{self.url.rstrip('/')}{PATH}")
        return Gate.page(told, method, path.removeprefix(PATH), headers, body)


@dataclass
class Two:
    """A member at a server behind a path, with releases on ``dev``, and another one at a server elsewhere."""

    here: Member
    there: Member
    gate: UnderPath
    token: str
    made: Path

    @property
    def url(self) -> str:
        return f"{self.gate.url}devpi/{self.here.index}"

    @property
    def env(self) -> dict[str, str]:
        """The login at the other server, as a pipeline has it."""
        return {"DEVPI_INDEX": self.there.index_url, "DEVPI_TOKEN": self.token}

    def has(self, member: Member, index: str = "dev") -> dict[str, object]:
        return contents(member.server, f"{member.user}/{index}")


@pytest.fixture
def two(member: Member, own_server: Live, tmp_path: Path) -> Iterator[Two]:
    there, made = make_member(own_server, tmp_path, "elsewhere"), tmp_path / "made"
    made.mkdir()
    token = json.loads(there("token", "create", "--json").stdout)["token"]
    for number in range(RELEASES):
        put_release(member.server, member.index, made, f"demo{number % 7}", f"{number // 7}.0", full=number % 2 == 0)
    gate = UnderPath(member.home, behind=member.server.root, logins=(GATE,))
    with open_at(gate):
        member.ok("use", f"{gate.url.replace('//', '//gate:pass%20of%20the%20gate@')}devpi/{member.index}")
        member.ok("login", member.user, "--password-stdin", stdin=member.password)
        yield Two(member, there, gate, token, made)


@contextmanager
def running(two: Two, *typed: str) -> Iterator[subprocess.Popen[str]]:
    command = [*two.here.command, "copy", *typed]
    env = {**two.here.environment, **two.env, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=two.here.home, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        yield child


def killed(two: Two, *typed: str) -> int:
    """Kill a copy some time after its first file; return how often it was killed before it could end."""
    kills = 0
    draw = random.Random(17)
    while kills < KILLS:
        with running(two, *typed) as child:
            assert child.stdout
            is_over = not child.stdout.readline()
            time.sleep(draw.random() / 3)
            child.kill()
        if is_over:
            break
        kills += 1
    return kills


def test_a_copy_that_is_killed_goes_on_until_all_is_equal(two: Two, tmp_path: Path, venv: Path) -> None:
    assert killed(two, two.url, two.there.index_url, "--all", "--jobs", "2") >= 3
    done = two.here("copy", two.url, two.there.index_url, "--all", **two.env)
    assert done.status == 0, done.stderr
    assert two.has(two.there) == two.has(two.here)
    assert two.here.ok("diff", two.url, two.there.index_url, "-q", "--metadata", "--exit-code", **two.env) == []

    two.here.server.create_index(f"{two.here.user}/back", {"bases": ""})
    back = two.url.replace("/dev", "/back").replace("/backpi", "/devpi")
    assert two.here("copy", two.there.index_url, back, "--all", **two.env).status == 0
    assert two.has(two.here, "back") == two.has(two.here)

    shown = " ".join(two.gate.shown)
    assert two.token not in shown
    assert GATE in two.gate.shown

    folder = tmp_path / "folder"
    killed(two, two.url, f"dir:{folder}", "--all")
    assert two.here("copy", two.url, f"dir:{folder}", "--all", "--index-page", **two.env).status == 0
    assert [name for name in tree(folder) if name.endswith(".part")] == []
    with running_server(tmp_path / "third", "--no-root-pypi") as third:
        other = make_member(third, tmp_path, "third-one")
        assert other("copy", f"dir:{folder}", "dev", "--all").status == 0
        assert two.has(other) == two.has(two.here)
        assert other("copy", "dev", f"dir:{tmp_path}/again", "--all", "--index-page").status == 0
    assert tree(tmp_path / "again") == tree(folder)

    pip = [venv / "bin/pip", "install", "--index-url", folder.as_uri(), "--no-deps", "--target", tmp_path / "t"]
    env = {**two.here.environment, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([*pip, "demo1==1.0", "demo2"], check=True, capture_output=True, env=env)
    assert (tmp_path / "t/demo1.py").read_text() == "version = '1.0'\n"


def test_each_server_sees_only_its_own_login(two: Two, own_server: Live) -> None:
    two.gate.shown.clear()
    with own_server.requests() as seen:
        result = two.here("copy", two.url, two.there.index_url, "demo1", "--debug", **two.env)
    assert result.status == 0
    assert seen
    assert two.token not in " ".join(two.gate.shown) + result.stdout + result.stderr
    assert "pass of the gate" not in result.stdout + result.stderr


@pytest.mark.parametrize("way", ["stored", "none"])
def test_without_a_login_at_the_target_nothing_is_copied(two: Two, way: str) -> None:
    env = {} if way == "none" else {"DEVPI_INDEX": two.url}
    status, said = two.here.fails("copy", two.url, two.there.index_url, "demo1", **env)
    assert (status, "not logged in" in said) == (3, True)
    assert two.has(two.there) == {}
