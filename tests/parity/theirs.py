"""A plugin for pytest in the environment of devpi-client: its functional tests run another command.

The tests call ``devpi.main.initmain`` and what it returns. Here both are replaced by a process that runs the command in
the variable ``DEVPI_COMMAND``. Tests that replace parts of devpi-client, or ask for PyPI, are left out.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

RUN_COMMANDS = {"cmd_devpi", "ext_devpi"}
REPLACE_PARTS = {"loghub", "makehub", "mock_http_api", "reqmock", "uploadhub"}
ASK_PYPI = {"test_main_example", "test_specific_version", "test_pkgname_with_dashes"}
REQUEST = re.compile(r"^debug: ([A-Z]+) (\S+) -> (\d{3})\b", re.MULTILINE)
# What their tests do not know: lines of --debug, and the words that begin a message.
MARKED = re.compile(r"^(debug: .*\n|(error|warning|note): )", re.MULTILINE)
# Their fixture confirms each removal; there is no terminal to answer on here.
CONFIRMED = {("remove",), ("index", "--delete"), ("user", "--delete")}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "nomocking: a mark of theirs")


def pytest_collection_modifyitems(config: pytest.Config, items: list[Any]) -> None:
    kept = [item for item in items if is_functional(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept
    for plugin in config.pluginmanager.get_plugins():
        if hasattr(plugin, "initmain"):
            plugin.initmain = initmain


def is_functional(item: Any) -> bool:
    """Return True if a test runs commands, all of them for real, at servers on this machine."""
    fixtures = {*item.fixturenames}
    return bool(fixtures & RUN_COMMANDS) and not fixtures & REPLACE_PARTS and item.originalname not in ASK_PYPI


@dataclass
class Current:
    """What is in use, as the command tells it."""

    clientdir: list[str]

    @property
    def username(self) -> str:
        return self._told("whoami").decode().strip()

    def get_index_url(self) -> Any:
        from devpi_common.url import URL

        return URL(json.loads(self._told("use", "--json"))["index"]).asdir()

    def _told(self, *typed: str) -> bytes:
        return subprocess.check_output([os.environ["DEVPI_COMMAND"], *self.clientdir, *typed])


@dataclass
class Hub:
    """What stands for their ``Hub``: the outcome of a command."""

    current: Current
    args: None = None
    ask_confirm: object = None
    _last_http_status: int | None = None
    _last_http_stati: list[int] = field(default_factory=list)

    def close(self) -> None:
        """Do nothing: the process has ended."""


def initmain(argv: list[str]) -> tuple[Hub, Callable[[Hub, object], None]]:
    """Return a hub, and the function that runs the command of a command line."""
    return Hub(Current(argv[1:3])), lambda hub, _args: run(hub, argv[1:])


def run(hub: Hub, arguments: list[str]) -> None:
    """Run a command, print what it prints, and keep the statuses of its requests. Raises SystemExit if it fails.

    devpi-client prints all on stdout, so both streams go there.
    """
    clientdir, typed = arguments[:2], arguments[2:]
    yes = ["-y"] if any(typed[: len(words)] == [*words] for words in CONFIRMED) else []
    command = [os.environ["DEVPI_COMMAND"], "--debug", *clientdir, *yes, *typed]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL, check=False
    )
    os.write(1, MARKED.sub("", done.stdout).encode())
    requests = [(method, url, int(status)) for method, url, status in REQUEST.findall(done.stdout)]
    # After a failure, ours asks what would help: the status that they mean is that of the failure.
    statuses = [status for _, _, status in requests if status >= HTTPStatus.BAD_REQUEST or not done.returncode]
    hub._last_http_status = statuses[-1] if statuses else None
    hub._last_http_stati = [status for method, url, status in requests if method == "POST" and "/+" not in url]
    if done.returncode:
        raise SystemExit(done.returncode)
