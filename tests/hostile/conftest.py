"""Fixtures for hostile cases, which are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hostile.cases import COUNTED
from tests.hostile.harness import TALLY, Somebody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live


@pytest.fixture(autouse=True)
def _counted(record_property: Callable[[str, object], None]) -> Iterator[None]:
    before = TALLY.cases
    yield
    record_property(COUNTED, TALLY.cases - before)


@pytest.fixture
def nobody(tmp_path: Path) -> Somebody:
    """Somebody who has never used devpi, and for whom no server answers."""
    folder = tmp_path / "nobody"
    folder.mkdir()
    return Somebody(folder)


@pytest.fixture
def somebody(member: Member, server: Live) -> Somebody:
    """Somebody who is logged in at the real server, and has an index in use."""
    return Somebody(member.home, server.url)
