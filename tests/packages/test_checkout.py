from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devpi_cli.errors import ProgramFailed, ProgramMissing
from devpi_cli.packages import checkout
from tests.support.clients import FOREIGN

# What the machine and its users have configured must not decide.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not FOREIGN.match(name) and name[:4] != "GIT_"} | {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "HGRCPATH": "",
    "HGUSER": "tester",
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    **{f"GIT_{who}_{what}": "tester@x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def git(folder: Path, command: str) -> str:
    return run(folder, "git", "-c", "protocol.file.allow=always", *command.split())


def make_repository(folder: Path, program: str = "git") -> Path:
    """Make a repository with a program, a link, a folder, an ignored file, and a tag behind the last commit."""
    (folder / "package").mkdir(parents=True)
    (folder / "package/module.py").write_text("first")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("package")
    (folder / ".gitignore").write_text("*.log\n")
    (folder / "ä\nb").write_text("a name that needs care")
    if program == "git":
        git(folder, "init -q -b main")
        git(folder, "add -A")
        git(folder, "commit -q -m first")
        git(folder, "tag -a -m v1.0 v1.0")
        (folder / "package/module.py").write_text("second")
        git(folder, "commit -q -a -m second")
    else:
        (folder / "ä\nb").rename(folder / "ä b")  # hg knows no file names with a line feed
        run(folder, "hg", "init")
        run(folder, "hg", "commit", "-q", "-A", "-m", "first")
    (folder / "secret.log").write_text("ignored")
    return folder


def tree(folder: Path) -> list[str]:
    """Return the names of all files below a folder, but for what belongs to git and hg."""
    names = (path.relative_to(folder) for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return sorted(str(name) for name in names if name.parts[0] not in (".git", ".hg"))


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file in a folder with its time and content."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def export(project: Path, place: Path, *, history: bool = True) -> Path:
    found = checkout.find(project)
    assert found is not None
    return found.export(project, place, history=history)


@pytest.mark.parametrize(("program", "odd"), [("git", "ä\nb"), ("hg", "ä b")])
def test_what_is_tracked_is_copied_and_nothing_else(tmp_path: Path, program: str, odd: str) -> None:
    """A25: with file modes, and links as links."""
    repository = make_repository(tmp_path / "demo", program)
    copy = export(repository, tmp_path / "private")
    assert copy == tmp_path / "private/demo"
    assert tree(copy) == sorted([".gitignore", "link", "package/module.py", "run.sh", odd])
    assert (copy / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (copy / "link").readlink() == Path("package")


def test_changes_that_are_not_committed_are_copied_too(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "demo")
    (repository / "run.sh").unlink()
    (repository / "package/module.py").write_text("third")
    (repository / "new.py").write_text("added")
    git(repository, "add new.py")
    copy = export(repository, tmp_path / "private")
    assert tree(copy) == [".gitignore", "link", "new.py", "package/module.py", "ä\nb"]
    assert (copy / "package/module.py").read_text() == "third"
    assert git(copy, "status --porcelain") == git(repository, "status --porcelain --untracked-files=no")


@pytest.mark.parametrize(
    "command",
    ["describe --tags --dirty --long", "log --oneline --all", "ls-files", "branch -a -vv", "tag", "rev-parse HEAD"],
)
def test_git_says_in_the_copy_what_it_says_in_the_original(tmp_path: Path, command: str) -> None:
    repository = make_repository(tmp_path / "demo")
    copy = export(repository, tmp_path / "private")
    assert git(copy, command) == git(repository, command) != ""


def test_hg_says_in_the_copy_what_it_says_in_the_original(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "demo", "hg")
    copy = export(repository, tmp_path / "private")
    for command in ("log", "id -i", "files", "status -mard"):
        assert run(copy, "hg", *command.split()) == run(repository, "hg", *command.split())


@pytest.mark.parametrize("program", ["git", "hg"])
def test_the_original_is_not_written_to(tmp_path: Path, program: str) -> None:
    repository = make_repository(tmp_path / "demo", program)
    (repository / "package/module.py").touch()  # as if changed: git would like to refresh its index
    before = snapshot(repository)
    copy = export(repository, tmp_path / "private")
    run(copy, program, "status")
    assert snapshot(repository) == before


def test_what_a_build_does_with_git_stays_in_the_copy(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "demo")
    before = snapshot(repository)
    copy = export(repository, tmp_path / "private")
    git(copy, "tag built")
    git(copy, "commit -q --allow-empty -m third")
    git(copy, "config demo.key value")
    git(copy, "gc -q --prune=now")
    assert snapshot(repository) == before


def test_the_history_is_not_copied(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "demo")
    (repository / "big").write_bytes(os.urandom(20_000_000))
    git(repository, "add big")
    git(repository, "commit -q -m big")
    git(repository, "rm -q big")
    git(repository, "commit -q -m small")
    copy = export(repository, tmp_path / "private")
    assert sum(path.stat().st_size for path in copy.rglob("*") if path.is_file()) < 100_000
    assert git(copy, "cat-file -s HEAD~1:big") == "20000000\n"


def test_a_folder_of_a_repository_is_a_project(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "demo")
    copy = export(repository / "package", tmp_path / "private")
    assert copy == tmp_path / "private/demo/package"
    assert tree(copy.parent) == [".gitignore", "link", "package/module.py", "run.sh", "ä\nb"]


@pytest.mark.parametrize("program", ["git", "hg"])
def test_without_history_only_the_project_is_copied(tmp_path: Path, program: str) -> None:
    repository = make_repository(tmp_path / "demo", program)
    copy = export(repository / "package", tmp_path / "private", history=False)
    assert copy == tmp_path / "private/package"
    assert [path.name for path in copy.iterdir()] == ["module.py"]


def test_a_worktree_is_a_checkout(tmp_path: Path) -> None:
    """V23."""
    repository = make_repository(tmp_path / "demo")
    git(repository, "worktree add -q ../other -b other")
    copy = export(tmp_path / "other", tmp_path / "private")
    assert tree(copy) == [".gitignore", "link", "package/module.py", "run.sh", "ä\nb"]
    assert git(copy, "describe --tags") == git(tmp_path / "other", "describe --tags")
    assert git(copy, "branch --show-current") == "other\n"


def test_submodules_are_copied_and_are_checkouts(tmp_path: Path) -> None:
    """A25, V23."""
    part, whole = make_repository(tmp_path / "part"), make_repository(tmp_path / "whole")
    git(whole, f"submodule --quiet add {part} part")
    git(whole, f"submodule --quiet add {part} absent")
    git(whole, "commit -q -m parts")
    git(whole, "submodule --quiet deinit -f absent")
    copy = export(whole, tmp_path / "private")
    assert (copy / "part/package/module.py").read_text() == "second"
    assert list((copy / "absent").iterdir()) == []
    assert git(copy, "describe --tags --dirty") == git(whole, "describe --tags --dirty")
    inner = export(whole / "part", tmp_path / "inner")
    assert git(inner, "describe --tags --dirty") == git(part, "describe --tags --dirty")


@pytest.mark.parametrize("how", ["--depth=1", "--filter=blob:none", "--shared", "--bare"])
def test_clones_of_every_kind_are_checkouts(tmp_path: Path, how: str) -> None:
    repository = make_repository(tmp_path / "demo")
    git(repository, "config uploadpack.allowFilter true")
    git(tmp_path, f"clone -q {how} {repository.as_uri() if how != '--shared' else repository} clone")
    clone = tmp_path / "clone"
    if how == "--bare":
        git(clone, "worktree add -q ../work main")
        clone = tmp_path / "work"
    copy = export(clone, tmp_path / "private")
    for command in ("log --oneline", "status --porcelain"):
        assert git(copy, command) == git(clone, command)


def test_a_new_repository_has_no_commit_yet(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    git(tmp_path / "demo", "init -q -b main")
    (tmp_path / "demo/module.py").touch()
    git(tmp_path / "demo", "add module.py")
    copy = export(tmp_path / "demo", tmp_path / "private")
    assert git(copy, "status --porcelain -b") == "## No commits yet on main\nA  module.py\n"


@pytest.mark.parametrize("options", ["--object-format=sha256", "--separate-git-dir=../elsewhere"])
def test_repositories_of_every_kind_are_checkouts(tmp_path: Path, options: str) -> None:
    (tmp_path / "demo").mkdir()
    git(tmp_path / "demo", f"init -q {options}")
    (tmp_path / "demo/module.py").touch()
    git(tmp_path / "demo", "add module.py")
    git(tmp_path / "demo", "commit -q -m first")
    copy = export(tmp_path / "demo", tmp_path / "private")
    assert git(copy, "log --oneline") == git(tmp_path / "demo", "log --oneline")
    assert git(copy, "status --porcelain") == ""


def test_a_hook_of_git_can_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git tells a hook which repository it belongs to."""
    repository = make_repository(tmp_path / "demo")
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index.lock")
    copy = export(repository, tmp_path / "private")
    assert git(copy, "status --porcelain") == ""


def test_without_git_the_copy_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = make_repository(tmp_path / "demo")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramMissing, match="there is no git on the PATH"):
        export(repository, tmp_path / "private")


def test_what_git_says_is_passed_on(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: nowhere\n")
    with pytest.raises(ProgramFailed, match="not a git repository") as failure:
        export(tmp_path, tmp_path / "private")
    assert failure.value.hint == "--no-vcs builds in the folder itself"


def test_a_folder_may_be_in_no_checkout(tmp_path: Path) -> None:
    assert checkout.find(tmp_path) is None
