"""Commands at terminals of a given width, and pictures of what these show."""

from __future__ import annotations

import json
import os
import re
import select
import termios
import time
from hashlib import sha256
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

import pytest
from rich.console import Console as Paper
from rich.text import Text

from tests.support.checkout import ROOT
from tests.support.clients import make_member, zygote
from tests.support.console import PORT, SVG
from tests.support.dists import make_wheel, put
from tests.support.front import Page

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live

SECONDS = 60.0
PIECE = 65536
LOOKS = {
    "dark": {"TERM": "xterm-256color"},
    "nocolor": {"TERM": "xterm-256color", "NO_COLOR": "1"},
    "dumb": {"TERM": "dumb"},
}
WIDTHS = (60, 80, 120)
PICTURES = ROOT / "tests/scenes"
LONG = "demo-1.2-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"


def _ran(version: str, status: str) -> dict[str, object]:
    test = {"command": ["pytest"], "output": "1 of 2 tests", "retcode": status}
    return {"python": {"version": version}, "setup": [], "test": [test]}


TOX = {
    "toxversion": "4.24",
    "host": "build1",
    "platform": "linux",
    "testenvs": {"py312": _ran("3.12.1", "0"), "py313": _ran("3.13.0", "1")},
}


METADATA = """\
Summary: It shows what a release is like on a terminal, whatever its width is
Author-email: Alice <alice@example.com>
License-Expression: MIT
Requires-Python: >=3.11
Requires-Dist: httpx>=0.28
Requires-Dist: rich; extra == "colours"
Classifier: Programming Language :: Python :: 3
"""


class Scene(NamedTuple):
    """A command, what is answered, and whether it keeps to the width of the terminal."""

    typed: str
    answers: tuple[str, ...] = ()
    fits: bool = True
    is_coloured: bool = True


SCENES = {
    "help": Scene("--help"),
    "help-of-command": Scene("list --help"),
    "list": Scene("list --index alice/many", is_coloured=False),
    "list-empty": Scene("list --index alice/base2", is_coloured=False),
    "list-v": Scene("list -v"),
    "files": Scene("list demo"),
    "files-with-sizes": Scene("list demo -v --all"),
    "files-tested": Scene("list demo -t"),
    "indexes": Scene("use -l"),
    "index": Scene("index"),
    "index-list": Scene("index -l", is_coloured=True),
    "status": Scene("status"),
    "doctor": Scene("doctor"),
    "tokens": Scene("token list"),
    "user": Scene("user"),
    "users": Scene("user -l", is_coloured=False),
    "show": Scene("show demo"),
    "search": Scene("search a", fits=False),
    "why": Scene("why demo --python 3.12 --platform any"),
    "error": Scene("list --index alice/prdo", fits=False),
    "question": Scene("remove demo==1.0", ("maybe", ""), fits=False, is_coloured=False),
    "topic": Scene("help indexes", fits=False),
}


def page_of_mirror() -> Page:
    """Return the page of a project on a mirror, of which a release is yanked."""
    files = [
        {
            "filename": name,
            "url": f"http://127.0.0.1:9/{name}",
            "hashes": {"sha256": sha256(name.encode()).hexdigest()},
            "yanked": yanked,
            "upload-time": "2020-01-01T00:00:00Z",
            "size": 12_345,
        }
        for name, yanked in ((LONG, "it deletes what it should keep"), ("demo-0.8.tar.gz", False))
    ]
    page = {"meta": {"api-version": "1.1"}, "name": "demo", "projects": [{"name": "demo"}], "files": files}
    return Page("application/vnd.pypi.simple.v1+json", json.dumps(page))


def alice(server: Live, folder: Path, mirror_url: str) -> Member:
    """Return somebody with a mirror, three indexes, some releases and a token."""
    member = make_member(server, folder, "alice")
    made = member.server
    mirror = {"type": "mirror", "mirror_url": f"{mirror_url}simple/", "volatile": "False", "title": "What we mirror"}
    made.create_index("alice/mirror", mirror)
    made.create_index("alice/base", {"bases": "alice/mirror", "volatile": "False", "mirror_whitelist": "*"})
    made.create_index("alice/base2", {"bases": ""})
    made.create_index("alice/many", {"bases": ""})
    made.modify_index("alice/dev", ["bases=alice/base", "title=The next release", "mirror_whitelist=*"])
    made.modify_user("alice", {"email": "alice@example.com", "title": "Alice [bold]A.[/bold]"})
    for index, name, version in (
        ("alice/base", "demo", "0.9"),
        ("alice/dev", "demo", "1.0"),
        ("alice/dev", "a-project-with-quite-a-long-name", "2024.11"),
    ):
        put(made, index, version, name=name)
    member.ok("upload", make_wheel(folder, "demo", "1.3", metadata=METADATA))
    made.attach_tox_result(made.release("alice/dev", "demo", "1.3").files[0].url, TOX)
    for number in range(45):
        put(made, "alice/many", "1.0", name=f"{'library-for-' * (number % 4 == 0)}part{number}")
    made.create_user("bob", {"password": "secret123"})
    member.ok("token", "create", "-a", "upload,pkg_read", "-i", "dev", "-p", "demo", "-e", "30d", "-o", "token")
    member.ok("token", "create", "-o", "other")
    return member


def played(member: Member, scene: Scene, width: int, look: Mapping[str, str]) -> str:
    """Return all that a terminal of that width gets from a scene."""
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (50, width))
    environment = {**member.environment, **look}
    environment.pop("COLUMNS")
    if not zygote.serves(environment):
        pytest.skip("each command has a Python of its own")
    running = zygote.start_at(theirs, scene.typed.split(), env=environment, cwd=member.home)
    os.close(theirs)
    shown = _read(ours, list(scene.answers))
    os.close(ours)
    running.connection.close()
    return shown.replace("\r\n", "\n")


def _read(terminal: int, answers: list[str]) -> str:
    """Read until the end, and answer questions."""
    shown, until = b"", time.monotonic() + SECONDS
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            piece = os.read(terminal, PIECE)
        except OSError:  # the last who had it open has ended
            return shown.decode()
        if not piece:
            return shown.decode()
        shown += piece
        if answers and shown.endswith(b"[y/N] "):
            os.write(terminal, f"{answers.pop(0)}\n".encode())
    raise TimeoutError(shown.decode())


def picture(title: str, typed: str, shown: str, width: int) -> str:
    """Return an SVG of a terminal."""
    paper = Paper(record=True, file=StringIO(), width=width, force_terminal=True, color_system="standard")
    paper.print(Text.assemble(("$ ", "green"), (f"devpi {typed}", "bold")))
    paper.print(Text.from_ansi(PORT.sub("http://127.0.0.1:3141", shown.rstrip("\n"))))
    drawn = paper.export_svg(title=title, unique_id=re.sub(r"\W", "-", title), code_format=SVG)
    return "".join(f"{line.rstrip()}\n" for line in drawn.splitlines())
