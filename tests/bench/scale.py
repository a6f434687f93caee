"""How time and memory grow with the amount of work: 1x, 10x, 100x.

The server has canned replies, so that only the client's growth is measured; uploads go to a real server.
"""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.canned import can_names, can_versions
from tests.bench.cost import Cost

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.scene import Program, Scene

STEPS = (1, 10, 100)
FEW_RUNS = 3
# Ten times as much to do may cost so many times more: ten, and what noise adds.
MOST_GROWTH = 12
HEADER = (
    "| work | items | CPU ms | wall ms | MiB | µs CPU per item more | times the row above: CPU | wall | MiB |\n"
    + "|---" * 9
    + "|"
)


@dataclass(frozen=True)
class Growth:
    """Work that can be small or large; ``ready`` makes ready for a run with so many items, and returns the program."""

    work: str
    least: int
    ready: Callable[[int], Program]

    def costs(self, runs: int) -> list[Cost]:
        """Return the medians at each size."""
        return [self._median(self.least * step, min(runs, FEW_RUNS)) for step in STEPS]

    def _median(self, items: int, runs: int) -> Cost:
        costs = [self.ready(items).run() for _ in range(runs)]
        return Cost(
            *(statistics.median(getattr(cost, figure) for cost in costs) for figure in ("cpu", "wall", "memory"))
        )


def print_scale(scene: Scene, wanted: str, runs: int) -> bool:
    """Measure and print the work that is wanted, and return whether none of it grows worse than linearly."""
    print(HEADER, flush=True)
    factors: list[float] = []
    for growth in _growths(scene):
        if re.search(wanted, growth.work):
            costs = growth.costs(runs)
            print(_line(growth.work, growth.least, costs[0]), flush=True)
            for step, before, cost in zip(STEPS[1:], costs, costs[1:], strict=False):
                each = (cost.cpu - before.cpu) * 1000 / (growth.least * (step - step // 10))
                steps = [cost.cpu / before.cpu, cost.wall / before.wall, cost.memory / before.memory]
                factors += steps
                told = " | ".join(f"{factor:.1f}" for factor in steps)
                print(_line("", growth.least * step, cost, f"{each:.0f}", told), flush=True)
    return max(factors, default=0) <= MOST_GROWTH


def _line(work: str, items: int, cost: Cost, each: str = "", told: str = " | | ") -> str:
    return f"| {work} | {items:,} | {cost.cpu:.0f} | {cost.wall:.0f} | {cost.memory:.0f} | {each} | {told} |"


def _growths(scene: Scene) -> list[Growth]:
    def names(items: int) -> Program:
        can_names(scene.canned, items, scene.folder / "names.json")
        return scene.devpi("canned", "list")

    def versions(items: int, *options: str) -> Program:
        can_versions(scene.canned, items)
        return scene.devpi("canned", "list", "big", *options)

    def removal(items: int) -> Program:
        can_versions(scene.canned, items)
        return scene.devpi("canned", "remove", "-y", "big>=0")

    def upload(items: int) -> Program:
        scene.fresh_index()
        return scene.devpi("near", "upload", "--from-dir", scene.wheels(items))

    return [
        Growth("`devpi list`, names on an index", 5_000, names),
        Growth("`devpi list NAME`, versions", 100, versions),
        Growth("`devpi list NAME --all`, versions", 100, lambda items: versions(items, "--all")),
        Growth("`devpi remove 'NAME>=0'`, versions", 10, removal),
        Growth("`devpi upload --from-dir`, files", 10, upload),
    ]
