"""The topics of ``devpi help`` are correct: all commands, options, variables and link targets in them exist.

``python -m tests.contracts.test_help`` regenerates the reference from the ``--help`` of every command.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import click
import pytest

from devpi_cli.auth.environment import INDEX, PASSWORD, TOKEN, USER
from devpi_cli.cli import topics
from devpi_cli.cli.app import App
from devpi_cli.cli.completion.values import INDEX_KEYS
from devpi_cli.cli.main import COMMANDS, devpi
from tests.support.dists import put
from tests.support.pages import blocks, headings, prose, section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.clients import Member

PAGES = {name: topics.read(name) for name in topics.TOPICS}
REFERENCE = topics.FOLDER / "reference.md"
INTRODUCTION = """\
# All commands and options

This is what `devpi COMMAND --help` shows, without explanations and examples.
"""


# -- the reference


def reference() -> str:
    """Write down every command with its options, as ``--help`` has them."""
    top = root()
    parts = [INTRODUCTION, _options("Options that every command takes, before or after its name", devpi, top)]
    for name in COMMANDS:
        command = devpi.resolve_command(top, [name])[1]
        assert command is not None
        parts.append(_command(command, click.Context(command, info_name=name, parent=top)))
    return "\n".join(parts)


def root() -> click.Context:
    return devpi.make_context("devpi", ["--help"], resilient_parsing=True)


def _command(command: click.Command, context: click.Context) -> str:
    summary = (command.help or "").split("\n\n")[0]
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    if isinstance(command, click.Group):
        below = [
            _command(sub, click.Context(sub, info_name=name, parent=context)) for name, sub in command.commands.items()
        ]
        return "\n".join([f"## `{usage}`\n\n{summary}\n", *below])
    return _options(f"`{usage}`", command, context, summary)


def _options(title: str, command: click.Command, context: click.Context, summary: str = "") -> str:
    generic = {name for option in devpi.params for name in option.opts} if command is not devpi else set()
    rows = [
        f"- `{names}`: {what}"
        for option in command.params
        if isinstance(option, click.Option) and not generic & set(option.opts)
        for names, what in [option.get_help_record(context) or ("", "")]
    ]
    return "\n".join([f"## {title}", "", *([summary, ""] if summary else []), *([*rows, ""] if rows else [])])


def test_the_reference_is_current() -> None:
    assert PAGES["reference"] == reference()


# -- what stands in the topics exists


def test_every_topic_has_a_page_and_every_page_is_a_topic() -> None:
    assert sorted(topics.TOPICS) == sorted(path.stem for path in topics.FOLDER.glob("*.md"))
    assert [len(headings(page, 1)) for page in PAGES.values()] == [1] * len(PAGES)


@pytest.mark.parametrize("topic", sorted(topics.TOPICS.keys() - {"reference"}))
def test_a_page_fits_a_terminal_of_80_columns(topic: str) -> None:
    """Prose is wrapped for those who read it in a pipe; code gets four blanks on a terminal."""
    page = PAGES[topic]
    code = "\n".join(blocks(page, *re.findall(r"^```(\w+)$", page, re.MULTILINE))).splitlines()
    assert [line for line in prose(page).splitlines() if len(line) > 79] == []
    assert [line for line in code if len(line) > 76] == []


def lines_of_shell(page: str) -> Iterator[str]:
    """Return the lines of code that a shell would run; in a transcript those after the prompt."""
    for block in blocks(page, "sh", "yaml", "groovy"):
        yield from block.replace("\\\n", "").splitlines()
    for block in blocks(page, "console"):
        yield from (line for line in block.splitlines() if line.startswith("$ "))


def typed(line: str) -> Iterator[list[str]]:
    """Return the words behind every ``devpi`` in a line of shell, each up to what ends a command there."""
    code = re.sub(r"(^|\s)#\s.*", "", line)
    for found in re.finditer(r"(?<![\w./-])devpi (?=\S)", code):
        lexer = shlex.shlex(code[found.end() :], posix=True, punctuation_chars=True)
        lexer.whitespace_split, lexer.commenters = True, ""
        words = []
        while (word := lexer.get_token()) is not None and not set(word) <= set("();<>|&"):
            words.append(word)
        yield [*words, *(["demo"] if "xargs" in code else [])]


def parse(words: list[str]) -> None:
    """Let click read a command line as far as it can without running it. Raises UsageError for what it refuses."""
    context = root()
    context.obj, context.resilient_parsing = App(), False
    left = devpi.make_parser(context).parse_args(list(words))[1]
    command: click.Command = devpi
    while left and isinstance(command, click.Group):
        name, found, left = command.resolve_command(context, left)
        command = cast("click.Command", found)
        if isinstance(command, click.Group):
            context = click.Context(command, info_name=name, parent=context)
            left = command.make_parser(context).parse_args(left)[1]
        else:
            try:
                command.make_context(name, [word for word in left if word != "--help"], parent=context)
            except click.BadParameter as error:
                if not (error.param and isinstance(error.param.type, click.Path)):  # files of the reader
                    raise


@pytest.mark.parametrize("topic", topics.TOPICS)
def test_every_command_line_in_code_can_be_typed(topic: str) -> None:
    for line in lines_of_shell(PAGES[topic]):
        for words in typed(line):
            parse(words)


@pytest.mark.parametrize("line", ["devpi lits", "x && devpi list --ind demo", "devpi env --shell cmd", "devpi push"])
def test_a_wrong_command_line_would_be_noticed(line: str) -> None:
    [words] = typed(line)
    with pytest.raises(click.UsageError):
        parse(words)


def quoted(page: str) -> list[str]:
    """Return what stands between backticks in prose, with its words on one line."""
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose(page))]


@pytest.mark.parametrize("topic", sorted(topics.TOPICS.keys() - {"reference"}))
def test_every_command_in_prose_exists(topic: str) -> None:
    for span in quoted(PAGES[topic]):
        words = span.split()
        if words[0] == "devpi" and words[1:] and not words[1].isupper():
            with suppress(click.MissingParameter):  # a command is named, not typed
                parse(shlex.split(span)[1:])


@pytest.mark.parametrize("topic", topics.TOPICS)
def test_every_link_leads_to_a_topic_or_a_command(topic: str) -> None:
    text = " ".join(PAGES[topic].split())
    linked = re.findall(r"devpi help ([a-z-]+)", text)
    known = {*topics.TOPICS, *COMMANDS, *(["salute"] if topic == "plugins" else [])}
    assert set(linked) - known == set()
    assert re.findall(r"\]\((?!https://)", text) == []  # on a terminal nothing can be followed but a web address


def test_a_topic_that_is_a_command_too_says_how_to_get_its_help() -> None:
    for name in topics.TOPICS.keys() & COMMANDS.keys():
        assert f"`devpi {name} --help`" in PAGES[name]


def commands() -> Iterator[tuple[list[str], click.Command]]:
    """Return devpi and all its commands, each with the words that are typed for it."""
    yield [], devpi
    for name in COMMANDS:
        command = devpi.resolve_command(root(), [name])[1]
        assert command is not None
        yield [name], command
        if isinstance(command, click.Group):
            yield from (([name, sub], found) for sub, found in command.commands.items())


OPTIONS = {
    name for _, command in commands() for param in command.params for name in (*param.opts, *param.secondary_opts)
}
# Those of pip, uv, twine and devpi-server.
OF_OTHERS = {
    *("--user", "--pre", "--no-cache-dir", "--index-url", "--no-deps", "--strict", "--refresh", "--with"),
    *("--outside-url", "--restrict-modify", "--enable-core-metadata", "--mirror-cache-expiry"),
}
VARIABLES = {
    *(INDEX, USER, PASSWORD, TOKEN),
    "DEVPI_CLI",  # of the recipes
    *(str(param.envvar) for _, command in commands() for param in command.params if param.envvar),
    *(
        "_".join(["DEVPI", *words, str(param.name)]).upper()
        for words, command in commands()
        for param in command.params
        if isinstance(param, click.Option)
    ),
}


@pytest.mark.parametrize("topic", topics.TOPICS)
def test_every_option_and_variable_that_is_named_exists(topic: str) -> None:
    spans = " ".join(quoted(PAGES[topic]))
    assert set(re.findall(r"(?<!\S)--[a-z][a-z-]*", spans)) - OPTIONS - OF_OTHERS - {"--help"} == set()
    assert set(re.findall(r"\bDEVPI_[A-Z_]*[A-Z]\b", PAGES[topic])) - VARIABLES == set()


def test_the_commands_with_a_dry_run_are_named() -> None:
    sentence = re.search(r"`--dry-run`, is understood by ([^.]*)\.", PAGES["reliability"])
    assert sentence
    with_it = [" ".join(words) for words, command in commands() if any("--dry-run" in p.opts for p in command.params)]
    assert re.findall(r"`(.*?)`", " ".join(sentence[1].split())) == with_it


def test_every_exit_status_is_named() -> None:
    from devpi_cli import errors

    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DevpiError)]
    rows = re.findall(r"^\| (\d+) ", section(PAGES["reliability"], "Exit status"), re.MULTILINE)
    assert [int(status) for status in rows] == [0, *sorted({kind.exit_status for kind in kinds})]


# -- what stands there of indexes is what devpi-server does

KEYS = """
import json
from devpi_server.mirror import MirrorStage
from devpi_server.model import PrivateStage
def keys(kind):
    stage = kind.__new__(kind)
    stage.username = "alice"
    return sorted(stage.get_possible_indexconfig_keys())
print(json.dumps([keys(PrivateStage), keys(MirrorStage)]))
"""


def test_every_setting_of_an_index_is_explained_and_completes() -> None:
    done = subprocess.run([sys.executable, "-c", KEYS], capture_output=True, text=True, check=True)
    stage, mirror = json.loads(done.stdout)

    def explained(*titles: str) -> list[str]:
        return sorted(
            key
            for title in titles
            for line in headings(section(PAGES["indexes"], title), 3)
            for key in line.split(", ")
        )

    every = "Settings of every index"
    assert explained(every, "Settings of a stage") == sorted(["type", *stage])
    assert explained(every, "Settings of a mirror") == sorted(["type", *mirror])
    assert set(INDEX_KEYS) == {"type", *stage, *mirror}


@pytest.fixture
def versions(member: Member) -> Callable[[str], list[str]]:
    """Tell which versions of ``requests`` an index shows: a mirror has 1.0 and 9.0, ``team`` on top of it 1.0."""
    server, user = member.server, member.user
    for version in ("1.0", "9.0"):
        put(server, member.index, version, "requests")
    server.create_index(f"{user}/pypi", {"type": "mirror", "mirror_url": f"{member.index_url}/+simple/"})
    server.create_index(f"{user}/team", {"bases": f"{user}/pypi"})
    server.create_index(f"{user}/top", {"bases": f"{user}/team"})
    put(server, f"{user}/team", "1.0", "requests")
    return lambda index: sorted(release.version for release in server.releases(f"{user}/{index}", "requests"))


@pytest.mark.parametrize(("of_team", "of_top", "inheritance", "team", "top"), [
    ("", "", "intersection", ["1.0"], ["1.0"]),
    ("requests", "", "intersection", ["1.0", "9.0"], ["1.0"]),
    ("requests", "", "union", ["1.0", "9.0"], ["1.0", "9.0"]),
    ("", "requests", "intersection", ["1.0"], ["1.0", "9.0"]),
    ("", "*", "intersection", ["1.0"], ["1.0", "9.0"]),
])  # fmt: skip
def test_whose_whitelist_counts(
    member: Member,
    versions: Callable[[str], list[str]],
    of_team: str,
    of_top: str,
    inheritance: str,
    team: list[str],
    top: list[str],
) -> None:
    """As the topic says of ``mirror_whitelist`` and ``mirror_whitelist_inheritance``."""
    member.ok("index", "team", f"mirror_whitelist={of_team}")
    member.ok("index", "top", f"mirror_whitelist={of_top}", f"mirror_whitelist_inheritance={inheritance}")
    assert (versions("team"), versions("top")) == (team, top)


def test_an_index_with_a_base_that_is_gone_cannot_be_changed_until_bases_are_set(member: Member) -> None:
    member.ok("index", "-c", "gone", "bases=")
    member.ok("index", "-c", "top", f"bases={member.user}/gone,{member.index}")
    member("index", "-y", "--delete", "gone")
    assert member.fails("index", "top", "title=x")[1].endswith(f"base index '{member.user}/gone' does not exist\n")
    member.ok("index", "top", f"bases={member.index}")
    member.ok("index", "top", "title=x")


def test_an_owner_who_is_not_on_the_list_may_remove_but_not_upload(member: Member, wheel: Path) -> None:
    member.ok("upload", wheel)
    member.ok("index", "dev", "acl_upload=bob")
    assert member.fails("upload", wheel)[0] == 3
    assert member("remove", "-y", "demo").status == 0


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")
