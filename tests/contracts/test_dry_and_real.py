"""Dry runs and commands side by side, in situations drawn at random: both have the same status, and mean the same."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.contracts.comparison import CANNOT_TELL, difference
from tests.contracts.situations import draw, seed, world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.servers import Live

PARTS = 4
EACH = 90 if os.environ.get("DEEP") else 8


@pytest.mark.parametrize("part", range(PARTS))
def test_a_dry_run_says_what_the_command_then_does(
    server: Live, tmp_path: Path, part: int, record_property: Callable[[str, object], None]
) -> None:
    differences: list[str] = []
    unsure, random = 0, Random(f"{seed()} {part}")
    here, before = world(random, server, tmp_path), None
    for number in range(EACH):
        draw(random, here)
        before = before or here.snapshot()
        with server.requests() as seen:
            dry = here.client(here.words[0], "-n", *here.words[1:], stdin=here.stdin)
        assert {request.split()[0] for request in seen} <= {"GET", "HEAD"}
        real = here.client("-y", *here.words, stdin=here.stdin)
        after = here.snapshot()
        unsure += CANNOT_TELL in dry.stderr
        if found := difference(here, dry, real, before, after):
            who = here.actor or "nobody"
            differences.append(f"{number}: {who} types {' '.join(here.words)}\n{found}\n{dry}\n{real}\n")
        if after != before or here.words[0] in ("passwd", "refresh", "remove"):
            here, before = world(random, server, tmp_path), None
    record_property("dry runs", [part, EACH, len(differences), unsure])
    if differences:
        pytest.fail("\n".join(differences), pytrace=False)
