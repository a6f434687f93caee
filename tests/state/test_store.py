"""The state of the client: load, lock, save."""

from __future__ import annotations

import json
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import BrokenState
from devpi_cli.models import Login, Written
from devpi_cli.state.store import State, default_clientdir

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Client
    from tests.support.servers import Live

AFRESH = "to start afresh, move it away"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


def filled(path: Path) -> State:
    with State.load(path).changing() as state:
        state.server, state.index, state.is_mirror, state.always_set_cfg = "http://host/", "root/pypi", True, True
        known = state.at("http://host/")
        known.user, known.features, known.basic_auth = "alice", ["server-mirror-whitelist"], ("proxy", "s€cret")
        known.logins["alice"] = Login("alice", "t0ken", 12.5)
        known.logins["bob"] = Login("bob", "other", 13.5)
    return state


def test_what_was_saved_is_loaded(path: Path) -> None:
    saved = filled(path)
    assert State.load(path) == saved


def test_a_file_that_is_not_there_is_an_empty_state(path: Path) -> None:
    assert State.load(path) == State(path)
    assert not path.exists()


def test_nothing_is_saved_by_assignment(path: Path) -> None:
    state = filled(path)
    before = path.read_bytes()
    state.server = "http://other/"
    state.at("http://other/").user = "carol"
    assert path.read_bytes() == before


def test_the_file_is_read_afresh_before_it_is_changed(path: Path) -> None:
    mine, theirs = State.load(path), State.load(path)
    with theirs.changing() as state:
        state.at("http://theirs/")
    with mine.changing() as state:
        state.at("http://mine/")
    assert sorted(State.load(path).servers) == ["http://mine/", "http://theirs/"]


@pytest.mark.parametrize("is_local", [False, True])
def test_a_file_that_was_removed_does_not_come_back(path: Path, tmp_path: Path, *, is_local: bool) -> None:
    """D9: only what is changed then is in the new one."""
    local = tmp_path / "local.json"
    filled(path)
    state = State.load(path, local=local)
    with state.changing():
        state.is_local = is_local
        state.written["pip.conf"] = Written("digest", created=True, trusted_host=None)
    state = State.load(path, local=local)
    path.unlink()
    with state.changing():
        state.at("http://new/").user = "carol"
    expected = State(path)
    expected.at("http://new/").user = "carol"
    assert State.load(path) == expected
    assert (State.load(path, local=local).server, local.exists()) == ("http://host/" if is_local else None, is_local)


def test_after_the_file_was_removed_the_predecessor_counts_again(path: Path, tmp_path: Path) -> None:
    """As for everybody who has no state file."""
    (tmp_path / "current.json").write_text(json.dumps({"login": "http://left/+login"}))
    filled(path)
    state = State.load(path, heritage=(tmp_path,))
    path.unlink()
    with state.changing():
        assert (state.server, list(state.servers)) == ("http://left/", ["http://left/"])


def test_an_exception_saves_nothing(path: Path) -> None:
    filled(path)
    before = path.read_bytes()
    with suppress(KeyError), State.load(path).changing() as state:
        state.server = None
        raise KeyError
    assert path.read_bytes() == before


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "state.json"
    filled(path)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert path.name in modes
    assert set(modes.values()) == {0o600}  # that of the lock, too, where filelock leaves it there


def test_a_file_that_others_could_read_is_closed_to_them_when_it_is_saved(path: Path) -> None:
    filled(path)
    path.chmod(0o644)
    filled(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secrets_are_not_shown_by_repr(path: Path) -> None:
    shown = repr(filled(path))
    assert "alice" in shown
    assert "t0ken" not in shown
    assert "s€cret" not in shown


def test_the_login_is_that_of_who_acts_unless_another_user_is_named(path: Path) -> None:
    state = filled(path)
    assert state.login("http://host/") == Login("alice", "t0ken", 12.5)
    assert state.login("http://host/", "bob") == Login("bob", "other", 13.5)
    assert state.login("http://host/", "carol") is None
    assert state.login("http://other/") is None


def test_state_is_kept_where_the_system_wants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_clientdir() == tmp_path / "devpi-cli"


# -- what cannot be read or written


def test_a_clientdir_that_cannot_be_made_is_named(devpi: Client, server: Live, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    path = tmp_path / "file" / "state.json"
    assert devpi.fails("--clientdir", path.parent, "use", server.url) == (
        1, f"cannot use the state file {path}: Not a directory\n{AFRESH}\n",
    )  # fmt: skip
    path = tmp_path / "dangling" / "state.json"
    path.parent.symlink_to(tmp_path / "nowhere")
    assert devpi.fails("--clientdir", path.parent, "use", server.url) == (
        1, f"cannot write {path}: File exists\nname another folder with --clientdir\n",
    )  # fmt: skip
    assert (tmp_path / "file").read_text() == "not a folder"


def test_an_environment_that_is_gone_is_named_when_it_should_keep_the_state(path: Path, tmp_path: Path) -> None:
    local = tmp_path / "gone" / "devpi-cli.json"
    with pytest.raises(BrokenState) as failure, State(path, local=local).changing() as state:
        state.is_local = True
    assert str(failure.value) == (
        f"cannot write {local}: No such file or directory\nleave the virtual environment, or recreate it"
    )
    assert not path.exists()


def test_what_fails_beside_the_file_is_not_blamed_on_it(path: Path) -> None:
    with pytest.raises(FileNotFoundError), State(path).changing():
        (path / "nothing").read_text()


def test_a_lock_that_is_never_given_back_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devpi_cli.state.store.LOCK_SECONDS", 0.1)
    with State(path).changing(), pytest.raises(BrokenState) as failure, State(path).changing():
        pytest.fail("two processes changed the file at once")
    assert str(failure.value) == (
        f"{path} has been locked by another process for more than 0.1 s\n"
        "wait for that process or end it, then try again"
    )
