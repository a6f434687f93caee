from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import WrongUsage
from devpi_cli.installers.variables import assignment, default_shell, github_mask

if TYPE_CHECKING:
    from pathlib import Path

NASTY = [
    "", "https://user:p%40ss@host/alice/dev/+simple/", "two words", "it's", "''", '"quoted"', "$HOME ${HOME} $(id)",
    "`id`", "back\\slash\\", "\\'", "a\nb\n", "semi; colon & | > <", "* ? [a] ~", "-n", "!!", "%PATH%", "(id)", "#no",
    "\u2018typo\u2019 \u201agraphic\u201b", "ü \U0001f40d", "name=value", "x<<EOF", "tab\there",
]  # fmt: skip


@pytest.mark.parametrize("shell", ["bash", "sh", "fish"])
def test_a_shell_gets_every_value_as_it_is_and_runs_nothing_of_it(shell: str, tmp_path: Path) -> None:
    language = "fish" if shell == "fish" else "bash"
    lines = [assignment(language, f"V{place}", value) for place, value in enumerate(NASTY)]
    names = " ".join(f'"$V{place}"' for place in range(len(NASTY)))
    script = f"eval \"$1\"\nprintf '%s\\0' {names}" if shell != "fish" else (
        f"eval $argv[1]\nprintf '%s\\0' {names}"
    )  # fmt: skip
    name = [] if shell == "fish" else [shell]
    done = subprocess.run(
        [shell, "-c", script, *name, "\n".join(lines)],
        capture_output=True, text=True, check=True, cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert (done.stdout.split("\0")[:-1], done.stderr) == (NASTY, "")


def as_powershell_reads(line: str) -> tuple[str, str]:
    """Read an assignment of a literal: any single quote begins it, two of them are one, another one ends it."""
    quotes = "'\u2018\u2019\u201a\u201b"
    name, literal = re.fullmatch(rf"\$Env:(\w+) = ([{quotes}].*)", line, re.DOTALL).groups()  # type: ignore[union-attr]
    value, rest = "", literal[1:]
    while rest[0] not in quotes or (len(rest) > 1 and rest[1] in quotes):
        value += rest[0]
        rest = rest[2:] if rest[0] in quotes else rest[1:]
    assert len(rest) == 1, f"what follows the literal would be run: {rest!r}"
    return name, value


def as_github_reads(text: str) -> dict[str, str]:
    """Read the file that GITHUB_ENV names as the runner does: NAME=VALUE, or NAME<<END, lines, END."""
    found, lines = {}, iter(text.split("\n"))
    for line in lines:
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            found[line[:equals]] = line[equals + 1 :]
        elif heredoc >= 0:
            content = []
            for inner in lines:
                if inner == line[heredoc + 2 :]:
                    break
                content.append(inner)
            found[line[:heredoc]] = "\n".join(content)
    return found


def test_powershell_reads_every_value_as_it_is() -> None:
    assert [as_powershell_reads(assignment("powershell", "V", value)) for value in NASTY] == [
        ("V", value) for value in NASTY
    ]


def test_github_reads_every_value_as_it_is() -> None:
    text = "\n".join(assignment("github", f"V{place}", value) for place, value in enumerate(NASTY))
    assert list(as_github_reads(text).values()) == NASTY


@pytest.mark.parametrize("value", NASTY)
def test_gitlab_reads_a_value_as_it_is_or_is_not_told(value: str) -> None:
    if not re.search(r"\s", value):
        assert assignment("gitlab", "V", value) == f"V={value}"
        return
    with pytest.raises(WrongUsage) as failure:
        assignment("gitlab", "V", value)
    assert failure.value.message == "V contains whitespace, which a GitLab dotenv report cannot hold"


@pytest.mark.parametrize(("secret", "line"), [
    ("abc-12_3", "::add-mask::abc-12_3"), ("p%40ss", "::add-mask::p%2540ss"), ("a\r\nb", "::add-mask::a%0D%0Ab"),
])  # fmt: skip
def test_a_mask_is_one_command_for_github(secret: str, line: str) -> None:
    assert github_mask(secret) == line


@pytest.mark.parametrize(("program", "shell"), [
    ("/bin/bash", "bash"), ("/usr/bin/zsh", "bash"), ("/bin/sh", "bash"), ("/usr/bin/fish", "fish"),
    ("/usr/bin/pwsh", "powershell"), ("pwsh.exe", "powershell"), ("", "bash"), (None, "bash"),
])  # fmt: skip
def test_the_shell_that_somebody_uses(program: str | None, shell: str) -> None:
    assert default_shell(program) == shell
