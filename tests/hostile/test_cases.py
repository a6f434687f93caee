"""The required number of hostile cases is run, and the summary counts them."""

from __future__ import annotations

from types import SimpleNamespace

from tests.hostile.cases import CASES, COUNTED, IN_ALL, seed, summary


def test_there_are_as_many_cases_as_promised() -> None:
    assert sum(CASES.values()) >= IN_ALL


def test_the_summary_counts_cases_and_what_broke() -> None:
    place = "tests/hostile/test_x.py::test"
    reports = [
        SimpleNamespace(nodeid=place, when="call", failed=True, user_properties=[]),
        SimpleNamespace(nodeid=place, when="teardown", failed=False, user_properties=[(COUNTED, 7)]),
        SimpleNamespace(nodeid="tests/test_y.py::test", when="call", failed=True, user_properties=[]),
    ]
    assert summary(reports) == f"7 hostile cases, 1 that broke something, seed {seed()}"
    assert summary(reports[2:]) == ""
