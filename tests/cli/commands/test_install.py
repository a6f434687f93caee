from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.dists import make_project, make_wheel
from tests.support.gates import Page, locked
from tests.support.loopback import Watch, simple_index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Client, Member
    from tests.support.servers import Live


@pytest.fixture
def stocked(member: Member, tmp_path: Path) -> Member:
    """Somebody with ``stock`` 1.0 and 2.0rc1 on the index."""
    wheels = [make_wheel(tmp_path, "stock", version) for version in ("1.0", "2.0rc1")]
    assert member("upload", *wheels).status == 0
    return member


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    (tmp_path / "watch").mkdir()
    return Watch(tmp_path / "watch")


def installed(venv: Path) -> dict[str, str]:
    done = subprocess.run([venv / "bin/python", "-m", "pip", "list", "--format=json"], capture_output=True, check=True)
    return {package["name"]: package["version"] for package in json.loads(done.stdout)}


def test_it_installs_from_the_index_in_use_pre_releases_too(stocked: Member, venv: Path) -> None:
    result = stocked("install", "stock", "--venv", venv)
    assert (result.lines[-1], result.status) == ("Successfully installed stock-2.0rc1", 0), result.stderr
    assert installed(venv)["stock"] == "2.0rc1"


def test_a_dry_run_installs_nothing_and_leaves_no_file(stocked: Member, venv: Path) -> None:
    before, files = installed(venv), sorted(stocked.home.rglob("*"))
    plain = "/usr/bin:/bin"  # pip asks the first rustc for its version, and that of rustup makes a folder
    result = stocked("install", "-n", "stock", "--venv", venv, PIP_FORCE_REINSTALL="1", PATH=plain)
    assert (result.lines[-1], result.status) == ("Would install stock-2.0rc1", 0), result.stderr
    assert (installed(venv), sorted(stocked.home.rglob("*"))) == (before, files)


def test_the_active_environment_is_the_one(stocked: Member, venv: Path) -> None:
    result = stocked("install", "stock==1.0", VIRTUAL_ENV=str(venv), PIP_FORCE_REINSTALL="1")
    assert (result.lines[-1], result.status) == ("Successfully installed stock-1.0", 0), result.stderr


def test_else_it_is_the_first_pip_on_the_path(stocked: Member, venv: Path) -> None:
    result = stocked("install", "-l", PATH=str(venv / "bin"))
    assert result.lines[0] == f"list of installed packages on {venv / 'bin' / 'pip'}"
    assert result.lines[1].split() == ["Package", "Version"]
    assert result.status == 0


def test_list_has_a_json_document(member: Member, venv: Path) -> None:
    listed = json.loads("\n".join(member.ok("install", "-l", "--json", "--venv", venv)))
    assert "pip" in {package["name"] for package in listed}


def test_with_json_what_pip_says_stands_aside(stocked: Member, venv: Path) -> None:
    result = stocked("install", "stock==1.0", "--json", "--venv", venv, PIP_FORCE_REINSTALL="1")
    assert json.loads(result.stdout) == {"index": f"{stocked.index_url}/+simple/", "wanted": ["stock==1.0"]}
    assert "Successfully installed stock-1.0" in result.stderr


def test_requirements_files_and_options_of_pip_go_on_to_pip(stocked: Member, venv: Path, tmp_path: Path) -> None:
    make_wheel(tmp_path, "needy", metadata="Requires-Dist: not-to-be-found\n")
    assert stocked("upload", tmp_path / "needy-1.0-py3-none-any.whl").status == 0
    (stocked.home / "wanted.txt").write_text("needy\n")
    result = stocked("install", "-r", "wanted.txt", "--venv", venv, "--", "--no-deps")
    assert (result.lines[-1], result.status) == ("Successfully installed needy-1.0", 0), result.stderr


def test_another_index_can_be_named(stocked: Member, member: Member, venv: Path, tmp_path: Path) -> None:
    stocked.server.create_index(f"{stocked.user}/other", {"bases": ""})
    assert stocked("upload", "--index", "other", make_wheel(tmp_path, "elsewhere")).status == 0
    for index in ("other", f"{stocked.user}/other", f"{member.server.root}{stocked.user}/other"):
        result = stocked("install", "elsewhere", "--index", index, "--venv", venv, PIP_FORCE_REINSTALL="1")
        assert (result.lines[-1], result.status) == ("Successfully installed elsewhere-1.0", 0), result.stderr


def test_the_url_of_an_index_needs_no_server_in_use(devpi: Client, stocked: Member, venv: Path) -> None:
    result = devpi("install", "stock==1.0", "--index", stocked.index_url, "--venv", venv, PIP_FORCE_REINSTALL="1")
    assert (result.lines[-1], result.status) == ("Successfully installed stock-1.0", 0), result.stderr


def test_an_index_that_needs_a_login_gets_it(member: Member, venv: Path, tmp_path: Path) -> None:
    """A17."""
    token = member.state.servers[member.server.root].logins[member.user].token
    folder = tmp_path / "locked"
    folder.mkdir()
    make_wheel(folder, "locked")
    with simple_index(folder, (member.user, token), prefix=f"{member.index}/+simple") as locked:
        root = locked.url.removesuffix(f"{member.index}/+simple/")
        with member.state.changing() as state:
            state.servers[root] = state.servers[member.server.root]
            state.server = root
        result = member("install", "locked", "--venv", venv)
    assert (result.lines[-1], result.status) == ("Successfully installed locked-1.0", 0), result.stderr


def test_the_token_is_in_no_argument_and_in_nothing_that_is_said(
    stocked: Member, venv: Path, tmp_path: Path, watch: Watch
) -> None:
    """A17."""
    assert stocked("upload", make_wheel(tmp_path, "backend-needs")).status == 0
    project = make_project(tmp_path / "editable", "editable-demo")
    text = (project / "pyproject.toml").read_text().replace("requires = []", 'requires = ["backend-needs"]')
    (project / "pyproject.toml").write_text(text)
    with locked(stocked) as gate:
        result = stocked("--debug", "install", "-e", project, "--venv", venv, "--", "-vv", **watch.env)
    assert set(gate.logins) & set(gate.shown)
    token = stocked.state.servers[stocked.server.root].logins[stocked.user].token
    assert any("backend-needs" in command for command in watch.commands), result.stdout
    assert [text for text in [result.stdout, result.stderr, *watch.commands] if token in text] == []
    assert watch.hosts == {"127.0.0.1"}


@pytest.mark.parametrize("refusal", [Page(403), Page(302, headers={"Location": "/+login"})])
def test_a_server_that_never_asks_for_a_login_is_to_blame(
    stocked: Member, venv: Path, tmp_path: Path, refusal: Page
) -> None:
    with locked(stocked) as gate:
        gate.refusal = refusal
        result = stocked("install", "stock", "--venv", venv, "--", "--target", tmp_path / "target")
    assert (result.status, result.stderr.splitlines()[-2:]) == (
        1,
        [
            "pip could not install (status 1)",
            "the server did not ask for your login: it must answer 401 where it needs one, see 'devpi help pip-uv'",
        ],
    )
    assert [shown for shown in gate.shown if shown in gate.logins] == []


def test_http_on_a_host_that_pip_does_not_trust_by_itself_works(stocked: Member, venv: Path) -> None:
    here = stocked.server.root.replace("127.0.0.1", "0.0.0.0")
    with stocked.state.changing() as state:
        state.servers[here] = state.servers[stocked.server.root]
        state.server = here
    result = stocked("install", "stock==1.0", "--venv", venv, PIP_FORCE_REINSTALL="1")
    assert (result.lines[-1], result.status) == ("Successfully installed stock-1.0", 0), result.stderr


TLS = (
    "PIP_CERT", "SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_CLIENT_CERT", "SSL_CLIENT_CERT", "PIP_TRUSTED_HOST",
    "UV_INSECURE_HOST",
)  # fmt: skip


@pytest.fixture
def told(member: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, str]]:
    """Return what the environment tells pip and uv about the TLS of ``devpi.example``."""
    for name in TLS:
        monkeypatch.delenv(name, raising=False)
    pip = tmp_path / "stub" / "pip"
    pip.parent.mkdir()
    pip.write_text(f"#!{sys.executable}\nimport json, os\nprint(json.dumps(dict(os.environ)))\n")
    pip.chmod(0o755)
    with member.state.changing() as state:
        state.server, state.index = "https://devpi.example/", "alice/dev"

    def run(*options: str, **variables: str) -> dict[str, str]:
        told = json.loads(member(*options, "install", "demo", PATH=str(pip.parent), **variables).stdout)
        return {name: told[name] for name in TLS if name in told}

    return run


def test_pip_and_uv_trust_the_ca_that_was_named(
    told: Callable[..., dict[str, str]], member: Member, tmp_path: Path
) -> None:
    ca = member.home / "ca.pem"
    assert told("--ca-bundle", "ca.pem") == {"PIP_CERT": str(ca), "SSL_CERT_FILE": str(ca)}
    assert told(DEVPI_CA_BUNDLE=str(tmp_path)) == {"PIP_CERT": str(tmp_path), "SSL_CERT_DIR": str(tmp_path)}
    assert told() == {}


def test_pip_and_uv_trust_the_ca_that_the_environment_names_for_others(
    told: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        assert told(**{variable: "/ca.pem"}) == {"PIP_CERT": "/ca.pem", "SSL_CERT_FILE": "/ca.pem"}
    assert told(SSL_CERT_FILE="/ca.pem") == {"PIP_CERT": "/ca.pem", "SSL_CERT_FILE": "/ca.pem"}
    folders = f"/nowhere:{tmp_path}"
    assert told(SSL_CERT_DIR=folders) == {"PIP_CERT": str(tmp_path), "SSL_CERT_DIR": folders}
    assert told(REQUESTS_CA_BUNDLE="/ca.pem", PIP_CERT="/mine.pem") == {
        "PIP_CERT": "/mine.pem",
        "SSL_CERT_FILE": "/ca.pem",
    }


def test_pip_and_uv_trust_one_host_more_when_told_to_trust_everybody(told: Callable[..., dict[str, str]]) -> None:
    assert told("--insecure", PIP_TRUSTED_HOST="mine") == {
        "PIP_TRUSTED_HOST": "mine devpi.example",
        "UV_INSECURE_HOST": "devpi.example",
    }


def test_pip_and_uv_show_the_remembered_client_certificate(told: Callable[..., dict[str, str]], member: Member) -> None:
    with member.state.changing() as state:
        state.at("https://devpi.example/").client_cert = "/me.pem"
    assert told() == {"PIP_CLIENT_CERT": "/me.pem", "SSL_CLIENT_CERT": "/me.pem"}


def test_the_status_of_pip_is_passed_on(member: Member, venv: Path) -> None:
    result = member("install", "not-there", "--venv", venv)
    assert "No matching distribution found for not-there" in result.stderr
    assert result.stderr.splitlines()[-1] == "pip could not install (status 1)"
    assert result.status == 1
    assert member("install", "--venv", venv, "stock", "--", "--no-such-option").status == 2


def test_a_folder_that_is_no_environment_is_named(member: Member) -> None:
    """A55."""
    status, said = member.fails("install", "demo", "--index", f"{member.user}/nosuch")
    assert (status, said.startswith(f"no index '{member.user}/nosuch'")) == (4, True), said
    assert member.fails("install", "demo", "--venv", "nothere") == (
        1,
        f"{member.home / 'nothere'} is not a virtual environment\ncreate it with: python -m venv nothere\n",
    )


def test_an_environment_without_pip_is_named(member: Member, bare: Path, tmp_path: Path) -> None:
    assert member.fails("install", "demo", "--venv", bare, PATH=str(tmp_path)) == (
        1,
        f"there is no pip in {bare}\n"
        f"install it with: {bare / 'bin' / 'python'} -m ensurepip; or uv with: pip install uv\n",
    )


def test_no_pip_at_all_is_said(member: Member, tmp_path: Path) -> None:
    assert member.fails("install", "demo", PATH=str(tmp_path)) == (
        1,
        "there is no pip on the PATH\nactivate a virtual environment, or name one with --venv DIR\n",
    )


def test_nothing_to_install_is_wrong_usage(member: Member, venv: Path) -> None:
    assert member.fails("install", "--venv", venv) == (
        2,
        "nothing to install\nname packages, -r FILE or -e PATH\n",
    )


def test_without_an_index_in_use_it_says_what_to_type(at_server: Client, server: Live, venv: Path) -> None:
    assert at_server.fails("install", "demo", "--venv", venv) == (
        1,
        f"no index in use at {server.url}\ntype 'devpi use USER/INDEX', or 'devpi use -l' to list all indexes\n",
    )
