"""devpi use --set-cfg --keyring, and devpi env --keyring: pip and uv ask for the login, and no file has it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import WITH_PROGRAMS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Client, Member

ELSEWHERE = "/usr/bin:/bin"  # where no pip is that is in our own environment


def pip_conf(client: Client) -> Path:
    return client.home / ".config/pip/pip.conf"


def uv_toml(client: Client) -> Path:
    return client.home / ".config/uv/uv.toml"


def asked_as(member: Member, user: str | None = None) -> str:
    """Return the URL of an index with the name of a user, and without a password."""
    return f"{member.index_url}/+simple/".replace("://", f"://{user or member.user}@")


def hidden(text: str, member: Member) -> str:
    """Return a text as it is shown: a name alone may be a token, as that of some indexes is."""
    return text.replace(f"{member.user}@", "****@")


def pip_text(member: Member, provider: str, user: str | None = None) -> str:
    return (
        f"[global]\nindex-url = {asked_as(member, user)}\nkeyring-provider = {provider}\n\n"
        f"[search]\nindex = {member.index_url}/\n"
    )


def uv_text(member: Member) -> str:
    return (
        f'keyring-provider = "subprocess"\n\n[[index]]\nurl = "{asked_as(member)}"\n'
        'default = true\nauthenticate = "always"\n'
    )


def test_pip_and_uv_are_told_to_ask(member: Member) -> None:
    lines = member.ok("use", "--set-cfg", "--keyring", PATH=ELSEWHERE)
    assert [line for line in lines if "+simple" in line] == [
        f"{pip_conf(member)}: {hidden(asked_as(member), member)}",
        f"{uv_toml(member)}: {hidden(asked_as(member), member)}",
    ]
    assert pip_conf(member).read_text() == pip_text(member, "subprocess")
    assert uv_toml(member).read_text() == uv_text(member)
    for path in (pip_conf(member), uv_toml(member)):
        assert path.stat().st_mode & 0o777 == 0o644  # there is no secret


@pytest.mark.parametrize("how", ["the user's", "that of an environment"])
def test_a_pip_beside_devpi_imports_keyring(member: Member, how: str) -> None:
    """It ignores a program in its own environment."""
    if how == "the user's":
        member.ok("use", "--set-cfg", "--keyring", PATH=WITH_PROGRAMS)
        assert pip_conf(member).read_text() == pip_text(member, "auto")
        return
    diff = "\n".join(member.ok("use", "--diff", "--keyring", VIRTUAL_ENV=sys.prefix))
    assert f"+++ {sys.prefix}/pip.conf" in diff
    assert "+keyring-provider = import" in diff.splitlines()


def test_it_is_planned_and_shown_without_a_change(member: Member) -> None:
    document = json.loads("".join(member.ok("use", "--set-cfg", "--keyring", "-n", "--json", PATH=ELSEWHERE)))
    texts = {pip_conf(member): pip_text(member, "subprocess"), uv_toml(member): uv_text(member)}
    assert [(change["path"], change["index"], change["diff"][3:]) for change in document["changes"]] == [
        (str(path), hidden(asked_as(member), member), [f"+{line}" for line in hidden(text, member).splitlines()])
        for path, text in texts.items()
    ]
    assert not pip_conf(member).exists()


@pytest.mark.parametrize("last", ["undo", "set-cfg"])
def test_it_is_undone(member: Member, last: str) -> None:
    before = {pip_conf(member): "[global]\ntimeout = 60\n", uv_toml(member): "# mine\npreview = true\n"}
    for path, text in before.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    member.ok("use", "--set-cfg", PATH=ELSEWHERE)
    plain = {path: path.read_text() for path in before}
    member.ok("use", "--set-cfg", "--keyring", PATH=ELSEWHERE)
    assert all(asked_as(member) in path.read_text() for path in before)
    member.ok("use", f"--{last}", PATH=ELSEWHERE)
    assert {path: path.read_text() for path in before} == (before if last == "undo" else plain)


def test_without_its_state_devpi_still_knows_what_it_wrote(member: Member) -> None:
    pip_conf(member).parent.mkdir(parents=True)
    pip_conf(member).write_text("[global]\ntimeout = 60\n")
    member.ok("use", "--set-cfg", "--keyring", PATH=ELSEWHERE)
    with member.state.changing() as state:
        state.written = {}
    assert member("use", "--undo", "-y").lines == [f"put back: {pip_conf(member)}"]
    assert pip_conf(member).read_text() == "[global]\ntimeout = 60\n"


def test_what_the_user_had_set_stays_theirs(member: Member) -> None:
    pip_conf(member).parent.mkdir(parents=True)
    pip_conf(member).write_text("[global]\nkeyring-provider = subprocess\n")
    member.ok("use", "--set-cfg", "--keyring", PATH=ELSEWHERE)
    member.ok("use", "--set-cfg", PATH=ELSEWHERE)
    assert "keyring-provider = subprocess" in pip_conf(member).read_text()
    assert "keyring-provider" not in uv_toml(member).read_text()


def test_programs_that_ask_nobody_get_the_plain_url(member: Member) -> None:
    buildout = member.home / ".buildout/default.cfg"
    buildout.parent.mkdir()
    buildout.write_text("[buildout]\nindex = http://old/\n")
    member.ok("use", "--set-cfg", "--keyring", PATH=ELSEWHERE)
    assert buildout.read_text() == f"[buildout]\nindex = {member.index_url}/+simple/\n"


def test_a_password_in_the_url_is_not_written(member: Member) -> None:
    url = member.index_url.replace("://", "://web:hunter2@")
    member.ok("use", url, "--set-cfg", "--keyring", PATH=ELSEWHERE)
    assert pip_conf(member).read_text() == pip_text(member, "subprocess", "web")
    assert "hunter2" not in uv_toml(member).read_text()


def test_it_is_done_always_if_asked_for(member: Member) -> None:
    member.ok("use", "--always-set-cfg", "yes", "--keyring", PATH=ELSEWHERE)
    assert member.state.keyring
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    member.ok("use", "other", PATH=ELSEWHERE)
    assert f"{member.user}@" in pip_conf(member).read_text()
    assert "/other/+simple/" in uv_toml(member).read_text()
    member.ok("logoff")
    used = member("use", PATH=ELSEWHERE)
    assert used.status == 0
    assert used.stderr == (
        f"warning: keyring has no login for {member.server.root}{member.user}/other/+simple/, so that pip and uv get "
        "none: type 'devpi login USER'; a login in a variable is not kept for other programs\n"
    )
    assert "@" not in pip_conf(member).read_text()
    member.ok("use", "--always-set-cfg", "no")
    assert not member.state.keyring


def test_in_an_environment_it_is_remembered_there(member: Member, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    member.ok("use", "--local", "--always-set-cfg", "yes", "--keyring", VIRTUAL_ENV=str(venv), PATH=ELSEWHERE)
    kept = {path.name: json.loads(path.read_text())["keyring"] for path in (member.state_file, venv / "devpi-cli.json")}
    assert kept == {"state.json": False, "devpi-cli.json": True}
    assert (venv / "pip.conf").read_text() == pip_text(member, "subprocess")


def failure(member: Member, user: str = "") -> str:
    of, typed = (f" of {user}", user) if user else ("", "USER")
    return (
        f"keyring has no login{of} for {member.index_url}/+simple/\n"
        f"type 'devpi login {typed}'; a login in a variable is not kept for other programs\n"
    )


@pytest.mark.parametrize("command", ["use --set-cfg --keyring", "use --diff --keyring", "env --keyring"])
def test_without_a_login_that_keyring_has_nothing_is_written(member: Member, command: str) -> None:
    token = member.state.servers[member.server.root].logins[member.user].token
    assert member.fails(*command.split(), DEVPI_USER="bob") == (3, failure(member, "bob"))
    member.ok("logoff")
    assert member.fails(*command.split()) == (3, failure(member))
    variables = {"DEVPI_USER": member.user, "DEVPI_TOKEN": token}
    assert member.fails(*command.split(), **variables) == (3, failure(member, member.user))
    assert not pip_conf(member).exists()


@pytest.mark.parametrize("command", ["use --set-cfg --keyring", "env --keyring"])
def test_logins_in_another_folder_have_to_be_named_by_a_variable(member: Member, command: str, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    member.state_file.parent.rename(folder)
    status, said = member.fails(*command.split(), "--clientdir", folder)
    assert (status, said.splitlines()[1]) == (
        3, "other programs read your logins only where DEVPI_CLIENTDIR says: set it instead of --clientdir",
    )  # fmt: skip
    assert member(*command.split(), DEVPI_CLIENTDIR=str(folder)).status == 0


def test_alone_the_option_has_no_meaning(member: Member) -> None:
    assert member.fails("use", "--keyring") == (2, "--keyring works only with --set-cfg, --always-set-cfg or --diff\n")
    assert member.fails("env", "--keyring", "--login") == (2, "--keyring cannot be combined with --login\n")
    assert member.fails("env", "--keyring", "--no-login") == (2, "--keyring cannot be combined with --no-login\n")


def test_variables_say_the_same(member: Member) -> None:
    assert json.loads("".join(member.ok("env", "--keyring", "--json", PATH=ELSEWHERE))) == {
        "PIP_INDEX_URL": asked_as(member),
        "UV_DEFAULT_INDEX": asked_as(member),
        "PIP_KEYRING_PROVIDER": "subprocess",
        "UV_KEYRING_PROVIDER": "subprocess",
    }
    assert member.ok("env", "--keyring", "--shell", "github", PATH=WITH_PROGRAMS)[2] == "PIP_KEYRING_PROVIDER=auto"
    assert member.fails("env", "--keyring", "--index", "nobody/here")[0] == 4
