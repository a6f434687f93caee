"""devpi install with uv."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.dists import make_project, make_wheel
from tests.support.gates import locked
from tests.support.loopback import Watch, simple_index

if TYPE_CHECKING:
    from tests.support.clients import Member


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A virtual environment without pip, and with nothing that other tests installed."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    return tmp_path / "bare"


@pytest.fixture
def stocked(member: Member, tmp_path: Path) -> Member:
    """Somebody with ``stock`` 1.0 and 2.0rc1 on the index, and nothing but uv on the PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "uv").symlink_to(Path(sys.executable).with_name("uv"))
    wheels = [make_wheel(tmp_path, "stock", version) for version in ("1.0", "2.0rc1")]
    assert member("upload", *wheels).status == 0
    member.env["PATH"] = str(programs)
    return member


def installed(venv: Path) -> set[str]:
    return {path.name.removesuffix(".dist-info") for path in venv.glob("lib/python*/site-packages/*.dist-info")}


def test_it_stands_in_where_there_is_no_pip(stocked: Member, bare: Path) -> None:
    result = stocked("install", "stock", "--venv", bare)
    assert (result.stdout, result.stderr.splitlines()[-1], result.status) == ("", " + stock==2.0rc1", 0)
    assert installed(bare) == {"stock-2.0rc1"}


@pytest.mark.parametrize("typed", [[], ["--", "--upgrade"], ["--", "-U"]])
def test_what_is_there_is_upgraded(stocked: Member, bare: Path, typed: list[str]) -> None:
    assert stocked("install", "stock==1.0", "--venv", bare).status == 0
    result = stocked("install", "stock", "--venv", bare, *typed)
    assert (result.stderr.splitlines()[-2:], result.status) == ([" - stock==1.0", " + stock==2.0rc1"], 0)


@pytest.mark.parametrize(
    ("typed", "env"), [(["--", "--prerelease", "disallow"], {}), ([], {"UV_PRERELEASE": "disallow"})]
)
def test_what_the_user_says_about_pre_releases_counts(
    stocked: Member, bare: Path, typed: list[str], env: dict[str, str]
) -> None:
    result = stocked("install", "stock", "--venv", bare, *typed, **env)
    assert (result.stderr.splitlines()[-1], result.status) == (" + stock==1.0", 0)


def test_requirements_files_and_options_go_on_to_uv(stocked: Member, bare: Path, tmp_path: Path) -> None:
    needy = make_wheel(tmp_path, "needy", metadata="Requires-Dist: not-to-be-found\n")
    assert stocked("upload", needy).status == 0
    (stocked.home / "wanted.txt").write_text("needy\n")
    result = stocked("install", "-r", "wanted.txt", "--venv", bare, "--", "--no-deps")
    assert (result.stderr.splitlines()[-1], result.status) == (" + needy==1.0", 0)


@pytest.mark.parametrize(
    ("typed", "env", "by_uv"),
    [
        ([], {}, False),
        ([], {"DEVPI_INSTALLER": "auto"}, False),
        ([], {"DEVPI_INSTALLER": "uv"}, True),
        (["--installer", "uv"], {}, True),
        (["--installer", "uv"], {"DEVPI_INSTALLER": "pip"}, True),
        (["--installer", "pip"], {"DEVPI_INSTALLER": "uv"}, False),
    ],
)
def test_where_there_is_pip_uv_has_to_be_asked_for(
    stocked: Member, venv: Path, typed: list[str], env: dict[str, str], by_uv: bool
) -> None:
    result = stocked("install", "-l", "--venv", venv, *typed, **env)
    assert result.lines[0] == f"list of installed packages on {venv}"
    assert result.status == 0
    assert result.stderr.startswith("Using Python ") is by_uv


@pytest.mark.parametrize("by", ["name", "memory", "activation"])
def test_the_environment_is_named_or_remembered_or_active(stocked: Member, bare: Path, by: str) -> None:
    if by == "memory":
        stocked.ok("use", "--venv", bare)
    named = ["--venv", bare] if by == "name" else []
    env = {"VIRTUAL_ENV": str(bare)} if by == "activation" else {}
    result = stocked("install", "stock==1.0", *named, UV_SYSTEM_PYTHON="1", **env)
    assert (result.stderr.splitlines()[-1], result.status) == (" + stock==1.0", 0)
    assert installed(bare) == {"stock-1.0"}


def test_without_an_environment_the_python_of_the_system_is_left_alone(stocked: Member) -> None:
    status, said = stocked.fails("install", "stock", PATH=f"{stocked.env['PATH']}:/usr/bin", DEVPI_INSTALLER="uv")
    assert said.startswith("No virtual environment found; ")
    assert (status, said.splitlines()[-1]) == (2, "uv could not install (status 2)")


def test_it_lists_what_is_installed(stocked: Member, bare: Path) -> None:
    assert stocked("install", "stock==1.0", "--venv", bare).status == 0
    result = stocked("install", "-l", "--venv", bare)
    assert result.lines == [
        f"list of installed packages on {bare}",
        "Package Version",
        "------- -------",
        "stock   1.0",
    ]
    document = stocked("install", "-l", "--json", "--venv", bare)
    assert json.loads(document.stdout) == [{"name": "stock", "version": "1.0"}]


def test_with_json_what_uv_says_stands_aside(stocked: Member, bare: Path) -> None:
    result = stocked("install", "stock==1.0", "--json", "--venv", bare)
    assert json.loads(result.stdout) == {"index": f"{stocked.index_url}/+simple/", "wanted": ["stock==1.0"]}
    assert result.stderr.endswith(" + stock==1.0\n")


def test_an_index_that_needs_a_login_gets_it(stocked: Member, bare: Path, tmp_path: Path) -> None:
    token = stocked.state.servers[stocked.server.root].logins[stocked.user].token
    (tmp_path / "locked").mkdir()
    make_wheel(tmp_path / "locked", "locked")
    with simple_index(tmp_path / "locked", (stocked.user, token), prefix=f"{stocked.index}/+simple") as locked:
        root = locked.url.removesuffix(f"{stocked.index}/+simple/")
        with stocked.state.changing() as state:
            state.servers[root] = state.servers[stocked.server.root]
            state.server = root
        result = stocked("install", "locked", "--venv", bare)
    assert (result.stderr.splitlines()[-1], result.status) == (" + locked==1.0", 0)
    assert token not in result.stderr


def test_http_on_another_host_than_this_one_needs_no_leave(stocked: Member, bare: Path) -> None:
    here = stocked.server.root.replace("127.0.0.1", "0.0.0.0")
    with stocked.state.changing() as state:
        state.servers[here] = state.servers[stocked.server.root]
        state.server = here
    result = stocked("install", "stock==1.0", "--venv", bare)
    assert (result.stderr.splitlines()[-1], result.status) == (" + stock==1.0", 0)


def test_a_setting_of_the_user_leads_to_no_other_index(stocked: Member, bare: Path) -> None:
    (stocked.home / ".config/uv").mkdir(parents=True)
    (stocked.home / ".config/uv/uv.toml").write_text('[[index]]\nurl = "http://127.0.0.1:1/"\ndefault = true\n')
    result = stocked("install", "stock==1.0", "--venv", bare, UV_INDEX_URL="http://127.0.0.1:1/")
    assert (result.stderr.splitlines()[-1], result.status) == (" + stock==1.0", 0)


def test_the_token_is_in_no_argument_and_nobody_elsewhere_is_called(
    stocked: Member, bare: Path, tmp_path: Path
) -> None:
    assert stocked("upload", make_wheel(tmp_path, "backend-needs")).status == 0
    project = make_project(tmp_path / "editable", "editable-demo")
    text = (project / "pyproject.toml").read_text().replace("requires = []", 'requires = ["backend-needs"]')
    (project / "pyproject.toml").write_text(text)
    (tmp_path / "watch").mkdir()
    watch = Watch(tmp_path / "watch")
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.setblocking(False)
        outside = {"ALL_PROXY": f"http://127.0.0.1:{proxy.getsockname()[1]}", "NO_PROXY": "127.0.0.1"}
        typed = ["--debug", "install", "-e", project, "--venv", bare, "--", "-v"]
        with locked(stocked) as gate:
            result = stocked(*typed, **watch.env, **outside, UV_HTTP_TIMEOUT="2")
        assert set(gate.logins) & set(gate.shown)
        with pytest.raises(BlockingIOError):
            proxy.accept()
    token = stocked.state.servers[stocked.server.root].logins[stocked.user].token
    assert result.status == 0, result.stderr
    assert installed(bare) == {"editable_demo-1.0"}
    assert any(" pip install --upgrade -v --editable " in command for command in watch.commands)
    assert any("backend.build_editable(" in command for command in watch.commands)  # what uv runs is seen, too
    assert [text for text in [result.stdout, result.stderr, *watch.commands] if token in text] == []
    # devpi asks whether the index is open; what uv wanted of others would have come to the proxy
    assert watch.hosts == {"127.0.0.1"}


@pytest.mark.parametrize(("typed", "status"), [(["not-there"], 1), (["stock", "--", "--no-such-option"], 2)])
def test_the_status_of_uv_is_passed_on(stocked: Member, bare: Path, typed: list[str], status: int) -> None:
    result = stocked("install", "--venv", bare, *typed)
    assert (result.stderr.splitlines()[-1], result.status) == (f"uv could not install (status {status})", status)


def test_a_missing_uv_is_named(member: Member, bare: Path, tmp_path: Path) -> None:
    assert member.fails("install", "demo", "--venv", bare, "--installer", "uv", PATH=str(tmp_path)) == (
        1,
        "there is no uv on the PATH\ninstall it with: pip install uv; or use pip with --installer pip\n",
    )
