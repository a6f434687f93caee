"""The output of commands in one long session, compared line by line.

It starts with an empty home and leaves the server as it was. ``transcripts.txt`` has each command after ``$``, its
stdout, its stderr after ``! ``, and its exit status if not 0. HOST, HASH, ~, PYTHON, TIME and N stand for parts that
differ between runs.
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.clients import Client, Result
    from tests.support.servers import Live

PAGE = Path(__file__).with_name("transcripts.txt")


def as_on_the_page(command: str, result: Result, client: Client, server: Live) -> str:
    lines = [*result.lines, *(f"! {line}" for line in result.stderr.splitlines())]
    lines += [f"[exit {result.status}]"] if result.status else []
    text = "\n".join([f"$ {command}", *lines])
    text = (
        text.replace(server.url.rstrip("/"), "http://HOST")
        .replace(str(client.home), "~")
        .replace(sys.executable, "PYTHON")
    )
    text = re.sub(r" \d+kb", " Nkb", text)
    text = re.sub(r"/\+f/\w{3}/\w{13}/", "/+f/HASH/", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)


def test_every_command_prints_what_the_page_says(devpi: Client, project: Path, own_server: Live) -> None:
    page = PAGE.read_text(encoding="utf-8").strip()
    said = []
    for command in re.findall(r"^\$ (.*)$", page, re.MULTILINE):
        typed = shlex.split(command.replace("http://HOST", own_server.url.rstrip("/")))
        result = devpi(*typed[1:], cwd=project)
        said.append(as_on_the_page(command, result, devpi, own_server))
    assert "\n\n".join(said).splitlines() == page.splitlines()
