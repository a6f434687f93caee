"""Progress bars fit the terminal, whatever the names are; in tmux, an upload that goes on for ever shows one."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from rich.console import Console

from devpi_cli.cli import progress
from tests.faults.proxy import door_of, open_doors
from tests.support.dists import make_wheel, put
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


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_download_counts_its_files(member: Member, tmp_path: Path, width: int) -> None:
    """Their sizes are not known before each begins: the index does not have them."""
    put(member.server, member.index, "1.0")
    big = make_wheel(tmp_path, "demo", metadata=f"\n{os.urandom(1_000_000).hex()}")
    member.ok("upload", big)
    (member.home / "demo-1.0.tar.gz").write_bytes(b"demo 1.0")

    async def half(exchange: Exchange) -> None:
        head, body = await exchange.ask_devpi()
        is_cut = exchange.path.endswith(".whl")
        await exchange.send(head, body[: len(body) // 2] if is_cut else body)
        if is_cut:
            await exchange.until_they_leave()

    with door_of(member) as door:
        door.action = half
        with window(member, "download", "demo", width=width, height=10) as shown:
            lines = shown.until(lambda lines: "1 of 2 files" in "\n".join(lines) and len(bars(lines)) == 2, "bars")
    of_all, of_file = sorted(bars(lines))
    assert all(len(line) <= width for line in lines)
    assert (of_all.split()[:4], " 50%" in of_all, "MB" in of_all) == (["1", "of", "2", "files"], True, False)
    assert (of_file.startswith("demo-1.0-"), " 50%" in of_file, "MB" in of_file) == (True, True, width >= 75)


def bars(lines: list[str]) -> list[str]:
    """Return the lines with a bar."""
    return [line for line in lines if "\u2501" in line and "%" in line]
