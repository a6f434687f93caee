"""What wins over the settings that --set-cfg writes is named, and real pip and uv agree about it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.clients import Member

ALL = ("install", "download", "wheel")
THEIRS = "http://127.0.0.1:9/simple/"
USER, MACHINE, OTHER = "{home}/.config/pip/pip.conf", "{home}/xdg/pip/pip.conf", "{home}/other.conf"
PIP: dict[str, tuple[dict[str, str], dict[str, str], dict[str, str]]] = {
    # files, variables, and for each command of pip: what says so (empty: it uses our index)
    "nothing": ({}, {}, {}),
    "an index for all, of the user": ({USER: f"[global]\nindex-url = {THEIRS}\n"}, {}, {}),
    "a section of the user": ({USER: f"[install]\nindex_url = {THEIRS}\n"}, {}, {"install": f"{USER}, [install]"}),
    "two sections": (
        {USER: f"[wheel]\nindex-url = {THEIRS}\n[download]\nindex-url = {THEIRS}\n"},
        {},
        {"wheel": f"{USER}, [wheel]", "download": f"{USER}, [download]"},
    ),
    "an index for all, of the machine": ({MACHINE: f"[global]\nindex-url = {THEIRS}\n"}, {}, {}),
    "a section of the machine": ({MACHINE: f"[wheel]\nindex-url = {THEIRS}\n"}, {}, {"wheel": f"{MACHINE}, [wheel]"}),
    "no index": (
        {USER: "[global]\nno-index = yes\n"}, {}, dict.fromkeys(ALL, f"{USER}, [global]"),
    ),
    "no index for one": ({MACHINE: "[download]\nno-index = 1\n"}, {}, {"download": f"{MACHINE}, [download]"}),
    "no index, taken back": ({USER: "[global]\nno-index = 1\n"}, {"PIP_NO_INDEX": "0"}, {}),
    "an empty section": ({USER: "[install]\nindex-url =\n"}, {}, {}),
    "a variable": ({}, {"PIP_INDEX_URL": THEIRS}, dict.fromkeys(ALL, "PIP_INDEX_URL")),
    "a variable for none": ({}, {"PIP_NO_INDEX": "true"}, dict.fromkeys(ALL, "PIP_NO_INDEX")),
    "a named file": (
        {OTHER: f"[install]\nindex-url = {THEIRS}\n"}, {"PIP_CONFIG_FILE": OTHER}, {"install": f"{OTHER}, [install]"},
    ),
}  # fmt: skip


def surroundings(member: Member, files: dict[str, str], variables: dict[str, str]) -> dict[str, str]:
    """Write the files of a case; return its variables."""
    for name, text in files.items():
        path = Path(name.format(home=member.home))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    given = {name: value.format(home=member.home) for name, value in variables.items()}
    return {"XDG_CONFIG_DIRS": f"{member.home}/xdg", **given}


def looks_at(member: Member, command: str, env: dict[str, str]) -> str:
    """Return the index that a command of real pip uses; empty for none."""
    typed = [command, "--no-deps", "--retries=0", "--timeout=1", "--disable-pip-version-check", "no-such-project"]
    clean = {key: value for key, value in member.environment.items() if not key.startswith("PIP_")}
    done = subprocess.run(
        [sys.executable, "-m", "pip", *typed],
        cwd=member.home, env={**clean, **env}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    found = re.search(r"Looking in indexes: ([^\s,]+)", done.stdout + done.stderr)
    return found[1] if found else ""


@pytest.mark.parametrize("command", ALL)
@pytest.mark.parametrize("case", PIP)
def test_what_keeps_pip_from_the_index_is_named_and_nothing_else(member: Member, case: str, command: str) -> None:
    files, variables, wins = PIP[case]
    env, simple = surroundings(member, files, variables), f"{member.index_url}/+simple/"
    set_ = member("use", "--set-cfg", **env)
    assert set_.status == 0
    said = [line for line in set_.stderr.splitlines() if re.match(rf"warning: pip [a-z, ]*\b{command}\b", line)]
    if command not in wins:
        assert (said, looks_at(member, command, env)) == ([], simple)
        return
    place, used = wins[command].format(home=member.home), looks_at(member, command, env)
    assert len(said) == 1
    assert said[0].endswith(f" will not use {simple}: {place} says {used or 'no-index'}")
    assert used in (THEIRS, "")
    checked = member("doctor", **env)
    line = next(line for line in checked.lines if line[9:].startswith("pip: "))
    why = said[0].partition(f"{simple}: ")[2]
    assert (checked.status, line.startswith("WRONG "), why in line) == (1, True, True)


def test_the_settings_of_an_environment_win_over_those_of_the_user(member: Member) -> None:
    folder = member.home / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip = folder / "bin" / "pip"
    pip.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m pip \"$@\"\n")
    pip.chmod(0o700)
    (folder / "pip.conf").write_text(f"[global]\nindex-url = {THEIRS}\n")
    set_ = member("use", "--set-cfg", PATH=f"{pip.parent}{os.pathsep}{os.environ['PATH']}")
    assert set_.stderr == (
        f"warning: pip install, download and wheel will not use {member.index_url}/+simple/: "
        f"{folder}/pip.conf, [global] says {THEIRS}\n"
    )


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"UV_DEFAULT_INDEX": THEIRS}, f"UV_DEFAULT_INDEX says {THEIRS}"),
        ({"UV_DEFAULT_INDEX": f"corp={THEIRS}"}, f"UV_DEFAULT_INDEX says {THEIRS}"),
        ({"UV_INDEX_URL": "http://me:s3cret@127.0.0.1:9/"}, "UV_INDEX_URL says http://me:****@127.0.0.1:9/"),
        ({"UV_NO_INDEX": "1"}, "UV_NO_INDEX says no-index"),
        ({"UV_NO_CONFIG": "1"}, "UV_NO_CONFIG says https://pypi.org/simple"),
    ],
)
def test_what_keeps_uv_from_the_index_is_named(member: Member, variables: dict[str, str], said: str) -> None:
    set_ = member("use", "--set-cfg", **variables)
    assert set_.stderr == f"warning: uv will not use {member.index_url}/+simple/ in this folder: {said}\n"
    checked = member("doctor", **variables)
    line = f"WRONG    uv: it will not use {member.index_url}/+simple/, which 'devpi use --set-cfg' set: {said}"
    assert (checked.status, line in checked.lines) == (1, True)


def test_a_project_has_an_index_of_its_own_for_uv(member: Member) -> None:
    path = member.home / "pyproject.toml"
    path.write_text(f'[[tool.uv.index]]\nurl = "{THEIRS}"\ndefault = true\n')
    set_ = member("use", "--set-cfg")
    assert set_.stderr.endswith(f" in this folder: {path} says {THEIRS}\n")


def test_without_an_index_nothing_is_called_set(member: Member) -> None:
    checked = member("doctor", PIP_NO_INDEX="1", UV_NO_INDEX="1")
    assert [line[:13] for line in checked.lines if "no index (" in line] == ["warning  pip:", "warning  uv: "]
