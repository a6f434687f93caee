"""How a secret is stretched is remembered beside it, told, written into settings, and carried to replicas."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import DevpiError
from devpi_cli.hosting.secret import UNSTRETCHED
from devpi_cli.hosting.settings import ServerSettings
from devpi_cli.hosting.stretching import NONE, USUAL, Stretching, keep, kept, named
from tests.support.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Client

TIME, MEMORY = "DEVPISERVER_ARGON2_TIME_COST", "DEVPISERVER_ARGON2_MEMORY_COST"


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in UNSTRETCHED:
        monkeypatch.delenv(name, raising=False)


CASES = [
    ([], {}, {}, None),
    ([], {}, {"argon2-time-cost": "2"}, Stretching(524288, 8, 2)),
    ([], {TIME: "3"}, {"argon2-time-cost": "2"}, Stretching(524288, 8, 3)),
    (["--argon2-time-cost", "4"], {TIME: "3"}, {"argon2-time-cost": "2"}, Stretching(524288, 8, 4)),
    (["--argon2-time-cost=4"], {MEMORY: "16"}, {}, Stretching(16, 8, 4)),
    ([], UNSTRETCHED, {}, NONE),
    ([], dict.fromkeys(UNSTRETCHED, ""), {}, None),
]


@pytest.mark.parametrize(("options", "env", "settings", "found"), CASES)
def test_the_order_is_that_of_devpi_server(
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    env: dict[str, str],
    settings: dict[str, str],
    found: Stretching | None,
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert named(ServerSettings(values=settings), options) == found


def test_what_is_no_number_is_said() -> None:
    with pytest.raises(DevpiError, match="argon2-time-cost is 'much', which is not a number"):
        named(ServerSettings(values={"argon2-time-cost": "much"}))


def test_it_is_what_devpi_server_does_by_itself() -> None:
    from devpi_server import config

    assert Stretching(
        config.DEFAULT_ARGON2_MEMORY_COST, config.DEFAULT_ARGON2_PARALLELISM, config.DEFAULT_ARGON2_TIME_COST
    ) == (USUAL)


@pytest.mark.parametrize(("text", "says"), [("{", "is damaged"), ('{"memory_cost": 8}', "is damaged")])
def test_a_damaged_file_is_said(tmp_path: Path, text: str, says: str) -> None:
    secret = tmp_path / "secret"
    assert kept(secret) is None
    keep(secret, NONE)
    assert kept(secret) == NONE
    assert (tmp_path / "secret.stretching").stat().st_mode & 0o777 == 0o600
    (tmp_path / "secret.stretching").write_text(text)
    with pytest.raises(DevpiError, match=says):
        kept(secret)


def test_a_server_that_does_not_stretch_says_so_everywhere(devpi: Client, tmp_path: Path) -> None:
    new, port = tmp_path / "new", free_port()
    typed = ("--serverdir", new, "--no-root-pypi", "--no-stretching", "--root-password-stdin")
    assert devpi("server", "init", *typed, stdin="x\n").status == 0
    assert kept(new / ".secret") == NONE
    assert devpi.ok("server", "status", "--serverdir", new)[-1] == "  stretching=not at all"
    lines = {f"Environment={name}={value}" for name, value in UNSTRETCHED.items()}
    assert lines <= set(devpi("server", "config", "systemd", "--serverdir", new).lines)
    assert {f"  {name}: {json.dumps(value)}" for name, value in NONE.settings().items()} <= set(
        devpi.ok("server", "config", "yml", "--serverdir", new)
    )
    assert "DEVPISERVER_ARGON2_TIME_COST" in devpi("server", "config", "launchd", "--serverdir", new).stdout
    # Whoever stretches it otherwise is warned, whoever copies it cannot.
    run = devpi("server", "run", "-n", "--serverdir", new, "--port", port, "--", "--argon2-time-cost", "2")
    other = "memory cost 524288, parallelism 8, time cost 2"
    assert run.stderr == (
        f"warning: how the secret is stretched has changed, from 'not at all' to '{other}': "
        "logins end, and replicas are refused\n"
    )
    again = ("server", "init", "-n", "--serverdir", tmp_path / "replica", "--secretfile", new / ".secret")
    assert devpi.fails(*again, **{TIME: "2"}) == (
        1,
        f"the server that {new / '.secret'} is from stretches it 'not at all', and this one would '{other}'\n"
        "leave out --no-stretching, and the variables and settings for argon2\n",
    )
    assert devpi.ok(*again) == [f"would make a server: {tmp_path / 'replica'}"]
