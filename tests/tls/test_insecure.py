"""``--insecure``: works with every command, warns every time, and is never remembered."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devpi_cli.cli.main import COMMANDS
from tests.support.dists import make_wheel, put
from tests.support.webservers import tls_context, tls_front

if TYPE_CHECKING:
    from collections.abc import Iterator

    import trustme

    from tests.support.clients import Member
    from tests.support.servers import Live

PROGRAMS = str(Path(sys.executable).parent)
WARNING = "warning: TLS certificates are not verified (--insecure)"
# What to type so that the command talks to the server in use; none for a command that never does.
TALKS = {
    "use": "use",
    "login": "login {user}",
    "token": "token list",
    "whoami": "whoami",
    "status": "status",
    "logoff": None,
    "logout": None,
    "user": "user",
    "passwd": "passwd --password-stdin",
    "index": "index",
    "apply": "apply --export",
    "getjson": "getjson /",
    "patchjson": "patchjson /{index} patch.json",
    "upload": "upload {wheel}",
    "list": "list",
    "show": "show demo",
    "search": "search demo",
    "open": "open demo",
    "why": "why demo",
    "wait": "wait demo==1.0 --for 1s --interval 1s",
    "diff": "diff {index} dir:.",
    "copy": "copy {index} dir:copied demo",
    "download": "download demo -d downloads",
    "verify": "verify --quick",
    "push": "push demo==1.0 {index}",
    "refresh": "refresh demo --index {index}",
    "remove": "remove -y demo",
    "prune": "prune --keep-last 1",
    "install": "install demo",
    "env": "env",
    "test": "test demo --list",
    "quickstart": None,
    "server": None,
    "completion": None,
    "doctor": "doctor",
    "help": None,
}


@pytest.fixture
def behind_tls(member: Member, server: Live, ca: trustme.CA) -> Iterator[Member]:
    """Somebody whose server has TLS that nobody can trust."""
    put(member.server, member.index, "1.0")
    (member.home / "patch.json").write_text('["title=x"]')
    with tls_front(server, tls_context(ca.issue_cert("other.example"))) as url:
        with member.state.changing() as state:
            state.servers[url] = state.servers.pop(server.url)
            state.server = url
        yield member


def test_every_command_stands_here() -> None:
    assert sorted(TALKS) == sorted(COMMANDS)


@pytest.mark.parametrize("command", [command for command, typed in TALKS.items() if typed])
def test_nobody_is_trusted_but_by_insecure_which_warns_each_time(
    behind_tls: Member, tmp_path: Path, command: str
) -> None:
    wheel = make_wheel(tmp_path, "demo", "2.0")
    typed = str(TALKS[command]).format(user=behind_tls.user, index=behind_tls.index, wheel=wheel).split()
    settings = {
        "stdin": f"{behind_tls.password}\n",
        "DEVPI_PASSWORD": behind_tls.password,
        "PATH": PROGRAMS,
        "PIP_RETRIES": "0",
    }
    for _ in range(2):
        said = behind_tls(*typed, "--insecure", **settings).stderr
        assert said.splitlines()[0] == WARNING
        assert "cannot trust" not in said
    assert "insecure" not in behind_tls.state_file.read_text()
    refused = behind_tls(*typed, **settings)
    assert WARNING not in refused.stderr
    assert refused.status != 0
    if command != "install":  # there uv would say it, if it got so far
        assert f"cannot trust {behind_tls.state.server}: " in refused.stdout + refused.stderr
