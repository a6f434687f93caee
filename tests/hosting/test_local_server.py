from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import BrokenState, DevpiError, NothingFound
from devpi_cli.hosting.local_server import LocalServer, default_user, free_port, is_free

if TYPE_CHECKING:
    from pathlib import Path


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert not is_free(port)
        assert free_port(port) > port


def test_without_a_free_port_it_says_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        monkeypatch.setattr("devpi_cli.hosting.local_server.LAST_PORT", port)
        with pytest.raises(DevpiError) as error:
            free_port(port)
    assert str(error.value) == f"no free port between {port} and {port}\nchoose one with --port"


@pytest.mark.parametrize(
    ("login_name", "user"),
    [("alice", "alice"), ("Alice.B", "alice.b"), ("CORP\\bob", "corpbob"), ("root", "dev"), ("!", "dev")],
)
def test_the_user_is_named_as_who_is_at_the_keyboard(
    login_name: str, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", login_name)
    assert default_user() == user


def test_data_without_its_record_is_not_overwritten(tmp_path: Path) -> None:
    local_server = LocalServer(tmp_path)
    local_server.data.mkdir()
    with pytest.raises(BrokenState) as error:
        local_server.make()
    assert (
        str(error.value) == f"{local_server.data} exists, but {tmp_path / 'server.json'} does not\nmove {tmp_path} away"
    )


def test_what_was_half_made_is_made_anew(tmp_path: Path) -> None:
    local_server = LocalServer(tmp_path / "server")
    (local_server.folder / "half-made" / ".sqlite").mkdir(parents=True)
    local_server.make()
    assert local_server.exists
    assert local_server.password("root")
    assert (local_server.url, local_server.pid) == ("http://127.0.0.1:3141/", None)
    assert sorted(path.name for path in local_server.folder.iterdir()) == ["data", "secret", "server.json"]


def test_passwords_are_remembered(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text(json.dumps({"port": 3141, "pid": None, "passwords": {"root": "r"}}))
    LocalServer(tmp_path).remember_password("alice", "a")
    assert [LocalServer(tmp_path).password(user) for user in ("root", "alice", "bob")] == ["r", "a", None]


def test_without_a_record_there_is_no_url(tmp_path: Path) -> None:
    with pytest.raises(NothingFound):
        _ = LocalServer(tmp_path).url


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", '{"port": 1}', '{"port": 1, "pid": 2, "passwords": []}',
        '{"port": "1", "pid": 2, "passwords": {}}', '{"port": 1, "pid": "2", "passwords": {}}',
    ],
)  # fmt: skip
def test_a_damaged_record_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text(text)
    with pytest.raises(BrokenState) as error:
        _ = LocalServer(tmp_path).url
    assert error.value.message == f"{tmp_path / 'server.json'} is damaged"
