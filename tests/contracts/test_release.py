"""``.ci/release`` refuses a release whose version, changelog, tag and files do not agree, and leaves no files then."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from devpi_cli._version import __version__

ROOT = Path(__file__).parents[2]
TODAY = f"## {__version__} (2026-11-27)"


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin", "VIRTUAL_ENV": sys.prefix}
    author = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return subprocess.run(command, cwd=folder, env={**variables, **author}, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with what the script reads before it builds; its changelog has a release of today."""
    folder = tmp_path / "checkout"
    for name in (".ci/release", "devpi_cli/_version.py", "CHANGELOG.md", ".gitignore"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    (folder / ".ci/release").chmod(0o755)
    changelog = folder / "CHANGELOG.md"
    changelog.write_text(re.sub(rf"^## {re.escape(__version__)} .*$", TODAY, changelog.read_text(), flags=re.MULTILINE))
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "One"]):
        assert run(folder, "git", *command).returncode == 0
    return folder


def spoil(folder: Path, what: str) -> None:
    if what == "no version":
        (folder / "devpi_cli/_version.py").write_text("")
    if what == "no date":
        (folder / "CHANGELOG.md").write_text(f"## {__version__} (unreleased)\n")
    if what == "a change":
        (folder / "new").touch()
    if what == "dist":
        (folder / "dist").mkdir()
    if what == "another tag":
        run(folder, "git", "tag", "v9.9")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("no version", 'devpi_cli/_version.py has no version\nit needs a line __version__ = "X.Y.Z"'),
        (
            "no date",
            f"CHANGELOG.md has no heading '## {__version__} (YYYY-MM-DD)'\ngive it the version and the date of",
        ),
        ("a change", "the working tree has changes\ncommit them, or put them aside"),
        ("dist", "there is a folder dist already\nmove it away"),
        ("no tag", f"HEAD has no tag, not v{__version__}\ntype: git tag v{__version__}"),
        ("another tag", f"HEAD has v9.9, not v{__version__}\ntype: git tag v{__version__}"),
    ],
)
def test_what_does_not_agree_is_no_release(checkout: Path, what: str, said: str) -> None:
    spoil(checkout, what)
    done = run(checkout, ".ci/release")
    assert (done.returncode, done.stdout, done.stderr[: len(said) + 7]) == (1, "", f"error: {said}")
    assert not list(checkout.glob("dist/*"))
