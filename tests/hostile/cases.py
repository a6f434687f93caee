"""The number of hostile cases, their seed, and how each is run."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SEED = "HOSTILE_SEED"
TIMES = "HOSTILE_TIMES"
COUNTED = "hostile cases"
IN_ALL = 10_000
# What becomes hostile, and in how many ways a run of the tests tries it.
CASES = {
    "command lines": 2500,
    "names that lead to requests": 700,
    "environments": 900,
    "URLs": 1200,
    "settings files": 950,
    "state files": 600,
    "archives": 1000,
    "replies": 2200,
}


def hostile(kind: str, share: float = 1.0) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test as often as its kind of case shall be, or a share of that, from the seed of this run."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        settings = hypothesis.settings(
            max_examples=int(CASES[kind] * share * float(os.environ.get(TIMES, "1"))),
            deadline=None,  # the fence has one of its own, which also ends what hangs
            database=None,
            print_blob=True,
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        # What is drawn can be large, and hypothesis warns of showing it.
        lenient = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
        return lenient(settings(hypothesis.seed(seed())(test)))

    return decorate


def seed() -> int:
    """Return the seed of this run, the same in every process of it."""
    return int(os.environ.setdefault(SEED, str(secrets.randbelow(10**9))))


def summary(reports: Iterable[Any]) -> str:
    """Return how many cases ran, and how many of the tests that ran them failed; nothing where none ran."""
    ours = [report for report in reports if "/hostile/" in getattr(report, "nodeid", "") and hasattr(report, "when")]
    counted = [number for report in ours if report.when == "teardown" for number in _counted(report)]
    broken = sum(1 for report in ours if report.failed)
    return f"{sum(counted)} hostile cases, {broken} that broke something, seed {seed()}" if counted else ""


def _counted(report: Any) -> list[int]:
    return [number for name, number in report.user_properties if name == COUNTED]
