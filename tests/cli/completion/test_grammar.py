"""What the menu of a shell says of commands and options: what each is for, in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devpi_cli.cli.completion.grammar import _purpose, grammar
from devpi_cli.cli.main import devpi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.cli.completion.shells import Command

LONGEST = 100


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Show all versions.", "Show all versions"),
        ("Port of the server. [3141, or the next free one]", "Port of the server"),
        ("Only these indexes. Comma-separated, repeatable.", "Only these indexes"),
        ("Only for this Python, such as 3.11.", "Only for this Python, such as 3.11"),
        ("Index to show, as NAME or URL. [the one in use]", "Index to show, as NAME or URL"),
        ("Summary.\n\nAnd more.", "Summary"),
        (f"Allow only these: {', '.join(['upload'] * 20)}. Repeatable.", "Allow only these"),
        ("", ""),
    ],
)
def test_the_purpose_is_the_first_sentence(text: str, said: str) -> None:
    assert _purpose(text) == said


def descriptions(command: Command, path: str = "devpi") -> Iterator[tuple[str, str]]:
    for option in command.options:
        yield f"{path} {option.names[0]}", option.summary
    for sub in command.commands:
        yield f"{path} {sub.name}", sub.summary
        yield from descriptions(sub, f"{path} {sub.name}")


def test_every_option_and_command_has_one() -> None:
    top, everywhere = grammar(devpi.make_context("devpi", ["--help"], resilient_parsing=True))
    found = dict(descriptions(top)) | {option.names[0]: option.summary for option in everywhere}
    assert len(found) > 300
    wrong = [
        f"{name}: {text}"
        for name, text in found.items()
        if not text or text.endswith(".") or "[" in text or len(text) > LONGEST or not text[0].isupper()
    ]
    assert wrong == []
