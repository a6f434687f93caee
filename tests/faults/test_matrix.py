"""Every command that talks to a server, against every fault."""

from __future__ import annotations

import queue
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from tests.faults.commands import COMMANDS, Command
from tests.faults.faults import FAULTS
from tests.faults.matrix import Cell, tried
from tests.faults.places import made, tls
from tests.faults.proxy import Door, open_doors
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers import Live

PLACES = 8


@pytest.fixture(scope="module")
def closed() -> Iterator[Door]:
    """A port that nobody listens on, and nobody else gets."""

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield Door("", f"http://127.0.0.1:{taken.getsockname()[1]}/")


@pytest.fixture(scope="module")
def cells(
    server: Live, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, closed: Door
) -> Iterator[dict[tuple[str, str], Cell]]:
    """All cells of the commands that tests were asked for, tried side by side."""
    folder = tmp_path_factory.mktemp("matrix")
    wanted = [item.callspec.params["command"] for item in request.session.items if _has_command(item)]
    with open_doors() as doors, tls(trustme.CA(), folder) as (context, ca), ThreadPoolExecutor(PLACES) as pool:
        free: queue.Queue[Any] = queue.Queue()
        for place in pool.map(lambda number: made(server, folder, number, doors, context, ca, closed), range(PLACES)):
            free.put(place)

        def at_a_place(command: Command, number: int) -> Cell:
            place = free.get()
            try:
                return tried(command, FAULTS[number], place)
            except Exception as error:
                return Cell(command.name, FAULTS[number].name, "E", 0, f"it could not be tried: {error!r}")
            finally:
                free.put(place)

        jobs = [pool.submit(at_a_place, command, number) for command in wanted for number in range(len(FAULTS))]
        found = [job.result() for job in jobs]
        yield {(cell.command, cell.fault): cell for cell in found}


def _has_command(item: Any) -> bool:
    return "command" in getattr(getattr(item, "callspec", None), "params", {}) and item.path.name == "test_matrix.py"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_no_fault_makes_a_command_lie_hang_leak_or_break(
    cells: dict[tuple[str, str], Cell], command: Command, record_property: Any
) -> None:
    mine = [cell for cell in cells.values() if cell.command == command.name]
    for cell in mine:
        record_property("cell", [cell.command, cell.fault, cell.mark, round(cell.seconds, 2)])
    assert len(mine) == len(FAULTS)
    wrong = [f"{cell.command} x {cell.fault}: {cell.wrong}" for cell in mine if cell.wrong]
    assert not wrong, "\n\n".join(wrong)


def test_the_readme_tells_how_many_there_are() -> None:
    readme = (ROOT / "tests/README.md").read_text(encoding="utf-8")
    assert f"{len(COMMANDS)} commands against {len(FAULTS)} faults, {len(COMMANDS) * len(FAULTS)} cells" in readme
