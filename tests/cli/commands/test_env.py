from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.support.clients import NOT_LOGGED_IN
from tests.support.dists import make_wheel
from tests.support.front import Front, served

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.clients import Client, Member, Result


@dataclass
class Closed(Front):
    """A web server in front of devpi that lets nobody through without a login."""

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        if not (path.endswith(("+api", "+login")) or "Authorization" in headers or "X-Devpi-Auth" in headers):
            return 401, {"Content-Type": "text/html"}, b"<h1>Who are you?</h1>"
        return super().answer(method, path, headers, body)


@pytest.fixture
def closed(member: Member) -> Iterator[str]:
    """The URL of an index that shows nothing without a login; somebody who is logged in uses it."""
    front = Closed()
    with served(front):
        front.serve(member)
        yield f"{front.url}{member.index}"


def token(member: Member) -> str:
    login = member.state.login(str(member.state.server))
    assert login
    return login.token


def with_login(member: Member, url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{member.user}:{quote(token(member), safe='')}@{rest}/+simple/"


def test_an_index_that_everybody_may_read_needs_no_login(member: Member) -> None:
    assert member.ok("env", SHELL="/bin/bash") == [
        f"export PIP_INDEX_URL={member.index_url}/+simple/",
        f"export UV_DEFAULT_INDEX={member.index_url}/+simple/",
    ]


@pytest.mark.parametrize(("shell", "lines"), [
    ("fish", ["set -gx PIP_INDEX_URL 'URL'", "set -gx UV_DEFAULT_INDEX 'URL'"]),
    ("powershell", ["$Env:PIP_INDEX_URL = 'URL'", "$Env:UV_DEFAULT_INDEX = 'URL'"]),
    ("github", ["PIP_INDEX_URL=URL", "UV_DEFAULT_INDEX=URL"]),
    ("gitlab", ["PIP_INDEX_URL=URL", "UV_DEFAULT_INDEX=URL"]),
])  # fmt: skip
def test_every_shell_has_its_language(member: Member, shell: str, lines: list[str]) -> None:
    url = f"{member.index_url}/+simple/"
    assert member.ok("env", "--shell", shell) == [
        line.replace("URL'", f"{url}'").replace("=URL", f"={url}") for line in lines
    ]


def test_the_language_is_that_of_the_shell_in_use(member: Member) -> None:
    assert member.ok("env", SHELL="/usr/bin/fish") == member.ok("env", "--shell", "fish")
    assert member.ok("env", DEVPI_ENV_SHELL="fish") == member.ok("env", "--shell", "fish")


def test_json_is_the_mapping(member: Member) -> None:
    url = f"{member.index_url}/+simple/"
    assert json.loads("".join(member.ok("env", "--json", "--shell", "github"))) == {
        "PIP_INDEX_URL": url,
        "UV_DEFAULT_INDEX": url,
    }


@pytest.mark.parametrize("how", ["option", "environment"])
def test_the_url_of_an_index_needs_no_state(devpi: Client, member: Member, how: str) -> None:
    typed, env = (["--index", member.index_url], {}) if how == "option" else ([], {"DEVPI_INDEX": member.index_url})
    assert devpi.ok("env", "--shell", "github", *typed, **env) == member.ok("env", "--shell", "github")
    assert not devpi.state_file.exists()


def test_what_pip_and_uv_have_to_trust_is_told(member: Member, tmp_path: Path) -> None:
    here = member.server.root.replace("127.0.0.1", "0.0.0.0")
    with member.state.changing() as state:
        state.servers[here] = state.servers[member.server.root]
        state.server = here
    host = here.removeprefix("http://").strip("/")
    told = json.loads("".join(member.ok("env", "--json", PIP_TRUSTED_HOST=f"mine {host}")))
    assert told["PIP_TRUSTED_HOST"] == f"mine {host}"
    ca = tmp_path / "ca.pem"
    told = json.loads(member("env", "--json", "--insecure", "--ca-bundle", ca, PIP_TRUSTED_HOST="").stdout)
    assert {name: told[name] for name in told if "INDEX" not in name} == {
        "PIP_CERT": str(ca), "SSL_CERT_FILE": str(ca), "PIP_TRUSTED_HOST": host, "UV_INSECURE_HOST": host,
    }  # fmt: skip
    assert member.fails("env", "--shell", "gitlab", PIP_TRUSTED_HOST="mine") == (
        2,
        "PIP_TRUSTED_HOST contains whitespace, which a GitLab dotenv report cannot hold\nuse --shell bash\n",
    )


def test_an_index_that_shows_nothing_without_a_login_gets_it_into_the_urls(member: Member, closed: str) -> None:
    url = with_login(member, closed)
    assert json.loads("".join(member.ok("env", "--json"))) == {"PIP_INDEX_URL": url, "UV_DEFAULT_INDEX": url}
    assert json.loads("".join(member.ok("env", "--json", "--no-login")))["PIP_INDEX_URL"] == f"{closed}/+simple/"


def test_a_login_can_be_asked_for(member: Member, at_server: Client) -> None:
    shown = json.loads("".join(member.ok("env", "--json", "--login")))
    assert shown["PIP_INDEX_URL"] == with_login(member, member.index_url)
    assert at_server.fails("env", "--login", "--index", member.index_url) == (
        3,
        f"not logged in at {member.server.root}\ntype 'devpi login USER'\n",
    )


def test_github_masks_the_login_in_the_log_and_the_file_has_only_variables(member: Member, closed: str) -> None:
    url, secret = with_login(member, closed), token(member)
    for quiet in ([], ["-q"]):
        result = member("env", "--shell", "github", *quiet)
        assert (result.lines, result.status) == ([f"PIP_INDEX_URL={url}", f"UV_DEFAULT_INDEX={url}"], 0)
        masked = {secret, quote(secret, safe="")}
        assert set(result.stderr.splitlines()) == {f"::add-mask::{each.replace('%', '%25')}" for each in masked}


def test_gitlab_keeps_reports_and_that_is_said(member: Member, closed: str) -> None:
    result = member("env", "--shell", "gitlab")
    assert (result.lines[0], result.status) == (f"PIP_INDEX_URL={with_login(member, closed)}", 0)
    assert result.stderr == (
        "warning: PIP_INDEX_URL and UV_DEFAULT_INDEX contain the login: "
        "anyone who sees the job's artifacts can read it\n"
    )


def test_a_closed_index_is_closed_to_who_is_not_logged_in(devpi: Client, closed: str) -> None:
    status, said = devpi.fails("env", "--index", closed)
    root = closed.rpartition("/")[0].rpartition("/")[0]
    hint = NOT_LOGGED_IN.replace("USER'", f"USER' with DEVPI_INDEX={root}/")
    assert (status, said.splitlines()[1:]) == (3, [hint])


def test_what_is_not_there_has_no_variables(member: Member, devpi: Client) -> None:
    assert member.fails("env", "--index", "nobody/here")[0] == 4
    assert devpi.fails("env") == (
        1,
        "no server in use\ntype 'devpi use URL', or 'devpi quickstart' for a server on this machine\n",
    )


# -- and pip and uv install with nothing but these variables


def evaluated(result: Result, folder: Path) -> dict[str, str]:
    """Return the environment that a shell has after it evaluated what was printed: that, and a PATH."""
    script = 'eval "$1" && exec env -0'
    done = subprocess.run(
        ["bash", "-c", script, "bash", result.stdout],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "NO_PROXY": "*", "PIP_CONFIG_FILE": os.devnull},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if line)


@pytest.mark.parametrize("which", ["open", "closed"])
@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_pip_and_uv_install_with_these_variables_alone(
    member: Member, tmp_path: Path, which: str, installer: str, request: pytest.FixtureRequest
) -> None:
    if which == "closed":
        request.getfixturevalue("closed")
    name = f"told-{installer}-{which}"
    assert member("upload", "-q", make_wheel(tmp_path, name)).status == 0
    environment = evaluated(member("env", "--shell", "bash"), tmp_path)
    target = tmp_path / "target"
    pip = [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check"]
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--python", sys.executable, "--no-cache"]
    command = [*(pip if installer == "pip" else uv), "--target", str(target), name]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (target / f"{name.replace('-', '_')}.py").read_text() == "version = '1.0'\n"
