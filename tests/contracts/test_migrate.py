"""The section of ``devpi help migrate`` on moving an old index works as it is printed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from devpi_cli.cli import topics
from tests.support.dists import make_wheel
from tests.support.pages import blocks, section
from tests.support.peculiar import FILES, METADATA

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Member

SECTION = section(topics.read("migrate"), "Moving an old index")


def stored(member: Member) -> dict[str, str | None]:
    """Return SHA-256 by name of the files on the member's index."""
    server = member.server
    releases = [r for name in server.index(member.index).projects for r in server.releases(member.index, name)]
    return {file.name: file.sha256 for release in releases for file in release.files}


def fill(folder: Path) -> Path:
    """Write files as an old index has them."""
    folder.mkdir()
    for case in (*FILES, METADATA[-1], METADATA[-3]):
        case.make(folder)
    make_wheel(folder, "new", "3.0")
    for name in ("index.html", "demo-1.0.tar.gz.asc", "demo-1.0-1.noarch.rpm"):
        (folder / name).touch()
    return folder


def test_the_files_of_an_old_index_are_moved(member: Member, tmp_path: Path) -> None:
    folder = fill(tmp_path / "packages")
    [code] = blocks(SECTION, "sh")
    dry, real = (line.removeprefix("devpi ").split() for line in code.splitlines())
    left_out = "left out: 3 files: demo-1.0-1.noarch.rpm, demo-1.0.tar.gz.asc, index.html"
    shown = member(*dry, cwd=tmp_path)
    assert (shown.status, shown.stderr.startswith(left_out), stored(member)) == (0, True, {})
    result = member(*real, cwd=tmp_path)
    assert (result.status, result.stderr.startswith(left_out)) == (0, True)
    assert len(stored(member)) == len(list(folder.iterdir())) - 3
    assert [line for line in member(*real, cwd=tmp_path).lines if not line.startswith("identical: ")] == []


def test_the_files_of_another_devpi_are_copied(
    member: Member, new_member: Callable[[], Member], tmp_path: Path
) -> None:
    new, folder = new_member(), fill(tmp_path / "packages")
    member("upload", "--from-dir", folder)
    [program] = blocks(SECTION, "python")
    variables = {"OLD_INDEX": member.index_url, "DEVPI_INDEX": new.index_url}
    login = {"DEVPI_USER": new.user, "DEVPI_PASSWORD": new.password}
    for outcome in ("sent", "there already"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**new.environment, **variables, **login},
            capture_output=True,
            text=True,
            check=True,
        )
        assert {line.partition(": ")[2] for line in done.stdout.splitlines()} == {outcome}
    assert stored(new) == stored(member) != {}
