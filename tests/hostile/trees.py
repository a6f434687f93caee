"""JSON trees with one value replaced by a wrong one."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.hostile.texts import ESCAPES, URLS


def nested(depth: int) -> Any:
    tree: Any = []
    for _ in range(depth):
        tree = [tree]
    return tree


VALUES = [
    *(None, True, False, 0, -1, 1.5, 1e300, 10**30, 10**400, float("inf"), float("-inf"), float("nan")),
    *("", " ", "a", "\0", "\ud800", "\udc80", "../..", "/", "a/b", "x" * 20_000, "1.0", "=", *ESCAPES, *URLS[:20]),
    *([], {}, [[]], [{}], [None], {"": None}, {"\x1b": "\x1b"}, {"a": {"b": {}}}, [1, 2, 3], ["a"] * 1000),
    *(nested(110), nested(400), {"deep": nested(400)}),  # deeper ones would break the tests themselves
]
values = st.one_of(st.sampled_from(VALUES), st.text(max_size=6), st.integers())


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the ways to every node of a tree."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


@dataclass(frozen=True)
class Mutation:
    """What happens to a tree in one place."""

    place: int
    """A number for a node: that of the place when they are counted, and again from the first."""
    change: str
    value: Any
    key: str

    def of(self, tree: Any) -> Any:
        """Return a tree with another node in one place, or without the one there, or with it under another name."""
        known = places(tree)
        place = known[self.place % len(known)]
        if not place:
            return self.value
        tree = deepcopy(tree)
        above = tree
        for key in place[:-1]:
            above = above[key]
        if self.change == "replace":
            above[place[-1]] = self.value
        elif self.change == "remove":
            del above[place[-1]]
        elif isinstance(above, dict):
            above[self.key] = above.pop(place[-1])
        else:
            above += above * 3
        return tree


mutations = st.builds(
    Mutation,
    st.integers(0, 300),
    st.sampled_from(["replace", "replace", "replace", "remove", "rename"]),
    values,
    st.sampled_from(["", "a/b", "\x1b[31m", "\ud800", "..", "x" * 1000]),
)
