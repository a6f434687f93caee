"""Plan the changes that bring the users and indexes of a server to what a description says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from devpi_cli.errors import InvalidSetting, NothingFound, WrongUsage
from devpi_cli.indexes.declaration import CUSTOM_DATA, INDEXES, USERS
from devpi_cli.models import Index
from devpi_cli.server import config_changes, settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from devpi_cli.indexes.declaration import Declaration
    from devpi_cli.models import User

CREATE, CHANGE, REMOVE = "create", "change", "remove"


class Step(NamedTuple):
    """A change of one user or index; ``changes`` has the values of each key before and after, None for unset.

    ``action`` is ``create``, ``change`` or ``remove``.
    """

    action: str
    kind: str
    """``users`` or ``indexes``."""
    name: str
    changes: dict[str, tuple[Any, Any]]

    @property
    def label(self) -> str:
        """The name of its table in the description."""
        return f"{self.kind}.{self.name}"

    @property
    def owner(self) -> str:
        """The user it belongs to."""
        return self.name.partition("/")[0]

    @property
    def config(self) -> dict[str, Any]:
        """The values to set."""
        return {key: after for key, (_, after) in self.changes.items()}


class Plan(NamedTuple):
    """Steps in an order in which the server accepts them."""

    steps: tuple[Step, ...]
    unchanged: int = 0
    kept: dict[str, str] = {}  # noqa: RUF012 (never changed)
    """Why indexes that are not described are not removed."""
    foreign: tuple[str, ...] = ()
    """Types and keys of indexes that only a plugin of the server can know."""
    passwords_left: tuple[str, ...] = ()
    """Users who exist, and whose password is described: whether it differs cannot be told."""

    def of(self, *actions: str) -> list[Step]:
        """Return the steps with these actions."""
        return [step for step in self.steps if step.action in actions]


def plan(users: Sequence[User], wanted: Declaration) -> Plan:
    """Plan the changes; keys that the description does not name stay.

    Raises WrongUsage if bases would form a ring, NothingFound for an index of a user who does not exist and is not
    described, and InvalidSetting for what the server would refuse.
    """
    there = {user.name: user for user in users}
    indexes = {index.name: index for user in users for index in user.indexes}
    if lost := sorted(wanted.owners - {*there, *wanted.users}):
        owned = next(name for name in sorted(wanted.indexes) if name.startswith(f"{lost[0]}/"))
        raise NothingFound(f"{INDEXES}.{owned}: there is no user {lost[0]}", hint=f"add [users.{lost[0]}]")
    steps = [*_user_steps(there, wanted)]
    foreign: list[str] = []
    after: dict[str, list[str]] = {}
    index_steps: dict[str, Step | None] = {}
    for name, config in wanted.indexes.items():
        step, normal = _index_step(indexes.get(name, Index(name, {})), config, name in indexes)
        index_steps[name], after[name] = step, normal.get("bases", indexes.get(name, Index(name, {})).listed("bases"))
        foreign += _foreign(normal, step)
    known = {*indexes, *wanted.indexes}
    for name in wanted.indexes:
        if (step := index_steps[name]) and "bases" in step.changes:
            _require_bases(name, after[name], known)
    order = _order(indexes.values(), after)
    found = [step for name in order if (step := index_steps.get(name))]
    return Plan(
        (*steps, *found),
        unchanged=len(wanted.users) + len(wanted.indexes) - len(steps) - len(found),
        foreign=tuple(dict.fromkeys(foreign)),
        passwords_left=tuple(sorted(name for name in wanted.password_variables if name in there)),
    )


def _user_steps(there: Mapping[str, User], wanted: Declaration) -> Iterator[Step]:
    for name, config in sorted(wanted.users.items()):
        before = there[name].config if name in there else {}
        changes: dict[str, tuple[Any, Any]] = {}
        for key, value in config.items():
            after = _merged(before.get(key), value) if key == CUSTOM_DATA else value
            if not _is_same(before.get(key), after):
                changes[key] = (before.get(key), after)
        if name not in there:
            yield Step(CREATE, USERS, name, changes)
        elif changes:
            yield Step(CHANGE, USERS, name, changes)


def _index_step(index: Index, config: Mapping[str, Any], exists: bool) -> tuple[Step | None, dict[str, Any]]:
    """Return the step for an index, None if it is as described, and all its described settings as stored."""
    where = f"{INDEXES}.{index.name}"
    index_type = str(index.config.get("type") or config.get("type") or settings.STAGE)
    if config.get("type", index_type) != index_type:
        raise InvalidSetting(f"{where}: the 'type' of an index cannot be changed: it is a {index_type}")
    if dropped := next((key for key in config if settings.is_dropped(index_type, key)), ""):
        raise InvalidSetting(
            f"{where}: a {index_type} has no {dropped}", hint="'devpi help indexes' explains all settings"
        )
    try:
        normal = config_changes.normal(index_type, {key: part for key, part in config.items() if key != "type"})
    except InvalidSetting as error:
        raise InvalidSetting(f"{where}: the server would refuse this: {error.message}", hint=error.hint) from None
    if CUSTOM_DATA in normal:
        normal[CUSTOM_DATA] = _merged(index.config.get(CUSTOM_DATA), normal[CUSTOM_DATA])
    if not exists:
        try:
            settings.require_mirror_url({"type": index_type, **normal})
        except InvalidSetting as error:
            raise InvalidSetting(f"{where}: {error.message}", hint='add mirror_url = "URL"') from None
        kind = {"type": index_type} if index_type != settings.STAGE else {}
        created = {**kind, **{key: part for key, part in normal.items() if part != ""}}
        return Step(CREATE, INDEXES, index.name, {key: (None, part) for key, part in created.items()}), normal
    differing = config_changes.differing(
        index.config, {key: part for key, part in normal.items() if key != CUSTOM_DATA}
    )
    if CUSTOM_DATA in normal and not _is_same(index.config.get(CUSTOM_DATA), normal[CUSTOM_DATA]):
        differing[CUSTOM_DATA] = normal[CUSTOM_DATA]
    changes = {key: (index.config.get(key), part) for key, part in differing.items()}
    return Step(CHANGE, INDEXES, index.name, changes) if changes else None, {"type": index_type, **normal}


def _merged(before: object, wanted: object) -> object:
    """Return custom data after a change: parts that are not named belong to other tools, and stay."""
    return {**before, **wanted} if isinstance(before, dict) and isinstance(wanted, dict) else wanted


def _is_same(before: object, after: object) -> bool:
    """Compare as JSON, in which true is not 1; what is empty is not stored."""
    nothing: tuple[Any, ...] = (None, "", {})
    if before in nothing and after in nothing:
        return True
    return json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)


def _foreign(normal: Mapping[str, Any], step: Step | None) -> Iterator[str]:
    """Return the types and new keys that devpi-server itself does not know."""
    if step is None:
        return
    index_type = str(step.config.get("type") or normal.get("type") or settings.STAGE)
    if index_type not in settings.TYPES:
        if step.action == CREATE:
            yield f"the index type {index_type!r}"
        return
    for key, (before, _) in step.changes.items():
        if key != "type" and key not in settings.keys(index_type) and before is None:
            yield f"the setting {key!r}"


def _require_bases(name: str, bases: Iterable[str], known: Iterable[str]) -> None:
    for base in bases:
        if base.count("/") != 1 or base != base.strip("/"):
            raise InvalidSetting(f"{INDEXES}.{name}: invalid base index spec: {base!r}")
        if base not in known:
            raise InvalidSetting(f"{INDEXES}.{name}: base index {base!r} does not exist")


def _order(indexes: Iterable[Index], after: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the described indexes, each after its bases. Raises WrongUsage for a ring."""
    from graphlib import CycleError, TopologicalSorter

    bases: dict[str, Sequence[str]] = {index.name: index.listed("bases") for index in indexes} | dict(after)
    reached: dict[str, Sequence[str]] = {}
    ahead = sorted(after, reverse=True)
    while ahead:
        name = ahead.pop()
        if name not in reached and name in bases:
            reached[name] = bases[name]
            ahead += bases[name]
    try:
        return [name for name in TopologicalSorter(reached).static_order() if name in after]
    except CycleError as error:
        raise WrongUsage(f"bases form a ring: {' -> '.join(reversed(error.args[1]))}") from None


# -- what is not described


def removable(users: Iterable[User], wanted: Declaration) -> tuple[list[Index], dict[str, str]]:
    """Return the indexes that are not described, of users who are, each before its bases.

    The second value tells why some of them stay in any case. Whether the others have releases only the server knows.
    """
    every = [index for user in users for index in user.indexes]
    found = [index for index in every if index.name.partition("/")[0] in wanted.owners]
    candidates = {index.name: index for index in found if index.name not in wanted.indexes}
    stay: dict[str, str] = {}
    for name, index in candidates.items():
        if index.is_mirror:
            stay[name] = "it is a mirror, and may have copies of files that are gone elsewhere"
        elif not index.config.get("volatile"):
            stay[name] = "it is not volatile"
    for index in every:
        if index.name not in candidates:
            bases = wanted.indexes.get(index.name, {}).get("bases", index.listed("bases"))
            stay |= {base: f"it is a base of {index.name}" for base in bases if base in candidates}
    bases_first = _order(candidates.values(), {name: index.listed("bases") for name, index in candidates.items()})
    return [candidates[name] for name in reversed(bases_first)], stay
