"""A user with a secret in every place that can hold one, and a search in all places that must not."""

from __future__ import annotations

import base64
import json
import os
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest
import trustme

from tests.cli.commands.test_test import PASSES, make_sdist
from tests.support.dists import make_project, make_wheel, put
from tests.support.front import Elsewhere, served
from tests.support.loopback import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clients import Member, Result

# Signs that have to be quoted in URLs, in JSON, and for a shell.
SIGNS = "/@:%#\"'$ é"


@dataclass
class Vault:
    """A member whose password, token, .pypirc, .netrc, proxies and certificate are known."""

    member: Member
    watch: Watch
    temporary: Path
    secrets: dict[str, str]
    may_hold: dict[str, set[str]] = field(default_factory=dict)
    """Files below the home, by name, and which secrets they are for; any other must hold none."""

    def __call__(self, *typed: str, watched: bool = False, **settings: Any) -> Result:
        """Run a command and look for secrets in all that it said, started and left behind."""
        names = {"wheel": self.member.home / "demo-2.0-py3-none-any.whl", **self.secrets}
        names |= {"user": self.member.user, "index": self.member.index, "root": self.member.server.root}
        names["python"] = sys.executable
        names["netloc"] = urlsplit(self.member.server.root).netloc
        words = [word.format(**names) for word in typed]
        if "stdin" in settings:
            settings["stdin"] = settings["stdin"].format(**names)
        (self.watch.folder / "watched").unlink(missing_ok=True)
        result = self.member(*words, **settings, **(self.watch.env if watched else {}))
        commands = self.watch.commands[1:] if watched else []  # the first is what was typed
        self.learn()
        told = {"stdout": result.stdout, "stderr": result.stderr, "an argument": "\n".join(commands)}
        leaks = [f"{place}: {name}" for place, text in told.items() for name in self.found(text.encode())]
        assert leaks + self.files() == [], result
        return result

    def learn(self) -> None:
        """Know the tokens that a login brought."""
        for server in self.member.state.servers.values():
            for login in server.logins.values():
                self.secrets[f"token {login.token[-8:]}"] = login.token

    def found(self, text: bytes) -> list[str]:
        """Return which secrets stand in a text, plain or quoted for a URL, JSON, or a header."""
        forms = {
            name: {
                secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1],
                *(base64.b64encode(f"{user}:{secret}".encode()).decode()[:-4] for user in (self.member.user, "gate")),
            }
            for name, secret in self.secrets.items()
        }  # fmt: skip
        return [name for name, shapes in forms.items() if any(shape.encode() in text for shape in shapes)]

    def files(self) -> list[str]:
        """Return what files hold that they must not, and which of those that may hold something others can read."""
        wrong = []
        for path in [*self.member.home.rglob("*"), *self.temporary.rglob("*")]:
            if not path.is_file() or path.is_symlink():
                continue
            found = {name.partition(" ")[0] for name in self.found(path.read_bytes())}
            mode = stat.S_IMODE(path.stat().st_mode)
            if found - self.may_hold.get(path.name, set()) or (found and mode != 0o600):
                wrong.append(f"{path} ({mode:04o}): {', '.join(sorted(found))}")
        return wrong


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
        make_wheel(home, version="2.0")
        make_project(home / "project")
        put(member.server, member.index, "1.0")
        found = [make_sdist(home, {"tox.ini": PASSES}, "tested"), make_wheel(home, "stock")]
        assert member("upload", *found).status == 0
        with member.state.changing() as state:
            known = state.at(member.server.root)
            known.basic_auth, known.client_cert = ("gate", secrets["gate"]), str(home / "cert.pem")
        member.env |= {
            "TMPDIR": str(temporary),
            "PATH": str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"],
            "HTTP_PROXY": f"http://me:{quote(secrets['proxy'], safe='')}@127.0.0.1:1",
            "DEVPI_PASSWORD": secrets["variable"],
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


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
