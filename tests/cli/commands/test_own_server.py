"""The server that quickstart made: nobody is locked out of it, and its mirror says what is wrong."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devpi_cli.hosting import trust
from tests.support.loopback import NOWHERE, Owner, owner_of_a_server

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_LOGIN = "not logged in at {url}\ntype 'devpi login USER'\n"


@pytest.fixture(scope="module")
def alice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    """Somebody with a server of their own, whose mirror cannot reach its upstream."""
    with owner_of_a_server(tmp_path_factory.mktemp("alice") / "home") as somebody:
        yield somebody


@pytest.fixture(autouse=True)
def as_after_quickstart(alice: Owner) -> Iterator[None]:
    """Put the state and the passwords back."""
    before, passwords = alice.state_file.read_bytes(), alice.record["passwords"]
    yield
    alice.state_file.write_bytes(before)
    keep(alice, passwords)


def keep(alice: Owner, passwords: dict[str, str]) -> None:
    (alice.folder / "server.json").write_text(json.dumps({**alice.record, "passwords": passwords}))


def spoil(alice: Owner, **changes: object) -> None:
    """Change what is remembered of the login of alice."""
    with alice.state.changing() as state:
        logins = state.servers[alice.url].logins
        logins["alice"] = replace(logins["alice"], **changes)  # type: ignore[arg-type]


EXPIRED = {"expires": time.time() - 3600, "token": "old"}
REFUSED = {"token": "no longer good"}


# -- logins


@pytest.mark.parametrize("changes", [EXPIRED, REFUSED], ids=["expired", "refused"])
def test_a_login_is_renewed_without_a_question_and_remembered(alice: Owner, changes: dict[str, object]) -> None:
    spoil(alice, **changes)
    assert alice.ok("index", "dev", "title=renewed")[-1] == "  title=renewed"
    login = alice.state.servers[alice.url].logins["alice"]
    assert login.token != changes["token"]
    assert login.hours == pytest.approx(10, abs=0.1)
    assert alice.ok("whoami") == ["alice"]


def test_a_login_from_the_environment_is_not_replaced(alice: Owner) -> None:
    """It may be a token that is allowed less than what the server's file has."""
    typed = ("index", "dev", "title=replaced")
    status, said = alice.fails(*typed, DEVPI_USER="alice", DEVPI_TOKEN="no longer good")
    assert (status, "DEVPI_TOKEN" in said) == (3, True), said
    status, said = alice.fails(*typed, DEVPI_TOKEN="no longer good")
    assert (status, said) == (
        2, "DEVPI_TOKEN is set, but nothing says which user it belongs to\nset DEVPI_USER, too\n"
    )  # fmt: skip


def test_what_only_looks_renews_a_login_that_expired(alice: Owner) -> None:
    spoil(alice, **EXPIRED)
    assert alice.ok("use")[0] == f"current devpi index: {alice.url}alice/dev (logged in as alice)"


def test_who_logged_off_stays_so_until_a_login_is_needed(alice: Owner) -> None:
    alice.ok("logoff")
    assert alice.fails("whoami") == (3, NO_LOGIN.format(url=alice.url))
    assert alice.ok("index", "alice/dev", "title=again")[-1] == "  title=again"
    assert alice.ok("whoami") == ["alice"]


def test_a_dry_run_remembers_nothing(alice: Owner) -> None:
    spoil(alice, **EXPIRED)
    before = alice.state_file.read_bytes()
    assert alice.ok("index", "dev", "title=other", "-n")[0].startswith("would modify index")
    assert alice.state_file.read_bytes() == before


def test_a_login_by_name_needs_no_password(alice: Owner) -> None:
    alice.ok("logoff")
    assert alice.ok("login", "alice")[0].startswith("logged in 'alice'")
    assert alice.fails("login", "root")[0] == 2


def test_a_password_that_was_changed_is_asked_for_again(alice: Owner) -> None:
    alice.ok("logoff")
    keep(alice, {"alice": "not hers"})
    status, said = alice.fails("index", "alice/dev", "title=x")
    assert (status, "server.json of your own server" in said) == (3, True)


def test_root_acts_only_if_that_was_said(alice: Owner) -> None:
    assert alice.fails("index", "-c", "root/mine")[0] == 3
    before = alice.state_file.read_bytes()
    assert alice.ok("--as-root", "index", "-c", "root/mine")[0] == f"{alice.url}root/mine?no_projects=:"
    assert alice.ok("user", "root", "title=Chief", "--as-root")[-1] == "user modified: root"
    assert alice.state_file.read_bytes() == before
    assert alice.ok("whoami") == ["alice"]


def test_root_is_meant_at_no_other_server(alice: Owner) -> None:
    assert alice.fails("user", "-l", "--as-root", DEVPI_INDEX="http://127.0.0.1:9/root/pypi") == (
        2,
        "--as-root works only with the server of 'devpi quickstart', not with http://127.0.0.1:9/\n"
        "type 'devpi login root'\n",
    )


# -- passwords


def test_passwords_are_shown_to_who_asks(alice: Owner) -> None:
    kept = alice.record["passwords"]
    assert alice.ok("server", "passwd") == [kept["alice"]]
    assert alice.ok("server", "passwd", "root") == [kept["root"]]
    assert json.loads("".join(alice.ok("server", "passwd", "--json"))) == {"user": "alice", "password": kept["alice"]}
    assert alice.fails("server", "passwd", "nobody") == (
        4, "there is no stored password of nobody\n"
        "stored are those of alice, root; 'devpi server passwd USER --set' sets another\n",
    )  # fmt: skip


def test_one_can_be_set_and_is_kept(alice: Owner) -> None:
    new, old = "a password of mine", alice.record["passwords"]["alice"]
    before = (alice.folder / "server.json").read_bytes()
    assert alice.ok("server", "passwd", "-n", "--set") == ["would modify user: alice", "  password=********"]
    assert (alice.folder / "server.json").read_bytes() == before
    said = ["/alice changing password: ********", "user modified: alice"]
    assert alice.ok("server", "passwd", "--password-stdin", stdin=f"{new}\n") == said
    assert alice.record["passwords"]["alice"] == new
    assert alice.ok("login", "alice", "--password-stdin", stdin=f"{new}\n")[0].startswith("logged in 'alice'")
    alice.ok("server", "passwd", "alice", "--password-stdin", stdin=f"{old}\n")
    assert alice.fails("server", "passwd", "nobody", "--password-stdin", stdin="x")[0] == 4


def test_one_that_is_not_theirs_any_more_is_not_shown(alice: Owner) -> None:
    keep(alice, {**alice.record["passwords"], "alice": "not hers"})
    assert alice.fails("server", "passwd") == (
        4,
        "the password of alice is not the one that quickstart set\n'devpi server passwd alice --set' sets another\n",
    )


# -- quickstart again


def test_again_it_keeps_who_acts_and_which_index_is_in_use(alice: Owner) -> None:
    alice.ok("user", "-c", "berta", "password=her own secret", "--as-root", "--exist-ok")
    alice.ok("login", "berta", "--password-stdin", stdin="her own secret")
    alice.ok("index", "-c", "berta/own", "bases=")
    alice.ok("use", "berta/own")
    again = alice.ok("quickstart")
    assert again[6] == f"current devpi index: {alice.url}berta/own (logged in as berta)"
    assert (alice.state.index, alice.ok("whoami")) == ("berta/own", ["berta"])
    assert alice.ok("quickstart", "--user", "alice")[6].endswith("alice/dev (logged in as alice)")
    alice.ok("login", "berta", "--password-stdin", stdin="her own secret")
    alice.ok("use", "berta/own")
    alice.ok("index", "--delete", "berta/own", "-yq")
    assert alice.ok("quickstart")[6] == f"current devpi index: {alice.url}alice/dev (logged in as alice)"


# -- its mirror


def test_a_mirror_that_cannot_reach_its_upstream_is_named(alice: Owner, venv: Path) -> None:
    why = f"cannot reach {NOWHERE}{{}}/: All connection attempts failed"
    warning = f"warning: root/pypi may have demo, but {why.format('demo')}\n"
    assert alice.fails("list", "demo") == (
        4, f"{warning}no project 'demo'\n'devpi list' shows which projects there are\n",
    )  # fmt: skip
    assert alice("install", "demo", "--venv", venv).stderr.endswith(f"{warning}pip could not install (status 1)\n")
    said = f"WRONG    mirrors: root/pypi {why.format('pip')}; type 'devpi server log' to see more"
    assert said in alice("doctor").lines


@contextmanager
def stopped(alice: Owner) -> Iterator[None]:
    """Stop the server during the block."""
    alice.ok("server", "stop")
    try:
        yield
    finally:
        alice.ok("server", "start")


def test_a_stopped_server_is_told_with_what_starts_it(alice: Owner) -> None:
    with stopped(alice):
        for command in ("list", "user -l", "status", "index dev title=x", "server passwd -s"):
            status, said = alice.fails(*command.split())
            assert (status in (1, 6), said.splitlines()[-1]) == (True, "'devpi server start' starts it"), command


# -- the commands for any server


def test_settings_for_others_run_it_as_it_runs(alice: Owner) -> None:
    unit = alice("server", "config", "systemd").stdout
    assert f"--port {alice.port} --secretfile {alice.folder}/secret" in unit
    assert "MEMORY_COST=8" in unit


def test_nothing_is_wrong_with_it(alice: Owner) -> None:
    lines = alice("server", "doctor").lines
    as_root = "warning  user: the server runs as root: give it a user of its own"  # where tests run as root
    assert [line for line in lines if not line.startswith("ok ") and line != as_root] == []
    assert f"ok       server: runs at {alice.url}, serial " in "\n".join(lines)


def test_its_backup_has_its_secret(alice: Owner) -> None:
    """Else all logins would end at the server that is restored."""
    alice("server", "backup", "saved")
    secret = alice.home / "saved/.secret"
    assert secret.read_text() == (alice.folder / "secret").read_text()
    assert secret.stat().st_mode & 0o777 == 0o600
    assert secret.with_name(".secret.stretching").exists()


def test_so_has_the_backup_of_an_upgrade(alice: Owner) -> None:
    with stopped(alice):
        assert alice("server", "upgrade", "--backup", "before").status == 0
    assert (alice.home / "before/.secret").read_text() == (alice.folder / "secret").read_text()


def test_what_it_mirrors_is_not_changed_in_silence(alice: Owner) -> None:
    again = alice("quickstart", "--mirror-url", "http://127.0.0.1:9/other/")
    line = "devpi index root/pypi mirror_url=http://127.0.0.1:9/other/ --as-root"
    assert again.stderr == f"warning: root/pypi mirrors {NOWHERE}: type '{line}' to change it\n"
    assert alice.fails("quickstart", "--mirror-url", "foo") == (1, "'mirror_url' option must be a URL.\n")
    assert alice(*line.split()[1:]).status == 0
    assert alice(*line.replace("http://127.0.0.1:9/other/", NOWHERE).split()[1:]).status == 0


# -- whom it trusts


def variables_of(alice: Owner) -> dict[str, str]:
    text = Path(f"/proc/{alice.record['pid']}/environ").read_text(encoding="utf-8")
    return dict(entry.split("=", 1) for entry in text.split("\0") if "=" in entry)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the system does not tell")
def test_it_trusts_the_cas_of_the_system_and_those_that_were_named(alice: Owner, ca_file: Path) -> None:
    assert variables_of(alice).get("REQUESTS_CA_BUNDLE") == trust.bundle(alice.environment)
    alice.ok("server", "stop")
    alice.ok("server", "start", "--ca-bundle", ca_file)
    together = alice.folder / "ca-bundle.pem"
    assert variables_of(alice)["REQUESTS_CA_BUNDLE"] == str(together)
    assert ca_file.read_text().strip() in together.read_text()
    alice.ok("server", "stop")
    alice.ok("server", "start")
    assert variables_of(alice)["REQUESTS_CA_BUNDLE"] == str(together)


@pytest.mark.parametrize("name", trust.TYPED)
def test_a_file_that_a_variable_names_comes_first(name: str, tmp_path: Path) -> None:
    assert trust.bundle({name: str(tmp_path / "ca.pem")}) == str(tmp_path / "ca.pem")
