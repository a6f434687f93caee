"""devpi refresh."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import UNCONFIRMED
from tests.support.dists import put
from tests.support.front import Front, served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live


@pytest.fixture
def mirror(member: Member) -> Member:
    """A member with an index ``mirror`` in use, which mirrors ``dev``; both have demo 1.0 and dev-only 1.0."""
    put(member.server, member.index, "1.0")
    put(member.server, member.index, "1.0", name="demo-plugin")
    upstream = f"{member.index_url}/+simple/"
    member.server.create_index(f"{member.user}/mirror", {"type": "mirror", "mirror_url": upstream})
    with member.state.changing() as state:
        state.index = f"{member.user}/mirror"
    assert versions(member) == ["1.0"]
    return member


def versions(member: Member, name: str = "demo") -> list[str]:
    """Return what the mirror knows."""
    return sorted(release.version for release in member.server.releases(f"{member.user}/mirror", name))


def test_it_makes_a_mirror_ask_its_upstream_again(mirror: Member) -> None:
    put(mirror.server, mirror.index, "2.0")
    assert versions(mirror) == ["1.0"]
    assert mirror.ok("refresh", "Demo") == ["Refreshed demo"]
    assert versions(mirror) == ["1.0", "2.0"]


def test_on_another_index_it_refreshes_the_mirrors_among_its_bases(mirror: Member, server: Live) -> None:
    mirror.server.create_index(f"{mirror.user}/middle", {"bases": f"{mirror.index},{mirror.user}/mirror"})
    mirror.server.create_index(f"{mirror.user}/top", {"bases": f"{mirror.user}/middle"})
    put(mirror.server, mirror.index, "2.0")
    with server.requests() as seen:
        assert mirror.ok("refresh", "demo", "--index", "top") == ["Refreshed demo"]
    assert [line for line in seen if "POST" in line] == [f"POST /{mirror.user}/mirror/+simple/demo/refresh"]
    assert versions(mirror) == ["1.0", "2.0"]


def test_one_mirror_that_has_the_package_is_enough(mirror: Member) -> None:
    settings = {"type": "mirror", "mirror_url": "http://127.0.0.1:9/", "mirror_use_external_urls": "False"}
    mirror.server.create_index(f"{mirror.user}/empty", settings)
    mirror.server.create_index(f"{mirror.user}/top", {"bases": f"{mirror.user}/empty,{mirror.user}/mirror"})
    put(mirror.server, mirror.index, "2.0")
    assert mirror.ok("refresh", "demo", "--index", "top") == ["Refreshed demo"]
    assert versions(mirror) == ["1.0", "2.0"]


def test_where_there_is_no_mirror_it_says_so(member: Member) -> None:
    result = member("refresh", "demo")
    assert (result.stdout, result.stderr, result.status) == (
        "",
        f"warning: {member.index} is not a mirror, nor are its bases: nothing to refresh\n",
        0,
    )


def test_v9_a_package_that_is_not_there_was_not_refreshed(mirror: Member) -> None:
    assert mirror.fails("refresh", "nothere") == (
        4,
        f"no project 'nothere' on {mirror.user}/mirror\n'devpi doctor' shows whether the server reaches the upstream\n",
    )


def test_v9_an_index_that_is_not_there_was_not_refreshed(mirror: Member) -> None:
    status, said = mirror.fails("refresh", "demo", "--index", "nothere")
    assert (status, said.splitlines()[0]) == (4, f"no index '{mirror.user}/nothere'")


def test_v9_a_package_whose_upstream_fails_was_not_refreshed(mirror: Member) -> None:
    settings = {"type": "mirror", "mirror_url": "http://127.0.0.1:9/", "mirror_no_project_list": "True"}
    mirror.server.create_index(f"{mirror.user}/broken", settings)
    assert mirror.fails("refresh", "demo", "--index", "broken") == (
        6,
        "the server cannot reach http://127.0.0.1:9/demo/\n",
    )


def test_v9_of_several_packages_it_says_which_were_refreshed(mirror: Member) -> None:
    result = mirror("refresh", "nothere", "demo")
    assert (result.stdout, result.stderr, result.status) == (
        "Refreshed demo\n",
        f"FAILED nothere: no project 'nothere' on {mirror.user}/mirror\n1 of 2 packages refreshed, 1 failed\n"
        "'devpi doctor' shows whether the server reaches the upstream\n",
        1,
    )


def test_if_none_of_several_packages_is_there_the_status_says_so(mirror: Member) -> None:
    status, said = mirror.fails("refresh", "nothere", "nowhere")
    assert (status, said.splitlines()[-2:]) == (
        4,
        ["0 of 2 packages refreshed, 2 failed", "'devpi doctor' shows whether the server reaches the upstream"],
    )


def test_v9_it_sends_the_login(mirror: Member) -> None:
    front = Front()
    with served(front):
        front.serve(mirror)
        mirror.ok("refresh", "demo")
    assert front.seen == [("GET", mirror.user), ("POST", mirror.user)]


@pytest.mark.parametrize("arguments", [["demo*"], ["DEMO_*", "demo"], ["--all"], ["-r", "requirements.txt"]])
def test_patterns_and_files_name_packages_too(mirror: Member, arguments: list[str]) -> None:
    (mirror.home / "requirements.txt").write_text("demo==1.0\n-r more.txt\n")
    (mirror.home / "more.txt").write_text("Demo_Plugin[fast]>=1; python_version > '3'\n")
    assert sorted(mirror.ok("refresh", *arguments)) == ["Refreshed demo", "Refreshed demo-plugin"]


def test_a_pattern_that_matches_nothing_is_an_error(mirror: Member) -> None:
    assert mirror.fails("refresh", "no*", "demo") == (
        4,
        f"{mirror.user}/mirror: no project matches 'no*'\n"
        "type the whole name to ask the upstream about a project that is not listed\n",
    )


def test_many_packages_are_refreshed_only_when_that_is_meant(mirror: Member, tmp_path: Path) -> None:
    page = "".join(f'<a href="p{number}/">p{number}</a>' for number in range(1001))
    front = Front(page=f"<!DOCTYPE html><html><body>{page}</body></html>")
    with served(front):
        mirror.server.create_index(f"{mirror.user}/many", {"type": "mirror", "mirror_url": f"{front.url}simple/"})
        assert mirror.fails("refresh", "--all", "--index", "many") == (
            2,
            f"{UNCONFIRMED}: 1001 projects match. Ask the upstream about each of them?\nadd -y\n",
        )


def test_nothing_to_refresh_is_an_error(mirror: Member) -> None:
    assert mirror.fails("refresh") == (2, "nothing to refresh\nname packages, -r FILE or --all\n")


def test_json_says_what_became_of_every_package(mirror: Member) -> None:
    result = mirror("refresh", "demo", "nothere", "--json")
    assert json.loads(result.stdout) == {
        "index": f"{mirror.user}/mirror",
        "mirrors": [f"{mirror.user}/mirror"],
        "refreshed": ["demo"],
        "failed": {"nothere": f"no project 'nothere' on {mirror.user}/mirror"},
    }
