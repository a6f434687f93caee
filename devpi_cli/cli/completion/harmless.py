"""Decide which values may be offered to a shell.

Values come from servers, from a project's tox.ini, from .pypirc and from plugins. A shell may insert one unquoted, and
then a key runs the line: so a value with any character that could be special to a shell is not offered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
NAMES = LETTERS | frozenset("._-+@/")
WORDS = NAMES | frozenset("=:,")
TYPED = WORDS | frozenset("<>!~")
"""In what is typed, operators such as ``>=`` can stand, which the user has quoted."""
FIRST = LETTERS | frozenset("._/")
"""A first character that makes no option of a word, nor one that zsh or PowerShell replaces."""


def harmless(values: Iterable[str], current: str) -> list[str]:
    """Return the values that begin with ``current`` and are harmless.

    They mean nothing to a shell but themselves.
    """
    current = current.strip("'\"")
    return [value for value in values if value.startswith(current) and _is_harmless(value, len(current))]


def _is_harmless(value: str, typed: int) -> bool:
    """Return True if the rest of a value, after what is typed, is harmless.

    ``typed`` is the number of characters.
    """
    is_safe = TYPED.issuperset(value[:typed]) and WORDS.issuperset(value[typed:])
    return is_safe and (typed > 0 or value[:1] in FIRST)
