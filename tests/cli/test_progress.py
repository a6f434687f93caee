"""Progress bars fit the terminal, whatever the names are; in tmux, an upload that goes on for ever shows one."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from rich.console import Console

from devpi_cli.cli import progress
from tests.faults.proxy import open_doors
from tests.support.dists import make_wheel
from tests.support.windows import window

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.proxy import Exchange
    from tests.support.clients import Member

NAME = f"{'a_project_with_a_long_name_' * 2}1.0-cp313-cp313-manylinux_2_17_x86_64.whl"


def drawn(name: str, width: int) -> str:
    """Return the bar of a task of 100 MB of which half is done."""
    bars = progress.fitting(Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None))
    bars.advance(bars.add_task(name, total=100_000_000), 50_000_000)
    paper = Console(file=io.StringIO(), width=width, color_system=None)
    paper.print(bars.get_renderable())
    written = paper.file
    assert isinstance(written, io.StringIO)
    return written.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
@pytest.mark.parametrize("name", ["demo.whl", NAME, "\u65e5\u672c\u8a9e" * 30])
def test_the_bar_and_the_percentage_stay(name: str, width: int) -> None:
    line = drawn(name, width)
    assert line.count("\n") == 1
    assert cell_len(line.rstrip("\n")) <= width
    assert ("\u2501" in line, " 50%" in line) == (True, True)
    assert ("50.0/100.0 MB" in line, "-:--:--" in line) == (width >= 75, width >= 95)


@pytest.mark.parametrize(
    ("name", "width", "shown"),
    [
        ("demo", 4, "demo"),
        ("demo", 3, "d\u2026o"),
        ("abcdef", 5, "ab\u2026ef"),
        ("\u65e5\u672c\u8a9e", 5, "\u65e5\u2026\u8a9e"),
        ("abc", 1, "\u2026"),
    ],
)
def test_a_long_name_is_cut_in_the_middle(name: str, width: int, shown: str) -> None:
    assert progress.shortened(name, width) == shown


@pytest.mark.parametrize("width", [60, 80, 100])
def test_an_upload_shows_its_bar_in_a_window_of_any_width(member: Member, tmp_path: Path, width: int) -> None:
    big = make_wheel(tmp_path, "p" * 70, metadata=f"\n{os.urandom(8_000_000).hex()}")

    async def read_a_little(exchange: Exchange) -> None:
        await exchange.reader.readexactly(1000)
        exchange.reader._transport.pause_reading()  # type: ignore[attr-defined]  # asyncio would go on and read 128 KiB
        await exchange.writer.wait_closed()

    with open_doors() as doors:
        door = doors.make(member.server.root)
        with member.state.changing() as state:
            state.servers[door.url] = state.servers.pop(member.server.root)
            state.server = door.url
        door.after_head = read_a_little
        with window(member, "upload", big, width=width, height=10, NO_COLOR="") as shown:
            lines = shown.until(bars, "bar")
    (line,) = bars(lines)
    assert len(line) <= width
    assert line.startswith("ppp")
    assert "\u2026" in line


def bars(lines: list[str]) -> list[str]:
    """Return the lines with a bar."""
    return [line for line in lines if "\u2501" in line and "%" in line]
