"""devpi push."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Member


@pytest.fixture
def demo(member: Member, wheel: Path) -> Member:
    """A member whose index ``dev`` has demo 1.0, and who has an empty non-volatile index ``stable``."""
    member.server.create_index(f"{member.user}/stable", {"bases": "", "volatile": "False"})
    member.ok("upload", wheel)
    return member


def test_it_copies_a_release_and_shows_what_the_server_did(demo: Member) -> None:
    [line, stored] = demo.ok("push", "demo==1.0", f"{demo.user}/stable")
    assert line == f"   200 register demo 1.0 -> {demo.user}/stable"
    assert stored.startswith(f"   200 store_releasefile {demo.user}/stable/+f/")
    assert stored.endswith("/demo-1.0-py3-none-any.whl")
    assert demo.ok("list", "--index", "stable") == ["demo"]
