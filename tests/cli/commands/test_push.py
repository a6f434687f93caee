"""devpi push."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from pypitoken import Token, ValidationError

from devpi_cli.http.bodies import Form
from tests.support.clients import NOT_LOGGED_IN
from tests.support.dists import make_wheel, put
from tests.support.front import Elsewhere, Front, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live


@pytest.fixture
def demo(member: Member) -> Member:
    """A member whose index ``dev`` has demo 1.0, and who has an empty non-volatile index ``stable``."""
    member.server.create_index(f"{member.user}/stable", {"bases": "", "volatile": "False"})
    put(member.server, member.index, "1.0")
    return member


def store(member: Member, index: str, file: str, content: bytes) -> None:
    """Put a file on an index, with any content; documentation by its name."""
    action = "doc_upload" if ".doc." in file else "file_upload"
    fields = {
        ":action": action,
        "name": file.split("-", maxsplit=1)[0],
        "version": "1.0",
        "filetype": "sdist",
        "pyversion": "source",
    }
    url = f"{member.server.root}{member.user}/{index}/"
    member.server.session.request("POST", url, form=Form(fields, file, BytesIO(content)))


def names(member: Member, index: str) -> list[str]:
    """Return the names of all files on an index."""
    projects = member.server.index(f"{member.user}/{index}").projects
    releases = [r for name in projects for r in member.server.releases(f"{member.user}/{index}", name)]
    return sorted(link.name for release in releases for link in release.links)


# -- to an index of the server


def test_it_copies_a_release_and_shows_what_the_server_did(demo: Member) -> None:
    target = f"{demo.user}/stable"
    assert demo.ok("push", "demo==1.0", target) == [
        f"   200 register demo 1.0 -> {target}",
        f"   200 store_releasefile {stored(demo, 'demo-1.0.tar.gz')}",
    ]
    assert names(demo, "stable") == ["demo-1.0.tar.gz"]


def stored(member: Member, name: str) -> str:
    """Return where on ``stable`` the server has put a file, as its log of actions says it."""
    releases = member.server.releases(f"{member.user}/stable", name.split("-", maxsplit=1)[0])
    [url] = [link.url for release in releases for link in release.links if link.name == name]
    return url.removeprefix(member.server.root)


def test_the_target_may_leave_out_who_is_logged_in_or_be_a_url(demo: Member) -> None:
    demo.ok("push", "demo==1.0", "stable")
    put(demo.server, demo.index, "2.0")
    demo.ok("push", "demo==2.0", f"{demo.server.root}{demo.user}/stable/+simple/")
    assert names(demo, "stable") == ["demo-1.0.tar.gz", "demo-2.0.tar.gz"]


def test_it_pushes_from_another_index_than_the_one_in_use(demo: Member) -> None:
    demo.ok("use", f"{demo.user}/stable")
    demo.ok("push", "demo==1.0", "stable", "--index", "dev")
    assert names(demo, "stable") == ["demo-1.0.tar.gz"]


def test_several_releases_go_in_one_call(demo: Member) -> None:
    put(demo.server, demo.index, "2.0")
    put(demo.server, demo.index, "3.0")
    put(demo.server, demo.index, "1.0", name="other")
    lines = demo.ok("push", "demo>=1,<3", "other==1.0", "demo==1", "stable")
    assert [line.split(" -> ")[0] for line in lines if "register" in line] == [
        "   200 register demo 1.0",
        "   200 register demo 2.0",
        "   200 register other 1.0",
    ]


def test_v26_an_identical_release_is_already_there(demo: Member) -> None:
    demo.ok("push", "demo==1.0", "stable")
    assert demo.ok("push", "demo==1.0", "stable") == [f"already there: demo 1.0 -> {demo.user}/stable"]


def test_v26_another_file_of_the_same_name_is_a_conflict(demo: Member) -> None:
    store(demo, "stable", "demo-1.0.tar.gz", b"something else")
    assert demo.fails("push", "demo==1.0", "stable") == (
        5,
        f"demo-1.0.tar.gz already exists in non-volatile index\n"
        f"{demo.user}/stable has different files with these names: demo-1.0.tar.gz\n",
    )


def test_v26_a_release_that_is_there_in_part_is_a_conflict(demo: Member) -> None:
    demo.ok("push", "demo==1.0", "stable")
    store(demo, "dev", "demo-1.0.zip", b"late")
    assert demo.fails("push", "demo==1.0", "stable") == (
        5,
        f"demo-1.0.tar.gz already exists in non-volatile index\n"
        f"{demo.user}/stable has the rest of the release, but not demo-1.0.zip: upload it\n",
    )


@pytest.mark.parametrize(
    ("name", "versions", "hint"),
    [
        ("demo", "==9", "there are: 1.0"),
        ("demo", ">1", "there are: 1.0"),
        ("nothere", "==1.0", "'devpi list --index {}' shows which projects there are"),
    ],
)
def test_nothing_is_pushed_when_one_requirement_matches_nothing(
    demo: Member, name: str, versions: str, hint: str
) -> None:
    assert demo.fails("push", "demo==1.0", f"{name}{versions}", "stable") == (
        4,
        f"no release of {name} on {demo.index} matches {versions}\n{hint.format(demo.index)}\n",
    )
    assert names(demo, "stable") == []


@pytest.fixture
def heir(demo: Member) -> str:
    """An index in use that has demo 1.0 from its base ``dev``."""
    demo.server.create_index(f"{demo.user}/heir", {"bases": demo.index})
    demo.ok("use", "heir")
    return f"{demo.user}/heir"


@pytest.mark.parametrize("option", [[], ["-n"]])
def test_what_comes_from_a_base_is_named_with_the_line_to_type(demo: Member, heir: str, option: list[str]) -> None:
    status, said = demo.fails("push", "demo==1.0", f"{demo.user}/stable", *option)
    line = f"devpi push demo==1.0 {demo.user}/stable --index {demo.index}"
    assert (status, said) == (
        4,
        f"no release of demo on {heir} matches ==1.0\n{heir} has demo 1.0 from {demo.index}: type '{line}'\n",
    )
    assert names(demo, "stable") == []
    demo.ok(*line.split()[1:])
    assert names(demo, "stable") == ["demo-1.0.tar.gz"]


def test_releases_of_a_base_are_named_too(demo: Member, heir: str) -> None:
    status, said = demo.fails("push", "demo>=0.5", "stable", "--index", heir)
    line = f"devpi push 'demo>=0.5' {demo.user}/stable --index {demo.index}"
    assert (status, said.splitlines()[1]) == (4, f"{heir} has demo from {demo.index}: type '{line}'")


def test_a_release_of_a_named_index_is_read_where_it_is(demo: Member, heir: str, server: Live) -> None:
    with server.requests() as seen:
        pushed = demo("push", "demo==1.0", "stable", "--index", heir)
    assert (pushed.stderr, pushed.status) == (f"demo 1.0 is on {demo.index}: pushed from there\n", 0)
    assert seen[-1] == f"PUSH /{demo.index}"
    assert names(demo, "stable") == ["demo-1.0.tar.gz"]


def test_a_release_of_a_mirror_is_read_there(demo: Member) -> None:
    upstream = {"type": "mirror", "mirror_url": f"{demo.index_url}/+simple/"}
    demo.server.create_index(f"{demo.user}/mirror", upstream)
    demo.server.create_index(f"{demo.user}/top", {"bases": f"{demo.user}/mirror"})
    pushed = demo("push", "demo==1.0", "stable", "--index", "top")
    mirror = f"{demo.user}/mirror"
    assert (pushed.stderr, pushed.status) == (
        f"demo 1.0 is on {mirror}: pushed from there\n"
        f"warning: {mirror} is a mirror: a push loses the metadata, 'devpi copy {mirror} {demo.user}/stable …' keeps"
        " them\n",
        0,
    )
    assert names(demo, "stable") == ["demo-1.0.tar.gz"]


def test_for_what_a_mirror_has_the_hint_is_to_copy(demo: Member, tmp_path: Path) -> None:
    demo.ok("upload", make_wheel(tmp_path, "other"))
    upstream = {"type": "mirror", "mirror_url": f"{demo.index_url}/+simple/"}
    demo.server.create_index(f"{demo.user}/mirror", upstream)
    demo.server.create_index(f"{demo.user}/top", {"bases": f"{demo.user}/mirror"})
    demo.ok("use", "top")
    status, said = demo.fails("push", "other", "stable")
    line = f"devpi copy {demo.user}/mirror {demo.user}/stable other --latest"
    assert (status, said.splitlines()[1]) == (4, f"{demo.user}/top has other from {demo.user}/mirror: type '{line}'")
    assert demo(*line.split()[1:]).status == 0
    assert names(demo, "stable") == ["other-1.0-py3-none-any.whl"]


def test_an_index_is_not_pushed_to_itself(demo: Member) -> None:
    for option in ([], ["-n"]):
        assert demo.fails("push", "demo==1.0", "dev", *option) == (
            2,
            f"{demo.index} is the same place twice\nname another target, or another index with --index\n",
        )


def test_what_looks_like_a_version_may_be_of_the_name(demo: Member) -> None:
    put(demo.server, demo.index, "2.0", "tool-2")
    pushed = demo("push", "tool-2", "stable")
    assert (pushed.status, pushed.stderr) == (0, "tool-2: the newest release is 2.0\n")
    assert names(demo, "stable") == ["tool-2-2.0.tar.gz"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["demo", "pypi:pypi"], "'demo' does not say which release\ntype 'demo==VERSION'\n"),
        (["demo==1.0", "a/b/c"], "index 'a/b/c' must be of the form USER/INDEX or INDEX\n"),
        (["demo==1.0", "stable", "--no-docs", "--only-docs"], "--no-docs and --only-docs leave nothing to push\n"),
        (
            ["demo==1.0", "https://example.com/a/b"],
            "https://example.com/a/b is not on the server {root}\n"
            "add a section for it to ~/.pypirc, and push to pypi:SECTION\n",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(demo: Member, arguments: list[str], said: str) -> None:
    assert demo.fails("push", *arguments) == (2, said.format(root=demo.server.root))


@pytest.mark.parametrize(
    ("options", "pushed"),
    [
        ([], ["demo-1.10.tar.gz"]),
        (["--all"], ["demo-1.0.tar.gz", "demo-1.10.tar.gz", "demo-1.9.tar.gz", "demo-2.0rc1.tar.gz"]),
    ],
)
def test_a_mere_name_is_its_newest_release(demo: Member, options: list[str], pushed: list[str]) -> None:
    for version in ("1.9", "1.10", "2.0rc1"):
        put(demo.server, demo.index, version)
    result = demo("push", "demo", "stable", *options)
    assert (result.stderr, result.status) == ("" if options else "demo: the newest release is 1.10\n", 0)
    assert sorted(names(demo, "stable")) == pushed


def test_the_old_way_to_name_a_release_still_works(demo: Member) -> None:
    result = demo("push", "demo-1.0", "stable")
    assert (result.stderr, result.status) == (
        "warning: 'demo-1.0' is deprecated: type 'demo==1.0'\n",
        0,
    )
    assert names(demo, "stable") == ["demo-1.0.tar.gz"]


def test_one_failed_release_does_not_stop_the_others(demo: Member) -> None:
    put(demo.server, f"{demo.user}/stable", "1.0", name="other")
    store(demo, "dev", "other-1.0.tar.gz", b"something else")
    result = demo("push", "other==1.0", "demo==1.0", "stable")
    assert result.lines[0] == f"   200 register demo 1.0 -> {demo.user}/stable"
    assert (result.stderr, result.status) == (
        "FAILED other 1.0: other-1.0.tar.gz already exists in non-volatile index\n"
        "1 of 2 releases pushed, 1 failed\n"
        f"{demo.user}/stable has different files with these names: other-1.0.tar.gz\n",
        5,
    )


@pytest.mark.parametrize("volatile", ["True", "False"])
def test_what_the_target_has_is_not_pushed_again(demo: Member, server: Live, volatile: str) -> None:
    demo.server.modify_index(f"{demo.user}/stable", [f"volatile={volatile}"])
    demo.ok("push", "--skip-existing", "demo==1.0", "stable")
    with server.requests() as seen:
        lines = demo.ok("push", "--skip-existing", "demo==1.0", "stable")
    assert lines == [f"already there: demo 1.0 -> {demo.user}/stable"]
    assert seen == [f"GET /{demo.index}/demo", f"GET /{demo.user}/stable/demo"]


@pytest.mark.parametrize("option", [[], ["-n"]])
def test_other_files_at_the_target_are_a_conflict_before_anything_is_pushed(
    demo: Member, server: Live, option: list[str]
) -> None:
    demo.server.modify_index(f"{demo.user}/stable", ["volatile=True"])
    demo.ok("push", "demo==1.0", "stable")
    there = sha256(b"demo 1.0").hexdigest()
    store(demo, "dev", "demo-1.0.tar.gz", b"something else")
    with server.requests() as seen:
        assert demo.fails("push", "--skip-existing", "demo==1.0", "stable", *option) == (
            5,
            f"{demo.user}/stable has a different demo-1.0.tar.gz: SHA-256 {there}, "
            f"here {sha256(b'something else').hexdigest()}\n",
        )
    assert {request.split()[0] for request in seen} == {"GET"}


def test_an_index_elsewhere_does_not_tell_what_it_has(demo: Member, elsewhere: Elsewhere) -> None:
    said = "--skip-existing works only with a target on this server\n"
    assert demo.fails("push", "--skip-existing", "demo==1.0", "pypi:there") == (2, said)
    assert elsewhere.got == []


def test_a_dry_run_only_says_what_it_would_do(demo: Member, server: Live) -> None:
    with server.requests() as seen:
        lines = demo.ok("push", "-n", "demo==1.0", "stable")
    assert lines == [f"skipped: push of demo 1.0 to {demo.user}/stable"]
    assert seen == [
        f"GET /{demo.index}/demo",
        f"GET /{demo.user}/stable",
        "GET /+api",
        f"GET /{demo.user}/stable/demo",
    ]


def test_a_dry_run_tells_conflicts(demo: Member) -> None:
    store(demo, "stable", "demo-1.0.tar.gz", b"something else")
    assert demo.fails("push", "-n", "demo==1.0", "stable") == (
        5,
        f"demo-1.0.tar.gz already exists in non-volatile index {demo.user}/stable\n"
        f"{demo.user}/stable has different files with these names: demo-1.0.tar.gz\n",
    )


def test_a_dry_run_tells_what_is_there(demo: Member) -> None:
    demo.ok("push", "demo==1.0", "stable")
    assert demo.ok("push", "-n", "demo==1.0", "stable") == [f"already there: demo 1.0 -> {demo.user}/stable"]
    store(demo, "dev", "demo-1.0.zip", b"late")
    status, said = demo.fails("push", "-n", "demo==1.0", "stable")
    assert (status, said.splitlines()[1]) == (
        5,
        f"{demo.user}/stable has the rest of the release, but not demo-1.0.zip: upload it",
    )


def test_a_dry_run_tells_what_a_volatile_index_would_lose(demo: Member) -> None:
    demo.server.modify_index(f"{demo.user}/stable", ["volatile=True"])
    store(demo, "stable", "demo-1.0.tar.gz", b"something else")
    assert demo.ok("push", "-n", "demo==1.0", "stable") == [
        f"skipped: push of demo 1.0 to {demo.user}/stable",
        f"would replace another demo-1.0.tar.gz on {demo.user}/stable",
    ]


def test_a_dry_run_cannot_tell_what_is_elsewhere(demo: Member, elsewhere: Elsewhere) -> None:
    planned = demo("push", "-n", "demo==1.0", "pypi:there")
    assert (planned.lines, planned.status) == (["skipped: push of demo 1.0 to pypi:there"], 0)
    assert planned.stderr == "warning: cannot tell whether pypi:there would take the files: only it knows\n"
    assert elsewhere.got == []


def test_a_volatile_target_takes_a_release_again(demo: Member) -> None:
    demo.server.modify_index(f"{demo.user}/stable", ["volatile=True"])
    once, again = demo.ok("push", "demo==1.0", "stable"), demo.ok("push", "demo==1.0", "stable")
    assert once == again
    assert again[0] == f"   200 register demo 1.0 -> {demo.user}/stable"


def test_json_says_what_became_of_every_release(demo: Member) -> None:
    said = json.loads("\n".join(demo.ok("push", "demo==1.0", "stable", "--json")))
    assert said == {
        "index": demo.index,
        "target": f"{demo.user}/stable",
        "releases": [
            {
                "project": "demo",
                "version": "1.0",
                "result": "pushed",
                "log": [
                    f"200 register demo 1.0 -> {demo.user}/stable",
                    f"200 store_releasefile {stored(demo, 'demo-1.0.tar.gz')}",
                ],
            }
        ],
    }


# -- who may


def test_v27_a_push_without_login_says_so(demo: Member) -> None:
    demo.ok("logoff")
    assert demo.fails("push", "demo==1.0", f"{demo.user}/stable") == (
        3,
        f"{demo.user}/stable takes no uploads from somebody who is not logged in\n{NOT_LOGGED_IN}\n",
    )


def test_v27_a_push_with_a_token_that_is_no_longer_good_says_so(demo: Member) -> None:
    with demo.state.changing() as state:
        logins = state.servers[demo.server.root].logins
        logins[demo.user] = replace(logins[demo.user], token="no longer good")
    assert demo.fails("push", "demo==1.0", "stable") == (
        3,
        f"{demo.user}/stable takes no uploads from somebody who is not logged in\n"
        f"the login of {demo.user} is no longer valid: type 'devpi login {demo.user}'\n",
    )


# -- documentation


@pytest.mark.parametrize(
    ("option", "pushed"),
    [
        (None, ["demo-1.0.doc.zip", "demo-1.0.tar.gz"]),
        ("--no-docs", ["demo-1.0.tar.gz"]),
        ("--only-docs", ["demo-1.0.doc.zip"]),
    ],
)
def test_documentation_is_pushed_unless_one_says_otherwise(demo: Member, option: str | None, pushed: list[str]) -> None:
    store(demo, "dev", "demo-1.0.doc.zip", b"documentation")
    arguments = ["push", "demo==1.0", "stable", *filter(None, [option])]
    demo.ok(*arguments)
    assert names(demo, "stable") == pushed
    assert demo.ok(*arguments) == [f"already there: demo 1.0 -> {demo.user}/stable"]


# -- what stands in between


@pytest.fixture
def front(demo: Member) -> Iterator[Callable[..., Front]]:
    """Put a web server between the member and devpi."""
    opened = []

    def make(**settings: object) -> Front:
        front = Front(**settings)  # type: ignore[arg-type]
        context = served(front)
        context.__enter__()
        opened.append(context)
        front.serve(demo)
        return front

    yield make
    for context in opened:
        context.__exit__(None, None, None)


@pytest.mark.parametrize("status", [405, 501])
def test_c7_where_a_proxy_blocks_push_it_is_a_post(demo: Member, front: Callable[..., Front], status: int) -> None:
    asked = front(refused={"PUSH": status}).seen
    assert len(demo.ok("push", "demo==1.0", f"{demo.user}/stable")) == 2
    assert [method for method, _ in asked] == ["GET", "PUSH", "POST"]
    assert names(demo, "stable") == ["demo-1.0.tar.gz"]


@pytest.mark.parametrize("option", ["--no-docs", "--only-docs", "--register-project"])
def test_an_option_that_the_server_does_not_know_is_not_dropped(
    demo: Member, front: Callable[..., Front], option: str, pypirc: Callable[[str], None]
) -> None:
    pypirc("[there]\nrepository = http://127.0.0.1:9/\nusername = alice\npassword = x\n")
    root = front(hidden=("push-no-docs", "push-only-docs", "push-register-project")).url
    assert demo.fails("push", "demo==1.0", "pypi:there", option) == (
        1,
        f"the server at {root} does not support {option}: it needs devpi-server 6.14 or newer\n",
    )


def test_a_server_is_asked_for_features_that_were_not_remembered(demo: Member, front: Callable[..., Front]) -> None:
    front()
    demo.ok("push", "demo==1.0", f"{demo.user}/stable", "--no-docs")
    assert names(demo, "stable") == ["demo-1.0.tar.gz"]


# -- to an index elsewhere


@pytest.fixture
def pypirc(demo: Member) -> Callable[[str], None]:
    """Write ``~/.pypirc``."""
    return lambda text: (demo.home / ".pypirc").write_text(text, encoding="utf-8") and None


@pytest.fixture
def elsewhere(pypirc: Callable[[str], None]) -> Iterator[Elsewhere]:
    """A package index elsewhere, in ``~/.pypirc`` as ``there``."""
    index = Elsewhere()
    with served(index):
        pypirc(f"[there]\nrepository = {index.url}legacy/\nusername = zoë\npassword = s€cret\n")
        yield index


def test_it_pushes_to_a_repository_of_pypirc(demo: Member, elsewhere: Elsewhere) -> None:
    [line] = demo.ok("push", "demo==1.0", "pypi:there")
    assert line.startswith(f"   200 upload {demo.index}/+f/")
    assert line.endswith("/demo-1.0.tar.gz")
    assert elsewhere.got == [("file_upload", "zoë", "s€cret")]


@pytest.mark.parametrize("option", [[], ["-n"], ["--only-docs"]])
def test_what_says_it_is_private_is_not_published(
    demo: Member, elsewhere: Elsewhere, tmp_path: Path, server: Live, option: list[str]
) -> None:
    wheel = make_wheel(tmp_path, "secret", metadata="Classifier: Private :: Do Not Upload\n")
    demo.ok("upload", wheel)
    with server.requests() as seen:
        assert demo.fails("push", "demo==1.0", "secret==1.0", "pypi:there", *option) == (
            1,
            "secret 1.0 has the classifier 'Private :: Do Not Upload': "
            "it must not be published at pypi:there, and nothing was pushed\n",
        )
    assert (elsewhere.got, {request.split()[0] for request in seen}) == ([], {"GET"})
    demo.ok("push", "secret==1.0", "stable")


def test_pypirc_can_be_another_file(demo: Member, elsewhere: Elsewhere) -> None:
    (demo.home / ".pypirc").rename(demo.home / "other")
    demo.ok("push", "demo==1.0", "pypi:there", "--pypirc", "other")
    assert len(elsewhere.got) == 1


def test_it_pushes_to_a_devpi_server_elsewhere(demo: Member, own_server: Live, pypirc: Callable[[str], None]) -> None:
    other = own_server.connect("root", "")
    other.create_index("root/in", {"bases": ""})
    pypirc(f"[there]\nrepository = {other.url('root/in')}/\nusername = root\npassword =\n")
    assert demo.fails("push", "demo==1.0", "pypi:there")[0] == 2  # an empty password is none, and there is no terminal
    other.modify_user("root", {"password": "s3cret"})
    pypirc(f"[there]\nrepository = {other.url('root/in')}/\nusername = root\npassword = s3cret\n")
    demo.ok("push", "demo==1.0", "pypi:there", "--register-project")
    assert [link.name for link in other.releases("root/in", "demo")[0].links] == ["demo-1.0.tar.gz"]


def test_a36_a_register_that_is_gone_is_no_failure(demo: Member, elsewhere: Elsewhere) -> None:
    elsewhere.statuses = {"submit": 410}
    lines = demo.ok("push", "demo==1.0", "pypi:there", "--register-project")
    assert [line.split()[:2] for line in lines] == [["410", "register"], ["200", "upload"]]
    assert [action for action, _, _ in elsewhere.got] == ["submit", "file_upload"]


def test_a36_nothing_is_registered_unasked(demo: Member, elsewhere: Elsewhere) -> None:
    demo.ok("push", "demo==1.0", "pypi:there")
    assert [action for action, _, _ in elsewhere.got] == ["file_upload"]


def test_a57_a_failed_row_is_an_error_without_its_markup_and_secrets(demo: Member, elsewhere: Elsewhere) -> None:
    elsewhere.statuses = {"file_upload": 400}
    elsewhere.page = "<html><head><title>400 No</title></head>\n<body><h1>No &amp; never</h1> s€cret</body></html>"
    status, said = demo.fails("push", "demo==1.0", "pypi:there")
    row, last = said.splitlines()
    assert row.startswith(f"   400 upload {demo.index}/+f/")
    assert row.endswith("/demo-1.0.tar.gz No & never ****")
    assert (last, status) == ("push of demo 1.0 to pypi:there failed", 1)


def test_a57_an_upload_that_is_gone_is_a_failure(demo: Member, elsewhere: Elsewhere) -> None:
    elsewhere.statuses = {"file_upload": 410}
    assert demo.fails("push", "demo==1.0", "pypi:there")[0] == 1


def test_a57_an_index_that_nobody_can_reach_is_a_failure(demo: Member, pypirc: Callable[[str], None]) -> None:
    pypirc("[there]\nrepository = http://127.0.0.1:9/\nusername = alice\npassword = x\n")
    assert demo.fails("push", "demo==1.0", "pypi:there") == (
        6,
        f"{demo.server.root} answered 500 Internal Server Error\n"
        "the log of the server says whether it can reach http://127.0.0.1:9/\n",
    )


@pytest.mark.parametrize("kind", ["pypi", "devpi"])
@pytest.mark.parametrize("legacy", [False, True])
def test_a20_the_server_gets_a_token_for_one_project_and_a_minute(
    demo: Member, elsewhere: Elsewhere, pypirc: Callable[[str], None], kind: str, legacy: bool
) -> None:
    token = Token.create(domain="pypi.org", identifier="me", key="secret", prefix=kind)
    token = token.restrict(legacy_noop=True) if legacy else token
    pypirc(f"[there]\nrepository = {elsewhere.url}\npassword = {token.dump()}\n")
    result = demo("push", "demo==1.0", "pypi:there")
    assert (result.stderr, result.status) == (
        "the server gets a token for demo only, valid for 60 seconds\n",
        0,
    )
    [(_, user, sent)] = elsewhere.got
    narrowed, prefix, now = Token.load(sent), "Legacy" if legacy else "", int(time.time())
    kinds = [type(restriction).__name__ for restriction in narrowed.restrictions]
    assert user == "__token__"
    assert sorted(kinds[legacy:]) == [f"{prefix}DateRestriction", f"{prefix}ProjectNamesRestriction"]
    narrowed.check(key="secret", project_name="demo", now=now)
    for refused in ({"project_name": "other", "now": now}, {"project_name": "demo", "now": now + 120}):
        with pytest.raises(ValidationError):
            narrowed.check(key="secret", **refused)


def test_a20_a_token_that_cannot_be_narrowed_is_announced(
    demo: Member, elsewhere: Elsewhere, pypirc: Callable[[str], None]
) -> None:
    pypirc(f"[there]\nrepository = {elsewhere.url}\npassword = pypi-something\n")
    result = demo("push", "demo==1.0", "pypi:there")
    assert (result.stderr, result.status) == (
        "warning: the server gets the token unrestricted; what can narrow it is installed with: "
        f"{sys.executable} -m pip install 'pymacaroons>=0.13' 'pypitoken>=6.0.3'\n",
        0,
    )
    assert elsewhere.got == [("file_upload", "__token__", "pypi-something")]
