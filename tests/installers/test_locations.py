"""Where the settings files of installers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devpi_cli.installers.formats import Ini, Pip, Uv, UvInProject
from devpi_cli.installers.locations import SettingsFile, in_force, settings_files

if TYPE_CHECKING:
    from pathlib import Path

SYSTEM = "/etc/uv/uv.toml"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for variable in ("XDG_CONFIG_HOME", "PIP_CONFIG_FILE", "UV_CONFIG_FILE"):
        monkeypatch.delenv(variable, raising=False)
    return folder


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def told(files: list[SettingsFile]) -> list[tuple[str, type, bool]]:
    """Return where they are, what reads them, and whether they are made where they are missing."""
    return [(str(file.path), type(file.format), file.is_made) for file in files]


def test_those_of_a_user(home: Path) -> None:
    assert told(settings_files(None)) == [
        (f"{home}/.config/pip/pip.conf", Pip, True),
        (f"{home}/.config/uv/uv.toml", Uv, True),
        (f"{home}/.pydistutils.cfg", Ini, False),
        (f"{home}/.buildout/default.cfg", Ini, False),
    ]


def test_those_of_a_virtual_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment names is the user's."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/somewhere/pip.conf")
    monkeypatch.setenv("UV_CONFIG_FILE", "/somewhere/uv.toml")
    assert told(settings_files(tmp_path)) == [
        (f"{tmp_path}/pip.conf", Pip, True),
        (f"{tmp_path}/uv.toml", Uv, True),
    ]


@pytest.mark.parametrize(
    ("variables", "pip_conf", "uv_toml"),
    [
        ({"XDG_CONFIG_HOME": "/xdg"}, "/xdg/pip/pip.conf", "/xdg/uv/uv.toml"),
        ({"PIP_CONFIG_FILE": "/my/pip", "UV_CONFIG_FILE": "/my/uv"}, "/my/pip", "/my/uv"),
        ({"UV_CONFIG_FILE": "~/my-uv"}, "{home}/.config/pip/pip.conf", "{home}/my-uv"),
        ({"PIP_CONFIG_FILE": "", "UV_CONFIG_FILE": ""}, "{home}/.config/pip/pip.conf", "{home}/.config/uv/uv.toml"),
    ],
)
def test_the_environment_may_name_others(
    variables: dict[str, str], pip_conf: str, uv_toml: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = [str(file.path) for file in settings_files(None)][:2]
    assert found == [pip_conf.format(home=home), uv_toml.format(home=home)]


def test_of_two_files_of_pip_the_newer_place_wins(home: Path) -> None:
    older, newer = home / ".pip/pip.conf", home / ".config/pip/pip.conf"
    touch(older)
    assert settings_files(None)[0].path == older
    touch(newer)
    assert settings_files(None)[0].path == newer


def test_uv_reads_the_nearest_project_first_then_the_user_then_the_system(home: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    touch(work / "pyproject.toml", work / "below/uv.toml", work / "below/pyproject.toml")
    above = told(in_force(tmp_path))  # nothing, unless somebody keeps settings beside temporary folders
    assert told(in_force(work / "below")) == [
        (f"{work}/below/uv.toml", Uv, True),
        (f"{work}/below/pyproject.toml", UvInProject, True),
        (f"{work}/pyproject.toml", UvInProject, True),
        *above,
    ]
    assert above[-2:] == [(f"{home}/.config/uv/uv.toml", Uv, True), (SYSTEM, Uv, True)]


def test_a_file_that_the_environment_names_is_all_that_uv_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path / "uv.toml")
    monkeypatch.setenv("UV_CONFIG_FILE", "/my/uv.toml")
    assert told(in_force(tmp_path)) == [("/my/uv.toml", Uv, True)]
