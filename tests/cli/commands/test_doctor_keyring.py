"""devpi doctor: whether pip and uv get the login for an index that is not open to everybody."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import WITH_PROGRAMS
from tests.support.gates import Gate, Page, locked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clients import Member

GETS = "pip gets the login; uv gets the login"
SET = "type 'devpi use --set-cfg --keyring'"


@pytest.fixture
def gate(member: Member, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """A gate in front of somebody's server, with keyring as it is without our tests."""
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    with locked(member) as gate:
        yield gate


def found(member: Member, **env: str) -> str:
    """Return what the doctor says of keyring; empty for nothing."""
    result = member("doctor", **{"PATH": WITH_PROGRAMS, "PIP_INDEX_URL": "", **env})
    assert result.stderr in ("", "WRONG: login\n")
    return next((line for line in result.lines if line[9:].startswith("keyring: ")), "")


def test_what_is_set_for_it_gets_the_login(member: Member, gate: Gate) -> None:
    assert found(member) == ""  # pip and uv use PyPI
    member.ok("use", "--set-cfg", "--keyring", PATH=WITH_PROGRAMS)
    assert found(member) == f"ok       keyring: {GETS}"
    gate.logins = ()
    assert found(member) == ""


def test_uv_has_to_be_told_where_to_ask(member: Member, gate: Gate) -> None:
    member.ok("use", "--set-cfg", PATH=WITH_PROGRAMS)
    assert found(member) == (
        f"warning  keyring: pip gets the login; uv does not get the login: no keyring-provider is set, {SET}"
    )
    assert found(member, UV_KEYRING_PROVIDER="subprocess") == f"ok       keyring: {GETS}"


def test_variables_count_as_files_do(member: Member, gate: Gate) -> None:
    variables = dict(line.split("=", 1) for line in member.ok("env", "--keyring", "--shell", "github"))
    assert found(member, **variables) == f"ok       keyring: {GETS}"
    at_once = dict(line.split("=", 1) for line in member("env", "--login", "--shell", "github").lines)
    assert found(member, **at_once, UV_KEYRING_PROVIDER="subprocess") == f"ok       keyring: {GETS}"


@pytest.mark.parametrize(
    ("env", "said"),
    [
        (
            {"PIP_KEYRING_PROVIDER": "disabled"},
            f"pip does not get the login: PIP_KEYRING_PROVIDER says disabled, {SET}; uv gets the login",
        ),
        (
            {"UV_KEYRING_PROVIDER": "disabled"},
            f"pip gets the login; uv does not get the login: no keyring-provider is set, {SET}",
        ),
        (
            {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring"},
            "pip does not get the login: PYTHON_KEYRING_BACKEND says keyrings.alt.file.PlaintextKeyring; "
            "uv does not get the login: PYTHON_KEYRING_BACKEND says keyrings.alt.file.PlaintextKeyring",
        ),
        (
            {"PIP_NO_INPUT": "1"},
            "pip does not get the login: PIP_NO_INPUT keeps it from asking, unless keyring-provider is import or "
            "subprocess; uv gets the login",
        ),
        (
            {"PIP_KEYRING_PROVIDER": "subprocess"},  # the pip beside keyring ignores that program
            "pip does not get the login: it finds no keyring that has it, see 'devpi help pip-uv'; uv gets the login",
        ),
    ],
)
def test_what_keeps_them_from_it_is_named(member: Member, gate: Gate, env: dict[str, str], said: str) -> None:
    member.ok("use", "--set-cfg", "--keyring", PATH=WITH_PROGRAMS)
    assert found(member, **env) == f"warning  keyring: {said}"


def test_a_keyring_of_others_does_not_have_it(member: Member, gate: Gate) -> None:
    member.ok("use", "--set-cfg", "--keyring", PATH=WITH_PROGRAMS)
    program = member.home / "bin/keyring"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho keyring.backends.SecretService.Keyring\n")
    program.chmod(0o755)
    assert found(member, PATH=f"{program.parent}:{WITH_PROGRAMS}", PIP_KEYRING_PROVIDER="subprocess") == (
        "warning  keyring: pip does not get the login: it finds no keyring that has it, see 'devpi help pip-uv'; "
        "uv does not get the login: it finds no keyring that has it, see 'devpi help pip-uv'"
    )


def test_a_login_that_expired_is_not_had(member: Member, gate: Gate) -> None:
    member.ok("use", "--set-cfg", "--keyring", PATH=WITH_PROGRAMS)
    with member.state.changing() as state:
        logins = state.servers[gate.url].logins
        logins[member.user] = replace(logins[member.user], expires=time.time() - 60)
    why = f"does not get the login: keyring has none of {member.user}, type 'devpi login {member.user}'"
    assert found(member) == f"warning  keyring: pip {why}; uv {why}"


@pytest.mark.parametrize(
    ("refusal", "answer"), [(Page(302, headers={"Location": "/+api"}), "with a page"), (Page(403), "403")]
)
def test_a_server_that_does_not_ask_never_makes_pip_ask(member: Member, gate: Gate, refusal: Page, answer: str) -> None:
    gate.refusal = refusal
    assert found(member) == (
        f"warning  keyring: {gate.url}{member.index}/+simple/ answers {answer}, and pip asks only after 401: "
        "uv and poetry send the login at once; for pip, 'devpi env --login' puts it into the URL"
    )
