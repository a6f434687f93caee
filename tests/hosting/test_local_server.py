from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import BrokenState, NothingFound
from devpi_cli.hosting.local_server import LocalServer, default_user

if TYPE_CHECKING:
    from pathlib import Path


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
    assert (local_server.url, local_server.process) == ("http://127.0.0.1:3141/", None)
    assert sorted(path.name for path in local_server.folder.iterdir()) == [
        "data",
        "secret",
        "secret.stretching",
        "server.json",
    ]


def test_a_password_is_made_once(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text(json.dumps({"port": 3141, "pid": None, "passwords": {"root": "r"}}))
    made = LocalServer(tmp_path).make_password("alice")
    assert len(made) >= 32
    assert [LocalServer(tmp_path).make_password(user) for user in ("root", "alice")] == ["r", made]
    assert [LocalServer(tmp_path).password(user) for user in ("root", "alice", "bob")] == ["r", made, None]


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
