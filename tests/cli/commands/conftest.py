"""Some tests run their commands in real processes, as users do."""

from __future__ import annotations

from zlib import crc32

import pytest

from tests.support.clients import zygote

ONE_IN = 12


@pytest.fixture(autouse=True)
def _real_processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork no command of every twelfth test; a hash of its id decides, so it is always the same tests."""
    if crc32(request.node.nodeid.encode()) % ONE_IN == 0:
        monkeypatch.setattr(zygote, "is_on", False)
        request.node.add_report_section("setup", "commands", "each in a real process, not forked by the zygote")
