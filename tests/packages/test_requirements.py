"""Requirements files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import WrongUsage
from devpi_cli.packages.requirements import files_in, projects, sources

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


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        (["demo", "-r", "a", "-rb", "-r=c", "--requirement", "d", "--requirement=e", "--req", "f"], list("abcdef")),
        (["-c", "a", "--constraint=b", "--cons", "c"], list("abc")),
        (["demo", "--upgrade", "--", "-r"], [""]),
        (["--pre", "--no-deps", "-e", ".", "--config-settings=x", "--", "demo"], []),
    ],
)
def test_the_files_of_a_command_line_are_found(arguments: list[str], files: list[str]) -> None:
    assert files_in(arguments) == files


def test_the_indexes_of_a_file_and_its_includes_are_found(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").write_text(
        "demo --hash=sha256:1\n-i http://a/\n-r sub/b.txt\n-r https://x/c.txt\n-r gone.txt\n"
    )
    (tmp_path / "sub/b.txt").write_text("-c ../c.txt\n--pre --extra-index-url 'http://b/'\n-r ../a.txt\n")
    (tmp_path / "c.txt").write_text("demo<2\n--find \\\n ./wheels # here\n--no-binary :all:\n")
    found, unread = sources([str(tmp_path / "a.txt")])
    assert [(source.url, source.origin) for source in found] == [
        ("http://a/", f"{tmp_path / 'a.txt'}, line 2"),
        ("http://b/", f"{tmp_path / 'sub/b.txt'}, line 2"),
        ("./wheels", f"{tmp_path / 'sub/../c.txt'}, line 3"),
    ]
    assert unread == ["https://x/c.txt", str(tmp_path / "gone.txt")]


def test_a_pipe_is_not_read_because_it_can_be_only_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert sources([str(tmp_path / "pipe")]) == ([], [str(tmp_path / "pipe")])


@pytest.mark.parametrize("name", ["gone", "x" * 5000, "nul\0", "."])
def test_a_name_of_no_file_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_text(f"-r {name}\n")
    assert sources([str(tmp_path / "a.txt")]) == ([], [str(tmp_path / name)])
