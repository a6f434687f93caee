"""Requirements files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import WrongUsage
from devpi_cli.packages.requirements import projects

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("demo", ["demo"]),
        ("Demo_Pkg==1.0", ["demo-pkg"]),
        ("demo[fast]>=1,<2 ; python_version > '3'  # why", ["demo"]),
        ("demo==1.0 --hash=sha256:0123", ["demo"]),
        ("demo==1.0 \\\n    --hash=sha256:0123 \\\n    --hash=sha256:4567\nother", ["demo", "other"]),
        ("demo\ndemo\n", ["demo"]),
        ("# only a comment\n\n", []),
        ("--index-url https://x/\n-c constraints.txt\n-e .\n", []),
        ("demo @ https://x/demo.zip\nhttps://x/other.zip#egg=other\n./folder\n", []),
        ("\ufeffdemo", ["demo"]),
    ],
)
def test_what_a_line_names(tmp_path: Path, line: str, named: list[str]) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(line, encoding="utf-8")
    assert projects(path) == named


@pytest.mark.parametrize(
    "include", ["-r more.txt", "-rmore.txt", "--requirement more.txt", "--requirement=more.txt", "-r ../wants/more.txt"]
)
def test_a_file_includes_others_beside_it_even_in_a_circle(tmp_path: Path, include: str) -> None:
    folder = tmp_path / "wants"
    folder.mkdir()
    (folder / "all.txt").write_text(f"demo\n{include}\n")
    (folder / "more.txt").write_text("other\n-r ../wants/all.txt\n")
    assert projects(folder / "all.txt") == ["demo", "other"]


def test_what_is_no_requirement_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("demo\n\ndemo==\n")
    with pytest.raises(WrongUsage) as raised:
        projects(path)
    assert str(raised.value) == f"{path}, line 3: 'demo==' is not a requirement"


@pytest.mark.parametrize(("content", "why"), [(None, "No such file or directory"), (b"\xff", "it is not UTF-8 text")])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, content: bytes | None, why: str) -> None:
    path = tmp_path / "requirements.txt"
    if content:
        path.write_bytes(content)
    with pytest.raises(WrongUsage) as raised:
        projects(path)
    assert str(raised.value) == f"cannot read {path}: {why}"
