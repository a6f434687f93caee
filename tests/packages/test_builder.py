from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from devpi_cli.errors import ProgramMissing
from devpi_cli.packages import builder
from tests.support.dists import make_project


@pytest.mark.parametrize(
    ("what", "arguments"),
    [
        (builder.Build("python"), []),
        (builder.Build("python", sdist=True, wheel=True), []),
        (builder.Build("python", sdist=True), ["--sdist"]),
        (builder.Build("python", wheel=True, installer="uv"), ["--wheel", "--installer", "uv"]),
        (builder.Build("python", isolation=False, installer="uv"), ["--no-isolation"]),
    ],
)
def test_options_of_build(what: builder.Build, arguments: list[str]) -> None:
    assert what.command == ["python", "-m", "build", *arguments]


def make_python(folder: Path, *, has_build: bool) -> Path:
    """Write a Python that has build, or has not."""
    folder.mkdir(parents=True)
    python = folder / "python"
    isolated = "" if has_build else "-I -S "
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" {isolated}"$@"\n')
    python.chmod(0o755)
    return python


def test_the_python_named_builds_or_that_of_the_active_environment_or_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A35."""
    named = make_python(tmp_path / "named", has_build=True)
    active = make_python(tmp_path / "active/bin", has_build=True)
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    assert builder.choose_python(str(named)) == str(named)
    assert builder.choose_python(None) == str(active)
    monkeypatch.delenv("VIRTUAL_ENV")
    assert builder.choose_python(None) == sys.executable


def test_a_python_without_build_does_not_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A35; an old build/ in the project's folder is not taken for it."""
    python = make_python(tmp_path / "venv/bin", has_build=False)
    (tmp_path / "build").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "venv"))
    assert builder.choose_python(None) == sys.executable
    with pytest.raises(ProgramMissing) as failure:
        builder.choose_python(str(python))
    assert str(failure.value) == f"{python} has no package 'build'\ninstall it with: {python} -m pip install build"


def test_uv_fills_the_environment_of_a_build_if_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    named = ("auto", "pip", "uv")
    assert [builder.choose_installer(name, "/nowhere/python") for name in named] == ["pip", "pip", "uv"]
    (tmp_path / "uv").touch(0o755)
    assert [builder.choose_installer(name, "/nowhere/python") for name in named] == ["uv", "pip", "uv"]
    monkeypatch.setenv("PATH", "/nowhere")
    assert builder.choose_installer("auto", str(tmp_path / "python")) == "uv"


def test_a_full_copy_leaves_out_what_lies_beside_the_code_and_nothing_in_it(tmp_path: Path) -> None:
    """D12: a sub-package may be called dist or venv."""
    project = tmp_path / "project"
    for name in ("dist", "venv", ".venv", ".tox", "node_modules", "demo/dist", "demo/venv", "src/demo/dist", "build"):
        (project / name).mkdir(parents=True)
        (project / name / "__init__.py").touch()
    copied = builder.full_copy(project, tmp_path / "private")
    assert sorted(str(file.relative_to(copied).parent) for file in copied.rglob("*.py")) == [
        "build", "demo/dist", "demo/venv", "src/demo/dist",
    ]  # fmt: skip


def test_a_built_file_is_kept_across_file_systems(tmp_path: Path) -> None:
    """A24: where there is a second one."""
    elsewhere = Path("/dev/shm") if os.path.ismount("/dev/shm") else tmp_path
    made = elsewhere / f"demo-{os.getpid()}.whl"
    made.write_text("new")
    made.chmod(0o640)
    try:
        builder.keep(made, tmp_path / "dist")
        (tmp_path / "dist" / made.name).write_text("an older build")
        kept = builder.keep(made, tmp_path / "dist")
    finally:
        made.unlink()
    assert [path.name for path in (tmp_path / "dist").iterdir()] == [made.name]
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == ("new", 0o640)


def test_a_file_that_cannot_be_kept_leaves_the_older_one(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/demo.whl").write_text("an older build")
    with pytest.raises(FileNotFoundError):
        builder.keep(tmp_path / "demo.whl", tmp_path / "dist")
    assert [path.read_text() for path in (tmp_path / "dist").iterdir()] == ["an older build"]


def test_a27_whose_documentation_it_is_is_asked_as_the_build_was_meant(tmp_path: Path) -> None:
    """The name stands in no file, and the environment that was not wanted is not made for it either."""
    project = make_project(tmp_path / "project")
    text = (project / "pyproject.toml").read_text().replace("[project]", '[project]\ndynamic = ["version"]\n[told]')
    (project / "pyproject.toml").write_text(text)
    backend = (project / "backend.py").read_text().replace('["project"]', '["told"]')
    (project / "backend.py").write_text(backend)
    heard: list[str] = []
    what = builder.Build(sys.executable, sdist=False, wheel=True, isolation=False)
    assert builder.release_of(project, what, tmp_path, heard.append) == ("demo-pkg", "1.0")
    assert heard[0] == "* Getting build dependencies for sdist..."
