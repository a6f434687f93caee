"""The devpi command with a separate home."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect

from devpi_cli.state.store import State
from tests.support.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devpi_cli.server.api import Server
    from tests.support.servers import Live


DEVPI = [sys.executable, "-m", "devpi_cli"]
COMMAND_SECONDS = 120
# uv and tox are next to the Python that runs the tests, which may not be on the PATH.
WITH_PROGRAMS = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
NOT_LOGGED_IN = (
    "not logged in: type 'devpi login USER' "
    "(looked at the environment, the state file, the keyring, ~/.pypirc and ~/.netrc)"
)
zygote = Zygote()
# Variables of the machine that must not affect the tests.
FOREIGN = re.compile(
    r"DEVPI_|XDG_|UV_|VIRTUAL_ENV$|CI$|NO_COLOR$|FORCE_COLOR$|(https?|all)_proxy$"
    r"|PIP_CONFIG_FILE$|PIP_DISABLE_PIP_VERSION_CHECK$|NETRC$|(SSL_CERT_FILE|SSL_CERT_DIR|PIP_CERT|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|WORKON_HOME)$",
    re.I,
)


@dataclass
class Result:
    """What a command printed, and its exit status."""

    stdout: str
    stderr: str
    status: int

    @property
    def lines(self) -> list[str]:
        return self.stdout.splitlines()


@dataclass
class Client:
    """The devpi command with a separate home."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = tuple(DEVPI)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
        return {**kept, "HOME": str(self.home), "COLUMNS": "80", "NO_PROXY": "*", **self.env}

    @property
    def state_file(self) -> Path:
        return self.home / ".local/state/devpi-cli/state.json"

    @property
    def state(self) -> State:
        return State.load(self.state_file)

    def __call__(
        self,
        *arguments: object,
        stdin: str | None = None,
        cwd: Path | None = None,
        seconds: float = COMMAND_SECONDS,
        **env: str,
    ) -> Result:
        """Run a command without a terminal: forked by the zygote if that is possible, else in a process of its own."""
        typed, environment, place = list(map(str, arguments)), {**self.environment, **env}, cwd or self.home
        code = self.command[2] if self.command[:2] == (sys.executable, "-c") else ""
        if (code or self.command == tuple(DEVPI)) and zygote.serves(environment):
            running = zygote.start(typed, env=environment, cwd=place, code=code)
            return Result(*running.communicate(stdin or "", seconds))
        done = subprocess.run(
            [*self.command, *typed],
            cwd=place,
            env=environment,
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        return Result(done.stdout, done.stderr, done.returncode)

    def ok(self, *arguments: object, **settings: Any) -> list[str]:
        """Run a command that must succeed with nothing on stderr; return its lines."""
        result = self(*arguments, **settings)
        assert (result.stderr, result.status) == ("", 0)
        return result.lines

    def fails(self, *arguments: object, **settings: Any) -> tuple[int, str]:
        """Run a command that must fail with nothing on stdout; return its exit status and stderr."""
        result = self(*arguments, **settings)
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        return result.status, result.stderr

    def at_terminal(self, *arguments: object, typed: Sequence[str] = ()) -> tuple[int, list[str]]:
        """Run a command at a terminal and answer each question with a line.

        Return its exit status and all lines of the terminal, including what was typed, except passwords.
        """
        child = pexpect.spawn(
            self.command[0],
            [*self.command[1:], *map(str, arguments)],
            cwd=str(self.home),
            env={**self.environment, "NO_COLOR": "1"},
            encoding="utf-8",
            timeout=60,
        )
        shown = ""
        for line in typed:
            child.expect(r"(:|\?) $")
            shown += child.before + child.after
            child.sendline(line)
        child.expect(pexpect.EOF)
        child.close()
        return child.exitstatus, (shown + child.before).splitlines()


@dataclass(kw_only=True)
class Member(Client):
    """A logged-in client that uses an index ``dev``."""

    user: str
    password: str
    server: Server

    @property
    def index(self) -> str:
        return f"{self.user}/dev"

    @property
    def index_url(self) -> str:
        return f"{self.server.root}{self.index}"


def make_member(server: Live, folder: Path, user: str) -> Member:
    """Create a user with an index ``dev``, and a client for them."""
    password = f"secret of {user}"
    server.connect().create_user(user, {"password": password})
    connected = server.connect(user, password)
    connected.create_index(f"{user}/dev", {"bases": ""})
    home = folder / user
    home.mkdir()
    member = Member(home=home, user=user, password=password, server=connected)
    with member.state.changing() as state:
        state.server, state.index = server.url, member.index
        known = state.at(server.url)
        known.user, known.features = user, list(connected.features)
        known.logins[user] = connected.login(user, password)
    return member
