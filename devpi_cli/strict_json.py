"""Parse foreign JSON so strictly that it can be written again."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any, NoReturn

DEEPEST = 100
MOST_MIB = 128
SMALL = 2 * 2**20
# What Python needs for a value, besides the characters of strings: a list, an object with its first keys, an item.
LIST, OBJECT, ITEM = 64, 240, 56


class TooLarge(ValueError):
    """The value would take too much memory."""


def parsed(text: str | bytes, *, most_mib: int = MOST_MIB) -> Any:
    """Return the value of a JSON text.

    Raises ValueError for invalid JSON, for NaN and infinities, which Python would accept, and for values nested so
    deeply that they could be read but not written. Raises TooLarge for a value that could take more than ``most_mib``
    MiB of memory: three bytes of text can become seventy.
    """
    if len(text) > SMALL and _memory(text) > most_mib * 2**20:
        raise TooLarge(f"its JSON would take more than {most_mib} MiB of memory")
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    signs = ("[", "{") if isinstance(text, str) else (b"[", b"{")
    if sum(map(text.count, signs)) > DEEPEST:  # type: ignore[arg-type]  # both have the type of the text
        _check_depth(value)
    return value


def _memory(text: str | bytes) -> int:
    """Return the bytes that the text takes, and its value at most.

    The text is counted as bytes and as Python's string.
    """
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    # One character beyond the basic plane makes all others of its string four bytes wide.
    wide = 1 if content.isascii() else 4 if re.search(rb"[\xf0-\xff]", content) else 2
    strings = 4 if re.search(rb"\\u[dD][89abAB]", content) else 2 if rb"\u" in content else 1
    items = content.count(b",") + content.count(b":")
    values = LIST * content.count(b"[") + OBJECT * content.count(b"{") + ITEM * items
    return len(content) * (1 + wide + max(wide, strings)) + values


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inner(outer) if isinstance(inner, dict | list)]
    if level:
        raise ValueError("it is nested too deeply")


def _inner(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not valid JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} is too large a number")
    return number
