"""devpi upload without a file: whether somebody may upload is found out before the build."""

from __future__ import annotations

import time
from math import inf
from typing import TYPE_CHECKING

import pytest

from devpi_cli.models import Login
from tests.cli.commands.test_login_chain import write_pypirc
from tests.cli.commands.test_upload import stored
from tests.cli.commands.test_upload_build import HERE, WHEEL, teach
from tests.support.clients import NOT_LOGGED_IN
from tests.support.front import Front, served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Client, Member
    from tests.support.servers import Live


@pytest.fixture
def traced(project: Path) -> Path:
    """A file that a build leaves."""
    teach(project, f"Path({str(project.parent / 'built')!r}).touch()")
    return project.parent / "built"


def change_login(member: Member, seconds: float, token: str = "") -> None:
    """Let the stored login expire in some seconds, as far as the client knows, and maybe be another one."""
    with member.state.changing() as state:
        known = state.at(member.server.root)
        known.logins[member.user] = Login(member.user, token or known.logins[member.user].token, time.time() + seconds)


def test_a_good_login_costs_no_request(member: Member, project: Path, server: Live) -> None:
    with server.requests() as seen:
        member.ok("upload", *HERE, cwd=project)
    assert seen == [f"POST /{member.index}/"]


@pytest.mark.parametrize(
    ("seconds", "token", "hint", "requests"),
    [
        (-7200, "", "the login of ME expired 2 h ago: type 'devpi login ME'", ["GET /INDEX"]),
        (inf, "made up", "the login of ME is no longer valid: type 'devpi login ME'", ["GET /+api", "GET /INDEX"]),
    ],
)
def test_nothing_is_built_with_a_login_that_is_no_longer_good(
    member: Member, project: Path, server: Live, traced: Path, *, seconds: float, token: str, hint: str,
    requests: list[str],
) -> None:  # fmt: skip
    change_login(member, seconds, token)
    with server.requests() as seen:
        result = member("upload", *HERE, cwd=project)
    said = f"the upload to {member.index_url}/ needs a login\n{hint}\n".replace("ME", member.user)
    assert (result.status, result.stdout, result.stderr) == (3, "", said)
    assert seen == [request.replace("INDEX", member.index) for request in requests]
    assert not traced.exists()


def test_nothing_is_built_without_a_login(member: Member, project: Path, server: Live, traced: Path) -> None:
    member.ok("logoff")
    with server.requests() as seen:
        status, said = member.fails("upload", *HERE, cwd=project)
    assert (status, said) == (3, f"the upload to {member.index_url}/ needs a login\n{NOT_LOGGED_IN}\n")
    assert seen == [f"GET /{member.index}"]
    assert not traced.exists()


def test_half_a_login_in_the_environment_is_said_before_the_build(member: Member, project: Path, traced: Path) -> None:
    member.ok("logoff")
    status, said = member.fails("upload", *HERE, cwd=project, DEVPI_USER=member.user)
    assert (status, said.splitlines()[0]) == (2, f"{member.index_url}/ needs a login")
    assert not traced.exists()


def test_an_index_that_is_not_there_is_said_before_the_build(member: Member, project: Path, traced: Path) -> None:
    member.ok("logoff")
    assert member("upload", *HERE, "--index", f"{member.user}/gone", cwd=project).status == 4
    assert not traced.exists()


def test_everybody_may_upload_to_an_open_index(member: Member, project: Path, server: Live) -> None:
    member.server.modify_index(member.index, ["acl_upload=:ANONYMOUS:"])
    member.ok("logoff")
    with server.requests() as seen:
        member.ok("upload", *HERE, cwd=project)
    assert seen == [f"GET /{member.index}", f"POST /{member.index}/"]


def test_a_login_from_elsewhere_replaces_an_expired_one(member: Member, project: Path, server: Live) -> None:
    change_login(member, -60)
    write_pypirc(member, member)
    with server.requests() as seen:
        member.ok("upload", *HERE, cwd=project)
    assert seen == ["POST /+login", f"POST /{member.index}/"]


def at_terminal(member: Member, project: Path, *answers: str) -> tuple[int, list[str]]:
    """Upload what is in a project from a terminal in its folder."""
    return member.at_terminal("upload", *HERE, typed=answers, cwd=project)


def question(member: Member) -> str:
    return f"password for user {member.user} at {member.server.root}: "


def test_a_terminal_shows_the_size_of_what_was_built(member: Member, project: Path) -> None:
    _, lines = at_terminal(member, project)
    built = [line for line in lines if line.startswith("built: ")]
    sizes = [f"{path.name} ({path.stat().st_size / 1000:.1f} kB)" if path.stat().st_size >= 1000 else
             f"{path.name} ({path.stat().st_size} B)" for path in sorted((project / "dist").iterdir())]  # fmt: skip
    assert sorted(line.removeprefix("built: dist/") for line in built) == sizes


def test_somebody_at_a_terminal_is_asked_before_the_build(member: Member, project: Path, server: Live) -> None:
    change_login(member, -60)
    with server.requests() as seen:
        status, lines = at_terminal(member, project, member.password)
    place = next(place for place, line in enumerate(lines) if line.startswith("--> .$ "))
    assert (status, lines[:place]) == (0, [question(member)])
    assert seen == [f"GET /{member.index}", "POST /+login", f"POST /{member.index}/"]


def test_a_wrong_password_ends_before_the_build(member: Member, project: Path, traced: Path) -> None:
    change_login(member, -60)
    status, lines = at_terminal(member, project, "wrong")
    assert (status, lines[-1]) == (3, "the password came from the prompt")
    assert not traced.exists()


def test_somebody_whose_login_expired_during_the_build_is_asked_again(
    member: Member, project: Path, server: Live
) -> None:
    teach(project, "import time; time.sleep(6)")
    change_login(member, 5)
    with server.requests() as seen:
        status, lines = at_terminal(member, project, member.password)
    built = next(place for place, line in enumerate(lines) if line.startswith("built: "))
    assert (status, lines[built + 1]) == (0, question(member))
    assert seen == [f"GET /{member.index}", "POST /+login", f"POST /{member.index}/"]
    assert stored(member) == [WHEEL]


def test_a_server_that_does_not_show_the_state_of_logins_has_the_last_word(member: Member, project: Path) -> None:
    front = Front(refused={"GET": 403})
    with served(front):
        front.serve(member)
        with member.state.changing() as state:
            known = state.at(front.url)
            known.logins[member.user] = Login(member.user, known.logins[member.user].token)
        assert member("upload", *HERE, cwd=project).status == 0


def test_who_has_a_token_is_asked_for_no_password(at_server: Client, member: Member, project: Path) -> None:
    token = member.state.at(member.server.root).logins[member.user].token
    env = {"DEVPI_INDEX": member.index_url, "DEVPI_USER": member.user, "DEVPI_TOKEN": token}
    at_server.ok("upload", *HERE, cwd=project, **env)
    status, said = at_server.fails("upload", *HERE, cwd=project, **{**env, "DEVPI_TOKEN": "made up"})
    assert (status, said.splitlines()[-1]) == (
        3,
        f"the server does not accept the login of {member.user} from DEVPI_TOKEN",
    )
