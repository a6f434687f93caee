"""The keyring of the operating system, as a file and as backends that fail, hang, or have no parts."""

from __future__ import annotations

import subprocess
import sys
from threading import Event
from typing import TYPE_CHECKING

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential
from keyring.errors import InitError, KeyringError, KeyringLocked, PasswordSetError
from keyrings.alt.file import PlaintextKeyring

from devpi_cli.auth.keyring import forget, keep, password, services
from devpi_cli.errors import KeyringFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ROOT, INDEX = "https://host/", "https://host/alice/dev"
SECRET = "hunter2"


class Empty(KeyringBackend):
    """A backend that has no passwords, and takes none."""

    priority = 0  # type: ignore[assignment]
    viable = False  # keyring must never choose it by itself

    def get_password(self, service: str, username: str) -> str | None:
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise PasswordSetError(password)


@pytest.fixture(autouse=True)
def _file(tmp_path: Path) -> Iterator[None]:
    """Use a keyring that is a file, where a test names no other."""
    before = keyring.get_keyring()
    backend = PlaintextKeyring()
    backend.file_path = str(tmp_path / "keyring.cfg")
    keyring.set_keyring(backend)
    yield
    keyring.set_keyring(before)


@pytest.mark.parametrize(
    ("root", "index_url", "expected"),
    [
        (ROOT, None, ["https://host/", "https://host"]),
        (ROOT, INDEX, ["https://host/alice/dev/", "https://host/alice/dev", "https://host/", "https://host"]),
        (ROOT, f"{INDEX}/", ["https://host/alice/dev/", "https://host/alice/dev", "https://host/", "https://host"]),
        ("https://host/devpi/", None, ["https://host/devpi/", "https://host/devpi"]),
    ],
)
def test_services_are_urls_with_and_without_a_slash_the_index_first(
    root: str, index_url: str | None, expected: list[str]
) -> None:
    assert services(root, index_url) == expected


def test_what_is_kept_is_found_under_each_service() -> None:
    keep([INDEX, ROOT], "alice", SECRET)
    assert password([INDEX], "alice") == ("alice", SECRET)
    assert password([ROOT], "alice") == ("alice", SECRET)


@pytest.mark.parametrize("kept", services(ROOT, INDEX))
def test_twine_may_have_kept_it_under_any_of_the_services(kept: str) -> None:
    keep([kept], "alice", SECRET)
    assert password(services(ROOT, INDEX), "alice") == ("alice", SECRET)


def test_the_first_service_wins() -> None:
    keep([ROOT], "alice", "of the server")
    keep([INDEX], "alice", "of the index")
    assert password([INDEX, ROOT], "alice") == ("alice", "of the index")


def test_a_later_secret_replaces_the_earlier() -> None:
    keep([ROOT], "alice", "old")
    keep([ROOT], "alice", SECRET)
    assert password([ROOT], "alice") == ("alice", SECRET)


def test_nobody_gets_the_secret_of_somebody_else() -> None:
    keep([ROOT], "alice", SECRET)
    assert password([ROOT], "bob") is None
    assert password(["https://other/"], "alice") is None


def test_forget_removes_the_secrets_of_one_user_and_counts_them() -> None:
    keep([INDEX, ROOT], "alice", SECRET)
    keep([ROOT], "bob", SECRET)
    assert forget(services(ROOT, INDEX), "alice") == 2
    assert password(services(ROOT, INDEX), "alice") is None
    assert password([ROOT], "bob") == ("bob", SECRET)
    assert forget(services(ROOT, INDEX), "alice") == 0


class Answers(Empty):
    """A backend that answers with one credential, whoever is asked for, as those of macOS and Windows may."""

    def __init__(self, username: str | None, secret: str | None) -> None:
        super().__init__()
        self.credential = SimpleCredential(username, secret)

    def get_credential(self, service: str, username: str | None) -> SimpleCredential | None:
        return self.credential if service == ROOT else None


@pytest.mark.parametrize(
    ("username", "secret", "wanted", "expected"),
    [
        ("alice", SECRET, None, ("alice", SECRET)),
        ("alice", SECRET, "alice", ("alice", SECRET)),
        ("alice", SECRET, "bob", None),
        (None, SECRET, None, None),
        ("", SECRET, None, None),
        ("alice", None, "alice", None),
        ("alice", "", "alice", None),
    ],
)
def test_a_credential_counts_if_it_is_whole_and_of_the_user_who_is_asked_for(
    username: str | None, secret: str | None, wanted: str | None, expected: tuple[str, str] | None
) -> None:
    keyring.set_keyring(Answers(username, secret))
    assert password([INDEX, ROOT], wanted) == expected


# -- a keyring that cannot be used

USES: dict[str, Callable[[], object]] = {
    "password": lambda: password([ROOT], "alice"),
    "keep": lambda: keep([ROOT], "alice", SECRET),
    "forget": lambda: forget([ROOT], "alice"),
}


class Locked(Empty):
    """A backend that repeats in its errors what it was given."""

    def get_password(self, service: str, username: str) -> str | None:
        raise PermissionError(f"{username} {SECRET}")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise PermissionError(f"{username} {password}")


class NoDelete(Empty):
    """A backend that has passwords, and removes none."""

    def get_password(self, service: str, username: str) -> str | None:
        return SECRET


class Waits(Empty):
    """A backend that waits for somebody to unlock it."""

    def __init__(self) -> None:
        super().__init__()
        self.unlocked = Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.unlocked.wait()
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        self.unlocked.wait()


def failure(use: str) -> str:
    with pytest.raises(KeyringFailed) as caught:
        USES[use]()
    return str(caught.value)


@pytest.mark.parametrize("use", USES)
def test_a_failure_is_told_by_its_kind_without_what_the_backend_says(use: str) -> None:
    keyring.set_keyring(Locked())
    assert failure(use) == "the keyring cannot be used: PermissionError"


@pytest.mark.parametrize(
    ("backend", "use", "kind"), [(Empty, "keep", "PasswordSetError"), (NoDelete, "forget", "PasswordDeleteError")]
)
def test_a_backend_may_be_unable_to_keep_or_to_forget(backend: type[Empty], use: str, kind: str) -> None:
    keyring.set_keyring(backend())
    assert failure(use) == f"the keyring cannot be used: {kind}"


@pytest.mark.parametrize("use", USES)
def test_there_may_be_no_keyring(use: str) -> None:
    from keyring.backends.fail import Keyring

    keyring.set_keyring(Keyring())
    assert failure(use) == "the keyring cannot be used: NoKeyringError"


@pytest.mark.parametrize("use", USES)
def test_the_library_may_be_broken(use: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert failure(use) == "the keyring cannot be used: ModuleNotFoundError"


@pytest.mark.parametrize("use", USES)
def test_a_backend_that_waits_is_not_waited_for(use: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECONDS", "LOOK_SECONDS"):
        monkeypatch.setattr(f"devpi_cli.auth.keyring.{name}", 0.05)
    backend = Waits()
    keyring.set_keyring(backend)
    assert failure(use) == "the keyring cannot be used: it did not answer within 0.05 s"
    backend.unlocked.set()


@pytest.mark.parametrize("is_slow", [True, False])
def test_whoever_waits_is_told_for_what(is_slow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devpi_cli.auth.keyring.PATIENCE", 0.05)
    backend, said = Waits(), []
    keyring.set_keyring(backend)

    def unlock(line: str) -> None:
        said.append(line)
        backend.unlocked.set()

    if not is_slow:
        backend.unlocked.set()
    assert password([ROOT], "alice", unlock) is None
    assert said == ["waiting 4.95 s for the keyring (test keyring Waits): does it wait to be unlocked?"] * is_slow


@pytest.mark.parametrize("error", [KeyringLocked, InitError])
def test_a_keyring_that_is_locked_is_called_so(error: type[KeyringError]) -> None:
    class Refuses(Empty):
        def get_password(self, service: str, username: str) -> str | None:
            raise error(SECRET)

    keyring.set_keyring(Refuses())
    assert failure("password").startswith("the keyring cannot be used: it is locked")
    assert SECRET not in failure("password")


NEVER_ANSWERS = """
import threading, keyring
from devpi_cli.auth import keyring as ours

ours.LOOK_SECONDS = 0.05
keyring.get_credential = lambda service, user: threading.Event().wait()
ours.password(["https://host/"], "alice")
"""


def test_a_process_ends_though_a_backend_still_waits() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NEVER_ANSWERS], capture_output=True, text=True, timeout=60, check=False
    )
    assert (
        done.stderr.splitlines()[-1]
        == "devpi_cli.errors.KeyringFailed: the keyring cannot be used: it did not answer within 0.05 s"
    )
