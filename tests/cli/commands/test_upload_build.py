"""devpi upload without a file: building the project."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.commands.test_upload import stored

if TYPE_CHECKING:
    from tests.support.clients import Member
    from tests.support.servers import Live

WHEEL, SDIST = FILES = ["demo_pkg-1.0-py3-none-any.whl", "demo_pkg-1.0.tar.gz"]
HERE = ("--no-isolation", "--wheel")  # the quickest build
# What the machine and its users have configured must not decide.
PLAIN_GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"} | {
    f"GIT_{who}_{what}": "tester@x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}


def teach(project: Path, lesson: str) -> Path:
    """Let the project do something whenever its wheel is built."""
    with (project / "backend.py").open("a") as backend:
        backend.write(f"\n_build_wheel = build_wheel\n\ndef build_wheel(*args):\n    {lesson}\n")
        backend.write("    return _build_wheel(*args)\n")
    return project


def git(folder: Path, command: str) -> None:
    subprocess.run(
        ["git", *command.split()], cwd=folder, env={**os.environ, **PLAIN_GIT}, check=True, capture_output=True
    )


def track(project: Path, tag: str = "v1.0") -> Path:
    """Put a project under the control of git."""
    git(project, "init -q")
    git(project, "add -A")
    git(project, "commit -q -m first")
    git(project, f"tag {tag}")
    return project


# -- what is built


def test_the_project_is_built_kept_and_uploaded(member: Member, project: Path) -> None:
    result = member("upload", "--no-isolation", cwd=project)
    sizes = [(project / "dist" / name).stat().st_size // 1000 for name in FILES]
    assert result.lines == [
        f"--> .$ {sys.executable} -m build --no-isolation",
        *(f"built: {Path('dist', name)} {size}kb" for name, size in zip(FILES, sizes, strict=True)),
        *(f"file_upload of {name} to {member.index_url}/" for name in FILES),
    ]
    assert (result.stderr, result.status) == ("2 files: all uploaded\n", 0)
    assert stored(member) == FILES


AS_SDIST = (
    "The --formats option is deprecated, replace it with --sdist to only get source release as with your currently "
    "specified format.\n"
)


@pytest.mark.parametrize(
    ("typed", "built", "said"),
    [
        (["--sdist"], [SDIST], ""),
        (["--wheel"], [WHEEL], ""),
        (["--no-wheel"], [SDIST], ""),
        (["--sdist", "--wheel"], FILES, ""),
        (["--wheel", "--formats", "sdist"], [WHEEL], ""),
        (
            ["--formats", "bdist_wheel,sdist.tgz"],
            FILES,
            "The --formats option is deprecated, you can remove it to get the default sdist and wheel releases you get"
            " with your currently specified formats.\n",
        ),
        (["--formats=sdist.tgz"], [SDIST], AS_SDIST),
    ],
)
def test_options_choose_what_is_built(
    member: Member, project: Path, *, typed: list[str], built: list[str], said: str
) -> None:
    result = member("upload", "--no-isolation", "--dry-run", *typed, cwd=project)
    assert result.lines[-len(built) :] == [f"skipped: file_upload of {name} to {member.index_url}/" for name in built]
    summary = "2 files: all skipped\n" if len(built) > 1 else ""
    assert (result.stderr, result.status) == (said + summary, 0)


@pytest.mark.parametrize(
    ("section", "typed", "built"),
    [
        ("wheel = 1", [], [WHEEL]),
        ("wheel = 1", ["--no-wheel"], [SDIST]),
        ("sdist = no", [], [WHEEL]),
        ("formats = sdist.tgz", ["--wheel"], [WHEEL]),
        ("formats = sdist.tgz", [], [SDIST]),
        ("formats = sdist.tgz\nwheel = yes", [], [WHEEL]),
    ],
)
def test_the_project_chooses_what_is_built(
    member: Member, project: Path, *, section: str, typed: list[str], built: list[str]
) -> None:
    """A31, V24: where the command line does not."""
    (project / "setup.cfg").write_text(f"[devpi:upload]\n{section}\n")
    result = member("upload", "--no-isolation", "--dry-run", *typed, cwd=project)
    assert [line.split()[3] for line in result.lines if line.startswith("skipped:")] == built
    assert result.status == 0


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            ["--formats", "sdist,whl"],
            "formats sdist,whl: 'whl' is unknown\nthere are sdist, sdist.tgz, sdist.tar, sdist.zip, sdist.tz, "
            "sdist.tbz, bdist_wheel, bdist_egg and others of setup.py\n",
        ),
        (["--formats", ","], "formats is empty: nothing to build\nleave formats out\n"),
        (
            ["--no-sdist", "--no-wheel"],
            "neither sdist nor wheel: nothing to build\nleave out --no-sdist or --no-wheel\n",
        ),
    ],
)
def test_what_cannot_be_built_is_wrong_usage(member: Member, project: Path, typed: list[str], said: str) -> None:
    assert member.fails("upload", *typed, cwd=project) == (2, said)


FALLING_BACK = "The '{}' format is invalid for python -m build. Falling back to 'setup.py {}' which is deprecated.\n"
NONE_SUPPORTED = (
    "The --formats option is deprecated, none of the specified formats '{}' are supported by python -m build\n"
)


@pytest.fixture
def old_project(project: Path) -> Path:
    """A project of setuptools, without pyproject.toml."""
    (project / "pyproject.toml").unlink()
    (project / "backend.py").unlink()
    (project / "setup.py").write_text(
        "from setuptools import setup\n"
        "setup(name='demo-pkg', version='1.0', py_modules=['demo_pkg'], description='a demo', url='http://x/')\n"
    )
    return project


@pytest.mark.parametrize(
    ("formats", "built", "said"),
    [
        ("sdist.zip", "demo_pkg-1.0.zip", FALLING_BACK.format("sdist.zip", "sdist --formats zip")),
        ("sdist.tbz", "demo_pkg-1.0.tar.bz2", FALLING_BACK.format("sdist.tbz", "sdist --formats bztar")),
        ("bdist_egg", "demo_pkg-1.0-py{}.{}.egg".format(*sys.version_info), FALLING_BACK.format(*["bdist_egg"] * 2)),
        ("bdist_dumb", "demo-pkg-1.0.linux-x86_64.tar.gz", FALLING_BACK.format(*["bdist_dumb"] * 2)),
    ],
)
def test_setup_py_builds_what_build_cannot(
    member: Member, old_project: Path, formats: str, built: str, said: str
) -> None:
    """The words are devpi-client's."""
    (old_project / "setup.cfg").write_text(f"[devpi:upload]\nformats = {formats}\n")
    result = member("upload", cwd=old_project)
    assert result.stderr == NONE_SUPPORTED.format(formats) + said
    assert result.lines[0] == f"--> .$ {sys.executable} {said.split(chr(39))[3]}"
    assert [name.replace("demo_pkg-1.0.linux", "demo-pkg-1.0.linux") for name in stored(member)] == [built]
    assert [path.name for path in (old_project / "dist").iterdir()] == stored(member)
    [release] = member.server.releases(member.index, "demo-pkg")
    assert release.version == "1.0"


def test_both_ways_of_building_are_taken(member: Member, old_project: Path) -> None:
    track(old_project)
    result = member("upload", "--no-isolation", "--formats", "bdist_egg,bdist_wheel,sdist.zip", cwd=old_project)
    assert result.stderr == (
        FALLING_BACK.format("bdist_egg", "bdist_egg")
        + FALLING_BACK.format("sdist.zip", "sdist --formats zip")
        + "3 files: all uploaded\n"
    )
    assert sorted(Path(name).suffix for name in stored(member)) == [".egg", ".whl", ".zip"]
    left = {path.name for path in old_project.iterdir()} - {".git", "demo_pkg.py", "dist", "setup.py"}
    assert left == set()


def test_a_project_without_setup_py_has_no_other_formats(member: Member, project: Path) -> None:
    status, said = member.fails("upload", "--formats", "bdist_egg", cwd=project)
    assert said.endswith(
        "setup.py bdist_egg: the project has no setup.py\nbuild an sdist and a wheel: leave formats out\n"
    )
    assert (status, stored(member)) == (2, [])


def test_defaults_that_make_no_sense_are_wrong_usage(member: Member, project: Path) -> None:
    """V24."""
    (project / "setup.cfg").write_text("[devpi:upload]\nweel = 1\n")
    said = f"{project}/setup.cfg: [devpi:upload] has no key 'weel'\ndid you mean wheel?\n"
    assert member.fails("upload", cwd=project) == (2, said)


# -- how it is built


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_an_environment_of_its_own_is_made_for_the_build(member: Member, project: Path, installer: str) -> None:
    result = member("upload", "-v", "--wheel", "--installer", installer, cwd=project)
    assert result.lines[0] == f"--> .$ {sys.executable} -m build --wheel"
    assert f"* Creating isolated environment: venv+{installer}" in result.stderr
    assert result.status == 0


def test_another_python_builds(member: Member, project: Path) -> None:
    """A35."""
    other = project.parent / "another-python"
    other.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    other.chmod(0o755)
    lines = member.ok("upload", *HERE, "-p", "../another-python", cwd=project)
    assert lines[0] == f"--> .$ {project}/../another-python -m build --wheel --no-isolation"


def test_a_python_that_is_not_there_is_said(member: Member, project: Path) -> None:
    assert member.fails("upload", "-p", "python9", cwd=project) == (
        1,
        "there is no Python 'python9'\nname another one with --python\n",
    )


def test_a_build_that_fails_shows_the_end_of_its_output(member: Member, project: Path) -> None:
    teach(project, "raise ValueError('nobody knows')")
    result = member("upload", *HERE, cwd=project)
    assert result.lines == [f"--> .$ {sys.executable} -m build --wheel --no-isolation"]
    assert "ValueError: nobody knows\n" in result.stderr
    assert result.stderr.endswith("\nthe build failed\n")
    assert result.status == 1
    assert not (project / "dist").exists()


def test_the_output_of_a_build_is_shown_on_demand(member: Member, project: Path) -> None:
    """A26, A27: whatever a project prints, in whatever encoding, is not mistaken for anything."""
    teach(project, r"import sys; sys.stdout.buffer.write(b'Name: other\n\xe4\x1b[1m\n'); sys.stdout.flush()")
    assert "Name: other" not in str(member.ok("upload", *HERE, cwd=project))
    result = member("upload", "-v", *HERE, cwd=project)
    assert "Name: other\n\ufffd\\x1b[1m\n" in result.stderr
    assert stored(member) == [WHEEL]


@pytest.mark.parametrize(
    ("signal", "status", "said"), [(signal.SIGINT, 130, b"interrupted\n"), (signal.SIGTERM, 143, b"terminated\n")]
)
def test_an_interrupted_build_leaves_nothing_behind(
    member: Member, project: Path, signal: signal.Signals, status: int, said: bytes
) -> None:
    started, temporary = project.parent / "started", project.parent / "temporary"
    teach(project, f"import time; Path({str(started)!r}).touch(); time.sleep(60)")
    before = sorted(project.rglob("*"))
    temporary.mkdir()
    devpi = subprocess.Popen(
        [*member.command, "upload", *HERE],
        cwd=project,
        env={**member.environment, "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    while not started.exists():
        assert devpi.poll() is None
        time.sleep(0.02)
    devpi.send_signal(signal)
    assert devpi.communicate(timeout=30)[1] == said
    assert devpi.returncode == status
    assert list(temporary.iterdir()) == []
    assert sorted(project.rglob("*")) == before


# -- what becomes of other files


def test_what_lies_in_dist_stays_there(member: Member, project: Path) -> None:
    """V22: all but an older build of the same name."""
    dist = project / "dist"
    dist.mkdir()
    (dist / "by-hand.txt").write_text("kept")
    (dist / WHEEL).write_text("an older build")
    member.ok("upload", *HERE, cwd=project)
    assert sorted(path.name for path in dist.iterdir()) == ["by-hand.txt", WHEEL]
    assert (dist / "by-hand.txt").read_text() == "kept"
    assert zipfile.is_zipfile(dist / WHEEL)


@pytest.mark.parametrize("tracked", [True, False])
def test_a_dry_run_touches_no_file(member: Member, project: Path, server: Live, *, tracked: bool) -> None:
    """V22: not even where a build in the folder itself leaves traces."""
    teach(project, "Path('trace').touch()")
    if tracked:
        track(project)
    before = sorted(project.rglob("*"))
    with server.requests() as requests:
        member.ok("upload", *HERE, "--dry-run", cwd=project)
    assert sorted(project.rglob("*")) == before
    assert requests == [f"GET /{member.index}", "GET /+api"]


def test_a_dry_run_builds_from_all_packages_of_the_project(member: Member, project: Path) -> None:
    """D12: whatever they are called."""
    for name in ("dist", "venv"):
        (project / "demo" / name).mkdir(parents=True)
        (project / "demo" / name / "__init__.py").touch()
    teach(project, "assert len(list(Path('demo').rglob('*.py'))) == 2")
    for options in (["-n"], ["-n", "--no-vcs"], []):
        assert member("upload", *HERE, *options, cwd=project).status == 0


def test_a_folder_without_a_project_is_left_alone(member: Member, tmp_path: Path) -> None:
    """V22."""
    (tmp_path / "empty").mkdir()
    assert member.fails("upload", cwd=tmp_path / "empty") == (
        2,
        f"{tmp_path}/empty contains no project to build (no pyproject.toml or setup.py or setup.cfg)\n"
        "change to a project's folder, or name the files to upload\n",
    )
    assert list((tmp_path / "empty").iterdir()) == []
