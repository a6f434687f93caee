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
MOST_STATUS = 6  # of the exit statuses of errors
# uv and tox are next to the Python that runs the tests, which may not be on the PATH.
WITH_PROGRAMS = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
NOT_LOGGED_IN = (
    "not logged in: type 'devpi login USER' "
    "(looked at the environment, the state file, the keyring, ~/.pypirc and ~/.netrc)"
)
UNCONFIRMED = "this needs a confirmation, and there is no terminal to ask on"
# What begins an error and a note: ``unmarked`` leaves it out. A failure without ``error:`` is a help page,
# JSON, lines of --debug, the end by a signal, or an answer that was no.
MARKS = re.compile(r"^(error|note): ", re.MULTILINE)
ERASED = re.compile(r"[^\n]*\x1b\[K")  # what was shown while somebody waited
ERROR = re.compile(r"^(?:\x1b\[\d+m)*error:(?:\x1b\[0m)? ", re.MULTILINE)
NO_ERRORS = re.compile(r"Usage: |\{|debug: |(?:.*\n)*(\{\"error\"|interrupted|terminated|hung up|nothing was changed)")
zygote = Zygote()
# Variables of the machine that must not affect the tests.
FOREIGN = re.compile(
    r"DEVPI_|XDG_|UV_|VIRTUAL_ENV$|CI$|NO_COLOR$|FORCE_COLOR$|(https?|all)_proxy$"
    r"|PIP_(CONFIG_FILE|DISABLE_PIP_VERSION_CHECK|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|CONSTRAINT)$|NETRC$|(SSL_CERT_FILE|SSL_CERT_DIR|PIP_CERT|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|WORKON_HOME)$",
    re.I,
)


@dataclass
class Result:
    """What a command printed, and its exit status; ``stderr`` is without the words that begin messages."""

    stdout: str
    printed: str
    """All of stderr."""
    status: int

    @property
    def stderr(self) -> str:
        return unmarked(self.printed)

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
            return formed(Result(*running.communicate(stdin or "", seconds)))
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
        result = Result(done.stdout, done.stderr, done.returncode)
        return formed(result) if self.command[0] == sys.executable else result

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

    def at_terminal(
        self, *arguments: object, typed: Sequence[str] = (), cwd: Path | None = None
    ) -> tuple[int, list[str]]:
        """Run a command at a terminal and answer each question with a line.

        Return its exit status and all lines of the terminal, including what was typed, except passwords.
        """
        child = pexpect.spawn(
            self.command[0],
            [*self.command[1:], *map(str, arguments)],
            cwd=str(cwd or self.home),
            env={**self.environment, "NO_COLOR": "1"},
            encoding="utf-8",
            timeout=60,
        )
        shown = ""
        for line in typed:
            child.expect(r"[:?\]] $")
            shown += child.before + child.after
            child.sendline(line)
        child.expect(pexpect.EOF)
        child.close()
        return child.exitstatus, unmarked(ERASED.sub("", shown + child.before)).splitlines()


def unmarked(said: str) -> str:
    """Return messages without the words that begin them."""
    return MARKS.sub("", said)


def formed(result: Result) -> Result:
    """Return a result of ours, whose failure must be told in the form of errors."""
    if result.status in range(1, MOST_STATUS + 1) and result.printed and not NO_ERRORS.match(result.printed):
        assert ERROR.search(result.printed), result.printed
    return result


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
