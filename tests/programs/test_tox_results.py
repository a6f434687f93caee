"""tox results: what counts as passed, and how 'devpi list' shows them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from devpi_cli.errors import BrokenDistribution
from devpi_cli.packages.dists import read
from devpi_cli.programs import tox_results

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member


def ran(status: object, command: str = "pytest", output: str = "") -> list[dict[str, object]]:
    return [{"command": command.split(), "output": output, "retcode": status}]


def environment(tests: object, setup: object = 0, python: str = "3.12.1 (main)") -> dict[str, Any]:
    """Return what tox reports of an environment; None stands for commands that were not run."""
    return {
        "python": {"version": python},
        "setup": [] if setup is None else ran(setup, "pip install demo", "collecting"),
        "test": [] if tests is None else ran(tests, "pytest -q", "1 failed\n"),
    }


def report(**environments: Any) -> dict[str, Any]:
    return {"host": "box", "platform": "linux", "testenvs": environments}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(0, "passed"), ("0", "passed"), (None, "passed"), (1, "failed"), ("1", "failed"), (-9, "failed")],
)
def test_a52_a_status_of_none_is_no_failure_and_may_be_text(status: object, outcome: str) -> None:
    (found,) = tox_results.environments(report(py={"test": ran(status)}))

    assert (tox_results.outcome(found.tests), tox_results.outcome(found.setup)) == (outcome, "none")


def test_an_environment_that_was_not_run_has_no_result() -> None:
    """Tox 4 reports those that were not asked for as empty."""
    found = tox_results.environments(report(py312=environment(0), py313={}))

    assert [environment.name for environment in found] == ["py312"]


def test_a_later_result_takes_the_place_of_an_earlier_one() -> None:
    new, old = report(py311=environment(0)), report(py311=environment(1), py312=environment(1))

    kept = tox_results.newest([tox_results.environments(new), tox_results.environments(old)])

    names = [[(environment.name, tox_results.outcome(environment.tests)) for environment in each] for each in kept]
    assert names == [[("py311", "passed")], [("py312", "failed")]]


@pytest.mark.parametrize(
    "value",
    [None, [], "report", 1, {}, {"host": "box"}, report() | {"testenvs": []}, report(py=[1]), report(py={"test": [1]})],
)
def test_what_is_no_report_is_refused(value: object) -> None:
    with pytest.raises(BrokenDistribution, match="not a tox report"):
        tox_results.environments(value)


@pytest.fixture
def tested(member: Member, wheel: Path) -> Member:
    """A member whose wheel was tested twice, the second time in one environment only."""
    with wheel.open("rb") as file:
        member.server.upload(member.index, read(wheel).fields, wheel.name, file)
    (link,) = member.server.releases(member.index, "demo")[0].files
    environments = {
        "py310": environment(1),
        "py311": environment(1),
        "py312": environment(None, 2),
        "py313": environment(0, None, python=""),
    }
    for each in (report(**environments), report(py310=environment(0))):
        member.server.attach_tox_result(link.url, each)
    return member


RESULTS = [
    "box        linux   py310      3.12.1 tests passed",
    "box        linux   py311      3.12.1 tests failed",
    "box        linux   py312      setup failed",
    "box        linux   py312      3.12.1 no tests were run",
    "box        linux   py313      no setup was performed",
    "box        linux   py313      tests passed",
]


@pytest.mark.parametrize("option", ["-t", "--toxresults"])
def test_list_t_shows_the_newest_result_of_every_environment(tested: Member, option: str) -> None:
    url, *results = tested.ok("list", option, "demo")

    assert url.endswith("/demo-1.0-py3-none-any.whl")
    assert results == RESULTS


@pytest.mark.parametrize("option", ["-f", "--failures"])
def test_list_f_shows_what_the_commands_printed_that_failed(tested: Member, option: str) -> None:
    assert tested.ok("list", option, "demo")[1:] == [
        *RESULTS[:2],
        "    FAIL: pytest -q",
        "    1 failed",
        RESULTS[2],
        "    FAIL: pip install demo",
        "    collecting",
        *RESULTS[3:],
    ]


def test_list_without_either_asks_for_no_result(tested: Member) -> None:
    assert len(tested.ok("list", "demo")) == 1


def test_list_t_as_json(tested: Member) -> None:
    (file,) = json.loads("\n".join(tested.ok("list", "-t", "--json", "demo")))["files"]

    where = {"host": "box", "platform": "linux"}
    assert file["toxresults"] == [
        {**where, "environment": "py310", "python": "3.12.1", "setup": "passed", "tests": "passed"},
        {**where, "environment": "py311", "python": "3.12.1", "setup": "passed", "tests": "failed"},
        {**where, "environment": "py312", "python": "3.12.1", "setup": "failed", "tests": "none"},
        {**where, "environment": "py313", "python": "", "setup": "none", "tests": "passed"},
    ]


def test_a_corrupt_result_is_skipped_with_a_warning(tested: Member) -> None:
    (file,) = tested.server.releases(tested.index, "demo")[0].files
    tested.server.attach_tox_result(file.url, {"not": "a report"})

    result = tested("list", "-t", "demo")

    assert result.lines[1:] == RESULTS
    assert result.stderr.startswith(f"warning: corrupt toxresult, skipping: {file.url}.toxresult-")
    assert result.stderr.endswith(" (not a tox report)\n")
    assert result.status == 0
