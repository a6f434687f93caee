"""Every message of the program has one form, is plain English, and names only commands and options that exist.

The texts are read from the code (``messages.py``). ``MESSAGES_PAGE=FILE`` keeps all of them as one page, to be read.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import pytest

from devpi_cli.cli import main, topics
from tests.contracts.messages import SAID, Message, collected, page

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = collected()
PLACEHOLDER = re.compile(r"\{(?:[^{}]|\{[^{}]*\})*\}")
# What may begin a message with a capital: names, and what devpi-client says in the same words.
NAMES = re.compile(r"[A-Z]{2,}|Python|PowerShell|PostgreSQL")
OF_DEVPI_CLIENT = ("Are you sure", "NO configuration found", "The --formats option is deprecated", "The {name} format")
# What click says, which main.py brings into our form: small, without the full stop, what to do on a line of its own.
OF_CLICK = (
    "Missing command.",
    "No such command ",
    "{number} is not in the range ",
    "it is empty: is a variable not set?",
)
# What devpi-server says, which a dry run repeats in the same words before messages.py makes them ours.
OF_SERVER = (
    *("Default values can't be removed.", "The '{key}' setting doesn't have value", "Unknown boolean value"),
    "the 'type' of an index can't be changed",
    *("Unknown value", "'mirror_url' option must be a URL."),
)
# What is not plain English, or not said by anybody who works with packages, and what to say instead.
BANNED = {
    r"\bplease\b": "say what to do",
    r"\bwhom\b": "who",
    r"\bwhereof|thereof|whence\b": "of which",
    r"\bno time\b": "'x' is not a time",
    r"(?<!there )\bis no (?!longer\b)": "is not a",
    r"(?<!there )\bare no (?!longer\b)": "are not",
    r"\bha(s|ve) to (be|begin|end|name|answer)\b": "must",
    r"\bgoes? with\b(?! --)": "works only with, cannot be combined with",
    r"\b(is|are) for --": "works only with",
    r"\banew\b": "again",
    r"\bheard\b": "read, respected",
    r"\bis (said|told|spoken)\b": "is reported",
    r"\blooked into\b": "read",
    r"\bnot understood\b": "is invalid",
    r"\bperhaps\b|\bmaybe\b": "say when",
    r"^(which|whose|for which|what) [^:]*\?": "say what is missing, and how to name it",
    r"\bsorry\b|\boops\b|!$": "say what happened",
    r"\b(can't|won't|doesn't|isn't)\b": "cannot, does not",
    r"\binput/output\b": "standard output",
    r"\bvia\b|\be\.g\.|\bi\.e\.": "through, such as",
    r"\bsuccessful(ly)?\b": "leave it out",
    r"\bas well\b": "too",
}
OUR_OWN_WORDS = tuple(
    message for message in ALL if not message.text.startswith((*OF_DEVPI_CLIENT, *OF_CLICK, *OF_SERVER))
)


class Rule(NamedTuple):
    """What messages of some kinds must not be."""

    kinds: tuple[str, ...]
    is_broken: Callable[[str], object]


def _begins_large(text: str) -> bool:
    return text[:1].isupper() and not NAMES.match(text)


RULES = {
    "a message has no full stop at its end": Rule(SAID, lambda text: text.endswith(".")),
    "a message begins small, unless with a name": Rule(tuple({*SAID} - {"question", "confirmation"}), _begins_large),
    "a message has no blanks at its ends": Rule(
        ("error", "hint", "warning", "note"), lambda text: text != text.strip()
    ),
    "an error is a statement": Rule(("error",), lambda text: text.endswith("?")),
    "a message does not shout": Rule(SAID, lambda text: "!" in PLACEHOLDER.sub("", text)),
    "a question for a text ends with a colon": Rule(("question",), lambda text: not text.endswith((":", "{question}"))),
    "a confirmation is a question": Rule(("confirmation",), lambda text: not text.endswith("?")),
    "help begins large": Rule(("help",), lambda text: not (text[:1].isupper() or text[:1] in "[3")),
    "help ends with a full stop, or with the default": Rule(
        ("help",), lambda text: not re.search(r"[.\]}]$", text.strip())
    ),
    "help is not cut": Rule(("help",), lambda text: "…" in text or "..." in text.replace("...]", "")),
    "a purpose is a part of a sentence": Rule(("purpose",), lambda text: text.endswith(".") or text[:1].isupper()),
}


def told(broken: list[Message]) -> str:
    return "\n".join(map(str, broken))


def test_all_messages_are_on_one_page(tmp_path: Path) -> None:
    path = Path(os.environ.get("MESSAGES_PAGE", tmp_path / "messages.txt"))
    path.write_text(page(), encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    assert all(f"## {module}\n" in text for module in {message.module for message in ALL})
    numbers = {kind: sum(1 for message in ALL if message.kind == kind) for kind in ("error", "hint", "warning", "help")}
    assert numbers["error"] > 400
    assert numbers["hint"] > 150
    assert numbers["warning"] > 40
    assert numbers["help"] > 250


@pytest.mark.parametrize("name", RULES)
def test_messages_have_one_form(name: str) -> None:
    rule = RULES[name]
    broken = [each for each in OUR_OWN_WORDS if each.kind in rule.kinds and rule.is_broken(each.text)]
    assert not broken, told(broken)


@pytest.mark.parametrize("pattern", BANNED)
def test_messages_are_plain_english(pattern: str) -> None:
    """Also help texts, and parts of sentences."""
    spoken = [each for each in OUR_OWN_WORDS if each.kind != "debug" and not each.module.startswith("cli/completion/")]
    broken = [each for each in spoken if re.search(pattern, PLACEHOLDER.sub("X", each.text), re.IGNORECASE)]
    assert not broken, f"say: {BANNED[pattern]}\n{told(broken)}"


def test_summaries_are_sentences() -> None:
    summaries = {**main.COMMANDS, **topics.TOPICS}
    assert [text for text in summaries.values() if not re.fullmatch(r"[A-Z].*[^.…]\.", text)] == []


# -- the commands that messages name

QUOTED = re.compile(r"'(devpi(?: [^']*|))'")
BARE = re.compile(rf"(?<!current )(?<!of )\bdevpi (?:{'|'.join(main.COMMANDS)})\b(?! index:)")
A_SERVER = re.compile(r"\b(a|no) devpi server\b")
# Whole lines to type, which others put into quotes or print on lines of their own.
LINES = ("cli/commands/why.py", "cli/pages.py", "cli/commands/quickstart.py", "cli/commands/completion.py")
WHOLE = re.compile(r"devpi [a-z]+ .*")


def named() -> dict[str, Message]:
    """Return the command lines in quotes, with what is only known later as one word, and the first message of each."""
    found: dict[str, Message] = {}
    for message in ALL:
        if message.kind != "epilog":
            for line in QUOTED.findall(PLACEHOLDER.sub("X", message.text)):
                for part in line.split(" && "):
                    found.setdefault(" ".join(part.split()), message)
    return found


def tree() -> click.Command:
    return main.devpi


def problem(line: str) -> str:
    """Return what click says against a command line, without running it; empty for nothing."""
    command, words = tree(), shlex.split(line)[1:]
    if words in ([], ["COMMAND", "--help"], ["help", "TOPIC"], ["help", "COMMAND"], ["--help"], ["--version"]):
        return ""
    context = click.Context(command, info_name="devpi")
    while isinstance(command, click.Group):
        if not words or words[0] == "X":
            return ""
        try:
            _, found, words = command.resolve_command(context, words)
        except click.ClickException as error:
            return error.format_message()
        assert found is not None
        command, context = found, click.Context(found, parent=context, info_name=found.name)
    try:
        values, extra, _ = command.make_parser(context).parse_args(words)
    except click.ClickException as error:
        return error.format_message()
    missing = [
        param.human_readable_name
        for param in command.params
        if isinstance(param, click.Argument)
        and param.required
        and not isinstance(values.get(param.name or ""), str | tuple)
    ]
    return " ".join([*(f"extra: {word}" for word in extra), *(f"missing: {name}" for name in missing)])


def test_the_check_finds_what_is_wrong() -> None:
    assert problem("devpi nosuch") == "No such command 'nosuch'."
    assert problem("devpi list --nosuch") == "No such option '--nosuch'."
    assert problem("devpi token nosuch") == "No such command 'nosuch'."
    assert problem("devpi whoami X") == "extra: X"
    assert problem("devpi wait") == "missing: NAME==VERSION"
    assert problem("devpi use URL --client-cert FILE") == ""


def test_the_commands_that_messages_name_exist() -> None:
    lines = named()
    assert len(lines) > 60
    broken = {line: f"{told([message])}: {what}" for line, message in lines.items() if (what := problem(line))}
    assert not broken, "\n".join(broken.values())


def test_topics_that_messages_name_exist() -> None:
    topic = re.compile(r"'devpi help ([a-z-]+)'")
    found = {name: message for message in ALL for name in topic.findall(message.text)}
    assert [str(found[name]) for name in found if name not in (*topics.TOPICS, *main.COMMANDS)] == []


def test_commands_stand_in_quotes() -> None:
    """So that it is seen where a line to type begins and ends."""
    kinds = (*SAID, "text")
    unquoted = [
        each
        for each in ALL
        if each.kind in kinds
        and not each.module.startswith(("cli/completion/", *LINES))
        and not (each.kind == "text" and WHOLE.fullmatch(each.text))
        and BARE.search(A_SERVER.sub("", QUOTED.sub("", PLACEHOLDER.sub("X", each.text))))
    ]
    assert not unquoted, told(unquoted)
