"""Programs that we run see no secret of ours, whatever the variable is called that holds it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.argv import sampled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Member

SECRET = "s3cret"
HIDDEN = {
    "DEVPI_PASSWORD": SECRET,
    "DEVPI_TOKEN": f"pypi-AgE{SECRET}",
    "DEVPI_LOGIN_PASSWORD": SECRET,
    "DEVPI_PASSWD_NEW_PASSWORD": SECRET,
    "DEVPI_CI_SECRET": SECRET,
    "devpi_password": SECRET,
    "DEVPI_INDEX": f"http://web:{SECRET}@127.0.0.1:1/alice/dev",
    "DEVPI_USE_URL": f"https://{SECRET}@devpi.example/",
    "DEVPI_PUSH_TARGET": f"web:{SECRET}/@devpi.example/alice/dev",
    "DEVPI_REMOVE_URL": f"http://web@corp:{SECRET}#@devpi.example/",
    "DEVPI_GETJSON_PATH": f"https://devpi.example/?token={SECRET}",
    "DEVPI_TOKEN_FILE_CONTENT": f"devpi-AgEI{SECRET}",
    "DEVPI_UPLOAD_COMMENT": f"pypi-AgEIcHlwaS5vcmc{SECRET}",
}
SHOWN = {
    "DEVPI_INDEX": "alice/dev",
    "DEVPI_USER": "alice@example.com",
    "DEVPI_CA_BUNDLE": "/etc/ca.pem",
    "DEVPI_TIMEOUT": "30",
    "PIP_EXTRA_INDEX_URL": "http://me:mine@127.0.0.1:1/",
    "NOT_DEVPI_PASSWORD": "mine",
}


@pytest.fixture
def child(member: Member, tmp_path: Path) -> Callable[[dict[str, str]], dict[str, str]]:
    """Return the environment that a pip gets, which only prints it."""
    pip = tmp_path / "stub" / "pip"
    pip.parent.mkdir()
    pip.write_text(f"#!{sys.executable}\nimport json, os\nprint(json.dumps(dict(os.environ)))\n")
    pip.chmod(0o755)

    def run(variables: dict[str, str]) -> dict[str, str]:
        typed = ["install", "demo", "--index", member.index_url]
        found: dict[str, str] = json.loads(member(*typed, **{"PATH": str(pip.parent), **variables}).stdout)
        return found

    return run


@pytest.mark.parametrize("name", HIDDEN)
def test_a_child_does_not_see_a_secret(
    member: Member,
    child: Callable[[dict[str, str]], dict[str, str]],
    attack: Callable[[str, str, str], None],
    name: str,
) -> None:
    """A60."""
    right = member.password if name == "DEVPI_PASSWORD" else ""  # the command uses this one
    owner = {"DEVPI_USER": member.user} if name in ("DEVPI_PASSWORD", "DEVPI_TOKEN") else {}
    seen = child({name: right or HIDDEN[name], **owner})
    held = [variable for variable, value in seen.items() if (right or SECRET) in value]
    attack("a child looks for our secrets", f"{name}={HIDDEN[name]}", f"{len(held)} variables with the secret")
    assert held == []


def test_a_child_sees_everything_else(child: Callable[[dict[str, str]], dict[str, str]]) -> None:
    seen = child(SHOWN)
    assert {name: seen.get(name) for name in SHOWN} == SHOWN


def test_a_secret_in_arguments_would_be_seen(tmp_path: Path) -> None:
    """The samples that are taken during the tests of the server commands are worth something."""
    (tmp_path / "kept").write_text(SECRET)
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(0.3)', sys.argv[1]])"
    with sampled() as argv:
        for told in (SECRET, "$argon2id$v=19$", "innocent"):
            subprocess.run([sys.executable, "-c", code, told], check=True)
        subprocess.run(
            [sys.executable, "-c", "import time; time.sleep(0.3)", "--secretfile", tmp_path / "kept"], check=True
        )
    assert len(argv.with_secret([])) == 4  # parent and child each, of a secret in a server's file and of a hash
    assert len(argv.with_secret(["innocent"])) == 6
