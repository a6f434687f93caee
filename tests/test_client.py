"""The library: ``from devpi_cli import connect`` in other programs."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

import devpi_cli
from devpi_cli import Client, connect
from devpi_cli.cli import topics
from devpi_cli.errors import (
    BrokenDistribution,
    Conflict,
    DevpiError,
    Missing,
    NotAllowed,
    NothingFound,
    OtherFile,
    Unreachable,
    WrongUsage,
)
from devpi_cli.server.token_issuer import TokenIssuer
from devpi_cli.server.tokens import Limits
from tests.support.checkout import ROOT
from tests.support.dists import make_wheel, put
from tests.support.pages import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live

[EXAMPLE] = blocks(topics.read("library"), "python")


@pytest.fixture
def dev(member: Member) -> Iterator[Client]:
    """A connection to somebody's index, logged in."""
    with connect(member.index_url, user=member.user, password=member.password) as client:
        yield client


def run(code: str, folder: Path, *arguments: str, **env: str) -> list[str]:
    """Run a program of somebody else in an empty folder that is its home, too; return what it prints."""
    command = [sys.executable, "-X", "dev", "-c", code, *arguments]
    done = subprocess.run(
        command, cwd=folder, env={"HOME": str(folder), **env}, capture_output=True, text=True, check=False
    )
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout.splitlines()


def test_what_is_uploaded_is_listed_downloaded_and_removed(dev: Client, wheel: Path, tmp_path: Path) -> None:
    assert dev.upload(wheel) is True
    assert dev.upload(str(make_wheel(tmp_path, version="1.1"))) is True
    assert dev.projects() == ["demo"]
    assert [release.version for release in dev.releases("demo")] == ["1.1", "1.0"]
    [link] = dev.files("demo==1.0")
    assert (link.name, link.sha256) == (wheel.name, sha256(wheel.read_bytes()).hexdigest())
    got = io.BytesIO()
    dev.download(link, got)
    assert got.getvalue() == wheel.read_bytes()
    assert [release.version for release in dev.remove("demo<1.1")] == ["1.0"]
    assert [release.version for release in dev.remove("demo")] == ["1.1"]
    assert dev.projects() == []


def test_the_same_upload_twice_is_no_failure(dev: Client, wheel: Path, server: Live) -> None:
    dev.create_index("prod", bases=[], volatile=False)
    assert [dev.upload(wheel, index="prod"), dev.upload(wheel, index="prod")] == [True, False]
    assert dev.upload(wheel, skip_existing=True) is True
    with server.requests() as seen:
        assert dev.upload(wheel, skip_existing=True) is False
    assert [line.split()[0] for line in seen] == ["GET"]
    make_wheel(wheel.parent, metadata="Summary: another file\n")
    with pytest.raises(OtherFile, match=r"demo-1\.0-py3-none-any\.whl: .* has a different file with this name"):
        dev.upload(wheel, skip_existing=True)
    with pytest.raises(Conflict):
        dev.upload(wheel, index="prod")


def test_a_release_is_pushed_to_another_index(dev: Client, wheel: Path) -> None:
    dev.upload(wheel)
    assert dev.create_index("prod", bases=[], volatile=False).config["volatile"] is False
    assert [release.version for release in dev.push("demo==1.0", "prod")] == ["1.0"]
    assert dev.push("demo==1.0", "prod") == []
    assert [file.index for file in dev.files("demo", index="prod", bases=False)] == [f"{dev.user}/prod"]
    with pytest.raises(NotAllowed, match="non-volatile"):
        dev.remove("demo", index="prod")
    assert [release.version for release in dev.remove("demo", index="prod", force=True)] == ["1.0"]


def test_other_files_at_the_target_of_a_push_are_a_conflict(dev: Client, wheel: Path) -> None:
    dev.upload(wheel)
    dev.create_index("prod", bases=[], volatile=False)
    make_wheel(wheel.parent, metadata="Summary: another file\n")
    dev.upload(wheel, index="prod")
    with pytest.raises(Conflict, match=f"{dev.user}/prod has different files with these names: {wheel.name}"):
        dev.push("demo==1.0", "prod")
    with pytest.raises(OtherFile, match=f"{dev.user}/prod has a different {wheel.name}"):
        dev.push("demo==1.0", "prod", skip_existing=True)


def test_a_release_that_the_target_has_is_pushed_again_only_where_it_is_volatile(dev: Client, wheel: Path) -> None:
    dev.upload(wheel)
    dev.create_index("other", bases=[], volatile=True)
    asked = [dev.push("demo==1.0", "other", skip_existing=skip) for skip in (True, False, True)]
    assert [[release.version for release in releases] for releases in asked] == [["1.0"], ["1.0"], []]


def test_indexes_are_made_changed_and_deleted(dev: Client) -> None:
    dev.create_index("new", bases=[f"{dev.user}/dev"])
    with pytest.raises(Conflict):
        dev.create_index("new")
    assert dev.modify_index("new", "title=New", f"bases-={dev.user}/dev").config["title"] == "New"
    assert dev.show_index("new").config["bases"] == []
    [me] = [user for user in dev.users() if user.name == dev.user]
    assert [index.name for index in me.indexes] == [f"{dev.user}/dev", f"{dev.user}/new"]
    dev.delete_index("new")
    with pytest.raises(Missing):
        dev.show_index("new")


def test_a_login_is_one_of_a_connection_and_can_go_to_another(dev: Client, member: Member) -> None:
    with connect(member.server.root) as other:
        assert (other.user, other.index) == (None, None)
        login = other.login(member.user, member.password)
        assert (other.user, login.hours > 1) == (member.user, True)
        with connect(member.index_url, user=login.user, token=login.token) as third:
            assert third.create_index("more").name == f"{member.user}/more"
        other.create_user(f"{member.user}-2", "secret", email="two@example.com")
        other.login(f"{member.user}-2", "secret")
        other.delete_user(f"{member.user}-2")


@pytest.mark.parametrize("password", ["devpi-rocks2024", "pypi-is-fine", "devpi-"])
def test_a_password_may_begin_like_a_token(server: Live, password: str) -> None:
    """D4: it is traded for a login, as any other."""
    name = f"rocker{len(password)}"
    server.connect().create_user(name, {"password": password})
    with connect(server.url, user=name, password=password) as client:
        client.create_index("dev", bases=[])
        assert client.show_index(f"{name}/dev").name == f"{name}/dev"
        assert client.server.session.identity.login.token != password  # type: ignore[union-attr]


@pytest.mark.parametrize("how", ["token", "password"])  # devpi takes an API token in the place of a password, too
def test_an_api_token_says_whose_it_is(dev: Client, member: Member, wheel: Path, how: str, server: Live) -> None:
    limits = Limits(allowed=("upload", "pkg_read"), projects=("demo",))
    with connect(member.index_url, **{how: TokenIssuer(dev.server).create(member.user, limits)}) as ci:
        assert (ci.user, ci.upload(wheel)) == (member.user, True)
        with pytest.raises(NotAllowed), server.requests() as seen:
            ci.upload(make_wheel(wheel.parent, name="other"))
    assert [line for line in seen if "+login" in line] == []


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda client: client.files("demo==7"), NothingFound, "no release of demo on "),
        (lambda client: client.files("other"), NothingFound, "no release of other on "),
        (lambda client: client.files("demo", index="nobody/dev"), Missing, "404"),
        (lambda client: client.files("no such"), WrongUsage, "'no such' is not a requirement"),
        (lambda client: client.files("demo", index="a/b/c"), WrongUsage, "of the form USER/INDEX or INDEX"),
        (lambda client: client.push("demo", "prod"), WrongUsage, "'demo' does not say which release"),
        (lambda client: client.upload("no-such.whl"), BrokenDistribution, "No such file"),
        (lambda client: client.upload(__file__), BrokenDistribution, "is not a distribution"),
        (lambda client: client.login(client.user, "wrong"), NotAllowed, "401"),
    ],
)
def test_what_goes_wrong_is_one_of_our_exceptions(
    dev: Client, member: Member, call: Callable[[Client], object], error: type[DevpiError], message: str
) -> None:
    put(member.server, member.index, "1.0")
    with pytest.raises(error, match=re.escape(message)):
        call(dev)


@pytest.mark.parametrize(
    ("url", "settings", "error", "message"),
    [
        ("ftp://host/", {}, WrongUsage, "it must begin with http:// or https://"),
        ("http://host/", {"user": "alice"}, WrongUsage, "alice cannot log in without a password or a token"),
        ("http://host/", {"password": "secret"}, WrongUsage, "the user of this password or token is unknown"),
        ("http://127.0.0.1:9/", {"user": "a", "password": "b", "retries": 0}, Unreachable, "cannot reach"),
        (
            "SERVER",
            {"user": "nobody", "password": "secret"},
            NotAllowed,
            "401 Unauthorized: user 'nobody' could not be authenticated",
        ),
    ],
)
def test_a_connection_that_cannot_be_made(
    server: Live, url: str, settings: dict[str, str], error: type[DevpiError], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)) as caught:
        connect(url.replace("SERVER", server.url), **settings)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("trust_env", "error", "message"),
    [(False, Unreachable, "cannot reach https://127.0.0.1:9/"), (True, WrongUsage, "cannot read the CA bundle /none")],
)
def test_whom_to_trust_says_the_environment_only_if_it_may(
    monkeypatch: pytest.MonkeyPatch, *, trust_env: bool, error: type[DevpiError], message: str
) -> None:
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/none")
    monkeypatch.setenv("NO_PROXY", "*")
    with (
        connect("https://127.0.0.1:9/a/b", retries=0, trust_env=trust_env) as client,
        pytest.raises(error, match=message),
    ):
        client.projects()


def test_without_an_index_one_has_to_be_named(server: Live) -> None:
    with connect(server.url) as client, pytest.raises(WrongUsage, match="no index named"):
        client.projects()


def test_no_secret_is_in_what_a_connection_looks_like(dev: Client, member: Member) -> None:
    login = dev.login(member.user, member.password)
    shown = f"{dev!r} {login!r} {dev.server.session.identity!r}"
    assert not {secret for secret in (member.password, login.token) if secret in shown}


def test_neither_environment_nor_home_matters_and_nothing_is_written(
    member: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a proxy that leads nowhere, unless it is asked for."""
    put(member.server, member.index, "1.0")
    home = tmp_path / "somebody"
    home.mkdir()
    env = {"DEVPI_INDEX": "http://127.0.0.1:9/a/b", "DEVPI_TOKEN": "x", "HTTP_PROXY": "http://127.0.0.1:9"}
    code = "import sys, devpi_cli\nwith devpi_cli.connect(sys.argv[1]) as client: print(client.user, client.projects())"
    assert run(code, home, member.index_url, **env) == ["None ['demo']"]
    assert list(home.iterdir()) == []
    monkeypatch.setenv("HTTP_PROXY", env["HTTP_PROXY"])
    monkeypatch.delenv("NO_PROXY", raising=False)
    with connect("http://devpi.example/a/b", trust_env=True, retries=0) as client, pytest.raises(Unreachable):
        client.projects()


@pytest.mark.parametrize(
    ("code", "brings"),
    [
        ("import devpi_cli; devpi_cli.__version__", []),
        ("from devpi_cli import connect", ["typing"]),
        ("client.projects(); client.files('demo'); client.push('demo==1.0', 'prod')", ["typing", "httpx", "ssl"]),
        ("client.upload(sys.argv[4])", ["typing", "httpx", "ssl"]),
    ],
)
def test_no_click_comes_along_and_nothing_before_it_is_needed(
    dev: Client, member: Member, wheel: Path, code: str, brings: list[str]
) -> None:
    put(member.server, member.index, "1.0")
    dev.create_index("prod", bases=[])
    connecting = (
        "import devpi_cli, sys\nclient = devpi_cli.connect(sys.argv[1], user=sys.argv[2], password=sys.argv[3])\n"
    )
    code = f"{connecting}{code}\nclient.close()\n" if "client." in code else f"{code}\n"
    looked_at = ["click", "typing", "httpx", "ssl", "twine", "rich", "keyring"]
    code += f"import sys\nprint([name for name in {looked_at} if name in sys.modules])"
    arguments = (member.index_url, member.user, member.password, str(wheel))
    assert run(code, wheel.parent, *arguments) == [str(brings)]


def test_httpx_is_whole_for_the_rest_of_the_program(member: Member, tmp_path: Path) -> None:
    code = (
        "import sys, devpi_cli\nwith devpi_cli.connect(sys.argv[1]) as client: client.projects()\n"
        "print('httpx' in sys.modules, [name for name, module in sys.modules.items() if module is None])\n"
        "import httpx._main\nprint(callable(httpx._main.main))"
    )
    assert run(code, tmp_path, member.index_url) == ["True []", "True"]


def test_every_name_is_there_and_no_other() -> None:
    assert [name for name in devpi_cli.__all__ if not hasattr(devpi_cli, name)] == []
    assert set(devpi_cli.__all__) <= set(dir(devpi_cli))
    with pytest.raises(AttributeError, match="module 'devpi_cli' has no attribute 'nonsense'"):
        _ = devpi_cli.nonsense


def test_the_example_of_the_readme_does_what_it_says(member: Member, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    (folder / "dist").mkdir(parents=True)
    make_wheel(folder / "dist", version="1.0")
    member.server.create_index(f"{member.user}/prod", {"bases": "", "volatile": "False"})
    env = {"DEVPI_INDEX": member.index_url, "DEVPI_USER": member.user, "DEVPI_PASSWORD": member.password}
    name = "demo-1.0-py3-none-any.whl"
    assert run(EXAMPLE, folder, **env) == [f"{name}: sent", f"demo 1.0: {name}", "demo 1.0 is in production"]
    assert run(EXAMPLE, folder, **env) == [f"{name}: there already", f"demo 1.0: {name}"]


def test_type_checkers_know_the_library(tmp_path: Path) -> None:
    """The example passes, and what is wrong does not: the types are there."""
    wrong = (
        "from devpi_cli import connect\nconnect(1)\nconnect('').projects().upper()\nimport devpi_cli\ndevpi_cli.other\n"
    )
    (tmp_path / "example.py").write_text(EXAMPLE)
    (tmp_path / "wrong.py").write_text(wrong)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context"]
    done = subprocess.run(
        [*command, "--cache-dir", ROOT / ".mypy_cache", "example.py", "wrong.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert [line.partition(": error: ")[0] + line[line.rindex("[") :] for line in done.stdout.splitlines()] == [
        "wrong.py:2[arg-type]",
        "wrong.py:3[attr-defined]",
    ]
