"""JSON that comes from elsewhere, read so strictly that it can be written again."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, NoReturn

DEEPEST = 100


def parsed(text: str | bytes) -> Any:
    """Return what a JSON text says.

    Raises ValueError for what is no JSON: also for NaN and infinities, which Python would read, and for what is nested
    so deeply that it could be read and not be shown.
    """
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    signs = ("[", "{") if isinstance(text, str) else (b"[", b"{")
    if sum(map(text.count, signs)) > DEEPEST:  # type: ignore[arg-type]  # both are of the text's kind
        _check_depth(value)
    return value


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inner(outer) if isinstance(inner, dict | list)]
    if level:
        raise ValueError("it is nested too deeply")


def _inner(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} is too large a number")
    return number
