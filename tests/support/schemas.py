"""Check JSON documents against the notation of ``devpi help json``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from devpi_cli.cli import topics
from tests.support.pages import blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clients import Result

    Check = Callable[[object], list[str]]
    """What is wrong with a value: nothing, or a line for each fault."""

TOKEN = re.compile(r'\s*(\.\.\.|"[^"]*"|[\w-]+|[{}\[\]|:,?])')
KINDS: dict[str, Callable[[object], bool]] = {
    "any": lambda value: True,
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "true": lambda value: value is True,
    "false": lambda value: value is False,
}


@dataclass
class Notation:
    """The unread rest of a type, and the types that its names refer to."""

    tokens: list[str]
    names: dict[str, Check]

    def take(self, *wanted: str) -> str | None:
        """Take the next token if it is one of these."""
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in wanted else None

    def require(self, wanted: str) -> None:
        assert self.take(wanted), f"{wanted!r} expected before {self.tokens[:5]}"

    def union(self) -> Check:
        self.take("|")
        kinds = [self.suffixed()]
        while self.take("|"):
            kinds.append(self.suffixed())
        return kinds[0] if len(kinds) == 1 else lambda value: _any_of(kinds, value)

    def suffixed(self) -> Check:
        kind = self.single()
        while self.tokens[:2] == ["[", "]"]:
            del self.tokens[:2]
            kind = _list_of(kind)
        return kind

    def single(self) -> Check:
        if self.take("{"):
            return self.mapping() if self.tokens[0] == "[" else self.object()
        token = self.tokens.pop(0)
        if token.startswith('"'):
            return lambda value: [] if value == token.strip('"') else [f"{value!r} is not {token}"]
        if token in KINDS:
            return lambda value: [] if KINDS[token](value) else [f"{value!r} is no {token}"]
        return lambda value: self.names[token](value)  # noqa: PLW0108 (a name may be described further below)

    def mapping(self) -> Check:
        self.require("[")
        self.tokens.pop(0)  # a comment for the reader
        self.require("]")
        self.require(":")
        kind = self.union()
        self.require("}")
        return lambda value: (
            [fault for key, item in value.items() for fault in _below(key, kind(item))]
            if isinstance(value, dict)
            else [f"{value!r} is no object"]
        )

    def object(self) -> Check:
        keys: dict[str, Check] = {}
        optional: set[str] = set()
        is_open = False
        while not self.take("}"):
            if self.take("..."):
                is_open = True
            else:
                key = self.tokens.pop(0).strip('"')
                if self.take("?"):
                    optional.add(key)
                self.require(":")
                keys[key] = self.union()
            self.take(",")
        return lambda value: _keys(value, keys, optional, is_open=is_open)


def _any_of(kinds: list[Check], value: object) -> list[str]:
    """Return the faults of the closest alternative."""
    return min((kind(value) for kind in kinds), key=len)


def _list_of(kind: Check) -> Check:
    return lambda value: (
        [fault for place, item in enumerate(value) for fault in _below(str(place), kind(item))]
        if isinstance(value, list)
        else [f"{value!r} is no list"]
    )


def _keys(value: object, keys: dict[str, Check], optional: set[str], *, is_open: bool) -> list[str]:
    if not isinstance(value, dict):
        return [f"{value!r} is no object"]
    faults = [f"{key} is missing" for key in keys.keys() - optional - value.keys()]
    if not is_open:
        faults += [f"{key} is not described" for key in value.keys() - keys.keys()]
    return faults + [fault for key, check in keys.items() if key in value for fault in _below(key, check(value[key]))]


def _below(key: str, faults: list[str]) -> list[str]:
    return [f"{key}: {fault}" for fault in faults]


@cache
def documents() -> dict[str, Check]:
    """Return the topic's documents by label, and its types by name."""
    code = re.sub(r" *//.*", "", "".join(blocks(topics.read("json"), "ts")))
    found: dict[str, Check] = {}
    for label, definition in re.findall(
        r"^(?:type )?(\S[^:={]*?)(?: =|:)(?: |(?=\n))(.*(?:\n[ }|].*)*)", code, re.MULTILINE
    ):
        assert label not in found, f"{label} is described twice"
        notation = Notation(TOKEN.findall(definition), found)
        assert "".join("".join(notation.tokens).split()) == "".join(definition.split()), f"{label}: unknown signs"
        found[label] = notation.union()
        assert not notation.tokens, f"{label}: what is {notation.tokens[:5]}?"
    return found


def check(result: Result, label: str | None, *, child: bool = False) -> None:
    """Check the ``--json`` output of a command against the topic; None means that it must fail.

    ``child`` is True if a program that it ran wrote to stderr before the last line.
    """
    if label is None:
        assert result.stdout == ""
    else:
        assert result.stdout, result.printed
        assert documents()[label](json.loads(result.stdout)) == []
    lines = result.stderr.splitlines()
    said = [json.loads(line) for line in (lines[-1:] if child and result.status else [] if child else lines)]
    failures = said[-1:] if result.status else []
    assert [fault for line in said[: len(said) - len(failures)] for fault in documents()["Said"](line)] == []
    assert [fault for failure in failures for fault in documents()["Failure"](failure)] == []
    assert [failure["error"]["exit"] for failure in failures] == ([result.status] if result.status else [])
