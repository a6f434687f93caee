"""Somebody publishes a package of ours on another index: what pip and uv install is named, or shut out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import WITH_PROGRAMS
from tests.support.dists import make_wheel
from tests.support.gates import Recorder, open_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.clients import Member, Result

AT_ONCE = {"PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1", "UV_HTTP_RETRIES": "0", "UV_NO_CACHE": "1"}


@dataclass
class Confusion:
    """Alice's index has ``demo`` 1.0, a stranger's has 9.0."""

    member: Member
    stranger: Recorder
    venv: Path
    target: Path

    def write(self, name: str, text: str) -> Path:
        path = self.member.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def install(self, program: str, *typed: object, **variables: str) -> Result:
        chosen = ["--installer", program, "--venv", self.venv, *typed]
        env = {**AT_ONCE, "PATH": WITH_PROGRAMS, **variables}
        return self.member("install", *chosen, "--", "--target", self.target, **env)

    @property
    def installed(self) -> str:
        text = (self.target / "demo.py").read_text()
        return text.partition("'")[2].rpartition("'")[0]


@pytest.fixture
def confusion(member: Member, venv: Path, tmp_path: Path) -> Iterator[Confusion]:
    assert member("upload", make_wheel(tmp_path)).status == 0
    (tmp_path / "strangers").mkdir()
    make_wheel(tmp_path / "strangers", version="9.0")
    stranger = Recorder(tmp_path / "strangers", strict=False)
    with open_at(stranger):
        yield Confusion(member, stranger, venv, tmp_path / "target")


def by_variable(it: Confusion, program: str) -> tuple[dict[str, str], str]:
    name = {"pip": "PIP_EXTRA_INDEX_URL", "uv": "UV_INDEX"}[program]
    return {name: it.stranger.url}, name


def by_an_old_or_named_variable(it: Confusion, program: str) -> tuple[dict[str, str], str]:
    if program == "uv":
        return {"UV_EXTRA_INDEX_URL": it.stranger.url}, "UV_EXTRA_INDEX_URL"
    return {"PIP_FIND_LINKS": f"{it.stranger.url}demo/"}, "PIP_FIND_LINKS"


def by_links(it: Confusion, program: str) -> tuple[dict[str, str], str]:
    name = f"{program.upper()}_FIND_LINKS"
    return {name: f"{it.stranger.url}demo/"}, name


def by_the_users_file(it: Confusion, program: str) -> tuple[dict[str, str], str]:
    if program == "uv":
        path = it.write(".config/uv/uv.toml", f'[[index]]\nname = "x"\nurl = "{it.stranger.url}"\n')
    else:
        path = it.write(".config/pip/pip.conf", f"[global]\nextra-index-url = {it.stranger.url}\n")
    return {}, str(path)


def by_a_named_file(it: Confusion, program: str) -> tuple[dict[str, str], str]:
    if program == "uv":
        path = it.write("named", f'[pip]\nextra-index-url = ["{it.stranger.url}"]\n')
        return {"UV_CONFIG_FILE": str(path)}, str(path)
    path = it.write("named", f"[install]\nextra_index_url =\n    {it.stranger.url}\n")
    return {"PIP_CONFIG_FILE": str(path)}, str(path)


def by_a_file_of_the_machine_or_project(it: Confusion, program: str) -> tuple[dict[str, str], str]:
    if program == "uv":
        path = it.write("pyproject.toml", f'[tool.uv]\nfind-links = ["{it.stranger.url}demo/"]\n')
        return {}, str(path)
    path = it.write("xdg/pip/pip.conf", f"[global]\nfind-links = {it.stranger.url}demo/\n")
    return {"XDG_CONFIG_DIRS": str(path.parent.parent)}, str(path)


WAYS = {
    "a variable": by_variable,
    "another variable": by_an_old_or_named_variable,
    "a page of links": by_links,
    "the user's file": by_the_users_file,
    "a file that a variable names": by_a_named_file,
    "a file of the machine, or of the project": by_a_file_of_the_machine_or_project,
}


@pytest.mark.parametrize("program", ["pip", "uv"])
@pytest.mark.parametrize("way", WAYS)
def test_a_further_index_is_named_or_shut_out(
    confusion: Confusion, attack: Callable[[str, str, str], None], way: str, program: str
) -> None:
    variables, origin = WAYS[way](confusion, program)
    result = confusion.install(program, "demo", "-n", **variables)
    assert result.status == 0, result
    assert f"warning: {program} also installs from {confusion.stranger.url}" in result.stderr
    assert f"({origin})" in result.stderr
    assert "demo==9.0" in result.stderr or "demo-9.0" in result.stdout, result  # the warning is right
    before = len(confusion.stranger.asked)
    assert before

    shut = confusion.install(program, "demo", "--only-index", **variables)
    assert (shut.status, confusion.installed) == (0, "1.0"), shut
    asked = len(confusion.stranger.asked) - before
    attack("a package of ours on another index", f"{program}: {way}", f"named, then shut out: {asked} requests")
    assert asked == 0
    assert "also installs" not in shut.stderr


FILES = {
    "an index of its own": "--index-url URL\ndemo\n",
    "a further index": "demo\n--extra-index-url=URL  # why\n",
    "an abbreviation": "--extra URL\ndemo\n",
    "two options in a line": "--pre -f URLdemo/\ndemo\n",
    "a continued line": "--extra-index-url \\\n  URL\ndemo\n",
    "a file in a file": "-r inner.txt\ndemo\n",
    "constraints in a file": "-c inner.txt\ndemo\n",
}


@pytest.mark.parametrize("program", ["pip", "uv"])
@pytest.mark.parametrize("what", FILES)
def test_a_requirements_file_with_another_index_is_named_or_refused(
    confusion: Confusion, attack: Callable[[str, str, str], None], what: str, program: str
) -> None:
    confusion.write("inner.txt", f"--extra-index-url {confusion.stranger.url}\n")
    confusion.write("wanted.txt", FILES[what].replace("URL", confusion.stranger.url))
    result = confusion.install(program, "-r", "wanted.txt", "-n")
    assert f"warning: {program} also installs from {confusion.stranger.url}" in result.stderr
    refused = confusion.install(program, "-r", "wanted.txt", "--only-index")
    attack("a requirements file with another index", f"{program}: {what}", refused.stderr.splitlines()[0])
    assert refused.status == 2
    assert refused.stderr.startswith(f"--only-index cannot be combined with {confusion.stranger.url}")
    assert not (confusion.target / "demo.py").exists()


def test_the_variable_is_as_good_as_the_option(confusion: Confusion) -> None:
    variables = {"PIP_EXTRA_INDEX_URL": confusion.stranger.url, "DEVPI_INSTALL_ONLY_INDEX": "1"}
    result = confusion.install("pip", "demo", **variables)
    assert (result.status, confusion.installed, confusion.stranger.asked) == (0, "1.0", []), result


@pytest.mark.parametrize(
    "typed", [["--extra-index-url", "URL"], ["-iURL"], ["--find-links=URL"], ["--no-index"], ["--index", "URL"]]
)
def test_an_option_that_names_another_index_does_not_go_with_it(confusion: Confusion, typed: list[str]) -> None:
    words = [word.replace("URL", confusion.stranger.url) for word in typed]
    status, said = confusion.member.fails(
        "install", "demo", "--only-index", "--venv", confusion.venv, "--", *words, PATH=WITH_PROGRAMS
    )
    assert (status, confusion.stranger.asked) == (2, [])
    assert said.startswith("--only-index cannot be combined with -")


def test_a_file_that_cannot_be_looked_into_is_named_or_refused(confusion: Confusion) -> None:
    place = f"{confusion.stranger.url}wanted.txt"
    result = confusion.install("pip", "-r", place, "-n")
    assert f"warning: pip may also install from other places: devpi does not read {place}" in result.stderr
    asked = len(confusion.stranger.asked)
    refused = confusion.install("pip", "-r", place, "--only-index")
    assert (refused.status, len(confusion.stranger.asked)) == (2, asked)


def test_the_index_itself_is_no_further_one(confusion: Confusion) -> None:
    ours = f"{confusion.member.index_url}/+simple/"
    result = confusion.install("pip", "demo", "-n", PIP_EXTRA_INDEX_URL=ours.rstrip("/"))
    assert (result.stderr, result.status) == ("", 0)


def test_set_cfg_says_what_stays(confusion: Confusion) -> None:
    _, pip_conf = by_the_users_file(confusion, "pip")
    _, uv_toml = by_the_users_file(confusion, "uv")
    url = confusion.stranger.url
    named = f"warning: pip also installs from {url} ({pip_conf})\nwarning: uv also installs from {url} ({uv_toml})\n"
    for option in (["--set-cfg", "-n"], ["--diff"], ["--set-cfg"]):
        result = confusion.member("use", *option)
        assert (result.stderr, result.status) == (named, 0)
