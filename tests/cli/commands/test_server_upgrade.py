from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devpi_cli.hosting.secret import UNSTRETCHED
from tests.support.ports import free_port
from tests.support.schemas import check
from tests.support.serverdirs import FILES, MIRRORED, a_copy

if TYPE_CHECKING:
    from tests.support.clients import Client

KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
VERSION = __import__("devpi_server").__version__


@pytest.fixture
def data(stocked_serverdir: Path, tmp_path: Path) -> Path:
    return a_copy(stocked_serverdir, tmp_path)


def test_a_running_server_is_backed_up_and_runs_again(devpi: Client, data: Path, tmp_path: Path) -> None:
    devpi.env |= {**UNSTRETCHED, "DEVPISERVER_INDEXER_BACKEND": "null"}
    port, named, secret = free_port(), ("--serverdir", data), tmp_path / "secret"
    secret.write_text(KEY)
    secret.chmod(0o600)
    typed = (*named, "--host", "127.0.0.1", "--port", port, "--secretfile", secret)
    assert devpi("server", "start", *typed).status == 0
    try:
        first = json.loads((data / ".devpi-cli.json").read_text())["pid"]
        result = devpi("server", "upgrade", *named, "--backup", tmp_path / "before", "--json")
        check(result, "server upgrade")
        assert json.loads(result.stdout) == {
            "serverdir": str(data),
            "devpi-server": VERSION,
            "backup": str(tmp_path / "before"),
            "files": FILES + MIRRORED,
            "running": True,
        }
        second = json.loads((data / ".devpi-cli.json").read_text())
        assert (second["pid"] != first, second["url"]) == (True, f"http://127.0.0.1:{port}/")
        assert str(secret).encode() in Path(f"/proc/{second['pid']}/cmdline").read_bytes()  # else all logins would end
        assert (tmp_path / "before/BACKUP.json").exists()
        assert (tmp_path / "before/.secret").read_text() == KEY
    finally:
        assert devpi.ok("server", "stop", *named) == [f"server stopped: http://127.0.0.1:{port}/"]


def test_what_can_be_used_is_said(devpi: Client, data: Path, tmp_path: Path) -> None:
    assert devpi.ok("server", "upgrade", "-n", "--serverdir", data) == [
        f"devpi-server {VERSION} can use {data} as it is"
    ]
    assert devpi.fails("server", "upgrade", "--serverdir", data) == (
        2,
        "an upgrade needs a place for a backup\nname a new folder with --backup\n",
    )
    (data / ".serverversion").write_text("3.0")
    assert devpi.fails("server", "upgrade", "-n", "--serverdir", data) == (
        1,
        f"{data} has database version '3.0', and this devpi-server needs 4\n"
        "export it with the devpi-server that it was made with, and import that here\n",
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "serverdir"]
