"""Strict JSON: what is accepted and what is refused."""

from __future__ import annotations

import pytest

from devpi_cli.strict_json import parsed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, null]}', {"a": [1, 2.5, None]}),
        (b'\xef\xbb\xbf"x"', "x"),
        ("[" * 100 + "]" * 100, None),
        ("[" + "[[]]," * 500 + "0]", None),
    ],
)
def test_json_is_read(text: str | bytes, value: object) -> None:
    assert parsed(text) == value or value is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("NaN", "NaN is not valid JSON"),
        ("[-Infinity]", "-Infinity is not valid JSON"),
        ("1e999", "1e999 is too large a number"),
        ("[" * 102 + "]" * 102, "it is nested too deeply"),
        ('{"a":' * 300 + "0" + "}" * 300, "it is nested too deeply"),
        (b"[" * 100_000, "it is nested too deeply"),
    ],
)
def test_what_could_not_be_written_again_is_refused(text: str | bytes, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        parsed(text)
