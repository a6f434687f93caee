from __future__ import annotations

import pytest

from devpi_cli.hosting.replicas import REFUSED


@pytest.mark.parametrize(
    ("line", "is_refused"),
    [
        ("ERROR [RPRT] [REP] 403 Forbidden: failed fetching http://127.0.0.1:3141/+changelog/0-", True),
        ("ERROR [RPRT] [REP] 401 Unauthorized: failed fetching http://127.0.0.1:3141/+changelog/0-", True),
        ("ERROR [RPRT] [REP] 502 Bad Gateway: failed fetching http://127.0.0.1:3141/+changelog/0-", False),
        ("2026-11-27 12:01:24,403 INFO  NOCTX Loading node info from /srv/devpi/.nodeinfo", False),
        ("2026-11-27 12:01:24,117 INFO  [Rtx401] serving 403 files", False),
    ],
)
def test_a_refusal_is_told_from_times_and_numbers_in_the_log(line: str, is_refused: bool) -> None:
    """S26."""
    assert bool(REFUSED.search(line)) == is_refused
