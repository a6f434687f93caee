"""The TAB key, and then Enter, where a project or a server has names that are shell code. Nothing runs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from devpi_cli.cli.completion.harmless import harmless
from tests.support.clients import Client
from tests.support.terminal import terminal
from tests.support.webservers import DEVPI_HEADERS, a_front

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.terminal import Terminal
    from tests.support.webservers import Front

    Attack = Callable[[str, str, str], None]

KIND = "TAB inserts shell code"
RUN = "touch${IFS}pwned"
# Each begins with another letter: a key inserts what is the only one.
CODE = [
    f"k;{RUN};", f"l$({RUN})", f"m`{RUN}`", f"n|{RUN}", f"o&{RUN}", f"p\x1b[2J;{RUN};", f"q';{RUN};'", "r>pwned",
    f"s${{x:-$({RUN})}}",
]  # fmt: skip
SHELLS = ("bash", "zsh", "fish", "bash 3.2")
PROGRAM = f"""#!/bin/sh
[ "$1" = completion ] || exit 0  # what is typed need not run, only what is inserted
exec "{sys.executable}" -m devpi_cli "$@"
"""
OLD = "enable -n compopt"
"""It makes bash what it is on macOS: it cannot be told that a word is a file."""


@pytest.fixture(scope="module")
def web() -> Iterator[Front]:
    """A server whose every name is code, and one of each that is not."""
    names = [*CODE, "--insecure", "@x", "../x", "=ls", "~root"]
    with a_front() as front:
        indexes = {"dev": {}, "prod": {}, **{name: {} for name in names}}
        for path, kind, result in (
            (
                "/",
                "list:userconfig",
                {"alice": {"indexes": indexes}, **{name: {"indexes": {"xx": {}}} for name in names}},
            ),
            ("/alice/dev", "indexconfig", {"type": "stage", "projects": ["demo", *names]}),
            ("/alice/dev/demo", "projectconfig", {name: {"name": "demo", "version": name} for name in ("1.0", *CODE)}),
        ):
            body = json.dumps({"type": kind, "result": result}).encode()
            front.answers[path] = 200, DEVPI_HEADERS, body
        yield front


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory, web: Front) -> Client:
    """Somebody who uses that server, in the folder of a project that somebody else made."""
    home = tmp_path_factory.mktemp("victim")
    client = Client(home)
    with client.state.changing() as state:
        state.server, state.index = web.url, "alice/dev"
    (home / "tox.ini").write_text("[tox]\nenv_list =\n" + "".join(f"    {name}\n" for name in CODE))
    (home / ".pypirc").write_text("".join(f"[{name}]\nrepository = http://h/\n" for name in CODE))
    (home / "dist").mkdir()
    for name in CODE:
        (home / "dist" / name).write_text("")
    (home / "bin").mkdir()
    (home / "bin/devpi").write_text(PROGRAM)
    (home / "bin/devpi").chmod(0o755)
    client.env["PATH"] = f"{home / 'bin'}:{client.environment['PATH']}"
    return client


@pytest.fixture(scope="module", params=SHELLS)
def shell(victim: Client, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    name = request.param.split()[0]
    script = victim.home / f"devpi.{name}"
    script.write_text("\n".join(victim.ok("completion", name)) + "\n")
    start = {"zsh": ["autoload -Uz compinit", "compinit -u -D"], "bash 3.2": [OLD]}.get(request.param, [])
    with terminal(name, victim.home, victim.environment, *start, f"source {script}") as started:
        yield started


@pytest.mark.parametrize("typed", [
    *(f"devpi test -e {name[0]}" for name in CODE), "devpi test -e y,k", "devpi push demo==1.0 pypi:l",
    "devpi list l", "devpi list demo==m", "devpi use alice/l", "devpi index dev acl_upload=n", "devpi install k",
    "devpi upload dist/k", "devpi upload dist/l", "devpi upload --docs=dist/m", "devpi install ./dist/k",
])  # fmt: skip
def test_nothing_runs(
    shell: Terminal, victim: Client, typed: str, attack: Attack, request: pytest.FixtureRequest
) -> None:
    line = shell.tab_and_enter(typed)
    ran = [path.name for path in victim.home.rglob("*pwned") if path.parent.name != "dist"]
    attack(KIND, f"{request.node.callspec.params['shell']}: {typed}", f"{line!r}, ran {ran or 'nothing'}")
    assert ran == []


def test_what_is_harmless_is_still_offered(victim: Client) -> None:
    assert victim.ok("completion", "values", "project", "d", "list") == ["demo"]
    assert victim.ok("completion", "values", "requirement", "demo==", "list") == ["demo==1.0"]


@pytest.mark.parametrize(("value", "current", "is_offered"), [
    ("demo", "", True), ("demo>=1.0", "demo>=", True), ("demo>=1.0", "", False), ("root/pypi", "", True),
    ("http://h:3141/a/b", "", True), ("acl_upload=:ANONYMOUS:", "acl_upload=", True), ("--insecure", "", False),
    ("--loudly", "--l", True), ("@x", "", False), ("=ls", "", False), ("~root", "", False), ("ä", "", False),
    ("demo==1!2.0", "demo==", False), ("a\u2018b", "a", False), ("a\tb", "a", False), ("a\x85b", "a", False),
    ("", "", False), *((name, name[0], False) for name in CODE),
])  # fmt: skip
def test_one_filter_for_every_value(value: str, current: str, is_offered: bool) -> None:
    assert harmless([value], current) == ([value] if is_offered else [])
