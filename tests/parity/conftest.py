"""Fixtures: devpi-client in an environment of its own, and the same files through three clients."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from typing import TYPE_CHECKING

import pytest

from tests.parity.stored import Trio
from tests.support.clients import make_member

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.servers import Live

DEVPI_CLIENT = "devpi-client==7.3.0"
# The long form: files of the package registry, which the default suite does not ask for any.
collect_ignore = [] if os.environ.get("DEEP") == "1" else ["test_corpus.py", "test_theirs.py"]


@pytest.fixture(scope="module")
def devpi_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """devpi-client, in an environment of its own."""
    folder = tmp_path_factory.mktemp("devpi-client")
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run([scripts / "pip", "install", "--quiet", DEVPI_CLIENT], check=True)
    return scripts / "devpi"


@pytest.fixture(scope="module")
def trio(devpi_client: Path, server: Live, tmp_path_factory: pytest.TempPathFactory) -> Trio:
    """devpi-client, twine and this client, with an index for each file of each."""
    folder = tmp_path_factory.mktemp("trio")
    return Trio(make_member(server, folder, "trio"), devpi_client, folder)
