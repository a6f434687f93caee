"""Which releases stay: what must be true of any policy and any releases, and cases for each rule."""

from __future__ import annotations

import os
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devpi_cli.errors import WrongUsage
from devpi_cli.indexes.retention import Candidate, Policy, Verdict, judge, policy_of
from devpi_cli.models import parsed_version
from tests.hostile import cases

NOW = 1_800_000_000.0
DAY = 86400.0
CASES = 2000 if os.environ.get("DEEP") else 150


def often(test: Any) -> Any:
    settings = hypothesis.settings(max_examples=CASES, deadline=None, database=None, print_blob=True)
    return settings(hypothesis.seed(cases.seed())(test))


NUMBERS = st.sampled_from(["0.9", "1", "1.0", "1.0.0", "1.1", "2", "10", "1!1"])
ENDS = st.sampled_from(["", "", "a1", "rc2", ".dev1", ".dev10", "a1.dev2", ".post1", ".post1.dev3", "+local"])
VERSIONS = st.builds(str.__add__, NUMBERS, ENDS) | st.sampled_from(["nightly", "2024-01-02", "1.0-x!", "1.x", "dev1"])
ARRIVED = st.none() | st.integers(0, 200).map(lambda days: NOW - days * DAY)
CANDIDATES = st.lists(st.builds(Candidate, VERSIONS, ARRIVED), max_size=12, unique_by=lambda each: each.version)
INDEXES = ("ci/prod", "ci/beta")
ELSEWHERE = st.dictionaries(st.sampled_from(INDEXES), st.lists(VERSIONS, max_size=4))
REQUIREMENTS = st.sampled_from(["demo>=1", "demo==1.0", "Demo", "demo==nightly", "other", "demo<2"])
POLICIES = st.builds(
    Policy,
    keep_last=st.none() | st.integers(1, 5),
    keep_within=st.none() | st.sampled_from(["1d", "30d", "12w"]),
    keep=st.lists(REQUIREMENTS, max_size=2).map(tuple),
    keep_in=st.lists(st.sampled_from(INDEXES), max_size=2, unique=True).map(tuple),
    only=st.sampled_from([None, "dev", "pre", "all"]),
)


def verdict(policy: Policy, candidates: list[Candidate], elsewhere: dict[str, list[str]]) -> Verdict:
    return judge(policy, "demo", candidates, NOW, elsewhere)


@often
@given(POLICIES, CANDIDATES, ELSEWHERE)
def test_each_release_stays_for_a_reason_or_goes(policy: Policy, found: list[Candidate], other: Any) -> None:
    keep, go = verdict(policy, found, other)
    assert sorted([*keep, *go]) == sorted(each.version for each in found)
    assert all(keep.values())
    finals = [version for each in found if (version := parsed_version(each.version)) and not version.is_prerelease]
    # Of two spellings of the newest, at least one stays.
    assert not finals or max(finals) in map(parsed_version, keep)


@often
@given(POLICIES, CANDIDATES, ELSEWHERE)
def test_what_any_rule_alone_keeps_is_kept(policy: Policy, found: list[Candidate], other: Any) -> None:
    together = {*verdict(policy, found, other).go}
    rules = {"keep_last": policy.keep_last, "keep_within": policy.keep_within, "keep": policy.keep}
    alone = [Policy(**{name: value}, only=policy.only) for name, value in rules.items() if value]  # type: ignore[arg-type]
    alone += [Policy(keep_in=(index,), only=policy.only) for index in policy.keep_in]
    for rule in alone:
        assert together <= {*verdict(rule, found, other).go}
    if alone:
        assert together == set.intersection(*({*verdict(rule, found, other).go} for rule in alone))


@often
@given(POLICIES, CANDIDATES, ELSEWHERE)
def test_twice_is_once(policy: Policy, found: list[Candidate], other: Any) -> None:
    keep, _ = verdict(policy, found, other)
    left = [each for each in found if each.version in keep]
    again = verdict(policy, left, other)
    assert (again.go, {*again.keep}) == ((), {*keep})


@often
@given(POLICIES, CANDIDATES, ELSEWHERE, st.randoms())
def test_the_order_does_not_matter(policy: Policy, found: list[Candidate], other: Any, chance: Any) -> None:
    shuffled = [*found]
    chance.shuffle(shuffled)
    assert verdict(policy, shuffled, other) == verdict(policy, found, other)


@often
@given(POLICIES, CANDIDATES, ELSEWHERE)
def test_a_narrower_selection_never_takes_more(policy: Policy, found: list[Candidate], other: Any) -> None:
    """Except by the count, which is among what is selected."""
    rules = {name: value for name, value in vars(policy).items() if name not in ("only", "keep_last")}
    dev, pre, all_ = ({*verdict(Policy(**rules, only=only), found, other).go} for only in ("dev", "pre", "all"))
    assert dev <= pre <= all_


@often
@given(POLICIES)
def test_a_policy_survives_being_kept(policy: Policy) -> None:
    assert policy_of(policy.in_words(), "here") == policy


DEVS = ["1.4.dev9", "1.4.dev10", "1.4.dev3", "1.3", "1.4a1", "1.2", "nightly"]


@pytest.mark.parametrize(
    ("policy", "go"),
    [
        (Policy(keep_last=1), ["1.4.dev9", "1.4.dev3"]),
        (Policy(keep_last=3), []),
        (Policy(keep_last=1, only="pre"), ["1.4.dev10", "1.4.dev9", "1.4.dev3"]),
        (Policy(keep_last=2, only="all"), ["1.4.dev9", "1.4.dev3", "1.2", "nightly"]),
        (Policy(keep_last=1, keep=("demo<1.4.dev9",)), ["1.4.dev9"]),
        (Policy(keep_last=1, keep=("other",)), ["1.4.dev9", "1.4.dev3"]),
        (Policy(keep_in=("ci/prod",)), ["1.4.dev10", "1.4.dev9"]),
        (Policy(keep_last=1, only="all", keep=("demo==nightly",)), ["1.4.dev10", "1.4.dev9", "1.4.dev3", "1.2"]),
    ],
)
def test_rules(policy: Policy, go: list[str]) -> None:
    found = verdict(policy, [Candidate(version) for version in DEVS], {"ci/prod": ["1.4.0.dev3"]})
    assert [*found.go] == go


def test_reasons_are_said() -> None:
    found = [
        Candidate("2.dev4", NOW - 100 * DAY),
        Candidate("2.dev3", NOW - 100 * DAY),
        Candidate("2.dev2", NOW - DAY),
        Candidate("2.dev1"),
        Candidate("1.0", NOW),
    ]
    policy = Policy(keep_last=1, keep_within="90d", keep_in=("ci/prod",))
    assert verdict(policy, found, {"ci/prod": ["2.dev2"]}) == (
        {
            "2.dev4": ("last 1",),
            "2.dev2": ("within 90d", "in ci/prod"),
            "2.dev1": ("no date",),
            "1.0": ("no development release",),
        },
        ("2.dev3",),
    )


def test_an_age_is_told_to_the_second() -> None:
    found = [Candidate("1.dev1", NOW - 90 * DAY), Candidate("1.dev2", NOW - 90 * DAY - 1)]
    assert verdict(Policy(keep_within="90d"), found, {}).go == ("1.dev2",)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"keep-first": 1}, "here: 'keep-first' is not a rule"),
        ({"keep-last": "5"}, "here: keep-last must be a number"),
        ({"keep-last": True}, "here: keep-last must be a number"),
        ({"keep-last": 0}, "here: keep-last = 0: it must be 1 or more"),
        ({"keep-within": 90}, "here: keep-within must be a string"),
        ({"keep-within": "soon"}, "here: keep-within = 'soon' is not a duration"),
        ({"keep-within": "0d"}, "here: keep-within = '0d' is not a duration"),
        ({"keep": "demo"}, "here: keep must be a list of strings"),
        ({"keep": [1]}, "here: keep must be a list of strings"),
        ({"keep": ["demo=1"]}, "here: 'demo=1' is not a requirement"),
        ({"keep-in": ["a/b/c"]}, "here: index 'a/b/c' must be of the form USER/INDEX or INDEX"),
        ({"only": "final"}, "here: only = 'final': it must be one of dev, pre, all"),
        ({"max": -1}, "here: max = -1: it must be 0 or more"),
    ],
)
def test_what_is_no_policy(table: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongUsage) as caught:
        policy_of(table, "here")
    assert caught.value.message.startswith(said)


@pytest.mark.parametrize("policy", [Policy(), Policy(only="all", max=3), Policy(keep=("demo==1.0",))])
def test_a_policy_needs_a_rule(policy: Policy) -> None:
    with pytest.raises(WrongUsage, match="no rule says what stays"):
        policy.require_rule()


def test_typed_rules_win_over_kept_ones() -> None:
    kept = Policy(keep_last=5, keep_in=("ci/prod",), only="all")
    assert Policy(keep_last=2, keep=("demo",)).over(kept) == Policy(2, None, ("demo",), ("ci/prod",), "all")
