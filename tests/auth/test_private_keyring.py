"""The program ``keyring`` that pip and uv run."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from devpi_cli.auth import private_keyring
from devpi_cli.auth.answers import Grant
from devpi_cli.errors import DevpiError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from devpi_cli.auth.private_keyring import PrivateKeyring

SECRET = "pass word'\"\\é"
URL = "https://devpi.example:443/alice/dev/+simple/"
OTHER = "https://other.example/simple/"
# Prints what it is asked, and whether it would import a module of ours for its own.
REAL = """#!{python}
import os, sys
print("real", *sys.argv[1:], [place for place in sys.path if "devpi-" in place], sys.stdin.read())
sys.exit({status})
"""


@pytest.fixture
def keyring() -> Iterator[PrivateKeyring]:
    with private_keyring.handing_out(Grant("https://devpi.example/", "alice", SECRET)) as found:
        yield found


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own ``keyring``, first on their PATH."""
    program = tmp_path / "bin" / "keyring"
    program.parent.mkdir()
    program.write_text(REAL.format(python=sys.executable, status=0))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return program


def ask(keyring: PrivateKeyring, *typed: str, stdin: str = "", **variables: str) -> tuple[int, str]:
    environment = {**os.environ, **keyring.variables, **variables}
    done = subprocess.run(
        ["keyring", *typed], input=stdin, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (["get", URL, "alice"], f"{SECRET}\n"),
        (["get", URL], f"{SECRET}\n"),
        (["--mode", "creds", "get", URL], f"alice\n{SECRET}\n"),
        (["--mode=creds", "--output=json", "get", URL], json.dumps({"username": "alice", "password": SECRET}) + "\n"),
        (["--mode=creds", "--output=json", "get", URL, "alice"], '{"username": "alice", "password": PASSWORD}\n'),
    ],
)
def test_it_answers_as_pip_and_uv_ask(keyring: PrivateKeyring, typed: list[str], answer: str) -> None:
    assert not keyring.was_asked
    assert ask(keyring, *typed) == (0, answer.replace("PASSWORD", json.dumps(SECRET)))
    assert keyring.was_asked


@pytest.mark.parametrize("typed", [["get", OTHER, "alice"], ["get", "devpi.example"], ["get", URL, "bob"], ["get"], []])
def test_it_answers_nothing_else(
    keyring: PrivateKeyring, typed: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ask(keyring, *typed, PATH=f"{keyring.folder}{os.pathsep}{tmp_path}") == (1, "")
    assert not keyring.was_asked


@pytest.mark.parametrize(
    "typed", [["get", OTHER, "alice"], ["set", URL, "alice"], ["--mode=creds", "get", "devpi.example"], ["--version"]]
)
def test_what_is_not_ours_goes_to_the_users_own(keyring: PrivateKeyring, real: Path, typed: list[str]) -> None:
    variables = keyring.variables_of_old_pip
    assert ask(keyring, *typed, stdin="typed", PYTHONPATH=variables["PYTHONPATH"]) == (
        0,
        f"real {' '.join(typed)} [] typed\n",
    )


def test_a_keyring_too_old_for_new_questions_does_not_stop_pip_from_asking(keyring: PrivateKeyring, real: Path) -> None:
    real.write_text("#!/bin/sh\necho 'unrecognized arguments: --mode=creds' >&2\nexit 2\n")
    assert ask(keyring, "--mode=creds", "get", OTHER) == (1, "")


@pytest.mark.parametrize("variable", private_keyring.PROVIDERS)
def test_who_wants_no_keyring_asked_gets_none(real: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "disabled")
    with private_keyring.handing_out(Grant("https://devpi.example/", "alice", SECRET)) as keyring:
        assert ask(keyring, "get", OTHER, "alice") == (1, "")
        assert ask(keyring, "get", URL, "alice") == (0, f"{SECRET}\n")


def test_the_current_folder_and_variables_change_nothing(
    keyring: PrivateKeyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json.py", "argparse.py", "pathlib.py", "devpi_cli.py", "sitecustomize.py"):
        (tmp_path / name).write_text("raise SystemExit('taken over')")
    monkeypatch.chdir(tmp_path)
    variables = {"PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "json.py"), "PYTHONIOENCODING": "ascii"}
    assert ask(keyring, "get", URL, **variables) == (0, f"{SECRET}\n")


ASK_MODULE = """
import keyring
for asked in (({url!r}, "alice"), ({other!r}, "alice"), ({other!r}, None)):
    print(keyring.get_credential(*asked))
"""


def test_an_old_pip_imports_it(keyring: PrivateKeyring, real: Path) -> None:
    real.write_text(
        f"#!/bin/sh\n[ \"$#\" = 3 ] && echo other || echo '{json.dumps({'username': 'u', 'password': 'p'})}'\n"
    )
    environment = {**os.environ, **keyring.variables, **keyring.variables_of_old_pip}
    command = [sys.executable, "-c", ASK_MODULE.format(url=URL, other=OTHER)]
    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines() == [
        f"Credential(username='alice', password={SECRET!r})",
        "Credential(username='alice', password='other')",
        "Credential(username='u', password='p')",
    ]


def test_the_users_own_modules_stay_on_the_path(keyring: PrivateKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/mine")
    assert keyring.variables_of_old_pip["PYTHONPATH"].split(os.pathsep)[1:] == ["/mine"]


def test_it_is_for_its_owner_only_and_gone_afterwards() -> None:
    with private_keyring.handing_out(Grant("https://devpi.example/", "alice", SECRET)) as keyring:
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [keyring.folder, *keyring.folder.iterdir()]}
        holding = [path for path in keyring.folder.rglob("*") if path.is_file() and "alice" in path.read_text()]
    assert modes[keyring.folder.name] == 0o700
    assert [stat.S_IMODE(0o600) == modes[path.name] for path in holding] == [True]
    assert not keyring.folder.exists()


def test_a_folder_where_no_program_runs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As /tmp of many servers, which is mounted with noexec."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(DevpiError, match="no program can be run in"), private_keyring.handing_out(Grant("", "", "")):
        pass
