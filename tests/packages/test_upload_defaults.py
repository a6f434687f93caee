from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devpi_cli.cli import topics
from devpi_cli.errors import WrongUsage
from devpi_cli.packages import upload_defaults
from devpi_cli.packages.upload_defaults import Defaults
from tests.support.pages import blocks

if TYPE_CHECKING:
    from pathlib import Path

TOML, CFG = "pyproject.toml", "setup.cfg"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (TOML, "", Defaults()),
        (TOML, "[tool.devpi.upload]\n", Defaults()),
        (TOML, "[tool.devpi.upload]\nwheel = true\nno-vcs = false\n", Defaults(wheel=True, no_vcs=False)),
        (CFG, "[metadata]\nname = %(demo\n", Defaults()),
        (CFG, "[devpi:upload]\nsdist = 1\nsetupdir-only = yes\n", Defaults(sdist=True, setupdir_only=True)),
        (CFG, "[devpi:upload]\nformats = bdist_wheel,sdist.tgz\n", Defaults(formats="bdist_wheel,sdist.tgz")),
    ],
)
def test_a_project_may_say_how_to_upload(tmp_path: Path, name: str, text: str, said: Defaults) -> None:
    (tmp_path / name).write_text(text)
    assert upload_defaults.read(tmp_path) == said


def test_the_example_of_the_topic_is_understood(tmp_path: Path) -> None:
    [example] = blocks(topics.read("upload"), "toml")
    (tmp_path / TOML).write_text(example)
    assert upload_defaults.read(tmp_path) == Defaults(wheel=True, check=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("On", True),
        ("1", True),
        ("y", True),
        ("false", False),
        ("no", False),
        ("0", False),
        ("", False),
    ],
)
def test_yes_and_no_are_read_as_such(tmp_path: Path, text: str, *, value: bool) -> None:
    """A32."""
    (tmp_path / CFG).write_text(f"[devpi:upload]\nno-vcs = {text}\n")
    assert upload_defaults.read(tmp_path) == Defaults(no_vcs=value)


def test_a_folder_may_have_neither_file(tmp_path: Path) -> None:
    assert upload_defaults.read(tmp_path) == Defaults()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (TOML, "[tool.devpi.upload]\nweel = true\n", "[tool.devpi.upload] has no key 'weel'\ndid you mean wheel?"),
        (CFG, "[devpi:upload]\nno_vcs = 1\n", "[devpi:upload] has no key 'no_vcs'\ndid you mean no-vcs?"),
        (
            CFG,
            "[devpi:upload]\nx = 1\n",
            "[devpi:upload] has no key 'x'\nthere are: check, formats, no-vcs, sdist, setupdir-only, wheel",
        ),
        (TOML, "[tool.devpi.upload]\nwheel = 'no'\n", "[tool.devpi.upload] wheel = 'no' is neither true nor false"),
        (CFG, "[devpi:upload]\nwheel = maybe\n", "[devpi:upload] wheel = maybe is neither true nor false"),
        (
            TOML,
            "[tool.devpi.upload]\nformats = 'sdist'\n",
            "[tool.devpi.upload] formats is not supported\nuse sdist = true or wheel = true",
        ),
        (
            TOML,
            "[tool.devpi]\nupload = true\n",
            "tool.devpi.upload is not a table\nwrite [tool.devpi.upload] with the options below it",
        ),
        (TOML, "[tool.devpi.upload\n", "Expected ']' at the end of a table declaration (at line 1, column 19)"),
        (CFG, "[a]\npassword secret\n", "cannot be read, see line 2"),
        (CFG, "password = secret\n", "cannot be read, see line 1"),
    ],
)
def test_what_makes_no_sense_is_said(tmp_path: Path, name: str, text: str, said: str) -> None:
    """V24; what else stands in the file, and may be secret, is not shown."""
    (tmp_path / name).write_text(text)
    with pytest.raises(WrongUsage) as failure:
        upload_defaults.read(tmp_path)
    assert str(failure.value) == f"{tmp_path / name}: {said}"


@pytest.mark.parametrize("name", [TOML, CFG])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\xff")
    with pytest.raises(WrongUsage) as failure:
        upload_defaults.read(tmp_path)
    assert str(failure.value) == f"{path}: cannot be read: it is not UTF-8 text"
    path.unlink()
    path.mkdir()
    with pytest.raises(WrongUsage) as failure:
        upload_defaults.read(tmp_path)
    assert str(failure.value) == f"{path}: cannot be read: Is a directory"


def test_one_of_two_files_has_to_go(tmp_path: Path) -> None:
    """A33."""
    (tmp_path / TOML).write_text("[tool.devpi.upload]\nwheel = true\n")
    (tmp_path / CFG).write_text("[devpi:upload]\nwheel = 1\n")
    with pytest.raises(WrongUsage) as failure:
        upload_defaults.read(tmp_path)
    assert str(failure.value) == (
        f"both {tmp_path / TOML} ([tool.devpi.upload]) and {tmp_path / CFG} ([devpi:upload]) set upload options\n"
        "keep only one of the two sections"
    )


def test_the_command_line_can_say_no() -> None:
    """V24."""
    assert Defaults(wheel=False, sdist=True).over(Defaults(wheel=True, no_vcs=True)) == Defaults(
        wheel=False, sdist=True, no_vcs=True
    )
