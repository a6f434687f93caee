"""Commands that run without a state file, from the environment alone: they write and ask nothing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import NOT_LOGGED_IN
from tests.support.dists import make_wheel, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Client, Member
    from tests.support.servers import Live


@pytest.fixture
def job(devpi: Client, member: Member) -> Client:
    """A pipeline step: an empty home, and the three variables."""
    devpi.env |= {"DEVPI_INDEX": member.index_url, "DEVPI_USER": member.user, "DEVPI_PASSWORD": member.password}
    return devpi


def left_behind(client: Client) -> list[Path]:
    return sorted(client.home.rglob("*"))


def test_an_upload_with_environment_variables_only_leaves_no_file(job: Client, member: Member, wheel: Path) -> None:
    said = [f"file_upload of {wheel.name} to {member.index_url}/"]
    assert job.ok("upload", wheel) == said
    assert left_behind(job) == []
    assert [release.version for release in member.server.releases(member.index, "demo")] == ["1.0"]


def test_an_index_that_is_named_on_the_command_line_is_enough(job: Client, member: Member, wheel: Path) -> None:
    del job.env["DEVPI_INDEX"]
    assert job.ok("upload", "--index", member.index_url, wheel)[0].startswith("file_upload of ")
    assert left_behind(job) == []


def test_a_token_stands_for_the_password(job: Client, member: Member, wheel: Path, server: Live) -> None:
    del job.env["DEVPI_PASSWORD"]
    job.env["DEVPI_TOKEN"] = member.state.at(server.url).logins[member.user].token
    with server.requests() as seen:
        job.ok("upload", wheel)
    assert seen == [f"POST /{member.index}/"]
    assert left_behind(job) == []


def test_a_password_is_traded_for_a_token_once(job: Client, server: Live, member: Member, tmp_path: Path) -> None:
    wheels = [make_wheel(tmp_path, version=version) for version in ("1.0", "1.1")]
    with server.requests() as seen:
        assert job("upload", *wheels).status == 0
    assert seen == ["POST /+login", *2 * [f"POST /{member.index}/"]]


@pytest.mark.parametrize(
    "command",
    [
        "use",
        "use -l",
        "user {user}",
        "user -l",
        "user {user} title=new",
        "index",
        "index -l",
        "index -c other bases=",
        "index dev bases=",
        "index -y --delete {user}/dev",
        "apply --export",
        "getjson /",
        "getjson demo",
        "list",
        "list demo",
        "show demo",
        "search demo",
        "open demo",
        "why demo",
        "wait demo==1.0",
        "diff {user}/dev {user}/stable",
        "copy {user}/dev {user}/stable demo",
        "download demo -O -",
        "verify --json",
        "push demo==1.0 {user}/stable",
        "prune -y --keep-last 1",
        "remove -y demo",
        "logoff",
        "passwd --password-stdin",
        "refresh demo",
    ],
)
def test_every_command_works_without_a_state_file(job: Client, member: Member, command: str) -> None:
    put(member.server, member.index, "1.0")
    member.server.create_index(f"{member.user}/stable", {"bases": ""})
    done = job(*command.format(user=member.user).split(), stdin="another secret\n")
    assert (done.status, done.stdout != "" or command.startswith("refresh")) == (0, True), done.stderr
    assert left_behind(job) == []


def test_use_says_who_acts(job: Client, member: Member) -> None:
    assert job.ok("use")[0] == f"current devpi index: {member.index_url} (logged in as {member.user})"


def test_doctor_checks_what_the_environment_says(job: Client, member: Member) -> None:
    checks = {check["check"]: check["detail"] for check in json.loads(job("doctor", "--json").stdout)["checks"]}
    assert checks["login"].startswith(f"{member.user}, for 10.0 more hours")
    assert checks["index"] == f"{member.index}, and {member.user} may upload to it"
    assert left_behind(job) == []


def test_the_url_of_a_server_is_enough_for_what_needs_no_index(job: Client, member: Member, server: Live) -> None:
    job.env["DEVPI_INDEX"] = server.url
    assert job.ok("index", "-l") == [member.index]
    assert job.ok("use")[0] == f"using server: {server.url} (logged in as {member.user})"
    assert job.fails("list") == (
        1,
        f"no index in use at {server.url}\n"
        "add /USER/INDEX to the URL in DEVPI_INDEX, or name one with --index; 'devpi use -l' lists all\n",
    )
    assert job.ok("list", "--index", "dev") == []


def test_login_is_what_persists(job: Client, member: Member) -> None:
    assert job.ok("login")[0].startswith(f"logged in '{member.user}' at '{member.index_url}', ")
    assert list(job.state.at(member.server.root).logins) == [member.user]


def test_jobs_beside_each_other_share_nothing(job: Client, new_member: Callable[[], Member]) -> None:
    members = [new_member() for _ in range(3)]

    def upload(member: Member) -> int:
        folder = member.home / "files"
        folder.mkdir()
        env = {"DEVPI_INDEX": member.index_url, "DEVPI_USER": member.user, "DEVPI_PASSWORD": member.password}
        return job("upload", make_wheel(folder), **env).status

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(upload, members)) == [0, 0, 0]
    assert left_behind(job) == []


def test_the_environment_beats_the_state(member: Member, new_member: Callable[[], Member], wheel: Path) -> None:
    other, before = new_member(), member.state_file.read_bytes()
    env = {"DEVPI_INDEX": other.index_url, "DEVPI_USER": other.user, "DEVPI_PASSWORD": other.password}
    assert member.ok("upload", wheel, **env) == [f"file_upload of {wheel.name} to {other.index_url}/"]
    assert member.state_file.read_bytes() == before


def test_a_password_is_not_sent_to_a_server_that_nobody_named_for_it(job: Client, not_devpi: str) -> None:
    done = job("--debug", "getjson", f"{not_devpi}some/page")
    assert "login" not in done.stderr.replace("not logged in", "")


UPLOAD = "{index}/ needs a login\n"
REFUSED = "{name} takes no uploads from somebody who is not logged in\n"
NO_SECRET = (
    "DEVPI_USER is set, but there is neither a password nor a token for ci\n"
    "set DEVPI_PASSWORD or DEVPI_TOKEN, too, or type 'devpi login ci'\n"
)
NO_USER = "{} is set, but nothing says which user it belongs to\nset DEVPI_USER, too\n"


@pytest.mark.parametrize(
    ("env", "status", "said"),
    [
        ({}, 3, f"{REFUSED}{NOT_LOGGED_IN}\n"),
        ({"DEVPI_PASSWORD": "x"}, 2, UPLOAD + NO_USER.format("DEVPI_PASSWORD")),
        ({"DEVPI_TOKEN": "x"}, 2, UPLOAD + NO_USER.format("DEVPI_TOKEN")),
        ({"DEVPI_USER": "ci"}, 2, UPLOAD + NO_SECRET),
        ({"DEVPI_USER": "ci", "DEVPI_PASSWORD": ""}, 2, UPLOAD + NO_SECRET),
        (
            {"DEVPI_USER": "ci", "DEVPI_PASSWORD": "x"},
            3,
            "wrong user name or password for 'ci' at {root}\nthe password came from DEVPI_PASSWORD\n",
        ),
        (
            {"DEVPI_USER": "ci", "DEVPI_TOKEN": "x"},
            3,
            f"{REFUSED}the server does not accept the login of ci from DEVPI_TOKEN\n",
        ),
        (
            {"DEVPI_INDEX": "ci/dev"},
            2,
            "DEVPI_INDEX is 'ci/dev', but no server is in use\n"
            "set it to the URL of the index, https://HOST/USER/INDEX, or type 'devpi use URL'\n",
        ),
    ],
)
def test_what_is_missing_is_named(
    devpi: Client, member: Member, wheel: Path, env: dict[str, str], status: int, said: str
) -> None:
    expected = said.format(name=member.index, index=member.index_url, root=member.server.root)
    assert devpi.fails("upload", wheel, **{"DEVPI_INDEX": member.index_url, **env}) == (status, expected)
    assert left_behind(devpi) == []


@pytest.mark.parametrize("command", ["user -l", "login", "index -l", "getjson /", "use -l"])
def test_an_index_without_a_server_names_none(devpi: Client, command: str) -> None:
    status, said = devpi.fails(*command.split(), DEVPI_INDEX="ci/dev")
    assert (status, said.splitlines()[0]) == (2, "DEVPI_INDEX is 'ci/dev', but no server is in use")


def test_a19_an_index_that_is_open_to_everybody_needs_no_login(devpi: Client, member: Member, wheel: Path) -> None:
    member.server.modify_index(member.index, ["acl_upload=:ANONYMOUS:"])
    assert devpi.ok("upload", "--index", member.index_url, wheel)[0].startswith("file_upload of ")


def test_at_a_terminal_the_login_is_asked_for_before_anything_is_sent(
    devpi: Client, member: Member, wheel: Path, server: Live
) -> None:
    with server.requests() as seen:
        status, shown = devpi.at_terminal(
            "upload", "--index", member.index_url, wheel, typed=[member.user, member.password]
        )
    assert (status, shown[:2]) == (
        0, [f"user at {server.url}: {member.user}", f"password for user {member.user} at {server.url}: "],
    )  # fmt: skip
    assert seen == [f"GET /{member.index}", "POST /+login", f"POST /{member.index}/"]
    assert left_behind(devpi) == []


def test_at_a_terminal_any_command_asks_who_is_there(devpi: Client, member: Member) -> None:
    devpi.env |= {"DEVPI_INDEX": member.index_url, "DEVPI_USER": member.user}
    status, shown = devpi.at_terminal("index", "-c", "new", "bases=", typed=[member.password])
    assert (status, shown[0]) == (0, f"password for user {member.user} at {member.server.root}: ")
