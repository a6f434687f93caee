"""pip, uv and tox trust the same CAs as we do, and no others."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.dists import QUICK_TOX, make_sdist, make_wheel
from tests.support.webservers import tls_context, tls_front
from tests.tls.test_trust import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import trustme

    from tests.support.clients import Member
    from tests.support.servers import Live


@pytest.fixture
def behind_tls(member: Member, server: Live, ca: trustme.CA, tmp_path: Path) -> Iterator[Member]:
    assert member("upload", make_wheel(tmp_path, "stock")).status == 0
    with tls_front(server, tls_context(ca.issue_cert("127.0.0.1")), told=True) as url:
        with member.state.changing() as state:
            state.servers[url] = state.servers.pop(server.url)
            state.server = url
        member.env |= {"PIP_FORCE_REINSTALL": "1", "UV_REINSTALL": "1", "PIP_RETRIES": "0", "UV_HTTP_RETRIES": "0"}
        member.env |= {"PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1", "PATH": str(Path(sys.executable).parent)}
        yield member


# pip takes a second each time: tests/commands/test_install.py has what it is told of the other variables.
CASES = [("pip", "--ca-bundle"), ("pip", "SSL_CERT_FILE"), ("pip", "--insecure")]
CASES += [("uv", how) for how in ("--ca-bundle", *VARIABLES, "--insecure")]


@pytest.mark.parametrize(("installer", "how"), CASES)
def test_an_installer_gets_the_same_trust(
    behind_tls: Member, ca_file: Path, ca_folder: Path, venv: Path, bare: Path, installer: str, how: str
) -> None:
    place = str(ca_folder if how == "SSL_CERT_DIR" else ca_file)
    typed = {"--ca-bundle": ["--ca-bundle", place], "--insecure": ["--insecure"]}.get(how, [])
    folder = venv if installer == "pip" else bare
    env = {} if typed else {how: place}
    result = behind_tls(*typed, "install", "--installer", installer, "--venv", folder, "stock", **env)
    assert result.status == 0, result.stdout + result.stderr


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_an_installer_trusts_nobody_else(behind_tls: Member, venv: Path, bare: Path, installer: str) -> None:
    folder = venv if installer == "pip" else bare
    result = behind_tls("install", "--installer", installer, "--venv", folder, "stock")
    assert result.status != 0
    assert "certificate" in (result.stdout + result.stderr).lower()


FETCH = "import os, urllib.request as web; print(web.urlopen(os.environ['PIP_INDEX_URL'] + 'stock/').status)"


def test_what_tox_runs_gets_the_same_trust(behind_tls: Member, ca_file: Path, tmp_path: Path) -> None:
    sdist = make_sdist(tmp_path, {"tox.ini": f'{QUICK_TOX}"{FETCH}"\n'}, "tested")
    trusting = ["--ca-bundle", ca_file]
    assert behind_tls("upload", sdist, *trusting).status == 0
    result = behind_tls("test", "tested", "--tox-args=-qq", *trusting, VIRTUALENV_NO_SEED="1")
    assert "200" in result.lines, result.stdout + result.stderr
