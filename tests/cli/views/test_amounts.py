"""Sizes, numbers and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from devpi_cli.cli.views import amounts

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, ""),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1_250_000, "1.2 MB"),
        (5 * 10**9, "5.0 GB"),
        (10**13, "10000.0 GB"),
    ],
)
def test_sizes(found: int | None, told: str) -> None:
    assert amounts.size(found) == told


@pytest.mark.parametrize(
    ("iso", "told"),
    [
        (None, ""),
        ("", ""),
        ("2026-11-27T12:00:00Z", "just now"),
        ("2026-11-27T11:59:01Z", "just now"),
        ("2026-11-27T11:59:00Z", "1 minute ago"),
        ("2026-11-27T10:00:00Z", "2 hours ago"),
        ("2026-11-26T12:00:00Z", "1 day ago"),
        ("2026-11-24T11:00:00", "3 days ago"),
        ("2026-10-27T12:00:00+00:00", "1 month ago"),
        ("2016-11-27T12:00:00.123456Z", "10 years ago"),
        ("2026-11-27T12:00:30Z", "in less than a minute"),
        ("2026-12-27T12:00:00Z", "in 1 month"),
        ("yesterday", "yesterday"),
    ],
)
def test_times(iso: str | None, told: str) -> None:
    assert amounts.when(iso, NOW) == told


@pytest.mark.parametrize(("found", "told"), [(0, "0 indexes"), (1, "1 index"), (2, "2 indexes")])
def test_numbers(found: int, told: str) -> None:
    assert amounts.number(found, "index", "indexes") == told
    assert amounts.number(found, "file") == told.replace("indexes", "files").replace("index", "file")
