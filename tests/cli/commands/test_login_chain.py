"""Commands that take logins from a real keyring, .pypirc and netrc, and what they store there."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import pytest
from keyrings.alt.file import PlaintextKeyring

from tests.support.dists import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Client, Member
    from tests.support.servers import Live


def keyring_of(client: Client) -> PlaintextKeyring:
    """Return the keyring of somebody, for other programs than ours."""
    ring = PlaintextKeyring()
    ring.file_path = str(client.home / ".local/share/python_keyring/keyring_pass.cfg")
    return ring


def write_pypirc(client: Client, member: Member, url: str = "") -> None:
    (client.home / ".pypirc").write_text(
        f"[work]\nrepository = {url or member.index_url}\nusername = {member.user}\npassword = {member.password}\n"
    )


def write_netrc(client: Client, member: Member, password: str = "") -> None:
    secret = password or member.password.replace(" ", "\\ ")
    (client.home / ".netrc").write_text(f'machine 127.0.0.1 login {member.user} password "{secret}"\n')


@pytest.fixture
def stranger(at_server: Client, member: Member) -> Client:
    """A client that uses the server and the member's index, and is not logged in."""
    with at_server.state.changing() as state:
        state.index = member.index
    return at_server


def test_what_is_kept_for_twine_is_found(stranger: Client, member: Member, wheel: Path, server: Live) -> None:
    keyring_of(stranger).set_password(f"{member.index_url}/", member.user, member.password)
    stranger.env["DEVPI_USER"] = member.user
    with server.requests() as seen:
        stranger.ok("upload", wheel)
    assert seen == ["POST /+login", f"POST /{member.index}/"]
    assert stranger.state.at(server.url).logins == {}


@pytest.mark.parametrize("index", ["{user}/prod", "prod", "{root}{user}/prod"])
def test_what_is_kept_for_the_index_that_is_meant_is_found_by_whatever_name(
    stranger: Client, member: Member, wheel: Path, index: str
) -> None:
    member.ok("index", "-c", "prod")
    prod = f"{member.server.root}{member.user}/prod/"
    keyring_of(stranger).set_password(prod, member.user, member.password)
    typed = index.format(root=member.server.root, user=member.user)
    said = stranger.ok("upload", "--index", typed, wheel, DEVPI_USER=member.user)
    assert said == [f"file_upload of {wheel.name} to {prod}"]


def test_a_section_of_pypirc_is_found(stranger: Client, member: Member, wheel: Path) -> None:
    write_pypirc(stranger, member)
    assert stranger.ok("upload", wheel)[0].startswith("file_upload of ")
    assert stranger.ok("index", "dev", "title=x", DEVPI_USER=member.user)[0].endswith("title=x")


def test_netrc_is_looked_at_last(stranger: Client, member: Member, wheel: Path) -> None:
    write_netrc(stranger, member)
    done = stranger("--debug", "upload", wheel)
    assert (done.status, done.stderr.splitlines()[0]) == (0, f"debug: login of {member.user} from ~/.netrc")
    assert member.password not in done.stdout + done.stderr


def test_what_the_server_refuses_is_passed_over_and_named(stranger: Client, member: Member, wheel: Path) -> None:
    write_netrc(stranger, member, "wrong")
    status, said = stranger.fails("upload", wheel)
    assert (status, said.splitlines()[-1]) == (
        3,
        "not logged in: type 'devpi login USER' (looked at the environment, the state file, the keyring, ~/.pypirc and "
        "~/.netrc; the server refused that from ~/.netrc)",
    )
    write_pypirc(stranger, member)
    stranger.ok("upload", wheel)


BACKEND = """
import threading
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

class Locked(KeyringBackend):
    priority = 1
    def get_password(self, service, username):
        raise KeyringLocked("s3cret")
    set_password = delete_password = get_password

    def get_credential(self, service, username):
        return self.get_password(service, username)

class Fails(Locked):
    def get_password(self, service, username):
        raise RuntimeError("s3cret")

class Hangs(Locked):
    def get_password(self, service, username):
        threading.Event().wait()
"""
WAITS = "warning: waiting 4 s for the keyring (rings Hangs): does it wait to be unlocked?"
UNREAD: dict[str, tuple[dict[str, str], list[str]]] = {
    "a netrc with a mistake": ({".netrc": "machine"}, ["cannot read {home}/.netrc: line 1 is invalid"]),
    "a netrc that is not there": ({"NETRC": "{home}/none"}, ["there is no {home}/none, which NETRC names"]),
    "a .pypirc with a mistake": ({".pypirc": "s3cret"}, ["cannot read {home}/.pypirc: line 1 is invalid"]),
    "a locked keyring": ({"keyring": "Locked"}, ["the keyring cannot be used: it is locked"]),
    "a keyring that fails": ({"keyring": "Fails"}, ["the keyring cannot be used: RuntimeError"]),
    "all of them": (
        {".netrc": "machine", ".pypirc": "s3cret", "keyring": "Locked"},
        [
            "cannot read {home}/.pypirc: line 1 is invalid",
            "the keyring cannot be used: it is locked",
            "cannot read {home}/.netrc: line 1 is invalid",
        ],
    ),
}  # fmt: skip


def surroundings(client: Client, case: dict[str, str]) -> dict[str, str]:
    """Write the files of a case; return its variables."""
    env = {}
    for name, content in case.items():
        if name.startswith("."):
            (client.home / name).write_text(content)
        elif name == "keyring":
            (client.home / "rings.py").write_text(BACKEND)
            env |= {"PYTHON_KEYRING_BACKEND": f"rings.{content}", "PYTHONPATH": str(client.home)}
        else:
            env[name] = content.format(home=client.home)
    return env


@pytest.mark.parametrize("case", UNREAD)
def test_a_source_that_cannot_be_read_is_named_when_there_is_no_login(
    stranger: Client, member: Member, wheel: Path, case: str
) -> None:
    given, expected = UNREAD[case]
    stranger.command = (sys.executable, "-P", "-m", "devpi_cli")
    env = surroundings(stranger, given)
    status, said = stranger.fails("upload", wheel, **env)
    lines = [f"warning: {line.format(home=stranger.home)}" for line in expected]
    assert status == 3
    assert said.splitlines()[: len(lines)] == lines
    assert "s3cret" not in said
    # Nobody is told about them who has a login.
    stranger.ok("upload", wheel, **env, DEVPI_USER=member.user, DEVPI_PASSWORD=member.password)


def test_a_prompt_comes_after_what_could_not_be_read(stranger: Client, member: Member, wheel: Path) -> None:
    (stranger.home / ".netrc").write_text("machine")
    status, lines = stranger.at_terminal("upload", wheel, typed=[member.user, member.password])
    assert status == 0
    assert lines[0] == f"warning: cannot read {stranger.home}/.netrc: line 1 is invalid"
    assert any("file_upload of " in line for line in lines[1:])


def test_login_names_what_it_could_not_read(stranger: Client, member: Member) -> None:
    (stranger.home / ".netrc").write_text("machine")
    status, lines = stranger.at_terminal("login", member.user, typed=[member.password])
    assert status == 0
    assert lines[0] == f"warning: cannot read {stranger.home}/.netrc: line 1 is invalid"


def test_a_keyring_that_hangs_costs_five_seconds(stranger: Client, member: Member, wheel: Path) -> None:
    stranger.command = (sys.executable, "-P", "-m", "devpi_cli")
    env = surroundings(stranger, {"keyring": "Hangs"})
    started = time.monotonic()
    status, said = stranger.fails("upload", wheel, **env)
    assert status == 3
    assert 5 <= time.monotonic() - started < 15
    assert said.splitlines()[:2] == [WAITS, "warning: the keyring cannot be used: it did not answer within 5 s"]
    write_netrc(stranger, member)
    result = stranger("upload", wheel, **env)
    assert (result.status, result.stderr.splitlines()) == (0, [WAITS])


def test_a_password_with_a_line_end_is_taken_without_it(stranger: Client, member: Member, wheel: Path) -> None:
    env = {"DEVPI_USER": member.user, "DEVPI_PASSWORD": f"{member.password}\n"}
    for arguments in (("upload", wheel), ("login",)):
        result = stranger(*arguments, **env)
        assert result.status == 0
        assert result.stderr.splitlines() == ["warning: DEVPI_PASSWORD ends in a line break, which is ignored"]


def test_nothing_is_looked_for_while_a_login_is_good(member: Member, wheel: Path, server: Live) -> None:
    write_pypirc(member, member)
    with server.requests() as seen:
        member.ok("upload", wheel)
    assert seen == [f"POST /{member.index}/"]


def test_an_expired_login_is_replaced_for_the_command(member: Member, wheel: Path, server: Live) -> None:
    with member.state.changing() as state:
        known = state.at(server.url)
        known.logins[member.user] = type(known.logins[member.user])(member.user, "old", time.time() - 60)
    before = member.state_file.read_bytes()
    write_pypirc(member, member, server.url)
    member.ok("upload", wheel)
    member.ok("index", "dev", "title=x")
    assert member.state_file.read_bytes() == before


@pytest.mark.parametrize("place", ["keyring", "pypirc", "netrc"])
def test_login_finds_the_password_as_every_command_does(stranger: Client, member: Member, place: str) -> None:
    if place == "keyring":
        keyring_of(stranger).set_password(member.server.root, member.user, member.password)
    elif place == "pypirc":
        write_pypirc(stranger, member)
    else:
        write_netrc(stranger, member)
    said = stranger.ok("login", member.user)
    assert said == [f"logged in '{member.user}' at '{member.index_url}', credentials valid for 10.00 hours"]
    assert list(stranger.state.at(member.server.root).logins) == [member.user]


def test_a_password_on_the_command_line_comes_first(stranger: Client, member: Member) -> None:
    write_netrc(stranger, member, "wrong")
    env = {"DEVPI_PASSWORD": "wrong, too"}
    done = stranger("login", member.user, "--password", member.password, "--password-stdin", stdin="wrong\n", **env)
    assert done.status == 0
    assert stranger("login", member.user, "--password-stdin", stdin=f"{member.password}\n", **env).status == 0


def test_login_keeps_a_password_where_we_and_twine_find_it(stranger: Client, member: Member, wheel: Path) -> None:
    said = stranger.ok("login", member.user, "--password-stdin", "--store", stdin=member.password)
    places = [member.server.root, f"{member.index_url}/"]
    assert said[1:] == [f"password stored in the keyring for {places[0]} and {places[1]}"]
    for place in places:
        assert keyring_of(stranger).get_password(place, member.user) == member.password
    assert member.password not in stranger.state_file.read_text(encoding="utf-8")

    left = stranger("logoff")
    assert (left.lines, left.stderr) == (
        ["login information deleted"],
        f"the keyring still has the password of {member.user}, and 'devpi login {member.user}' uses it: "
        "--forget removes it\n",
    )
    stranger.ok("upload", wheel, DEVPI_USER=member.user)
    assert stranger.ok("logoff", "--forget", DEVPI_USER=member.user) == [
        "not logged in",
        f"password of {member.user} removed from the keyring",
    ]
    assert [keyring_of(stranger).get_password(place, member.user) for place in places] == [None, None]
    assert stranger("upload", wheel, DEVPI_USER=member.user).status == 2


def test_a_password_that_the_server_refuses_is_not_kept(stranger: Client, member: Member) -> None:
    assert stranger("login", member.user, "--store", "--password-stdin", stdin="wrong").status == 3
    assert keyring_of(stranger).get_password(member.server.root, member.user) is None


def test_a_keyring_that_cannot_be_used_is_told_and_the_login_stays(stranger: Client, member: Member) -> None:
    stranger.env["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    done = stranger("login", member.user, "--password-stdin", "--store", stdin=member.password)
    assert (done.status, done.stderr) == (1, "the keyring cannot be used: NoKeyringError\n")
    assert done.lines == [f"logged in '{member.user}' at '{member.index_url}', credentials valid for 10.00 hours"]
    assert list(stranger.state.at(member.server.root).logins) == [member.user]


def test_install_takes_what_is_found(stranger: Client, member: Member, venv: Path, tmp_path: Path) -> None:
    member.ok("upload", make_wheel(tmp_path, "found-by-pip"))
    write_pypirc(stranger, member)
    done = stranger("--debug", "install", "found-by-pip", "--venv", venv)
    assert done.status == 0
    assert f"debug: login of {member.user} from ~/.pypirc, section [work]" in done.stderr.splitlines()


def test_push_elsewhere_takes_the_password_from_the_keyring(member: Member, wheel: Path, server: Live) -> None:
    member.ok("upload", wheel)
    member.server.create_index(f"{member.user}/target", {"bases": ""})
    target = f"{server.url}{member.user}/target/"
    (member.home / ".pypirc").write_text(f"[target]\nrepository = {target}\nusername = {member.user}\n")
    assert member("push", "demo==1.0", "pypi:target", "-n").status == 2
    keyring_of(member).set_password(target, member.user, member.password)
    assert json.loads(member("push", "demo==1.0", "pypi:target", "-n", "--json").stdout)["target"] == "pypi:target"
