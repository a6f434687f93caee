"""A primary with two replicas behind nginx, while its primary is killed: no upload that was acknowledged is lost."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.dists import make_wheel
from tests.support.terminal import needs
from tests.support.topology import ROOT_PASSWORD, Topology, topology

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.clients import Client

JOBS, WHEELS = (20, 50) if os.environ.get("DEEP") == "1" else (4, 5)
INDEX = "root/dev"
MOST_RUNS = 20
SECONDS = 600


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Topology]:
    needs("nginx")
    with topology(tmp_path_factory.mktemp("topology")) as made:
        yield made


@pytest.fixture
def member(place: Topology, devpi: Client) -> Client:
    """Somebody who knows nginx only."""
    devpi.ok("use", place.outside.url)
    assert devpi("login", "root", "--password-stdin", stdin=f"{ROOT_PASSWORD}\n").status == 0
    devpi.ok("index", "-c", INDEX, "bases=")
    devpi.ok("use", INDEX)
    return devpi


def stocked(folder: Path) -> tuple[list[Path], set[str]]:
    """Make the wheels of all jobs; return a folder for each job, and the hashes of all wheels."""
    folders, hashes = [], set()
    for job in range(JOBS):
        folders.append(folder / f"job{job}")
        folders[-1].mkdir()
        for number in range(WHEELS):
            wheel = make_wheel(folders[-1], f"p{job}x{number}")
            hashes.add(hashlib.sha256(wheel.read_bytes()).hexdigest())
    return folders, hashes


def test_nothing_is_lost_when_the_primary_is_killed_meanwhile(
    place: Topology, member: Client, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    (tmp_path / "wheels").mkdir()
    folders, hashes = stocked(tmp_path / "wheels")
    assert len(hashes) == JOBS * WHEELS
    began = time.monotonic()

    def job(folder: Path) -> int:
        """Type the same until it succeeds, as CI does; return how often."""
        typed = [*member.command, "upload", "--from-dir", str(folder), "--skip-existing", "--retries", "0"]
        for number in range(MOST_RUNS):
            done = subprocess.run(typed, cwd=member.home, env=member.environment, capture_output=True, text=True,
                                  timeout=SECONDS, check=False)  # fmt: skip
            if done.returncode == 0:
                return number + 1
            assert "Traceback" not in done.stderr
            time.sleep(1)
        raise AssertionError(done.stderr)

    with ThreadPoolExecutor(JOBS) as pool:
        running = [pool.submit(job, folder) for folder in folders]
        while len(place.primary.hashes() & hashes) < len(hashes) // 4:
            assert time.monotonic() < began + SECONDS
            time.sleep(0.05)
        place.kill_primary()
        before = len(place.primary.hashes() & hashes)
        time.sleep(1)
        place.start_primary()
        runs = [each.result() for each in running]
    took = time.monotonic() - began
    assert before < len(hashes), "the primary was killed when all was done"
    lag = place.in_step()
    until = time.monotonic() + SECONDS
    while any(not hashes <= node.hashes() for node in place.replicas):  # replicas fetch files after the changes
        assert time.monotonic() < until, [len(node.hashes() & hashes) for node in place.nodes]
        time.sleep(0.1)
    assert [len(node.hashes() & hashes) for node in place.nodes] == [JOBS * WHEELS] * 3
    for node in (*place.nodes, place.outside):
        assert set(listed(f"{node.url}{INDEX}")) == {
            f"p{job}x{number}" for job in range(JOBS) for number in range(WHEELS)
        }
    count = f"{JOBS * WHEELS} of {JOBS * WHEELS} files by hash on the primary and two replicas"
    line = (
        f"{JOBS} jobs x {WHEELS} wheels through nginx in {took:.0f} s, the primary killed with {before} there: "
        f"{sum(runs)} runs of 'upload --skip-existing', {count}, in step {lag:.1f} s later"
    )
    record_property("compared", line)


def listed(url: str) -> list[str]:
    asked = httpx.get(url, headers={"Accept": "application/json"}, trust_env=False)
    found: list[str] = asked.json()["result"]["projects"]
    return found
