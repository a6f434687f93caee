"""Hand a login to pip and uv by a program ``keyring``.

It is ours, and exists only during the command.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import devpi_cli
from devpi_cli.auth.keyring_program import ASKED, LOGINS, MODULES
from devpi_cli.errors import DevpiError
from devpi_cli.system import private
from devpi_cli.system.files import write_private

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.auth.answers import Grant

WINDOWS = os.name == "nt"
PROVIDER_OF_PIP, PROVIDER_OF_UV = PROVIDERS = ("PIP_KEYRING_PROVIDER", "UV_KEYRING_PROVIDER")
START = (
    "import sys; sys.path.append(sys.argv.pop(1)); from devpi_cli.auth.keyring_program import main; sys.exit(main())"
)
# pip before 23.1 imports keyring in its own process, whose Python may be much older than ours, and runs no program.
MODULE = '''\
"""Ask the program keyring of devpi-cli, for a pip that imports this module instead."""
import collections
import json
import os
import subprocess
import sys

PROGRAM = {program!r}
Credential = collections.namedtuple("Credential", "username password")


def get_credential(service, username):
    # The pip that asks may have a keyring beside it that is not on the PATH.
    path = os.pathsep.join([os.environ.get("PATH", ""), os.path.dirname(sys.executable)])
    command = [PROGRAM, "--mode=creds", "--output=json", "get", service]
    command = [PROGRAM, "get", service, username] if username else command
    asked = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=dict(os.environ, PATH=path))
    answer = asked.communicate()[0].decode("utf-8").rstrip("\\r\\n")
    if asked.returncode or not answer:
        return None
    return Credential(username, answer) if username else Credential(**json.loads(answer))


def set_password(service, username, password):
    command = [PROGRAM, "set", service, username]
    subprocess.Popen(command, stdin=subprocess.PIPE).communicate((password + os.linesep).encode("utf-8"))
'''


class PrivateKeyring(NamedTuple):
    """A folder with the program ``keyring``, and what makes pip and uv run it."""

    folder: Path

    @property
    def was_asked(self) -> bool:
        """True if somebody was given the login."""
        return (self.folder / ASKED).exists()

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables for pip since 23.1, and for uv."""
        path = os.pathsep.join([str(self.folder), os.environ.get("PATH", os.defpath)])
        return {"PATH": path, **dict.fromkeys(PROVIDERS, "subprocess")}

    @property
    def variables_of_old_pip(self) -> dict[str, str]:
        """More variables, for pip before 23.1: without input it asks no keyring."""
        modules = filter(None, [str(self.folder / MODULES), os.environ.get("PYTHONPATH")])
        return {"PYTHONPATH": os.pathsep.join(modules), "PIP_NO_INPUT": "0"}


@contextmanager
def handing_out(grant: Grant) -> Iterator[PrivateKeyring]:
    """Create the program, which answers for one server, for the time of the block.

    Raises DevpiError if programs in the folder for temporary files cannot be run.
    """
    with private.folder() as folder:
        hand_on = not any(os.environ.get(name, "").lower() == "disabled" for name in PROVIDERS)
        write_private(folder / LOGINS, json.dumps({"grants": [grant], "hand_on": hand_on}))
        program = _program(folder)
        (folder / MODULES).mkdir()
        (folder / MODULES / "keyring.py").write_text(MODULE.format(program=str(program)), encoding="utf-8")
        if not os.access(program, os.X_OK):
            raise DevpiError(
                f"no program can be run in {folder.parent}, and pip and uv need one to get your login",
                hint="set TMPDIR to a folder on a filesystem that is not mounted with noexec",
            )
        yield PrivateKeyring(folder)


def _program(folder: Path) -> Path:
    """Write the program.

    It runs our Python without what the current folder or variables would add to it.
    """
    root = Path(devpi_cli.__file__).parent.parent
    command = [sys.executable, "-I", "-c", START, str(root), str(folder)]
    if WINDOWS:
        program = folder / "keyring.bat"
        program.write_text("@" + " ".join(f'"{word}"' for word in command) + " %*\r\n", encoding="utf-8")
        return program
    program = folder / "keyring"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
    program.chmod(0o700)
    return program
