"""A devpi-server behind TLS, with a CA that only the test knows."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.support.webservers import tls_context, tls_front

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.servers import Live


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def other_ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="session")
def ca_folder(ca_file: Path) -> Path:
    """Where OpenSSL finds the CA by its hash."""
    folder = ca_file.parent / "folder"
    folder.mkdir()
    digest = subprocess.check_output(["openssl", "x509", "-hash", "-noout", "-in", ca_file], text=True).strip()
    (folder / f"{digest}.0").write_bytes(ca_file.read_bytes())
    return folder


@pytest.fixture
def tls(server: Live, ca: trustme.CA) -> Iterator[str]:
    with tls_front(server, tls_context(ca.issue_cert("127.0.0.1"))) as url:
        yield url
