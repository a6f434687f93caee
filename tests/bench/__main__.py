"""Compare devpi-cli with devpi-client, twine, uv and curl, and print a table: ``python -m tests.bench``."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.bench import moving
from tests.bench.hosting import FILES, print_hosting
from tests.bench.reach import print_reach
from tests.bench.rows import rows
from tests.bench.scale import print_scale
from tests.bench.scene import CHECKOUT, a_scene

if TYPE_CHECKING:
    from tests.bench.scene import Scene

THEIRS = ("devpi-client==7.3.0", "twine==7.0.0", "uv==0.13.9")
STABLE = ("tests/bench/test_quick.py", "tests/contracts/test_requests.py")
HEADER = "| work | devpi-cli | against | | ratio | at most | holds |\n" + "|---" * 7 + "|"


def print_table(scene: Scene, wanted: str, runs: int) -> bool:
    """Measure and print the rows whose work is wanted, and return whether all of them hold."""
    print(
        f"Medians of {runs} runs, fewer of what is slow; {', '.join(THEIRS)}, "
        f"devpi-server=={metadata.version('devpi-server')}; {sys.implementation.name} "
        f"{sys.version.split()[0]} on {sys.platform}.\n\n{HEADER}",
        flush=True,
    )
    all_hold = True
    for row in rows(scene):
        if re.search(wanted, row.work):
            figures = row.measured(runs)
            all_hold &= figures.holds
            print(figures.line(), flush=True)
    return all_hold


def main() -> int:
    """Set everything up in a temporary folder, measure, and print; 1 if something is slower than it may be."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only test what is the same on every machine")
    parser.add_argument("--scale", action="store_true", help="measure how time and memory grow: 1x, 10x, 100x")
    parser.add_argument("--reach", action="store_true", help="measure commands over an index of 20,000 releases")
    parser.add_argument("--server", action="store_true", help="measure a server: data, uploads, pages, replicas")
    parser.add_argument("--files", type=int, default=FILES, metavar="N", help=f"files for --server [{FILES}]")
    parser.add_argument("--rows", default="", metavar="REGEX", help="only the rows whose work it is found in")
    parser.add_argument("--runs", type=int, default=15, metavar="N", help="runs of each command [15]")
    chosen = parser.parse_args()
    if chosen.quick:
        return subprocess.run([sys.executable, "-m", "pytest", "-q", *STABLE], cwd=CHECKOUT, check=False).returncode
    with TemporaryDirectory(prefix="devpi-bench-") as temporary:
        folder = Path(temporary)
        if chosen.server:
            return 0 if print_hosting(folder, chosen.rows, chosen.files) else 1
        if chosen.reach:
            holds = [print_reach(folder, chosen.rows), moving.print_rows(folder, only=chosen.rows)]
            return 0 if all(holds) else 1
        if chosen.scale:
            with a_scene(folder) as scene:
                return 0 if print_scale(scene, chosen.rows, chosen.runs) else 1
        with a_scene(folder, *THEIRS) as scene:
            return 0 if print_table(scene, chosen.rows, chosen.runs) else 1


if __name__ == "__main__":
    raise SystemExit(main())
