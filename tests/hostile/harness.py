"""Run thousands of commands in this process and check that none of them crashes."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from devpi_cli.cli.app import App
from devpi_cli.cli.main import main
from tests.hostile.guard import fenced
from tests.support.clients import FOREIGN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from devpi_cli.http.retries import Retries

STATUSES = {0, 1, 2, 3, 4, 5, 6, 130}
# What a terminal would obey: control characters but tab and line feed, and what turns text around.
OBEYED = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@dataclass
class Outcome:
    """What a command printed, and its exit status."""

    stdout: str
    stderr: str
    status: object


@dataclass
class Tally:
    """How many cases have run."""

    cases: int = 0


TALLY = Tally()


class Impatient(App):
    """What a command is given, without waits before a request is repeated."""

    def _retries(self) -> Retries:
        return replace(super()._retries(), sleep=lambda seconds: None)


@dataclass
class Somebody:
    """Somebody who runs hostile cases: a folder, variables, a server."""

    folder: Path
    root: str = "http://127.0.0.1:1/"
    env: dict[str, str] = field(default_factory=dict)
    wire: httpx.BaseTransport | None = None

    @property
    def state_file(self) -> Path:
        return self.folder / ".local/state/devpi-cli/state.json"

    def __call__(self, *typed: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Outcome:
        """Run a command. It may fail, and must not break: that is an exception, here as anywhere."""
        TALLY.cases += 1
        outcome = Outcome("", "", None)
        with _streams(stdin) as (stdout, stderr), self._place({**self.env, **(env or {})}):
            sys.argv = ["devpi", *typed]
            try:
                with fenced(self.folder, urlsplit(self.root).port or 0):
                    main(Impatient(transport=self.wire))
            except SystemExit as leaving:
                outcome.status = leaving.code or 0
        outcome.stdout, outcome.stderr = _text(stdout), _text(stderr)
        check(outcome)
        return outcome

    @contextmanager
    def _place(self, env: Mapping[str, str]) -> Iterator[None]:
        before, folder, typed = dict(os.environ), Path.cwd(), sys.argv
        kept = {name: value for name, value in before.items() if not FOREIGN.match(name)}
        try:
            os.environ.clear()
            os.environ.update({**kept, "HOME": str(self.folder), "NO_PROXY": "*", "DEVPI_RETRIES": "1", **env})
            os.chdir(self.folder)
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
            os.chdir(folder)
            sys.argv = typed


@contextmanager
def _streams(stdin: str) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """Let the standard streams be pipes, as strict and as lenient as Python makes them."""
    before = sys.stdin, sys.stdout, sys.stderr
    out, err = io.BytesIO(), io.BytesIO()
    source = io.BytesIO(stdin.encode("utf-8", "surrogateescape"))
    sys.stdin = io.TextIOWrapper(source, encoding="utf-8")
    sys.stdout = io.TextIOWrapper(out, encoding="utf-8")
    sys.stderr = io.TextIOWrapper(err, encoding="utf-8", errors="backslashreplace")
    try:
        yield out, err
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            stream.detach()
        sys.stdin, sys.stdout, sys.stderr = before


def _text(stream: io.BytesIO) -> str:
    return stream.getvalue().decode()


def check(outcome: Outcome) -> None:
    """Hold what came out to what every command promises."""
    assert outcome.status in STATUSES, outcome
    assert "bug in devpi-cli" not in outcome.stderr, outcome.stderr
    assert "Traceback" not in outcome.stderr, outcome.stderr
    for printed in (outcome.stdout, outcome.stderr):
        obeyed = OBEYED.search(printed)
        assert not obeyed, f"{obeyed} in {printed[max(0, obeyed.start() - 200) : obeyed.end()]!r}"


def documents(outcome: Outcome) -> list[Any]:
    """Return what a command printed with ``--json``: a result, and a line for all else it says, each strictly JSON."""
    printed = [outcome.stdout, *outcome.stderr.splitlines()]
    return [json.loads(text, parse_constant=_refuse) for text in printed if text]


def _refuse(constant: str) -> None:
    raise ValueError(constant)
