"""A token is written to no file that is not ours, nor to one that others can read."""

from __future__ import annotations

import json
import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import Client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Member

# The command believes that it is somebody else than the owner of the file.
FOREIGN = """
import os
mine = os.geteuid()
os.geteuid = lambda: mine + 1
from devpi_cli.__main__ import main
main()
"""
LINK, FILE, OTHERS = "it is a symbolic link", "it is not a regular file", "it belongs to another user"
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a link to a file of somebody else": (lambda path: path.symlink_to("victim"), LINK),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), LINK),
    "a link to a device": (lambda path: path.symlink_to("/dev/null"), LINK),
    "a pipe that somebody reads": (os.mkfifo, FILE),
    "a folder": (lambda path: path.mkdir(), "it is a folder"),
    "a file of somebody else": (lambda path: path.write_text("theirs"), OTHERS),
}


@pytest.mark.parametrize("command", ["derive", "create"])
@pytest.mark.parametrize("what", REFUSED)
def test_no_token_goes_where_somebody_else_put_something(
    member: Member, what: str, command: str, attack: Callable[[str, str, str], None]
) -> None:
    make, why = REFUSED[what]
    token = member.ok("token", "create")[0]
    (member.home / "victim").write_text("theirs")
    make(member.home / "out")
    before = (member.home / "out").lstat()
    client = Client(member.home, member.env, (sys.executable, "-c", FOREIGN)) if why == OTHERS else member
    listed = member.ok("token", "list", "--json")
    result = client("token", command, "-e", "1h", "-o", "out", "-y", DEVPI_TOKEN=token if command == "derive" else "")
    assert (result.stdout, result.stderr, result.status) == ("", f"cannot write out: {why}\n", 2)
    after = (member.home / "out").lstat()
    assert (after.st_ino, after.st_mode, after.st_mtime_ns) == (before.st_ino, before.st_mode, before.st_mtime_ns)
    assert (member.home / "victim").read_text() == "theirs"
    assert not (member.home / "nothing").exists()
    assert json.loads("".join(member.ok("token", "list", "--json"))) == json.loads("".join(listed))  # none was made
    attack("files for tokens", f"token {command} -o onto {what}", result.stderr.strip())


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o640, 0o400])
def test_a_file_of_ours_that_others_can_read_becomes_private(
    member: Member, mode: int, attack: Callable[[str, str, str], None]
) -> None:
    token, path = member.ok("token", "create")[0], member.home / "out"
    path.write_text("old")
    path.chmod(mode)
    with path.open() as reader:  # somebody has opened it already
        result = member("token", "derive", "-e", "1h", "-o", "out", "-y", DEVPI_TOKEN=token)
        assert result.status == 0
        assert reader.read() == "old"
    found = stat.S_IMODE(path.stat().st_mode)
    assert found == 0o600
    assert path.read_text().startswith("pypi-") or path.read_text().startswith("devpi-")
    assert [name.name for name in member.home.iterdir() if name.name.startswith(".out")] == []
    attack("files for tokens", f"token derive -o onto a file of ours with mode {mode:o}", f"mode {found:o}")
