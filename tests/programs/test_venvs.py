"""Virtual environments: the active one, one that is named, and the programs in it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from devpi_cli.errors import ProgramMissing
from devpi_cli.programs import venvs


def make_venv(path: Path) -> Path:
    """Make what counts as a virtual environment, without a Python."""
    (path / venvs.PROGRAMS).mkdir(parents=True)
    return path


def failure(raised: pytest.ExceptionInfo[ProgramMissing]) -> tuple[str, str]:
    return raised.value.message, raised.value.hint


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with nothing in it; the folder at work is another one."""
    for folder in ("home", "here"):
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("WORKON_HOME", raising=False)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("variable", "expected"), [(None, None), ("", None), ("/somewhere/venv", Path("/somewhere/venv"))]
)
def test_the_active_one_is_what_the_variable_says(
    variable: str | None, expected: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    if variable is not None:
        monkeypatch.setenv("VIRTUAL_ENV", variable)
    assert venvs.active() == expected


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("venv", "here/venv"),
        ("./venv", "here/venv"),
        ("below/venv", "here/below/venv"),
        ("~/venv", "home/venv"),
        ("{tmp}/else where/venv", "else where/venv"),
    ],
)
def test_a_folder_may_be_named(typed: str, place: str, tmp_path: Path) -> None:
    made = make_venv(tmp_path / place)
    assert venvs.named(typed.format(tmp=tmp_path)) == made


def test_a_bare_name_is_looked_for_in_workon_home_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKON_HOME", str(home / "envs"))
    kept = make_venv(home / "envs/tools")
    assert venvs.named("tools") == kept
    here = make_venv(Path("tools"))
    assert venvs.named("tools") == here.absolute()


@pytest.mark.parametrize("typed", ["nothere", "./tools", "below/tools", "~nobody-of-this-name/tools"])
def test_anything_else_is_no_virtual_environment(typed: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is not looked for in WORKON_HOME, only a bare name."""
    monkeypatch.setenv("WORKON_HOME", str(home / "envs"))
    for place in ("tools", "below/tools"):
        make_venv(home / "envs" / place)
    with pytest.raises(ProgramMissing) as raised:
        venvs.named(typed)
    assert failure(raised) == (
        f"{Path(typed).absolute()} is not a virtual environment",
        f"create it with: python -m venv {typed}",
    )


def test_a_folder_without_programs_is_refused_with_the_hint_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissing) as raised:
        venvs.checked(tmp_path, "choose another")
    assert failure(raised) == (f"{tmp_path} is not a virtual environment", "choose another")
    made = make_venv(tmp_path / "venv")
    assert venvs.checked(made, "choose another") == made


def test_the_python_of_a_real_one_runs_in_it(venv: Path) -> None:
    code = "import sys; print(sys.prefix)"
    assert subprocess.check_output([venvs.python_of(venv), "-c", code], text=True) == f"{venv}\n"


def test_programs_are_found_in_it_and_nowhere_else(venv: Path) -> None:
    assert venvs.program(venv, "pip") == str(venv / venvs.PROGRAMS / "pip")
    assert venvs.program(venv, "sh") is None
    assert venvs.program(venv, "nothere") is None


def test_what_cannot_be_run_is_no_program(tmp_path: Path) -> None:
    made = make_venv(tmp_path / "venv")
    python = made / venvs.PROGRAMS / "python"
    python.write_text("#!/bin/sh\n")
    with pytest.raises(ProgramMissing) as raised:
        venvs.python_of(made)
    assert failure(raised) == (f"{made} is not a virtual environment", f"create it with: python -m venv {made}")
    python.chmod(0o755)
    assert venvs.python_of(made) == str(python)
