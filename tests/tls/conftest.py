"""A devpi-server behind TLS, with a CA that only the test knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme

from tests.support.webservers import tls_context, tls_front

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers import Live


@pytest.fixture(scope="session")
def other_ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(server: Live, ca: trustme.CA) -> Iterator[str]:
    with tls_front(server, tls_context(ca.issue_cert("127.0.0.1"))) as url:
        yield url
