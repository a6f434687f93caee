"""Answer as the program ``keyring`` does, with the logins of one run of devpi.

pip and uv run it. What is not about our server goes to the user's own ``keyring``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.auth.answers import Grant, answer

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

LOGINS, ASKED, MODULES = "logins.json", "asked", "python"
# What a keyring older than 25.2 says to ``--mode``. pip would then stop asking, also for our login.
WRONG_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer a command line; return the exit status.

    It is ``FOLDER [--mode=creds] [--output=json] get URL [USER]``.
    """
    place, *typed = sys.argv[1:] if arguments is None else arguments
    folder = Path(place)
    known = json.loads((folder / LOGINS).read_text(encoding="utf-8"))
    asked = _parsed(typed)
    if asked.operation == "get" and asked.service:
        found = answer(asked.service, asked.user, [Grant(*grant) for grant in known["grants"]])
        if found:
            (folder / ASKED).touch()
            _print(found, both=asked.mode == "creds", is_json=asked.output == "json")
            return 0
    return _hand_on(folder, typed) if known["hand_on"] else 1


def _parsed(typed: Sequence[str]) -> Namespace:
    from argparse import ArgumentParser

    parser = ArgumentParser(add_help=False)
    parser.add_argument("--mode")
    parser.add_argument("--output")
    for name in ("operation", "service", "user"):
        parser.add_argument(name, nargs="?")
    return parser.parse_known_args(typed)[0]


def _print(found: Grant, *, both: bool, is_json: bool) -> None:
    answered = {**({"username": found.user} if both else {}), "password": found.secret}
    text = json.dumps(answered) if is_json else "\n".join(answered.values())
    sys.stdout.buffer.write(f"{text}\n".encode())  # pip and uv read UTF-8, whatever the locale


def _hand_on(folder: Path, typed: Sequence[str]) -> int:
    """Run the user's own ``keyring`` with the same arguments, if there is one."""
    import shutil
    import subprocess

    path = os.pathsep.join(place for place in os.environ.get("PATH", "").split(os.pathsep) if not _is(folder, place))
    program = shutil.which("keyring", path=path)
    if not program:
        return 1
    modules = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    kept = os.pathsep.join(place for place in modules if not _is(folder / MODULES, place))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PATH": path, **({"PYTHONPATH": kept} if kept else {})}
    done = subprocess.run([program, *typed], env=environment, stderr=subprocess.PIPE, check=False)
    if done.returncode != WRONG_USAGE:
        sys.stderr.write(done.stderr.decode(errors="replace"))
    return 1 if done.returncode else 0


def _is(folder: Path, place: str) -> bool:
    try:
        return bool(place) and folder.samefile(place)
    except OSError:
        return False
