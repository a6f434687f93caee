"""The README is true: its links lead somewhere, and the picture of the house is what import-linter enforces.

``python -m tests.contracts.test_readme`` writes what is generated anew: the table of wings, the scripts of shells.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import tomllib
from typing import Any

import pytest

from devpi_cli.cli.completion import shells
from devpi_cli.cli.completion.grammar import grammar
from devpi_cli.cli.main import devpi
from tests.support.checkout import ARCHITECTURE, README, ROOT


def contracts() -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return found


def layers(contract: dict[str, Any]) -> list[list[str]]:
    """Return the names of a contract, layer by layer, each sorted."""
    return [sorted(layer.split(" | ")) for layer in contract["layers"]]


def wings() -> str:
    """Write down what every wing and module of the top is for, in its own words, and which rooms a wing has."""
    lines = ["| | what it is for | rooms |", "| --- | --- | --- |"]
    for name in (name for layer in layers(contracts()[0]) for name in layer):
        module = importlib.import_module(f"devpi_cli.{name}")
        rooms = sorted(found.name for found in pkgutil.iter_modules(getattr(module, "__path__", [])))
        what = (module.__doc__ or "").splitlines()[0].rstrip(".")
        lines.append(f"| `{name}{'/' if rooms else ''}` | {what} | {', '.join(f'`{room}`' for room in rooms)} |")
    return "\n".join([*lines, ""])


GENERATED = {"wings": (ARCHITECTURE, wings)}
SHELLS = ("bash", "zsh", "fish")


def completion(shell: str) -> str:
    """Return the script that lets a shell complete commands and options."""
    top = devpi.make_context("devpi", ["--help"], resilient_parsing=True)
    return shells.script(shell, *grammar(top))


@pytest.mark.parametrize("part", GENERATED)
def test_what_is_generated_is_current(part: str) -> None:
    page, write = GENERATED[part]
    text = page.read_text(encoding="utf-8")
    assert text.partition(f"<!-- {part}: begin -->\n")[2].partition(f"<!-- {part}: end -->\n")[0] == write()


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_for_a_shell_is_current(shell: str) -> None:
    assert (ROOT / f"completions/devpi.{shell}").read_text(encoding="utf-8") == completion(shell)


def test_every_link_within_leads_to_a_heading() -> None:
    text = README.read_text(encoding="utf-8")
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) - headings == set()


def test_the_picture_shows_every_wing_in_its_layer() -> None:
    """Between two arrows stand the wings and modules of a layer; beside ``cli/`` stand its own layers."""
    text = ARCHITECTURE.read_text(encoding="utf-8")
    picture = text.partition("<!-- picture -->")[2].partition("```\n")[2].partition("```")[0]
    _, cli, *below = re.split(r"\n +\|\n", picture)
    assert [sorted(re.findall(r"\w+", layer)) for layer in (cli.partition("/")[0], *below)] == layers(contracts()[0])
    assert [sorted(re.findall(r"\w+", layer)) for layer in cli.partition("/")[2].split(" > ")] == layers(contracts()[2])


if __name__ == "__main__":
    for part, (page, write) in GENERATED.items():
        text = page.read_text(encoding="utf-8")
        before, begin, rest = text.partition(f"<!-- {part}: begin -->\n")
        text = before + begin + write() + f"<!-- {part}: end -->\n" + rest.partition(f"<!-- {part}: end -->\n")[2]
        page.write_text(text, encoding="utf-8")
    for shell in SHELLS:
        (ROOT / f"completions/devpi.{shell}").write_text(completion(shell), encoding="utf-8")
