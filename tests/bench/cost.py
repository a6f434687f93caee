"""Measure the cost of a command, often enough to be significant."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.clients import FOREIGN
from tests.support.dists import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RUNNER = Path(__file__).with_name("runner.py")
MIB = 1 << 20


@dataclass(frozen=True)
class Cost:
    """CPU (user and system) and wall time in milliseconds, peak memory in MiB."""

    cpu: float
    wall: float
    memory: float


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which compiled modules are kept, in the home: only the first run compiles them."""
    kept = {name: value for name, value in os.environ.items() if not (FOREIGN.match(name) or name.startswith("PYTHON"))}
    return {**kept, "HOME": str(home), "NO_PROXY": "*", "PYTHONPYCACHEPREFIX": str(home / "compiled")}


def once(command: Sequence[object], env: dict[str, str]) -> Cost:
    """Run a command, which has to succeed."""
    runner = [sys.executable, "-I", "-S", str(RUNNER)]
    done = subprocess.run([*runner, *map(str, command)], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} failed\n{done.stderr}"
    return Cost(*map(float, done.stdout.split()))


def compare(
    commands: Sequence[Sequence[object]],
    env: dict[str, str],
    *,
    times: int,
    pick: Callable[[list[float]], float] = statistics.median,
) -> list[Cost]:
    """Return the cost of each command out of so many runs; they take turns, so that noise disturbs all alike."""
    for command in commands:
        once(command, env)
    rounds = [[once(command, env) for command in commands] for _ in range(times)]
    return [
        Cost(pick([run.cpu for run in runs]), pick([run.wall for run in runs]), pick([run.memory for run in runs]))
        for runs in zip(*rounds, strict=True)
    ]


def make_big_wheel(folder: Path, megabytes: int) -> Path:
    """Write a wheel of so many megabytes that no compression makes smaller."""
    path = make_wheel(folder, "big")
    with zipfile.ZipFile(path, "a") as wheel, wheel.open("big.bin", "w", force_zip64=True) as member:
        for _ in range(megabytes):
            member.write(os.urandom(1_000_000))
    return path
