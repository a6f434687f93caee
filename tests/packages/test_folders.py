from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import DevpiError, WrongUsage
from devpi_cli.models import Release
from devpi_cli.packages.folders import Folder, is_file_name
from tests.support.dists import make_wheel

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("demo-1.0.tar.gz", True),
        ("démo.whl", True),
        ("", False),
        (".", False),
        ("..", False),
        ("../x", False),
        ("a/b", False),
        ("a\\b", False),
        (".hidden", False),
        ("a\nb", False),
        ("a\x1b[2J", False),
        (" a", False),
        ("a\udc80", False),
        ("a" * 241, False),
    ],
)
def test_what_a_server_calls_a_file_is_a_name_and_no_path(name: str, good: bool) -> None:
    assert is_file_name(name) is good


@pytest.mark.parametrize(("project", "name"), [("..", "x"), ("demo", "../../x"), ("a/b", "x"), ("demo", ".bashrc")])
def test_nothing_is_written_outside_the_folder(tmp_path: Path, project: str, name: str) -> None:
    with pytest.raises(DevpiError, match="cannot be the name of a file here"):
        Folder(tmp_path).place(project, name)


def test_a_release_whose_version_is_no_name_is_not_described(tmp_path: Path) -> None:
    with pytest.raises(DevpiError, match="cannot be the name of a file here"):
        Folder(tmp_path).describe(Release("demo", "../../1.0", metadata={}), ["x"])
    assert [*tmp_path.rglob("*")] == []


def described(folder: Path, **changed: object) -> None:
    known = {"name": "demo", "version": "1.0", "files": ["demo-1.0-py3-none-any.whl"], "metadata": {"summary": "x"}}
    (folder / "demo-1.0.release.json").write_text(json.dumps({**known, **changed}))


def test_a_description_says_what_belongs_to_a_release(tmp_path: Path) -> None:
    make_wheel(tmp_path)
    described(tmp_path)
    [release] = Folder(tmp_path).releases("demo")
    assert (release.version, [link.name for link in release.links]) == ("1.0", ["demo-1.0-py3-none-any.whl"])
    assert release.metadata == {"name": "demo", "version": "1.0", "summary": "x"}


def test_a_description_cannot_name_what_is_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    folder = tmp_path / "folder"
    folder.mkdir()
    described(folder, files=["../secret", "/etc/hostname", "demo-1.0.tar.gz"])
    [release] = Folder(folder).releases("demo")
    assert release.links == ()


@pytest.mark.parametrize(
    "changed",
    [{"name": 1}, {"version": ""}, {"files": "demo"}, {"files": [1]}, {"metadata": []}, {"name": None}],
)
def test_what_is_no_description_is_left_out_and_said(tmp_path: Path, changed: dict[str, object]) -> None:
    make_wheel(tmp_path)
    described(tmp_path, **changed)
    folder = Folder(tmp_path)
    [release] = folder.releases("demo")
    assert (release.metadata or {}).get("summary") is None
    assert folder.left_out == ["demo-1.0.release.json: is not the description of a release"]


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        make_wheel(tmp_path / name)
    with pytest.raises(WrongUsage, match="two files have the same name"):
        _ = Folder(tmp_path).projects


def test_a_folder_that_is_not_there_is_empty_only_if_it_may_be_new(tmp_path: Path) -> None:
    assert Folder(tmp_path / "new", may_be_new=True).projects == []
    with pytest.raises(WrongUsage, match="new: no such folder"):
        _ = Folder(tmp_path / "new").projects
