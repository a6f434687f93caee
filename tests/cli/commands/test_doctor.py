"""devpi doctor: its findings with and without problems."""

from __future__ import annotations

import json
import platform
import time
from dataclasses import replace
from email.utils import formatdate
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from devpi_cli._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clients import Client, Member, Result
    from tests.support.servers import Live

CLIENT = f"ok       client: devpi-cli {__version__}, Python {platform.python_version()}, {platform.system()}"
EXTRA = f"ok       server extra: devpi-server {version('devpi-server')} is installed, for 'devpi quickstart'"
UV = "ok       uv: uses https://pypi.org/simple (its default)"
NO_TLS = "ok       TLS: none, and none needed: the server is on this machine"
CLOCK = "ok       clock: within 5 minutes of the server's"
PROXIES = "ok       proxies: none for this server"


def doctor(client: Client, *arguments: str, **env: str) -> Result:
    """Ask the doctor at home, where no settings of this machine count."""
    return client("doctor", *arguments, **{"PIP_INDEX_URL": "", "PIP_CONFIG_FILE": "/dev/null", "SHELL": "", **env})


def of(result: Result, check: str) -> str:
    """Return what a check found."""
    return next(line for line in result.lines if line[9:].startswith(f"{check}: "))


def server_line(server: Live) -> str:
    rows = ", ".join(f"{name} {number}" for name, number in sorted(server.connect().status().versions.items()))
    return f"ok       server: {server.url}: {rows}"


def age(member: Member, *, hours: float) -> None:
    """Let a login have expired, for the client and, by its token, for the server."""
    with member.state.changing() as state:
        logins = state.servers[member.server.root].logins
        logins[member.user] = replace(logins[member.user], token="old", expires=time.time() - hours * 3600)


def test_a_good_state_is_ok(member: Member, server: Live) -> None:
    result = doctor(member)
    lines = [line for line in result.lines if not line[9:].startswith("pip: ")]
    assert lines == [
        CLIENT,
        f"ok       state file: {member.state_file}, mode 0600",
        server_line(server),
        NO_TLS,
        CLOCK,
        f"ok       login: {member.user}, for 10.0 more hours",
        f"ok       index: {member.index}, and {member.user} may upload to it",
        "ok       mirrors: those among the index and its bases, if any, reach what they mirror",
        UV,
        PROXIES,
        EXTRA,
    ]
    assert of(result, "pip").startswith("ok ")
    assert (result.stderr, result.status) == ("", 0)


def test_json_has_every_check(member: Member) -> None:
    result = doctor(member, "--json")
    checks = json.loads(result.stdout)["checks"]
    assert [check["check"] for check in checks] == [line[9:].partition(":")[0] for line in doctor(member).lines]
    assert {check["verdict"] for check in checks} == {"ok"}
    assert checks[1] == {"check": "state file", "verdict": "ok", "detail": f"{member.state_file}, mode 0600"}


def test_a_login_that_is_no_longer_good_is_wrong(member: Member) -> None:
    age(member, hours=3)
    result = doctor(member)
    assert of(result, "login") == (
        f"WRONG    login: the login of {member.user} expired 3 h ago: type 'devpi login {member.user}'"
    )
    assert (result.stderr, result.status) == ("WRONG: login\n", 1)


def test_a_server_that_is_down_is_wrong_and_the_rest_is_checked(member: Member) -> None:
    root = "http://127.0.0.1:1/"
    with member.state.changing() as state:
        state.server, state.servers[root] = root, state.servers[state.server]
    result = doctor(member)
    assert of(result, "server") == (
        f"WRONG    server: cannot reach {root}: Connection refused; is the server running, and the URL right?"
    )
    assert of(result, "login") == f"warning  login: {member.user}; it could not be checked"
    assert of(result, "index") == f"warning  index: {member.index}; it could not be checked"
    assert result.lines[-3:] == [UV, PROXIES, EXTRA]
    assert (result.stderr, result.status) == ("WRONG: server\n", 1)


def test_without_a_server_the_rest_is_checked(devpi: Client) -> None:
    result = doctor(devpi)
    assert [line for line in result.lines if not line[9:].startswith("pip: ")] == [
        CLIENT,
        f"ok       state file: there is none yet at {devpi.state_file}",
        "warning  server: none in use: type 'devpi use URL', or 'devpi quickstart' for a server on this machine",
        UV,
        "ok       proxies: none",
        EXTRA,
    ]
    assert (result.stderr, result.status) == ("", 0)


def test_a_state_file_that_others_can_read_is_wrong(member: Member) -> None:
    member.state_file.chmod(0o644)
    result = doctor(member)
    path = member.state_file
    assert of(result, "state file") == (
        f"WRONG    state file: {path} has mode 0644: others can read your logins; type 'chmod 600 {path}'"
    )
    assert (result.stderr, result.status) == ("WRONG: state file\n", 1)


def test_a_broken_state_file_is_wrong_and_the_rest_is_checked(devpi: Client) -> None:
    devpi.state_file.parent.mkdir(parents=True)
    devpi.state_file.write_text("{")
    result = doctor(devpi)
    assert of(result, "state file") == (
        f"WRONG    state file: cannot use the state file {devpi.state_file}: "
        "it is damaged, or not a state file of devpi-cli; to start afresh, move it away"
    )
    assert [line for line in result.lines if line.startswith("WRONG")] == [of(result, "state file")]
    assert (result.lines[-1], result.stderr, result.status) == (EXTRA, "WRONG: state file\n", 1)


def test_who_may_not_upload_is_warned(member: Member, new_member: Callable[[], Member]) -> None:
    other = new_member()
    result = doctor(member, DEVPI_INDEX=other.index)
    assert of(result, "index") == (
        f"warning  index: {member.user} may not upload to {other.index}: its acl_upload is {other.user}; "
        f"ask {other.user} to type 'devpi index {other.index} acl_upload+={member.user}'"
    )
    assert result.status == 0


@pytest.mark.parametrize(
    ("env", "check", "said"),
    [
        ({"UV_DEFAULT_INDEX": "http://a:hidden@host/"}, "uv", "uses http://a:****@host/ (UV_DEFAULT_INDEX)"),
        (
            {"http_proxy": "http://a:hidden@127.0.0.1:1", "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"},
            "proxies",
            "none for this server; others use http=http://a:****@127.0.0.1:1",
        ),
    ],
)
def test_no_secret_is_shown(member: Member, env: dict[str, str], check: str, said: str) -> None:
    result = doctor(member, **env)
    assert of(result, check) == f"ok       {check}: {said}"
    login = member.state.login(member.server.root)
    assert login is not None
    assert login.token not in result.stdout
    assert "hidden" not in result.stdout + result.stderr


def test_what_pip_and_uv_read_is_shown(member: Member) -> None:
    member.ok("use", "--set-cfg", "-q")
    result = member("doctor", PIP_INDEX_URL="")
    conf, simple = member.home / ".config/uv/uv.toml", f"{member.index_url}/+simple/"
    assert of(result, "uv") == f"ok       uv: uses {simple} ({conf})"
    assert of(result, "pip").endswith(f" uses {simple} (global.index-url)")


def test_an_index_beside_the_other_is_warned_of(member: Member) -> None:
    result = doctor(member, PIP_EXTRA_INDEX_URL="http://a:hidden@host/simple", PIP_FIND_LINKS="http://host/links")
    assert of(result, "pip").startswith("warning  pip: ")
    assert of(result, "pip").endswith(
        " uses https://pypi.org/simple (its default), and also http://a:****@host/simple (PIP_EXTRA_INDEX_URL)"
        " and http://host/links (PIP_FIND_LINKS): it installs the highest version from any of them; "
        "add --only-index to 'devpi install' to leave them out"
    )


def test_an_index_beside_that_of_uv_is_warned_of(member: Member) -> None:
    (member.home / "pyproject.toml").write_text('[[tool.uv.index]]\nurl = "http://a:hidden@host/simple"\n')
    assert of(doctor(member, UV_FIND_LINKS="http://host/links"), "uv") == (
        "warning  uv: uses https://pypi.org/simple (its default), and also http://host/links (UV_FIND_LINKS) and "
        f"http://a:****@host/simple ({member.home / 'pyproject.toml'}): "
        "it takes a package from the first that has it, and asks its default index last; "
        "add --only-index to 'devpi install' to leave them out"
    )


def test_uv_that_reads_no_settings_uses_its_default(member: Member) -> None:
    (member.home / "uv.toml").write_text('[[index]]\nurl = "http://host/simple"\ndefault = true\n')
    assert of(doctor(member, UV_NO_CONFIG="1"), "uv") == UV


def test_a_project_s_settings_for_uv_come_first(member: Member) -> None:
    path = member.home / "pyproject.toml"
    path.write_text('[[tool.uv.index]]\nurl = "http://host/simple"\ndefault = true\n')
    assert of(doctor(member), "uv") == f"ok       uv: uses http://host/simple ({path})"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(600, "10 minutes ahead of"), (-7200, "120 minutes behind")],
)
def test_a_clock_that_is_wrong_is_warned_of(seconds: int, said: str) -> None:
    from devpi_cli.cli.app import App
    from devpi_cli.cli.steps.installer_checks import Finding
    from devpi_cli.cli.steps.server_checks import SET_CLOCK, of_clock
    from devpi_cli.cli.steps.visit import Visit
    from devpi_cli.http.responses import Reply

    visit = Visit(App(), reply=Reply("", 200, "OK", {"date": formatdate(time.time() - seconds, usegmt=True)}))
    remedy = f"if this machine's is wrong, {SET_CLOCK}"
    assert of_clock(visit) == Finding(
        "warning", f"{said} the server's: logins seem to expire at another time; {remedy}"
    )
