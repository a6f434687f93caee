"""devpi use: the settings written for pip and uv, and what the state remembers about them."""

from __future__ import annotations

import base64
import json
import os
import re
import stat
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest

from tests.support.clients import UNCONFIRMED
from tests.support.dists import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clients import Client, Member
    from tests.support.servers import Live

UV = str(Path(sys.executable).with_name("uv"))


def run(client: Client, *command: object, **env: str) -> subprocess.CompletedProcess[str]:
    """Run another program at home, without what the machine sets for pip."""
    clean = {name: value for name, value in client.environment.items() if not name.startswith("PIP_")}
    arguments = [str(part) for part in command]
    return subprocess.run(
        arguments, env={**clean, **env}, cwd=client.home, capture_output=True, text=True, timeout=120, check=False
    )


def pip_config(client: Client, **env: str) -> dict[str, str]:
    """Return what pip reads from its files, as pip lists it."""
    done = run(client, sys.executable, "-m", "pip", "config", "list", **env)
    assert (done.returncode, done.stderr) == (0, "")
    return dict(re.findall(r"^([\w.-]+)='(.*)'$", done.stdout, re.MULTILINE))


def uv_install(client: Client, *packages: str, **env: str) -> list[str]:
    """Let uv install from the index of its files; return what is there then."""
    target = client.home / "installed"
    python = ("--target", target, "--python", sys.executable, "--no-progress")
    done = run(client, UV, "pip", "install", *python, *packages, UV_PYTHON_DOWNLOADS="never", **env)
    assert (done.returncode, "error" in done.stderr) == (0, False), done.stderr
    return sorted(path.name for path in target.glob("*.dist-info"))


def pip_downloads(client: Client, package: str) -> None:
    """Let pip download from the index of its files."""
    folder = client.home / "downloads"
    done = run(client, sys.executable, "-m", "pip", "download", "--no-deps", "--retries=0", "--dest", folder, package)
    assert [path.name.partition("-")[0] for path in folder.glob("*")] == [package], done.stderr


def pip_conf(client: Client) -> Path:
    return client.home / ".config/pip/pip.conf"


def uv_toml(client: Client) -> Path:
    return client.home / ".config/uv/uv.toml"


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def files(client: Client) -> set[str]:
    """Return every file at home but the state."""
    found = {str(path.relative_to(client.home)) for path in client.home.rglob("*") if path.is_file()}
    return {name for name in found if not name.startswith(".local/state/")}


def settings(client: Client, *arguments: object, **env: Any) -> list[str]:
    """Run devpi use; return the lines about settings, with ~ for the home."""
    lines = client.ok("use", *arguments, **env)
    shown = [line.replace(str(client.home), "~") for line in lines]
    start = next(
        i for i, line in enumerate(shown) if re.match(r"venv for|(would \w+ )?[~/.].*: |removed|put back", line)
    )
    return shown[start:]


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """What counts as a virtual environment."""
    (tmp_path / "venv/bin").mkdir(parents=True)
    return tmp_path / "venv"


@pytest.fixture
def published(member: Member) -> Member:
    """A member whose index has demo 1.0."""
    member.ok("upload", make_wheel(member.home))
    return member


# -- setting


def test_pip_and_uv_are_set_and_nothing_else(published: Member) -> None:
    simple = f"{published.index_url}/+simple/"
    assert settings(published, "--set-cfg") == [
        f"~/.config/pip/pip.conf: {simple}",
        f"~/.config/uv/uv.toml: {simple}",
        "~/.pydistutils.cfg: no config file exists",
        "~/.buildout/default.cfg: no config file exists",
        "always-set-cfg: no",
    ]
    assert uv_install(published, "demo") == ["demo-1.0.dist-info"]
    config = pip_config(published)
    assert (config["global.index-url"], config["search.index"]) == (simple, f"{published.index_url}/")


def test_the_document_has_the_changes(member: Member) -> None:
    document = json.loads("".join(member.ok("use", "--json", "-n", "--set-cfg")))
    simple = f"{member.index_url}/+simple/"
    assert [(change["path"], change["action"], change["index"]) for change in document["changes"]] == [
        (str(pip_conf(member)), "create", simple),
        (str(uv_toml(member)), "create", simple),
    ]


def test_v1_global_may_be_the_last_section(member: Member) -> None:
    written(pip_conf(member), "[install]\nno-deps = true\n[global]\ntimeout = 60\n")
    member.ok("use", "--set-cfg")
    config = pip_config(member)
    assert (config["global.timeout"], config["install.no-deps"]) == ("60", "true")
    assert config["global.index-url"] == f"{member.index_url}/+simple/"


def test_v2_a_comment_may_speak_of_global(member: Member) -> None:
    written(pip_conf(member), "# what was in [global] is gone\n[install]\nno-deps = true\n")
    member.ok("use", "--set-cfg")
    assert pip_config(member)["global.index-url"] == f"{member.index_url}/+simple/"
    assert pip_conf(member).read_text().startswith("# what was in [global] is gone\n")


@pytest.mark.parametrize(
    "text",
    [
        "[pip]\nstrict = true\n",
        '[[index]]\nname = "old"\nurl = "http://127.0.0.1:9/old/+simple/"\ndefault = true\n',
        'index-url = "http://127.0.0.1:9/old/+simple/"\n[pip]\nstrict = true\n',
        '[[index]]\nname = "theirs"\nurl = "http://127.0.0.1:9/theirs/"\nexplicit = true\n[pip]\nstrict = true\n',
    ],
    ids=["a table is last", "another default", "the older index-url", "no default yet"],
)
def test_v3_uv_reads_what_was_set_in_its_file(published: Member, text: str) -> None:
    written(uv_toml(published), text)
    published.ok("use", "--set-cfg")
    assert uv_install(published, "demo") == ["demo-1.0.dist-info"]


def test_v4_an_index_url_of_another_section_is_kept(member: Member) -> None:
    written(pip_conf(member), "[download]\nindex-url = http://theirs/\n[global]\nindex-url = http://old/\n")
    assert member("use", "--set-cfg").stderr == (
        f"warning: pip download will not use {member.index_url}/+simple/: {pip_conf(member)}, [download] says "
        "http://theirs/\n"
    )
    config = pip_config(member)
    assert config["download.index-url"] == "http://theirs/"
    assert config["global.index-url"] == f"{member.index_url}/+simple/"


def test_v5_a_host_that_was_trusted_for_us_is_forgotten(member: Member) -> None:
    elsewhere = member.index_url.replace("127.0.0.1", "localhost")
    result = member("use", "--set-cfg", "-t", "yes")
    assert result.stderr == f"insecure host: {pip_conf(member)} makes pip trust 127.0.0.1\n"
    assert pip_config(member)["global.trusted-host"] == "127.0.0.1"
    member("use", elsewhere, "--set-cfg", "-t", "yes")
    assert pip_config(member)["global.trusted-host"] == "localhost"
    member.ok("use", member.index_url, "--set-cfg")
    assert "global.trusted-host" not in pip_config(member)


def test_v5_a_host_that_the_user_trusts_is_kept(member: Member) -> None:
    written(pip_conf(member), "[global]\ntrusted-host = 127.0.0.1 theirs\n")
    member.ok("use", "--set-cfg", "-t", "yes", "-q")
    member.ok("use", "--set-cfg")
    assert pip_config(member)["global.trusted-host"] == "127.0.0.1 theirs"
    member.ok("use", "--set-cfg", "-t", "no")
    assert pip_config(member)["global.trusted-host"] == "theirs"


def test_v6_files_of_others_are_not_made(member: Member) -> None:
    member.ok("use", "--set-cfg")
    assert files(member) == {".config/pip/pip.conf", ".config/uv/uv.toml"}


def test_v6_files_of_others_are_set_when_they_are_there(member: Member) -> None:
    distutils = written(member.home / ".pydistutils.cfg", "[easy_install]\nzip_ok = 0\n")
    buildout = written(member.home / ".buildout/default.cfg", "[buildout]\neggs-directory = /e\nindex = http://old/\n")
    member.ok("use", "--set-cfg")
    simple = f"{member.index_url}/+simple/"
    assert distutils.read_text() == f"[easy_install]\nzip_ok = 0\nindex-url = {simple}\n"
    assert buildout.read_text() == f"[buildout]\neggs-directory = /e\nindex = {simple}\n"


def test_v7_this_machine_needs_no_trust(member: Member) -> None:
    for url in (member.index_url, member.index_url.replace("127.0.0.1", "localhost")):
        assert member("use", url, "--set-cfg").stderr == ""
        assert "trusted-host" not in pip_conf(member).read_text()


def test_another_host_without_tls_is_trusted(member: Member, server: Live) -> None:
    """A proxy stands for the network: it leads every name to the server."""
    url = f"http://devpi.example/{member.index}"
    result = member("use", url, "--set-cfg", NO_PROXY="", http_proxy=server.url)
    assert (result.status, result.stderr) == (
        0,
        f"insecure host: {pip_conf(member)} makes pip trust devpi.example\n",
    )
    assert pip_config(member)["global.trusted-host"] == "devpi.example"


def test_a16_a_password_is_set_and_not_shown(member: Member) -> None:
    url = member.index_url.replace("://", "://bob:hunter2@")
    for arguments in (["--set-cfg", url], [], ["--json"], ["--set-cfg", "--debug"], ["--diff"], ["--undo", "--diff"]):
        result = member("use", *arguments)
        assert (result.status, "hunter2" in result.stdout + result.stderr) == (0, False)
    hidden = f"{url.replace('hunter2', '****')}/+simple/"
    assert settings(member)[:2] == [f"~/.config/pip/pip.conf: {hidden}", f"~/.config/uv/uv.toml: {hidden}"]
    for path in (pip_conf(member), uv_toml(member)):
        assert (f"{url}/+simple/" in path.read_text(), stat.S_IMODE(path.stat().st_mode)) == (True, 0o600)


BASIC = ("us@er", "p@s:s/w%r#d ?")


@pytest.fixture
def gate(server: Live) -> Iterator[str]:
    """A web server in front of devpi that lets only BASIC in."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            typed = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
            if typed != ":".join(BASIC):
                self.send_response(401)
                self.send_header("WWW-Authenticate", "Basic")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            passed = {name: value for name, value in self.headers.items() if name != "Authorization"}
            reply = httpx.get(server.url.rstrip("/") + self.path, headers={**passed, "Accept-Encoding": "identity"})
            self.send_response(reply.status_code)
            for name in {"Content-Type", "X-Devpi-Api-Version"} & {name.title() for name in reply.headers}:
                self.send_header(name, reply.headers[name])
            self.send_header("Content-Length", str(len(reply.content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(reply.content)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever).start()
        yield f"127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


@pytest.fixture
def behind(published: Member, gate: str) -> Member:
    """A member who comes through the gate, with a user and a password that are hard to put into a URL."""
    user, password = (quote(part, safe="") for part in BASIC)
    published.ok("use", f"http://{user}:{password}@{gate}/{published.index}", "--set-cfg")
    return published


def test_a14_pip_and_uv_get_user_and_password_quoted(behind: Member) -> None:
    assert uv_install(behind, "demo") == ["demo-1.0.dist-info"]
    pip_downloads(behind, "demo")


def test_a15_basic_auth_is_sent_with_a_query(behind: Member, gate: str) -> None:
    assert behind.ok("getjson", f"http://{gate}/{behind.index}?no_projects=")
    assert behind.ok("index")[0] == f"http://{gate}/{behind.index}:"


def test_basic_auth_of_one_server_is_not_set_for_another(behind: Member) -> None:
    behind.ok("use", behind.index_url, "--set-cfg")
    assert "@" not in pip_conf(behind).read_text() + uv_toml(behind).read_text()


# -- where


def test_of_two_pip_files_the_one_is_set_that_pip_lets_win(published: Member) -> None:
    legacy = written(published.home / ".pip/pip.conf", "[global]\nindex-url = http://127.0.0.1:9/old/\n")
    published.ok("use", "--set-cfg")
    assert pip_config(published)["global.index-url"] == f"{published.index_url}/+simple/"
    assert not pip_conf(published).exists()
    legacy.write_text("[global]\nindex-url = http://127.0.0.1:9/old/\n")
    written(pip_conf(published), "[global]\nindex-url = http://127.0.0.1:9/newer/\n")
    published.ok("use", "--set-cfg")
    assert "/old/" in legacy.read_text()
    pip_downloads(published, "demo")


def test_files_that_the_environment_names_are_set(published: Member) -> None:
    simple = f"{published.index_url}/+simple/"
    env = {"PIP_CONFIG_FILE": str(published.home / "my-pip"), "UV_CONFIG_FILE": str(published.home / "my-uv.toml")}
    assert settings(published, "--set-cfg", **env)[:2] == [f"~/my-pip: {simple}", f"~/my-uv.toml: {simple}"]
    assert files(published) == {"demo-1.0-py3-none-any.whl", "my-pip", "my-uv.toml"}
    assert pip_config(published, **env)["global.index-url"] == simple
    assert uv_install(published, "demo", **env) == ["demo-1.0.dist-info"]


def test_no_file_is_put_in_the_place_of_a_device(member: Member) -> None:
    assert member("use", "--set-cfg", PIP_CONFIG_FILE=os.devnull).stderr == (
        f"{os.devnull} is not a regular file, so it cannot hold settings\n"
    )
    assert Path(os.devnull).is_char_device()
    assert files(member) == set()


def test_only_the_active_environment_is_set(published: Member, venv: Path) -> None:
    simple = f"{published.index_url}/+simple/"
    env = {"VIRTUAL_ENV": str(venv)}
    assert settings(published, "--set-cfg", **env) == [
        f"venv for install/set commands: {venv}",
        "only setting venv pip/uv config, no global configuration changed",
        f"{venv}/pip.conf: {simple}",
        f"{venv}/uv.toml: {simple}",
        "always-set-cfg: no",
    ]
    assert not pip_conf(published).exists()
    assert pip_config(published, PIP_CONFIG_FILE=str(venv / "pip.conf"))["global.index-url"] == simple
    assert uv_install(published, "demo", UV_CONFIG_FILE=str(venv / "uv.toml")) == ["demo-1.0.dist-info"]


# -- which environment


def test_an_environment_is_remembered_until_it_is_forgotten(devpi: Client, venv: Path) -> None:
    shown = f"venv for install/set commands: {venv}"
    assert settings(devpi, "--venv", venv.name, cwd=venv.parent)[0] == shown
    assert settings(devpi)[0] == shown
    assert settings(devpi, VIRTUAL_ENV="/nowhere")[0] == shown
    assert settings(devpi, "--venv", "-")[0] == "~/.config/pip/pip.conf: no config file exists"
    assert settings(devpi)[0] == "~/.config/pip/pip.conf: no config file exists"


def test_a_bare_name_is_looked_up_in_workon_home(devpi: Client, venv: Path) -> None:
    workon = {"WORKON_HOME": str(venv.parent)}
    assert settings(devpi, "--venv", "venv", **workon)[0] == f"venv for install/set commands: {venv}"
    (devpi.home / "venv/bin").mkdir(parents=True)
    assert settings(devpi, "--venv", "venv", **workon)[0] == "venv for install/set commands: ~/venv"


def test_an_environment_that_is_not_there_is_named(devpi: Client, venv: Path) -> None:
    assert devpi.fails("use", "--venv", "nope") == (
        1,
        f"{devpi.home}/nope is not a virtual environment\ncreate it with: python -m venv nope\n",
    )
    assert devpi.fails("use", VIRTUAL_ENV="/nowhere") == (
        1,
        "/nowhere is not a virtual environment\ncheck the variable VIRTUAL_ENV\n",
    )
    devpi.ok("use", "--venv", venv)
    (venv / "bin").rmdir()
    gone = (1, f"{venv} is not a virtual environment\ntype 'devpi use --venv -' to forget it\n")
    assert devpi.fails("use") == devpi.fails("install", "demo") == gone


def test_install_uses_the_remembered_environment(member: Member, venv: Path) -> None:
    python = venv / "bin/python"
    python.write_text('#!/bin/sh\necho "$0" "$@"\n')
    python.chmod(0o755)
    member.ok("use", "--venv", venv)
    assert member.ok("install", "demo") == [f"{python} -m pip install --upgrade demo"]


# -- always


def test_always_set_cfg_sets_with_every_use(member: Member) -> None:
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    assert settings(member, "--always-set-cfg", "yes")[-1] == "always-set-cfg: yes"
    member.ok("use", "other")
    assert pip_config(member)["global.index-url"] == f"{member.server.root}{member.user}/other/+simple/"
    member.ok("use", "--urls", "dev")
    assert pip_config(member)["global.index-url"] == f"{member.server.root}{member.user}/other/+simple/"
    assert settings(member, "dev", "--always-set-cfg", "no")[-1] == "always-set-cfg: no"
    assert pip_config(member)["global.index-url"] == f"{member.server.root}{member.user}/other/+simple/"


def test_always_set_cfg_remembers_whom_pip_trusts(member: Member) -> None:
    member("use", "--always-set-cfg=yes", "--pip-set-trusted=yes")
    assert member.state.pip_set_trusted == "yes"
    pip_conf(member).unlink()
    member("use")
    assert pip_config(member)["global.trusted-host"] == "127.0.0.1"


def test_always_set_cfg_lets_a_server_without_an_index_pass(member: Member) -> None:
    member.ok("use", "--always-set-cfg=yes")
    result = member("use", "/")
    assert (result.status, result.stderr) == (0, "the settings of pip and uv are unchanged: no index is in use\n")


def test_what_is_set_needs_an_index(member: Member, devpi: Client) -> None:
    failure = "no index in use to point pip and uv to\ntype 'devpi use USER/INDEX --set-cfg'\n"
    assert member.fails("use", "/", "--set-cfg") == devpi.fails("use", "--set-cfg") == (1, failure)


# -- broken files


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".config/pip/pip.conf", "[global]\nindex-url = http://bob:hunter2@old/\n[global]\n"),
        (".config/uv/uv.toml", 'index-url = "http://bob:hunter2@old/"\nindex-url\n'),
    ],
)
def test_a_broken_file_is_named_and_no_file_is_touched(member: Member, name: str, text: str) -> None:
    path = written(member.home / name, text)
    for arguments in (["--set-cfg"], ["--diff"], ["-n", "--set-cfg"]):
        status, said = member.fails("use", *arguments)
        assert (status, re.sub(r"line \d", "line N", said)) == (
            1,
            f"{path} is broken in line N, and was not changed\nrepair it or move it away, then try again\n",
        )
    assert (files(member), path.read_text()) == ({name}, text)
    assert f"~/{name}: cannot be read: it is broken" in settings(member)


# -- show, and undo


def test_diff_shows_what_would_change_and_changes_nothing(member: Member) -> None:
    written(pip_conf(member), "[global]\nindex-url = https://bob:hunter2@old/\n")
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    state = member.state_file.read_text()
    shown = [line.replace(str(member.home), "~") for line in member.ok("use", "other", "--diff", "-t", "yes")]
    index = f"{member.server.root}{member.user}/other"
    assert shown == [
        "--- ~/.config/pip/pip.conf",
        "+++ ~/.config/pip/pip.conf",
        "@@ -2 +2,5 @@",
        "-index-url = https://bob:****@old/",
        f"+index-url = {index}/+simple/",
        "+trusted-host = 127.0.0.1",
        "+",
        "+[search]",
        f"+index = {index}/",
        "--- /dev/null",
        "+++ ~/.config/uv/uv.toml",
        "@@ -0,0 +1,3 @@",
        "+[[index]]",
        f'+url = "{index}/+simple/"',
        "+default = true",
    ]
    assert (files(member), member.state_file.read_text()) == ({".config/pip/pip.conf"}, state)


def test_a_dry_run_says_what_would_be_set_and_changes_nothing(member: Member) -> None:
    written(pip_conf(member), "[global]\n")
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    state = member.state_file.read_text()
    simple = f"{member.server.root}{member.user}/other/+simple/"
    assert settings(member, "other", "-n", "--set-cfg", "--always-set-cfg", "yes")[:3] == [
        f"would change ~/.config/pip/pip.conf: {simple}",
        f"would create ~/.config/uv/uv.toml: {simple}",
        "~/.pydistutils.cfg: no config file exists",
    ]
    assert (files(member), member.state_file.read_text()) == ({".config/pip/pip.conf"}, state)


def test_diff_says_when_nothing_would_change(member: Member) -> None:
    member.ok("use", "--set-cfg")
    result = member("use", "--diff")
    assert (result.stdout, result.stderr, result.status) == ("", "nothing would change\n", 0)


def test_undo_puts_the_old_files_back(member: Member) -> None:
    before = "# mine\n[global]\ntimeout = 60\n"
    written(pip_conf(member), before)
    member.ok("use", "--set-cfg")
    assert member.ok("use", "--undo") == [f"put back: {pip_conf(member)}", f"removed: {uv_toml(member)}"]
    assert (files(member), pip_conf(member).read_text()) == ({".config/pip/pip.conf"}, before)
    result = member("use", "--undo")
    assert (result.stdout, result.stderr, result.status) == ("", "nothing to undo: there are no old files\n", 0)


def test_undo_asks_about_a_file_that_was_edited_since(member: Member) -> None:
    written(pip_conf(member), "[global]\n")
    member.ok("use", "--set-cfg")
    with pip_conf(member).open("a") as file:
        file.write("# mine\n")
    status, said = member.fails("use", "--undo")
    assert (status, said.splitlines()[0]) == (
        2,
        f"{UNCONFIRMED}: Changed since devpi wrote them: {pip_conf(member)}. Restore the old files?",
    )
    assert "# mine" in pip_conf(member).read_text()
    assert member("use", "--undo", "-y").status == 0
    assert pip_conf(member).read_text() == "[global]\n"


def test_undo_can_be_looked_at_first(member: Member) -> None:
    written(pip_conf(member), "[global]\ntimeout = 60\n")
    member.ok("use", "--set-cfg")
    held = {name: (member.home / name).read_text() for name in files(member)}
    assert member.ok("use", "--undo", "-n") == [
        f"would be put back: {pip_conf(member)}",
        f"would be removed: {uv_toml(member)}",
    ]
    assert member.ok("use", "--undo", "--diff")[-3:] == [
        "-[[index]]",
        f'-url = "{member.index_url}/+simple/"',
        "-default = true",
    ]
    assert held == {name: (member.home / name).read_text() for name in files(member)}


# -- local


def test_local_keeps_what_is_in_use_in_the_active_environment(member: Member, venv: Path) -> None:
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    active = {"VIRTUAL_ENV": str(venv)}
    assert member.ok("use", "--local", "other", **active)[:2] == [
        f"Creating local configuration at {venv}/devpi-cli.json",
        f"current devpi index: {member.server.root}{member.user}/other (logged in as {member.user})",
    ]
    assert member.ok("use", **active)[0].startswith(f"current devpi index: {member.server.root}{member.user}/other ")
    assert member.ok("use")[0].startswith(f"current devpi index: {member.index_url} ")
    assert member.ok("use", "--local", "dev", **active)[0].startswith(f"current devpi index: {member.index_url} ")
    member.ok("use", "other")
    assert member.ok("use", **active)[0].startswith(f"current devpi index: {member.index_url} ")


def test_a_login_is_not_kept_in_the_environment_and_counts_in_it(member: Member, venv: Path) -> None:
    active = {"VIRTUAL_ENV": str(venv)}
    member.ok("use", "--local", **active)
    local = venv / "devpi-cli.json"
    assert (member.state.login(member.server.root).token in local.read_text(), stat.S_IMODE(local.stat().st_mode)) == (
        False,
        0o600,
    )
    member.ok("logoff", **active)
    assert member.ok("use")[0] == f"current devpi index: {member.index_url} (not logged in)"


def test_delete_ends_local(member: Member, venv: Path) -> None:
    active = {"VIRTUAL_ENV": str(venv)}
    member.ok("use", "--local", "/", **active)
    local = venv / "devpi-cli.json"
    assert member.ok("use", "--delete", "-n", **active) == [f"would remove configuration at {local}"]
    assert member.ok("use", "--delete", **active) == [f"REMOVED configuration at {local}"]
    assert member.ok("use", **active)[0].startswith(f"current devpi index: {member.index_url} ")


def test_a_broken_local_file_is_named(member: Member, venv: Path) -> None:
    (venv / "devpi-cli.json").write_text('{"server": ')
    assert member.fails("use", VIRTUAL_ENV=str(venv)) == (
        1,
        f"cannot use the state file {venv}/devpi-cli.json: it is damaged, or not a state file of devpi-cli\n"
        "to start afresh, move it away\n",
    )


def test_local_needs_an_active_environment(member: Member) -> None:
    assert member.fails("use", "--local") == (
        2,
        "--local needs an active virtual environment\nactivate one, and type 'devpi use --local' again\n",
    )


def test_an_old_state_file_is_read(member: Member) -> None:
    state = json.loads(member.state_file.read_text())
    for name in ("venv", "pip_set_trusted", "keyring", "written"):
        del state[name]
    del state["servers"][member.server.root]["client_cert"]
    member.state_file.write_text(json.dumps(state))
    assert member.ok("use")[0] == f"current devpi index: {member.index_url} (logged in as {member.user})"
