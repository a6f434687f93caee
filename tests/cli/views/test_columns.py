"""Names side by side."""

from __future__ import annotations

import time

import pytest

from devpi_cli.cli.views.columns import columns


@pytest.mark.parametrize(
    ("names", "width", "lines"),
    [
        ([], 80, []),
        (["demo"], 2, ["demo"]),
        (["a", "b", "c"], 80, ["a  b  c"]),
        (["a", "b", "c", "d", "e"], 7, ["a  c  e", "b  d"]),
        (["a", "bbbb", "c"], 9, ["a     c", "bbbb"]),
        (["wide-name", "b"], 11, ["wide-name", "b"]),
        (["wide-name", "b"], 12, ["wide-name  b"]),
        (["\x1b[31m", "two\nlines"], 80, ["\\x1b[31m  two\\nlines"]),
    ],
)
def test_names_go_down_the_columns(names: list[str], width: int, lines: list[str]) -> None:
    assert columns(names, width) == lines


@pytest.mark.parametrize("width", [20, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    names = [f"project-{number}" * (number % 2 + 1) for number in range(100)]
    lines = columns(names, width)
    assert max(map(len, lines)) <= max(width, *map(len, names))
    assert sorted(" ".join(lines).split()) == sorted(names)


def test_half_a_million_names_are_no_matter() -> None:
    names = [f"project-{number}" for number in range(500_000)]
    started = time.process_time()
    assert sum(len(line.split()) for line in columns(names, 120)) == len(names)
    assert time.process_time() - started < 10
