"""The key that we make from the secret is the one that devpi-server makes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from devpi_cli.hosting.secret import UNSTRETCHED, Secret

if TYPE_CHECKING:
    from pathlib import Path

# In a process of its own, because devpi-server imports modules that Python warns of.
COMPARED = """
import pathlib, sys
from devpi_server.auth import Auth
from devpi_server.config import get_pluginmanager, parseoptions
from itsdangerous import TimedSerializer
from devpi_cli.hosting.secret import LOGIN_SECONDS, Secret

secret = Secret(pathlib.Path(sys.argv[1]))
options = ["devpi-server", "--serverdir", str(secret.path.parent), "--secretfile", str(secret.path)]
theirs = TimedSerializer(parseoptions(get_pluginmanager(), options).get_auth_secret())
login = theirs.dumps(["alice", [], True])
assert secret.has_signed(login)
assert not secret.has_signed(login[:-1])
probes = [secret.probe() for _ in range(40)]
assert {probe.is_valid for probe in probes} == {True, False}
for probe in probes:
    is_valid, login = theirs.loads_unsafe(probe.token, max_age=Auth.LOGIN_EXPIRATION)
    assert (is_valid, login) == (probe.is_valid, [probe.user, [], False])
    assert not theirs.loads_unsafe(probe.token, max_age=Auth.LOGIN_EXPIRATION - 60)[0]
assert Auth.LOGIN_EXPIRATION == LOGIN_SECONDS
print("the same")
"""


def test_devpi_server_and_we_agree(tmp_path: Path) -> None:
    secret = Secret(tmp_path / "secret")
    secret.create()
    command = [sys.executable, "-W", "ignore", "-c", COMPARED, secret.path]
    done = subprocess.run(command, env={**os.environ, **UNSTRETCHED}, capture_output=True, text=True, check=False)
    assert done.stdout == "the same\n", done.stderr
