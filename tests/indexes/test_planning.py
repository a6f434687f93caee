"""The changes that bring a server to a description, and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from devpi_cli.errors import DevpiError, InvalidSetting, NothingFound, WrongUsage
from devpi_cli.indexes.declaration import parse
from devpi_cli.indexes.planning import plan, removable
from devpi_cli.models import Index, User
from devpi_cli.server import config_changes

if TYPE_CHECKING:
    from devpi_cli.indexes.planning import Plan


def stage(*bases: str, **config: object) -> dict[str, Any]:
    """Return what a server has of a new stage of alice's."""
    return {
        "type": "stage", "volatile": True, "bases": list(bases), "acl_upload": ["alice"],
        "acl_toxresult_upload": [":ANONYMOUS:"], "mirror_whitelist": [], "mirror_whitelist_inheritance": "intersection",
        **config,
    }  # fmt: skip


def alice(**indexes: dict[str, Any]) -> list[User]:
    found = tuple(Index(f"alice/{name}", config) for name, config in indexes.items())
    return [User("alice", {"created": "2026", "custom_data": {"other": 1}}, found), User("root", {})]


def planned(users: list[User], /, **tables: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(step.action, step.label, step.changes) for step in plan(users, parse(tables, {})).steps]


def test_only_what_differs_is_changed_and_what_is_not_named_stays() -> None:
    users = alice(dev=stage(title="old", description="kept", mirror_whitelist=["a", "b"]))
    config = {
        "bases": [], "volatile": True, "title": "new", "mirror_whitelist": ["B", "a"], "acl_upload": ["alice"],
        "acl_toxresult_upload": [":anonymous:"], "mirror_whitelist_inheritance": "Intersection",
    }  # fmt: skip
    assert planned(users, indexes={"alice/dev": config}) == [("change", "indexes.alice/dev", {"title": ("old", "new")})]
    assert plan(users, parse({"users": {"alice": {}}, "indexes": {"alice/dev": {}}}, {})).unchanged == 2


@pytest.mark.parametrize(("before", "wanted", "after"), [
    (None, "", None), (None, {}, None), ({"a": 1}, {}, None), ({"a": 1}, {"a": 1}, None), ("text", "text", None),
    ({"a": 1}, {"a": True}, {"a": True}), ({"a": 1, "b": 2}, {"a": 3}, {"a": 3, "b": 2}), ({"a": 1}, "text", "text"),
    ("text", {"a": 1}, {"a": 1}), (None, {"a": 1}, {"a": 1}), ({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"y": 2}}),
    ({"a": 1}, "", ""),
])  # fmt: skip
def test_custom_data_of_others_stays(before: object, wanted: object, after: object) -> None:
    config = {} if before is None else {"custom_data": before}
    expected = [] if after is None else [{"custom_data": (before, after)}]
    users = [User("alice", config, (Index("alice/dev", stage(**config)),))]
    assert [c for _, _, c in planned(users, users={"alice": {"custom_data": wanted}})] == expected
    assert [c for _, _, c in planned(users, indexes={"alice/dev": {"custom_data": wanted}})] == expected


def test_users_come_first_and_indexes_after_their_bases() -> None:
    users = alice(dev=stage(), top=stage("alice/dev"))
    indexes = {
        "alice/dev": {"bases": ["bob/a"]},
        "bob/a": {"bases": ["bob/z"]},
        "bob/z": {"type": "mirror", "mirror_url": "http://h/"},
        "alice/top": {"title": "x"},
    }
    assert planned(users, indexes=indexes, users={"bob": {"email": "b@example.com"}}) == [
        ("create", "users.bob", {"email": (None, "b@example.com")}),
        ("create", "indexes.bob/z", {"type": (None, "mirror"), "mirror_url": (None, "http://h/")}),
        ("create", "indexes.bob/a", {"bases": (None, ["bob/z"])}),
        ("change", "indexes.alice/dev", {"bases": ([], ["bob/a"])}),
        ("change", "indexes.alice/top", {"title": (None, "x")}),
    ]


def test_a_base_and_its_heir_can_change_places() -> None:
    users = alice(a=stage("alice/b"), b=stage())
    indexes = {"alice/b": {"bases": ["alice/a"]}, "alice/a": {"bases": []}}
    assert [label for _, label, _ in planned(users, indexes=indexes)] == ["indexes.alice/a", "indexes.alice/b"]


@pytest.mark.parametrize(("indexes", "kind", "said"), [
    ({"alice/new": {"bases": ["alice/new"]}}, WrongUsage, "bases form a ring: alice/new -> alice/new"),
    ({"alice/base": {"bases": ["alice/dev"]}}, WrongUsage,
     "bases form a ring: alice/base -> alice/dev -> alice/base"),
    ({"alice/new": {"bases": ["a/b"]}}, InvalidSetting, "indexes.alice/new: base index 'a/b' does not exist"),
    ({"alice/new": {"bases": ["dev"]}}, InvalidSetting, "indexes.alice/new: invalid base index spec: 'dev'"),
    ({"bob/new": {}}, NothingFound, "indexes.bob/new: there is no user bob"),
    ({"alice/dev": {"type": "mirror"}}, InvalidSetting,
     "indexes.alice/dev: the 'type' of an index cannot be changed: it is a stage"),
    ({"alice/m": {"type": "mirror", "bases": []}}, InvalidSetting, "indexes.alice/m: a mirror has no bases"),
    ({"alice/m": {"type": "mirror"}}, InvalidSetting, "indexes.alice/m: a mirror needs the URL of what it mirrors"),
    ({"alice/dev": {"volatile": "perhaps"}}, InvalidSetting,
     "indexes.alice/dev: the server would refuse this: Unknown boolean value 'perhaps'."),
])  # fmt: skip
def test_what_cannot_work_is_refused_before_anything_is_sent(
    indexes: dict[str, Any], kind: type[DevpiError], said: str
) -> None:
    users = alice(dev=stage("alice/base"), base=stage())
    with pytest.raises(kind) as failure:
        planned(users, indexes=indexes)
    assert (type(failure.value), failure.value.message) == (kind, said)


def test_what_only_a_plugin_can_know_is_named() -> None:
    users = alice(dev=stage(constraints=["x<2"]))
    indexes = {
        "alice/dev": {"constraints": ["x<3"], "titel": "x"},
        "alice/new": {"type": "constrained", "anything": True},
        "alice/old": {},
    }
    assert plan(users, parse({"indexes": indexes}, {})).foreign == (
        "the setting 'titel'",
        "the index type 'constrained'",
    )


def test_what_is_not_described_can_go_heirs_first() -> None:
    mirror = {"type": "mirror", "volatile": True, "mirror_url": "http://h/"}
    users = [
        *alice(dev=stage("alice/kept"), base=stage(), mid=stage("alice/base"), top=stage("alice/mid"), kept=stage(),
               m=mirror, prod=stage(volatile=False)),
        User("bob", {}, (Index("bob/dev", stage("alice/base")),)),
    ]  # fmt: skip
    found, stay = removable(users, parse({"indexes": {"alice/dev": {}}}, {}))
    names = [index.name for index in found]
    assert sorted(names) == [f"alice/{name}" for name in ("base", "kept", "m", "mid", "prod", "top")]
    assert names.index("alice/top") < names.index("alice/mid") < names.index("alice/base")
    assert stay == {
        "alice/base": "it is a base of bob/dev",
        "alice/kept": "it is a base of alice/dev",
        "alice/m": "it is a mirror, and may have copies of files that are gone elsewhere",
        "alice/prod": "it is not volatile",
    }


# -- whatever a file says: it is refused, or carried out it leaves nothing to do

INDEX_NAMES = st.sampled_from([f"{user}/{name}" for user in ("alice", "bob", "carol") for name in ("a", "b", "c")])
PIECES = st.sampled_from(["", "x", "True", "no", "union", "http://h/", "a,b", ":anonymous:", "My_Demo", "*", "7"])
ANY = st.recursive(
    PIECES | st.booleans() | st.integers() | st.none() | st.floats(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(PIECES, inner, max_size=2),
    max_leaves=4,
)
SOUND = st.fixed_dictionaries({}, optional={
    "bases": st.lists(INDEX_NAMES, max_size=3, unique=True), "volatile": st.booleans() | st.sampled_from(["no", "Yes"]),
    "title": PIECES, "acl_upload": st.lists(st.sampled_from(["bob", ":authenticated:"]), unique=True),
    "mirror_whitelist": st.lists(st.sampled_from(["*", "My_Demo", "x"]), unique=True),
    "custom_data": st.dictionaries(PIECES, PIECES | st.booleans() | st.lists(st.integers()), max_size=2) | PIECES,
})  # fmt: skip
KEYS = ("bases", "volatile", "title", "type", "mirror_url", "custom_data", "acl_upload", "mirror_cache_expiry", "odd")
ODD = st.dictionaries(st.sampled_from([*KEYS, "mirror_url-from", "password", "bases+", ""]), ANY, max_size=3)
USERS = st.dictionaries(
    st.sampled_from(["alice", "bob", "carol"]),
    st.fixed_dictionaries({}, optional={"email": PIECES, "custom_data": ANY, "password-from": st.just("P")}),
)


def done(users: list[User], found: Plan) -> list[User]:
    """Return the users of a server on which a plan was carried out; each base has to be there in time."""
    configs = {user.name: dict(user.config) for user in users}
    indexes = {index.name: dict(index.config) for user in users for index in user.indexes}
    for step in found.steps:
        if step.kind == "users":
            configs.setdefault(step.name, {}).update(step.config)
            continue
        assert step.owner in configs
        assert set(step.config.get("bases", [])) <= indexes.keys() | {step.name}
        new = step.config if step.config.get("type") == "mirror" else {**stage(), **step.config}
        changed = {**indexes[step.name], **step.config} if step.name in indexes else new
        indexes[step.name] = config_changes.normal(str(changed.get("type")), changed)
    return [
        User(name, config, tuple(Index(i, c) for i, c in sorted(indexes.items()) if i.startswith(f"{name}/")))
        for name, config in configs.items()
    ]


@given(USERS, st.dictionaries(INDEX_NAMES, SOUND, max_size=5), st.dictionaries(INDEX_NAMES, SOUND, max_size=5))
def test_what_was_done_once_leaves_nothing_to_do(
    names: dict[str, Any], first: dict[str, Any], second: dict[str, Any]
) -> None:
    users = alice()
    for indexes in (first, second, {**first, **second}):
        tables = {"users": {"alice": {}, "bob": {}, "carol": {}, **names}, "indexes": indexes}
        try:
            wanted = parse(tables, {})
            found = plan(users, wanted)
        except DevpiError:
            assume(False)
        users = done(users, found)
        again = plan(users, wanted)
        assert (again.steps, again.unchanged) == ((), 3 + len(indexes))


@given(
    st.dictionaries(
        st.sampled_from(["users", "indexes", "x"]), st.dictionaries(INDEX_NAMES | PIECES, ODD | ANY), max_size=2
    )
)
def test_whatever_a_file_says_it_is_planned_or_refused(tables: dict[str, Any]) -> None:
    users = alice(a=stage("alice/b", odd=1), b={"type": "mirror", "mirror_url": "http://h/"})
    try:
        found = plan(users, parse(tables, {}))
    except DevpiError:
        return
    assert found.unchanged >= 0
