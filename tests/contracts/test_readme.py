"""The README and the generated files are up to date.

``python -m tests.contracts.test_readme`` regenerates them: the table of wings, the scripts for the shells, the output
of the commands in the README, and its picture.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from devpi_cli import errors
from devpi_cli.cli.completion import shells
from devpi_cli.cli.completion.grammar import grammar
from devpi_cli.cli.main import devpi
from tests.contracts.test_recipes import GITHUB_SHELL, Job, expanded
from tests.support.checkout import ARCHITECTURE, FIGURES, PICTURE, README, ROOT
from tests.support.clients import make_member
from tests.support.console import Console, draw
from tests.support.dists import make_project
from tests.support.servers import running_server
from tests.support.terminal import program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clients import Member
    from tests.support.servers import Live

MOST_BYTES = 9_000
SHELLS = ("bash", "zsh", "fish")
SESSION = "<!-- session -->\n```console\n"
ANYTHING = "…"
PICTURED = (
    "devpi upload --skip-existing",
    "devpi upload --skip-existing dist/*",
    "devpi push demo==1.0 prod",
    "devpi list --index alice/prdo; echo exit status $?",
    "devpi remove -n 'demo<2'",
)


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


def completion(shell: str) -> str:
    """Return the script that lets a shell complete commands and options."""
    top = devpi.make_context("devpi", ["--help"], resilient_parsing=True)
    return shells.script(shell, *grammar(top))


# -- generated


def in_page(page: Path, begin: str, end: str) -> str:
    """Return what stands in a page between two marks."""
    return page.read_text(encoding="utf-8").partition(begin)[2].partition(end)[0]


def put_in_page(page: Path, begin: str, end: str, text: str) -> None:
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    page.write_text(before + begin + text + end + rest.partition(end)[2], encoding="utf-8")


WINGS = ("<!-- wings: begin -->\n", "<!-- wings: end -->\n")


def test_the_table_of_wings_is_current() -> None:
    assert in_page(ARCHITECTURE, *WINGS) == wings()


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_for_a_shell_is_current(shell: str) -> None:
    assert (ROOT / f"completions/devpi.{shell}").read_text(encoding="utf-8") == completion(shell)


# -- the README


def text_of_readme() -> str:
    return README.read_text(encoding="utf-8")


def test_it_is_short() -> None:
    assert len(README.read_bytes()) <= MOST_BYTES


def test_every_link_leads_somewhere() -> None:
    text = text_of_readme()
    links = re.findall(r"\]\(([^)]*)\)", text)
    headings = {f"#{heading.lower().replace(' ', '-')}" for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    nowhere = [link for link in links if not (link in headings or link[:8] == "https://" or (ROOT / link).is_file())]
    assert nowhere == []


def test_it_is_installed_from_a_checkout_with_extras_that_there_are() -> None:
    text = text_of_readme()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert re.findall(r"(?:pip|pipx|tool) install '?devpi-cli.*", text) == []  # it is not on PyPI
    assert set(re.findall(r"\w+", " ".join(re.findall(r"'\.\[(.*?)\]'", text)))) == {*project["optional-dependencies"]}
    assert re.findall(r"needs Python ([\d.]+) or newer", text) == [project["requires-python"].removeprefix(">=")]


def test_the_exit_statuses_are_those_of_the_failures() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DevpiError)]
    table = {int(status) for status in re.findall(r"^\| (\d+) \|", text_of_readme(), re.MULTILINE)}
    assert table == {0, *(kind.exit_status for kind in kinds)}


def test_its_figures_are_among_those_that_were_measured() -> None:
    def seconds(figure: str) -> str:
        number, unit = figure.split()
        return f"{int(number) / 1000:.1f} s" if unit == "ms" else figure

    both = re.findall(r" (\d+ \w+) \| devpi-client \| (\d+ \w+) \|", FIGURES.read_text(encoding="utf-8"))
    measured = {(seconds(ours), seconds(theirs)) for ours, theirs in both}
    rows = set(re.findall(r"^  \| .* \| (\d.*?) \| (\d.*?) \|$", text_of_readme(), re.MULTILINE))
    assert len(rows) == 3
    assert rows - measured == set()


def session() -> list[tuple[str, list[str]]]:
    """Return the commands of "Five minutes", each with the lines that it prints."""
    pieces = re.split(r"^\$ (.*)\n", in_page(README, SESSION, "```"), flags=re.MULTILINE)
    return [(command, lines.splitlines()) for command, lines in zip(pieces[1::2], pieces[2::2], strict=True)]


def fits(printed: list[str], lines: list[str]) -> bool:
    """Tell whether lines are as printed, where ``…`` stands for any."""
    pattern = "\n".join(".*" if line == ANYTHING else re.escape(line) for line in printed)
    return bool(re.fullmatch(pattern, "\n".join(lines), re.DOTALL))


def console_of_alice(folder: Path, **env: str) -> Console:
    """Return the terminal of somebody who has installed devpi-cli, in the folder of a project."""
    program(folder / "bin")
    home = folder / "alice"
    home.mkdir(exist_ok=True)
    project = make_project(home / "demo", "demo")
    env = {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "HOME": str(home),
        "LOGNAME": "alice",
        "LANG": "C.UTF-8",
        "PYTHON_KEYRING_BACKEND": os.environ["PYTHON_KEYRING_BACKEND"],
        # Nothing is asked outside of this machine: if it were, this would not answer.
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
        **env,
    }
    return Console(project, env, {sys.executable: "/home/alice/.venv/bin/python", str(home): "/home/alice"})


@contextmanager
def with_server_of_ones_own(console: Console) -> Iterator[Console]:
    """Whatever becomes of a session, its server does not go on."""
    try:
        yield console
    finally:
        console.type("devpi server stop; true")


def typed_anew(folder: Path) -> list[tuple[str, list[str]]]:
    """Type the commands of "Five minutes" in an empty environment; what still fits is returned as it is printed."""
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    path = f"{folder / 'bin'}:{venv / 'bin'}:{os.environ['PATH']}"
    with with_server_of_ones_own(console_of_alice(folder, VIRTUAL_ENV=str(venv), PATH=path)) as console:
        typed = [(command, printed, console.type(command)) for command, printed in session()]
    return [(command, printed if fits(printed, lines) else lines) for command, printed, lines in typed]


def test_five_minutes(tmp_path: Path) -> None:
    assert typed_anew(tmp_path) == session()


def drawn_anew(folder: Path, server: Live) -> str:
    """Type the commands of the picture, and draw it."""
    member = make_member(server, folder, "alice")
    member.server.create_index("alice/prod", {"bases": "", "volatile": False})
    console = console_of_alice(folder, FORCE_COLOR="1")
    return draw("devpi", {command: console.type(command) for command in PICTURED})


def test_the_picture_is_what_a_terminal_shows(tmp_path: Path, own_server: Live) -> None:
    assert PICTURE.read_text(encoding="utf-8") == drawn_anew(tmp_path, own_server)


def test_the_job_in_ci(member: Member, tmp_path: Path) -> None:
    """Its steps are run as they are printed, but for those that GitHub or pip would do outside of this machine."""
    workflow = yaml.safe_load(in_page(README, "<!-- job -->\n```yaml\n", "```"))
    job = Job(member, tmp_path)
    make_project(job.checkout, "sample-project")
    job.variables |= {
        name: expanded(value, job.variables) for name, value in workflow["jobs"]["publish"]["env"].items()
    }
    job.variables |= {"DEVPI_INDEX": member.index_url, "DEVPI_USER": member.user}
    job.variables |= {"GITHUB_ENV": str(tmp_path / "github_env"), "GITHUB_REPOSITORY": "alice/sample-project"}
    install, *steps = [step["run"] for step in workflow["jobs"]["publish"]["steps"] if "run" in step]
    assert install == "pip install git+https://git.example/devpi-cli"
    for step in steps:
        job.run(GITHUB_SHELL, step)
        if (tmp_path / "github_env").exists():
            job.read_variables(tmp_path / "github_env")
    assert job.uploaded == ["sample_project-1.0-py3-none-any.whl", "sample_project-1.0.tar.gz"]
    assert job.installed == ["sample_project.py"]


# -- the architecture


def test_the_picture_shows_every_wing_in_its_layer() -> None:
    """Between two arrows stand the wings and modules of a layer; beside ``cli/`` stand its own layers."""
    text = ARCHITECTURE.read_text(encoding="utf-8")
    picture = text.partition("<!-- picture -->")[2].partition("```\n")[2].partition("```")[0]
    _, cli, *below = re.split(r"\n +\|\n", picture)
    assert [sorted(re.findall(r"\w+", layer)) for layer in (cli.partition("/")[0], *below)] == layers(contracts()[0])
    assert [sorted(re.findall(r"\w+", layer)) for layer in cli.partition("/")[2].split(" > ")] == layers(contracts()[2])


def generate() -> None:
    put_in_page(ARCHITECTURE, *WINGS, wings())
    for shell in SHELLS:
        (ROOT / f"completions/devpi.{shell}").write_text(completion(shell), encoding="utf-8")
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "session").mkdir()
        typed = typed_anew(folder / "session")
        text = "".join("".join(f"{line}\n" for line in (f"$ {command}", *lines)) for command, lines in typed)
        put_in_page(README, SESSION, "```", text)
        (folder / "picture").mkdir()
        with running_server(folder / "server", "--no-root-pypi") as server:
            PICTURE.write_text(drawn_anew(folder / "picture", server), encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    generate()
