"""Measurements that are comparable on every machine: CPU ratios, memory, modules; never wall time."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.bench.__main__ import STABLE
from tests.bench.canned import can_index, can_names, can_pages
from tests.bench.cost import compare, environment, make_big_wheel, once
from tests.bench.rows import NAMES, PRINT_REPLY
from tests.bench.scene import CHECKOUT
from tests.support.clients import DEVPI
from tests.support.webservers import a_front

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Client, Member

IMPORT_CLICK = [sys.executable, "-c", "import click"]
TELL_IMPORTS = [sys.executable, "-X", "importtime"]
# Each of these would be felt at every start.
HEAVY = {
    "anyio",
    "build",
    "configparser",
    "email.message",
    "http.client",
    "httpx._client",
    "httpx._main",
    "importlib.metadata",
    "json",
    "keyring",
    "packaging",
    "pathlib",
    "platformdirs",
    "pygments",
    "requests",
    "rich",
    "ssl",
    "subprocess",
    "tarfile",
    "tempfile",
    "tomlkit",
    "truststore",
    "twine",
    "zipfile",
}
# What a request cannot do without: httpx and its connections, but not its command line.
HTTPX = "import sys, click; sys.modules['httpx._main'] = None; import httpx, httpcore"


def imported(told: str) -> set[str]:
    """Return the modules in what ``-X importtime`` tells."""
    return {line.rpartition("|")[2].strip() for line in told.splitlines() if line.startswith("import time:")}


def test_version_costs_little_more_cpu_than_the_library_for_the_command_line(tmp_path: Path) -> None:
    # The least of many runs is what the work costs; the rest is what the neighbours cost.
    version, click = compare([[*DEVPI, "--version"], IMPORT_CLICK], environment(tmp_path), times=15, pick=min)
    assert version.cpu - click.cpu <= 25


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_a_start_imports_no_more_than_it_needs(option: str, tmp_path: Path) -> None:
    def start(*command: str) -> set[str]:
        program = [*TELL_IMPORTS, *command]
        done = subprocess.run(program, env=environment(tmp_path), capture_output=True, text=True, check=True)
        return imported(done.stderr)

    more = start("-m", "devpi_cli", option) - start("-c", "import click")
    assert more & HEAVY == set()
    assert len(more) <= 30


def test_a_request_brings_httpx_without_its_own_command_line(member: Member) -> None:
    member.command = (*TELL_IMPORTS, "-m", "devpi_cli")
    result = member("list")
    assert result.status == 0
    alone = subprocess.run(
        [*TELL_IMPORTS, "-c", HTTPX], env=member.environment, capture_output=True, text=True, check=True
    )
    assert imported(result.stderr) & HEAVY == imported(alone.stderr) & HEAVY
    assert not imported(result.stderr) & {"rich", "pygments", "rich.console"}


def test_the_memory_of_an_upload_does_not_grow_with_the_file(member: Member, tmp_path: Path) -> None:
    wheel = make_big_wheel(tmp_path, 500)
    assert once([*DEVPI, "upload", wheel], member.environment).memory < 80
    wheel.unlink()  # pytest keeps the folders of three runs
    assert member("remove", "-y", "big").status == 0


def test_half_a_million_names_cost_little_more_than_reading_and_printing_them(devpi: Client, tmp_path: Path) -> None:
    reply = tmp_path / "reply.json"
    with a_front() as front:
        can_index(front)
        can_names(front, NAMES, reply)
        devpi.ok("-q", "use", f"{front.url}root/dev")
        assert len(devpi.ok("list")) == NAMES
        programs = [[*DEVPI, "list"], [sys.executable, "-c", PRINT_REPLY.format(str(reply))]]
        listed, printed = compare(programs, environment(devpi.home), times=3, pick=min)
    # 1.9 and 1.2 on a quiet machine.
    assert listed.cpu / printed.cpu <= 3
    assert listed.memory / printed.memory <= 2


def test_the_memory_of_a_clean_up_does_not_grow_with_the_pages_that_it_reads(devpi: Client) -> None:
    with a_front() as front:
        can_index(front)
        devpi.ok("-q", "use", f"{front.url}root/dev")
        costs = []
        for projects in (5, 100):
            can_pages(front, projects, 1000)
            command = [*DEVPI, "prune", "--jobs", "1", "--keep-within", "9000d"]
            costs.append(once(command, environment(devpi.home)))
            lines = devpi.ok("prune", "--keep-within", "9000d")
            assert lines == [f"nothing to remove: all {2 * projects} releases of {projects} projects stay"]
    assert costs[1].memory - costs[0].memory < 10  # the pages have 95 MB more


def test_quick_runs_files_that_are_there() -> None:
    assert [file for file in STABLE if not (CHECKOUT / file).is_file()] == []
