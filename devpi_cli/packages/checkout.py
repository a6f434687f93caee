"""Copy the files of a project that git or hg tracks, with access to the history."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devpi_cli.errors import DevpiError, ProgramFailed
from devpi_cli.programs import process

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

BUILD_IN_PLACE = "--no-vcs builds in the folder itself"
# Read only: git must not even write back a refreshed index.
READING = {"GIT_OPTIONAL_LOCKS": "0", "HGPLAIN": "1"}


@dataclass(frozen=True)
class Checkout:
    """A working directory of git or hg, at its top."""

    root: Path
    program: str

    def export(self, project: Path, parent: Path, *, history: bool = True) -> Path:
        """Copy the tracked files to a new folder in ``parent``; return the project in it.

        With ``history`` the whole repository is copied, and git or hg commands work in the copy as in the original,
        which they cannot change. Without it, only the project's own folder is copied.
        Raises ProgramMissing without git or hg, ProgramFailed with their output if they fail.
        """
        process.on_path(self.program, f"install it; {BUILD_IN_PLACE}")
        top = self.root if history else project
        copy = parent / (top.name or "project")
        copy.mkdir(parents=True)
        if history:
            (_link_git if self.program == "git" else _link_hg)(self.root, copy)
        for name in self._tracked(top):
            _copy(top / name, copy / name)
        return copy / project.relative_to(top)

    def committed(self) -> int | None:
        """Return when the last commit was made, in seconds since the epoch.

        Return None without a commit, git or hg.
        """
        log = {"git": ("log", "-1", "--format=%ct"), "hg": ("log", "-r", ".", "-T", "{date|hgdate}")}[self.program]
        try:
            words = _run(self.root, self.program, *log).split()
            return int(words[0]) if words else None
        except (DevpiError, ValueError):
            return None

    def _tracked(self, folder: Path) -> Iterable[str]:
        """Return the tracked files below a folder, relative to it.

        Those in submodules are among them.
        """
        if self.program == "git":
            listed = _run(folder, "git", "ls-files", "-z", "--recurse-submodules")
        else:
            listed = _run(folder, "hg", "files", "-0", "-S", ".")
        return dict.fromkeys(name for name in os.fsdecode(listed).split("\0") if name)  # a conflict lists a file twice


def find(folder: Path) -> Checkout | None:
    """Return the checkout that contains a folder, or None."""
    for above in (folder, *folder.parents):
        if (above / ".git").exists():  # a file in worktrees and submodules
            return Checkout(above, "git")
        if (above / ".hg").is_dir():
            return Checkout(above, "hg")
    return None


def _run(folder: Path, *command: str, **extra: str) -> bytes:
    try:
        return process.output(command, cwd=folder, extra={**READING, **extra})
    except ProgramFailed as failure:
        raise ProgramFailed(failure.message, status=1, hint=BUILD_IN_PLACE) from None


def _copy(source: Path, target: Path) -> None:
    """Copy a file with its mode, or a link as a link.

    A missing submodule becomes an empty folder.
    """
    if source.is_symlink() or source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
    elif source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    # else: tracked but deleted


def _link_git(root: Path, copy: Path) -> None:
    """Create a repository that shares another one's objects.

    It has its branches, tags and index. Worktrees, submodules, shallow and sparse clones need no special handling:
    git reports where each file is.
    """
    names = ("objects", "index", "shallow", "info/attributes", "info/exclude", "info/sparse-checkout")
    configs = ("config", "config.worktree")
    output = _run(root, "git", "rev-parse", "--show-object-format", *_paths(*names, *configs))
    hashes, *paths = os.fsdecode(output).splitlines()
    original = dict(zip((*names, *configs), (root / path for path in paths), strict=True))
    _run(copy, "git", "init", "-q", "--template=", f"--object-format={hashes}", GIT_DEFAULT_REF_FORMAT="files")
    ours = copy / ".git"
    for name in ("info", "objects/info"):
        (ours / name).mkdir(exist_ok=True, parents=True)
    (ours / "objects/info/alternates").write_bytes(os.fsencode(f"{original['objects']}\n"))
    (ours / "packed-refs").write_bytes(_run(root, "git", "for-each-ref", "--format=%(objectname) %(refname)"))
    (ours / "HEAD").write_bytes(_git_head(root))
    shared = [(path, path.name) for path in original["index"].parent.glob("sharedindex.*")]
    for path, name in [*((original[name], name) for name in names[1:]), *shared]:
        if path.is_file():
            shutil.copyfile(path, ours / name)
    with (ours / "config").open("a", encoding="utf-8") as config:
        config.writelines(f"[include]\n\tpath = {_quoted(original[name])}\n" for name in configs)
        # Overrides settings that refer to the original's location, or would start a program.
        config.write("[core]\n\tbare = false\n\tfsmonitor = false\n\thooksPath = /dev/null\n")
        config.write(f"\tworktree = {_quoted(copy)}\n[gc]\n\tauto = 0\n")


def _paths(*names: str) -> Iterable[str]:
    return (word for name in names for word in ("--git-path", name))


def _git_head(root: Path) -> bytes:
    """Return the contents of HEAD: a branch, possibly without a commit, or a commit."""
    try:
        return b"ref: " + _run(root, "git", "symbolic-ref", "-q", "HEAD")
    except ProgramFailed:
        return _run(root, "git", "rev-parse", "HEAD")


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _link_hg(root: Path, copy: Path) -> None:
    """Create a repository that shares the store of another one, at the same revision."""
    _run(root, "hg", "share", "--config", "extensions.share=", "-U", ".", str(copy))
    for path in (root / ".hg").iterdir():
        if path.is_file() and path.name.startswith(("dirstate", "branch")):
            shutil.copyfile(path, copy / ".hg" / path.name)
