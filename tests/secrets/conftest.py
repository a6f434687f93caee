"""A user with a secret in every place that can hold one."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import trustme

from tests.secrets.vault import SIGNS, Vault
from tests.support.dists import QUICK_TOX, make_project, make_sdist, make_wheel, put
from tests.support.front import Elsewhere, served
from tests.support.loopback import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clients import Member

PYPIRC = """\
[here]
repository: {url}
username: alice
password: {upload}
[token]
repository: {url}
username: __token__
password: {pypitoken}
"""

DESCRIBED = """
[users.described-ME]
password-from = "NEW_PASSWORD"
[indexes."ME/described"]
type = "mirror"
mirror_url-from = "UPSTREAM"
"""


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


@pytest.fixture
def vault(member: Member, tmp_path: Path) -> Iterator[Vault]:
    names = ("login", "new", "changed", "upload", "pypitoken", "gate", "proxy", "netrc", "variable", "mirror")
    secrets = {name: f"{name}-s3cret{SIGNS}" for name in names}
    secrets |= {
        "login": member.password,
        "pypitoken": "pypi-AgEIcHlwaS5vcmc",
        "quoted": quote(secrets["gate"], safe=""),
    }
    home, temporary = member.home, tmp_path / "tmp"
    temporary.mkdir()
    (tmp_path / "watch").mkdir()
    certificate = trustme.CA().issue_cert("alice@example.com").private_key_and_cert_chain_pem.bytes().decode()
    secrets["key"] = certificate.splitlines()[1]
    with served(elsewhere := Elsewhere()):
        write(home / "cert.pem", certificate)
        write(
            home / ".netrc", f'machine other.example login alice password "{secrets["netrc"]}"\n'.replace('#"', '#\\"')
        )
        write(home / ".pypirc", PYPIRC.format(url=elsewhere.url, **secrets))
        write(home / "broken.pypirc", f"[here\npassword: {secrets['upload']}\npassword: {secrets['pypitoken']}\n")
        (home / "patch.json").write_text('["title=x"]')
        (home / "devpi.toml").write_text(DESCRIBED.replace("ME", member.user))
        make_wheel(home, version="2.0")
        make_project(home / "project")
        put(member.server, member.index, "1.0")
        found = [make_sdist(home, {"tox.ini": f'{QUICK_TOX}"pass"\n'}, "tested"), make_wheel(home, "stock")]
        assert member("upload", *found).status == 0
        with member.state.changing() as state:
            known = state.at(member.server.root)
            known.basic_auth, known.client_cert = ("gate", secrets["gate"]), str(home / "cert.pem")
        member.env |= {
            "TMPDIR": str(temporary),
            "PATH": str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"],
            "HTTP_PROXY": f"http://me:{quote(secrets['proxy'], safe='')}@127.0.0.1:1",
            "DEVPI_PASSWORD": secrets["variable"],
            "NEW_PASSWORD": secrets["new"],
            "UPSTREAM": f"http://me:{secrets['quoted']}@127.0.0.1:1/simple/",
            "NO_PROXY": "127.0.0.1,*",
            "PIP_RETRIES": "0",
            "UV_HTTP_RETRIES": "0",
        }
        vault = Vault(member, Watch(tmp_path / "watch"), temporary, secrets)
        vault.may_hold = {
            "state.json": {"token", "gate", "quoted"},
            ".pypirc": {"upload", "pypitoken"},
            "broken.pypirc": {"upload", "pypitoken"},
            ".netrc": {"netrc"},
            "cert.pem": {"key"},
            "pip.conf": {"gate", "quoted"},
            "uv.toml": {"gate", "quoted"},
        }
        vault.learn()
        yield vault
