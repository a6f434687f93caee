from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.servers import running_server
from tests.support.webservers import DEVPI_HEADERS, a_front

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from tests.support.clients import Client, Member
    from tests.support.servers import Live

SETTINGS = [
    "~/.config/pip/pip.conf: no config file exists",
    "~/.config/uv/uv.toml: no config file exists",
    "~/.pydistutils.cfg: no config file exists",
    "~/.buildout/default.cfg: no config file exists",
    "always-set-cfg: no",
]
NO_INDEX = "no current index: type 'devpi use -l' to discover indices"


def use(client: Client, *arguments: object, **settings: Any) -> list[str]:
    """Run devpi use; return its lines without those about pip and uv, which have to be there."""
    lines = [line.replace(str(client.home), "~") for line in client.ok("use", *arguments, **settings)]
    assert lines[-5:] == SETTINGS
    return lines[:-5]


def features(member: Member) -> str:
    return f"supported features: {', '.join(member.server.features)}"


def expire(client: Client) -> None:
    """Make every remembered token one that the server does not accept."""
    with client.state.changing() as state:
        for known in state.servers.values():
            known.logins = {user: type(login)(user, "nonsense", login.expires) for user, login in known.logins.items()}


def test_a_new_client_says_that_there_is_no_server(devpi: Client) -> None:
    assert use(devpi) == ["no server: type 'devpi use URL' with a URL pointing to a server or directly to an index."]
    assert not devpi.state_file.exists()


def test_a_server_is_used_from_now_on(devpi: Client, server: Live) -> None:
    shown = [f"using server: {server.url} (not logged in)", NO_INDEX]
    assert use(devpi, server.url.rstrip("/")) == shown
    assert use(devpi) == shown


def test_an_index_is_used_by_every_way_to_name_it(member: Member) -> None:
    shown = [f"current devpi index: {member.index_url} (logged in as {member.user})", features(member)]
    for typed in (member.index, f"/{member.index}", "dev", member.index_url, f"{member.index_url}/+simple/"):
        use(member, member.server.root)
        assert use(member, typed) == shown
        assert use(member) == shown


def test_a1_what_is_typed_beats_the_environment_and_that_what_is_remembered(member: Member) -> None:
    for name in ("typed", "variable"):
        member.server.create_index(f"{member.user}/{name}", {"bases": ""})
    before = member.state_file.read_bytes()
    for variable in ("variable", f"{member.user}/variable", f"{member.server.root}{member.user}/variable"):
        assert use(member, DEVPI_INDEX=variable)[0].endswith(f"/{member.user}/variable (logged in as {member.user})")
        assert member.ok("index", DEVPI_INDEX=variable)[0].endswith(f"/{member.user}/variable:")
    assert member.state_file.read_bytes() == before
    use(member, "typed", DEVPI_INDEX="variable")
    assert member.state.index == f"{member.user}/typed"


def test_what_is_in_use_already_is_not_written_again(member: Member) -> None:
    member.ok("use", "dev")
    before = member.state_file.stat()
    member.ok("use", member.index_url)
    assert member.state_file.stat() == before
    with member.state.changing() as state:
        state.index = "root/other"
    member.ok("use", "dev")
    assert member.state.index == member.index


def test_a_slash_is_the_server_without_an_index(member: Member) -> None:
    assert use(member, "/") == [f"using server: {member.server.root} (logged in as {member.user})", NO_INDEX]
    assert member.state.index is None


def test_a_mirror_is_used_and_has_no_place_to_submit_to(member: Member) -> None:
    member.server.create_index(
        f"{member.user}/mirror", {"type": "mirror", "mirror_url": f"{member.index_url}/+simple/"}
    )
    shown = json.loads("".join(member.ok("use", "mirror", "--json")))
    assert (shown["index"], shown["pypisubmit"]) == (f"{member.server.root}{member.user}/mirror", None)
    assert member.state.is_mirror


def test_urls_shows_what_is_behind_the_index(member: Member) -> None:
    assert use(member, "--urls") == [
        f"current devpi index: {member.index_url} (logged in as {member.user})",
        f"              login: {member.server.root}+login",
        f"         pypisubmit: {member.index_url}/",
        f"        simpleindex: {member.index_url}/+simple/",
        features(member),
    ]


def test_json_has_all_of_it(member: Member) -> None:
    shown = json.loads("".join(member.ok("use", "--json")))
    shown["settings"] = {path.replace(str(member.home), "~"): status for path, status in shown["settings"].items()}
    assert shown == {
        "server": member.server.root,
        "index": member.index_url,
        "user": member.user,
        "features": list(member.server.features),
        "login": f"{member.server.root}+login",
        "pypisubmit": f"{member.index_url}/",
        "simpleindex": f"{member.index_url}/+simple/",
        "venv": None,
        "changes": [],
        "settings": dict(line.split(": ") for line in SETTINGS[:-1]),
    }


def test_list_shows_the_indexes_of_a_user_or_of_all(member: Member) -> None:
    member.server.create_index(f"{member.user}/more", {"bases": member.index, "volatile": "False"})
    listed = [
        f"{member.index:<15} bases={'':<15} volatile=True",
        f"{member.user + '/more':<15} bases={member.index:<15} volatile=False",
    ]
    assert member.ok("use", "-l", "-u", member.user) == listed
    assert [line for line in member.ok("use", "--list") if line.startswith(f"{member.user}/")] == listed
    found = json.loads("".join(member.ok("use", "-l", "-u", member.user, "--json")))["indexes"]
    assert [(index["name"], index["bases"], index["volatile"]) for index in found] == [
        (member.index, [], True),
        (f"{member.user}/more", [member.index], False),
    ]


def test_looking_at_another_server_changes_nothing(member: Member, devpi: Client) -> None:
    """A4."""
    other = member.server.root.replace("127.0.0.1", "localhost")
    before = member.state_file.read_bytes()
    assert use(member, "--urls", other) == [f"using server: {other} (not logged in)", NO_INDEX]
    assert f"{member.index:<15} bases={'':<15} volatile=True" in member.ok("use", "-l", other)
    assert member.state_file.read_bytes() == before
    use(devpi, "--urls", member.index_url)
    assert not devpi.state_file.exists()


def test_delete_forgets_what_is_in_use_and_keeps_logins(member: Member) -> None:
    """V10."""
    assert member.ok("use", "--delete") == [f"REMOVED configuration at {member.state_file}"]
    assert (member.state.server, member.state.index) == (None, None)
    assert member.fails("use", "--delete") == (1, "NO configuration found\n")
    assert use(member, member.server.root)[0] == f"using server: {member.server.root} (logged in as {member.user})"


def test_delete_says_so_as_json(member: Member) -> None:
    assert json.loads("".join(member.ok("use", "--delete", "-n", "--json"))) == {"would_remove": str(member.state_file)}
    assert json.loads("".join(member.ok("use", "--delete", "--json"))) == {"removed": str(member.state_file)}


def test_several_users_are_logged_in_and_one_of_them_acts(member: Member, new_member: Callable[[], Member]) -> None:
    """A6."""
    other = new_member()
    member.ok("login", other.user, DEVPI_PASSWORD=other.password)
    assert use(member)[0] == f"current devpi index: {member.index_url} (logged in as {other.user})"
    assert use(member, "-u", member.user)[0] == f"current devpi index: {member.index_url} (logged in as {member.user})"
    acting = use(member, DEVPI_USER=other.user)[0]
    assert acting == f"current devpi index: {member.index_url} (logged in as {other.user})"
    assert use(member)[0] == f"current devpi index: {member.index_url} (logged in as {member.user})"


def test_who_never_logged_in_can_be_chosen(member: Member) -> None:
    chosen = member("use", "-u", "somebody")
    assert (chosen.lines[0], chosen.status) == (f"current devpi index: {member.index_url} (not logged in)", 0)
    assert chosen.stderr == f"somebody is not logged in at {member.server.root}: type 'devpi login somebody'\n"
    assert member.state.at(member.server.root).user == "somebody"
    assert json.loads(member("use", "--json").stdout)["user"] is None
    assert member.fails("index", "dev") == (
        3,
        "cannot tell whose index 'dev' is: not logged in\ntype USER/dev, or 'devpi login USER' first\n",
    )
    assert use(member, "-u", member.user)[0] == f"current devpi index: {member.index_url} (logged in as {member.user})"


def test_only_a_name_can_be_chosen(member: Member) -> None:
    said = "'a/b' is not the name of a user\nfor an index, use 'devpi index'\n"
    assert member.fails("use", "-u", "a/b") == (2, said)
    assert member.state.at(member.server.root).user == member.user


def test_who_was_chosen_acts_once_logged_in(member: Member, new_member: Callable[[], Member]) -> None:
    other = new_member()
    assert member("use", "-u", other.user).status == 0
    member.ok("login", other.user, DEVPI_PASSWORD=other.password)
    assert use(member)[0] == f"current devpi index: {member.index_url} (logged in as {other.user})"


def test_a_login_that_the_server_no_longer_accepts_is_noticed_once(member: Member) -> None:
    """A7."""
    expire(member)
    noticed = member("use")
    assert noticed.lines[0] == f"current devpi index: {member.index_url} (not logged in)"
    assert (noticed.stderr, noticed.status) == (
        f"the login of {member.user} is no longer valid: type 'devpi login {member.user}'\n",
        0,
    )
    assert use(member)[0] == f"current devpi index: {member.index_url} (not logged in)"


def test_the_login_of_a_deleted_user_is_noticed(member: Member) -> None:
    member.server.delete_user(member.user)
    noticed = member("use", member.server.root)
    assert noticed.lines[0] == f"using server: {member.server.root} (not logged in)"
    assert noticed.stderr == f"the login of {member.user} is no longer valid: type 'devpi login {member.user}'\n"


def test_a_lost_login_is_not_forgotten_by_looking(member: Member) -> None:
    expire(member)
    before = member.state_file.read_bytes()
    looked = member("use", "--urls", member.index_url)
    assert looked.lines[0] == f"current devpi index: {member.index_url} (not logged in)"
    assert looked.stderr == f"the login of {member.user} is no longer valid: type 'devpi login {member.user}'\n"
    assert member.state_file.read_bytes() == before


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        (
            "http://127.0.0.1:1",
            6,
            "cannot reach http://127.0.0.1:1/: Connection refused\nis the server running, and the URL right?\n",
        ),
        ("ftp://example.com", 2, "invalid URL 'ftp://example.com': it must begin with http:// or https://\n"),
        ("http://", 2, "invalid URL 'http://': it has no valid host\n"),
        ("http://[x/a/b", 2, "invalid URL 'http://[x/a/b': it has no valid host or port\n"),
        ("http://a..b/", 2, "invalid URL 'http://a..b/': it has no valid host\n"),
        (f"http://{'a' * 64}/", 2, f"invalid URL 'http://{'a' * 64}/': it has no valid host\n"),
        (
            "localhost:3141",
            2,
            "'localhost:3141' is not an index\nfor a server type 'devpi use http://localhost:3141'\n",
        ),
        ("a/b/c", 2, "index 'a/b/c' must be of the form USER/INDEX or INDEX\n"),
        ("dev", 3, "cannot tell whose index 'dev' is: not logged in\ntype USER/dev, or 'devpi login USER' first\n"),
        (
            "nobody/dev",
            4,
            "no index 'nobody/dev'\n'devpi use -l' shows which indexes there are\n",
        ),
        (
            "a b/c d",
            4,
            "no index 'a b/c d'\n'devpi use -l' shows which indexes there are\n",
        ),
    ],
)
def test_what_cannot_be_used_leaves_what_was(
    at_server: Client, server: Live, typed: str, status: int, said: str
) -> None:
    before = at_server.state_file.read_bytes()
    assert at_server.fails("use", typed) == (status, said.replace("HOST", server.url.rstrip("/")))
    assert at_server.state_file.read_bytes() == before


NO_NAMES = """import socket
def unknown(*where, **how):
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
socket.getaddrinfo = unknown
"""


def test_an_unknown_host_is_said(devpi: Client, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_NAMES)  # nobody outside this machine is asked
    assert devpi.fails("use", "http://no.such.host.invalid", PYTHONPATH=str(tmp_path)) == (
        6,
        "cannot reach http://no.such.host.invalid/: Name or service not known\n"
        "is the server running, and the URL right?\n",
    )


def test_what_is_no_devpi_is_said(devpi: Client, not_devpi: str) -> None:
    """A9."""
    said = f"{not_devpi}+api: 404 Not Found\nis this the URL of a devpi server?\n"
    assert devpi.fails("use", not_devpi) == (1, said)
    assert devpi.fails("use", "-l", not_devpi) == (1, said)
    assert not devpi.state_file.exists()


def test_the_url_of_a_page_is_no_server(devpi: Client, member: Member) -> None:
    for page in ("demo", "demo/1.0"):
        assert devpi.fails("use", f"{member.index_url}/{page}") == (
            4,
            f"{member.index_url}/{page} is neither a server nor an index, such as {member.server.root}USER/INDEX\n",
        )


@pytest.mark.parametrize(
    ("status", "body", "exit_status", "said"),
    [
        (500, b"<html>a page of a proxy</html>", 6, "URL answered 500 Internal Server Error\n"),
        (
            401,
            b"<html>",
            3,
            "URL answered 401 Unauthorized\nnot logged in: type 'devpi login USER' with DEVPI_INDEX=URL\n",
        ),
        (200, b"<html>", 1, "URL+api: this is not JSON (application/json)\n"),
    ],
)
def test_a9_a56_a_page_in_the_place_of_an_answer_is_not_printed(
    devpi: Client, status: int, body: bytes, exit_status: int, said: str
) -> None:
    with a_front() as front:
        front.answers["/+api"] = status, DEVPI_HEADERS, body
        assert devpi.fails("use", front.url) == (exit_status, said.replace("URL", front.url))


def test_a13_a_server_that_calls_itself_otherwise_is_warned_of(devpi: Client, tmp_path: Path) -> None:
    called = ("--outside-url", "http://devpi.example:3141/devpi")
    with running_server(tmp_path / "outside", "--no-root-pypi", options=called) as server:
        used = devpi("use", server.url)
    assert used.lines[0] == "using server: http://devpi.example:3141/devpi/ (not logged in)"
    rewritten, unreachable = used.stderr.splitlines()
    assert rewritten == "warning: the server has rewritten the url to: http://devpi.example:3141/devpi/"
    assert unreachable.startswith(
        "warning: all commands will go there, and fail: cannot reach http://devpi.example:3141/"
    )
    assert used.status == 0


def test_an_error_is_one_json_object_on_stderr(devpi: Client) -> None:
    status, said = devpi.fails("use", "http://127.0.0.1:1", "--json")
    assert (status, json.loads(said)) == (
        6,
        {
            "error": {
                "type": "Unreachable",
                "exit": 6,
                "message": "cannot reach http://127.0.0.1:1/: Connection refused",
                "hint": "is the server running, and the URL right?",
            }
        },
    )


def test_listing_needs_a_server_and_a_user_who_is_there(devpi: Client, at_server: Client, server: Live) -> None:
    assert at_server.fails("use", "-l", "-u", "nobody") == (
        4,
        "no user 'nobody'\n'devpi user -l' shows which users there are\n",
    )
    at_server.ok("use", "--delete")
    assert devpi.fails("use", "-l") == (
        1,
        "no server in use\ntype 'devpi use URL', or 'devpi quickstart' for a server on this machine\n",
    )
