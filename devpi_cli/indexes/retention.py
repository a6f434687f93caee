"""Decide which releases of a project stay when an index is cleaned up.

A release stays when any rule keeps it. What ``only`` does not select stays, and so does the newest final release.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from devpi_cli import urls
from devpi_cli.errors import TooMany, WrongUsage
from devpi_cli.indexes import durations
from devpi_cli.models import Requirement, parsed_version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

DEV, PRE, ALL = KINDS = ("dev", "pre", "all")
NEWEST_FINAL, NO_DATE = "newest final", "no date"
UNSELECTED = {DEV: "no development release", PRE: "no pre-release"}
NO_RULE = "no rule says what stays"
NAME_RULES = "name --keep-last, --keep-within or --keep-in, or --policy"


class Candidate(NamedTuple):
    """A release as the rules see it; ``arrived`` is in seconds since the epoch, None if unknown."""

    version: str
    arrived: float | None = None


class Verdict(NamedTuple):
    """What stays of a project, each version with the rules that keep it, and what goes; the newest is first."""

    keep: dict[str, tuple[str, ...]]
    go: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """Rules, as they are typed; None or empty is no rule.

    ``keep_last`` releases of each project are kept, those that arrived ``keep_within`` a time such as ``90d``, those
    that are on the indexes ``keep_in``, and those that match the requirements ``keep``. ``only`` selects what the rules
    are about: development releases (``dev``), these and pre-releases (``pre``), or ``all``. More than ``max`` releases
    do not go.
    """

    keep_last: int | None = None
    keep_within: str | None = None
    keep: tuple[str, ...] = ()
    keep_in: tuple[str, ...] = ()
    only: str | None = None
    max: int | None = None

    def __post_init__(self) -> None:
        """Raise WrongUsage for a rule that makes no sense."""
        if self.keep_last is not None and self.keep_last < 1:
            raise WrongUsage(f"keep-last = {self.keep_last}: it must be 1 or more")
        if self.keep_within is not None and not durations.seconds(self.keep_within):
            raise WrongUsage(
                f"keep-within = {self.keep_within!r} is not a duration", hint=f"examples: {durations.EXAMPLES}"
            )
        if self.only not in (None, *KINDS):
            raise WrongUsage(f"only = {self.only!r}: it must be one of {', '.join(KINDS)}")
        if self.max is not None and self.max < 0:
            raise WrongUsage(f"max = {self.max}: it must be 0 or more")
        for requirement in self.keep:
            Requirement.parse(requirement)
        for index in self.keep_in:
            urls.index_name(index, "anybody")

    def require_rule(self) -> None:
        """Raise WrongUsage if nothing says what stays; ``keep`` alone only makes exceptions."""
        if self.keep_last is None and self.keep_within is None and not self.keep_in:
            raise WrongUsage(NO_RULE, hint=NAME_RULES)

    def require_few(self, count: int) -> None:
        """Raise TooMany if more releases would go than ``max``."""
        if self.max is not None and count > self.max:
            raise TooMany(
                f"{count} releases would be removed, more than {self.max}: nothing was removed",
                hint="raise the limit with --max, or look first with -n",
            )

    def over(self, other: Policy) -> Policy:
        """Return these rules, with those that are not set taken from ``other``."""
        return replace(other, **{name: value for name, value in vars(self).items() if value not in (None, ())})

    def in_words(self) -> dict[str, Any]:
        """Return the rules that are set by their names in TOML and JSON, as in ``keep-last``."""
        return {
            name.replace("_", "-"): list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
            if value not in (None, ())
        }


def policy_of(table: Mapping[str, Any], where: str) -> Policy:
    """Return the policy in a table of a TOML file or of the settings of an index, which is ``where``.

    Raises WrongUsage for an unknown key and for a value of another type.
    """
    types = {"keep-last": int, "keep-within": str, "keep": list, "keep-in": list, "only": str, "max": int}
    names = {field.name.replace("_", "-"): field.name for field in fields(Policy)}
    found: dict[str, Any] = {}
    for key, value in table.items():
        if key not in types:
            raise WrongUsage(f"{where}: {key!r} is not a rule", hint=f"the rules are {', '.join(types)}")
        is_list_of_texts = isinstance(value, list) and all(isinstance(each, str) for each in value)
        if (
            not isinstance(value, types[key])
            or isinstance(value, bool)
            or (types[key] is list and not is_list_of_texts)
        ):
            kind = {int: "a number", str: "a string", list: "a list of strings"}[types[key]]
            raise WrongUsage(f"{where}: {key} must be {kind}")
        found[names[key]] = tuple(value) if isinstance(value, list) else value
    try:
        return Policy(**found)
    except WrongUsage as error:
        raise WrongUsage(f"{where}: {error.message}", hint=error.hint) from None


def judge(
    policy: Policy,
    project: str,
    candidates: Iterable[Candidate],
    now: float,
    elsewhere: Mapping[str, Collection[str]] | None = None,
) -> Verdict:
    """Decide which releases of a project stay.

    ``elsewhere`` has, for indexes that ``keep_in`` names, the versions that they have.
    """
    only = policy.only or DEV
    ordered = sorted({each.version: each for each in candidates}.values(), key=lambda each: _age(each.version))[::-1]
    selected = [each for each in ordered if _is_selected(each.version, only)]
    chosen = {each.version for each in selected}
    reasons: dict[str, list[str]] = {
        each.version: [] if each.version in chosen else [UNSELECTED[only]] for each in ordered
    }
    for version, reason in chain(
        _newest_final(selected, ordered),
        ((each.version, f"last {policy.keep_last}") for each in selected[: policy.keep_last or 0]),
        _recent(policy.keep_within, selected, now) if policy.keep_within else (),
        _named(policy.keep, project, selected),
        *(_also_in(index, (elsewhere or {}).get(index, ()), selected) for index in policy.keep_in),
    ):
        reasons[version].append(reason)
    keep = {version: tuple(found) for version, found in reasons.items() if found}
    return Verdict(keep, tuple(version for version, found in reasons.items() if not found))


def _newest_final(selected: Sequence[Candidate], ordered: Sequence[Candidate]) -> Iterator[tuple[str, str]]:
    newest = next((each for each in ordered if _is_final(each.version)), None)
    if newest and newest in selected:
        yield newest.version, NEWEST_FINAL


def _recent(keep_within: str, selected: Sequence[Candidate], now: float) -> Iterator[tuple[str, str]]:
    oldest = now - (durations.seconds(keep_within) or 0)
    for version, arrived in selected:
        if arrived is None:  # nothing says that it is old
            yield version, NO_DATE
        elif arrived >= oldest:
            yield version, f"within {keep_within}"


def _named(keep: Iterable[str], project: str, selected: Sequence[Candidate]) -> Iterator[tuple[str, str]]:
    for text in keep:
        wanted = Requirement.parse(text)
        if wanted.project == project:
            yield from ((each.version, f"keep {text}") for each in selected if wanted.matches(each.version))


def _also_in(index: str, versions: Iterable[str], selected: Sequence[Candidate]) -> Iterator[tuple[str, str]]:
    known = set(map(_canonical, versions))
    yield from ((each.version, f"in {index}") for each in selected if _canonical(each.version) in known)


def _canonical(version: str) -> object:
    return parsed_version(version) or version


def _age(version: str) -> tuple[bool, Any, str]:
    """Return a key that sorts versions, those that are invalid by PEP 440 first."""
    parsed = parsed_version(version)
    return parsed is not None, parsed or version, version


def _is_final(version: str) -> bool:
    parsed = parsed_version(version)
    return parsed is not None and not parsed.is_prerelease


def _is_selected(version: str, only: str) -> bool:
    if only == ALL:
        return True
    parsed = parsed_version(version)
    return parsed is not None and (parsed.is_devrelease if only == DEV else parsed.is_prerelease)
