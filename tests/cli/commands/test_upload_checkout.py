"""devpi upload without a file, in a git checkout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.commands.test_upload import stored
from tests.cli.commands.test_upload_build import HERE, git, teach, track

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member


@pytest.fixture
def seen(project: Path) -> Path:
    """What the build finds in its folder, one name a line, after a build."""
    seen = project.parent / "seen"
    teach(project, f"import os; Path({str(seen)!r}).write_text(' '.join(sorted(os.listdir())))")
    return seen


@pytest.mark.parametrize(
    ("section", "typed", "names"),
    [
        ("", [], ".git backend.py demo_pkg.py pyproject.toml"),
        ("", ["--setupdir-only"], "backend.py demo_pkg.py pyproject.toml"),
        ("setupdir-only = true", [], "backend.py demo_pkg.py pyproject.toml"),
        ("no-vcs = false", [], ".git backend.py demo_pkg.py pyproject.toml"),
        ("no-vcs = true", ["--vcs"], ".git backend.py demo_pkg.py pyproject.toml"),
        ("no-vcs = true", [], ".git backend.py demo_pkg.py notes.txt pyproject.toml"),
        ("", ["--no-vcs"], ".git backend.py demo_pkg.py notes.txt pyproject.toml"),
    ],
)
def test_the_build_sees_what_git_tracks(
    member: Member, project: Path, seen: Path, *, section: str, typed: list[str], names: str
) -> None:
    """A32, V24."""
    with (project / "pyproject.toml").open("a") as pyproject:
        pyproject.write(f"[tool.devpi.upload]\n{section}\n")
    track(project)
    (project / "notes.txt").write_text("not part of it")
    member.ok("upload", *HERE, *typed, cwd=project, PYTHONDONTWRITEBYTECODE="1")
    assert seen.read_text() == names


def test_a_worktree_is_built(member: Member, project: Path, seen: Path) -> None:
    """V23."""
    git(track(project), "worktree add -q ../other")
    member.ok("upload", *HERE, cwd=project.parent / "other", PYTHONDONTWRITEBYTECODE="1")
    assert seen.read_text() == ".git backend.py demo_pkg.py pyproject.toml"


def test_setuptools_scm_finds_the_version_of_a_checkout(member: Member, tmp_path: Path) -> None:
    project = tmp_path / "scm"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools", "setuptools-scm"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "demo-pkg"\ndynamic = ["version"]\n'
        '[tool.setuptools]\npy-modules = ["demo_pkg"]\n[tool.setuptools_scm]\n'
    )
    (project / "demo_pkg.py").touch()
    track(project, "v3.1")
    before = sorted(project.rglob("*"))
    member.ok("upload", "--no-isolation", "--sdist", cwd=project)
    assert stored(member) == ["demo_pkg-3.1.tar.gz"]
    assert set(project.rglob("*")) - set(before) == {project / "dist", project / "dist/demo_pkg-3.1.tar.gz"}


def test_a_project_that_git_does_not_track_is_said(member: Member, project: Path) -> None:
    git(project, "init -q")
    assert member.fails("upload", *HERE, cwd=project) == (
        2,
        f"{project}: git tracks no pyproject.toml or setup.py or setup.cfg here\n"
        "add the project's files to git; --no-vcs builds in the folder itself\n",
    )


def test_without_git_a_checkout_is_built_in_place(member: Member, project: Path, seen: Path) -> None:
    track(project)
    (project / "notes.txt").touch()
    result = member("upload", *HERE, cwd=project, PATH="/nowhere", PYTHONDONTWRITEBYTECODE="1")
    assert result.stderr == "warning: there is no git on the PATH: building in the folder itself\n"
    assert result.status == 0
    assert "notes.txt" in seen.read_text()
