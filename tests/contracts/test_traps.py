"""Known traps that belong to no single module, and a check that each trap has a test.

A1 to A62 are bugs that devpi-client had and fixed, V1 to V37 those that it still has (7.3.0). The test for a trap has
its number in its name or at the beginning of its docstring.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member

TRAPS = {*(f"A{number}" for number in range(1, 63)), *(f"V{number}" for number in range(1, 38))}


def test_every_trap_has_a_test() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    names = " ".join(re.findall(r"^ *def (test_\w+)", code, re.MULTILINE))
    begun = " ".join(re.findall(r'^ *"""((?:[AV]\d+\b(?:, )?)+)', code, re.MULTILINE))
    named = {trap.upper() for trap in re.findall(r"(?<=_)[av]\d+(?=_)", names)} | set(re.findall(r"\w+", begun))
    assert sorted(TRAPS - named) == []
    assert sorted(named - TRAPS) == []


@pytest.mark.parametrize("module", ["pkg_resources", "pluggy", "check_manifest", "pkginfo", "requests"])
def test_a30_a58_no_library_that_broke_devpi_client_can_break_us(
    member: Member, project: Path, tmp_path: Path, module: str
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / f"{module}.py").write_text("raise AttributeError('another interface than before')")
    member.env["PYTHONPATH"] = str(tmp_path / "broken")
    assert member("--help").status == 0
    assert member.ok("upload", "--no-isolation", "--wheel", cwd=project)[-1].startswith("file_upload of demo_pkg-1.0-")
    assert member.ok("list") == ["demo-pkg"]


@pytest.mark.parametrize("command", ["upload {wheel}", "upload --dry-run {wheel}", "use", "list", "index"])
def test_a37_a61_no_file_and_no_connection_is_left_open(member: Member, wheel: Path, command: str) -> None:
    """Python says so at the end, of whatever was not closed, when it is asked to."""
    member.env |= {"PYTHONDEVMODE": "1", "PYTHONWARNINGS": "default::ResourceWarning"}
    member.ok(*command.format(wheel=wheel).split())
