from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from devpi_cli import connect
from tests.support.dists import put

if TYPE_CHECKING:
    from tests.support.clients import Member

HERE = ("--python", "3.11", "--platform", "manylinux2014_x86_64")
FOR = "Python 3.11.0 on manylinux2014_x86_64"


@pytest.fixture
def hiding(member: Member) -> Member:
    """A member whose index ``top`` has demo 1.0 and 2.0rc1, above ``dev`` with 1.0 and 0.9, and a mirror of ``dev``."""
    server, user = member.server, member.user
    url = f"{member.index_url}/+simple/"
    for version in ("1.0", "0.9"):
        put(server, member.index, version)
    server.create_index(f"{user}/mirror", {"type": "mirror", "mirror_url": url, "volatile": "True"})
    server.create_index(f"{user}/top", {"bases": f"{user}/mirror,{user}/dev"})
    for version in ("1.0", "2.0rc1"):
        put(server, f"{user}/top", version)
    member.ok("use", f"{user}/top")
    return member


def test_indexes_are_shown_in_their_order_with_a_verdict(hiding: Member) -> None:
    user = hiding.user
    assert hiding.ok("why", "Demo", *HERE) == [
        f"{user}/top     stage   2.0rc1, 1.0   <- what pip gets: demo-1.0.tar.gz",
        f"{user}/dev     stage   1.0, 0.9",
        f"{user}/mirror  mirror  HIDDEN: {user}/top has demo, and no mirror_whitelist in force names it",
        f"passed over for {FOR}:",
        "  demo-2.0rc1.tar.gz  a pre-release, and there are others",
        f"shadowed by demo-1.0.tar.gz of {user}/top: that of {user}/dev",
        f"to see the releases of {user}/mirror: devpi index {user}/top mirror_whitelist+=demo",
    ]


def test_the_line_to_type_makes_it_visible(hiding: Member) -> None:
    fix = json.loads("".join(hiding.ok("why", "demo", "--json")))["fix"]
    assert fix == [f"devpi index {hiding.user}/top mirror_whitelist+=demo"]
    hiding.ok(*fix[0].split()[1:])
    assert hiding.ok("why", "demo", *HERE)[2] == f"{hiding.user}/mirror  mirror  1.0, 0.9"


def test_json_has_the_same_facts(hiding: Member) -> None:
    user = hiding.user
    document = json.loads("".join(hiding.ok("why", "demo==1.0", "--json", *HERE)))
    hidden = f"{user}/top has demo, and no mirror_whitelist in force names it"
    assert document == {
        "index": f"{user}/top",
        "project": "demo",
        "visible": True,
        "chosen": "demo-1.0.tar.gz",
        "order": [
            {
                "index": f"{user}/top",
                "type": "stage",
                "verdict": "read",
                "because": None,
                "versions": ["2.0rc1", "1.0"],
            },
            {"index": f"{user}/dev", "type": "stage", "verdict": "read", "because": None, "versions": ["1.0", "0.9"]},
            {"index": f"{user}/mirror", "type": "mirror", "verdict": "hidden", "because": hidden, "versions": None},
        ],
        "files": [
            {
                "file": "demo-1.0.tar.gz",
                "version": "1.0",
                "from": f"{user}/top",
                "shadows": [f"{user}/dev"],
                "passed_over": None,
            }
        ],
        "left_out": [],
        "fix": [f"devpi index {user}/top mirror_whitelist+=demo"],
    }


@pytest.mark.parametrize(
    ("typed", "is_said"), [(["demo"], False), (["demo==1.0"], True), (["demo==0.9"], False), (["demo", *HERE], True)]
)
def test_a_file_of_the_same_name_below_is_called_shadowed(hiding: Member, typed: list[str], is_said: bool) -> None:
    shadowed = [line for line in hiding.ok("why", *typed) if line.startswith("shadowed by ")]
    said = f"shadowed by demo-1.0.tar.gz of {hiding.user}/top: that of {hiding.user}/dev"
    assert shadowed == [said] * is_said


@pytest.mark.parametrize(
    ("typed", "shown", "status"),
    [
        (["demo==2.0rc1"], ["what pip gets: demo-2.0rc1.tar.gz"], 0),
        (["demo>=1.5"], ["what pip gets: demo-2.0rc1.tar.gz"], 0),
        (["demo==9"], ["pip gets nothing for 'demo==9' from {user}/top, for " + FOR], 4),
        (["nosuch"], ["pip gets nothing for 'nosuch' from {user}/top, for " + FOR, "devpi refresh nosuch"], 4),
        (["demo", "--ask-mirrors"], ["names it (it has 1.0, 0.9)"], 0),
    ],
)
def test_the_status_tells_whether_pip_gets_something(
    hiding: Member, typed: list[str], shown: list[str], status: int
) -> None:
    result = hiding("why", *typed, *HERE)
    assert result.status == status
    for text in shown:
        assert text.format(user=hiding.user) in result.stdout + result.stderr


def test_a_base_that_is_gone_is_named_with_the_line_that_drops_it(hiding: Member) -> None:
    hiding.server.delete_index(f"{hiding.user}/dev")
    lines = hiding.ok("why", "demo", *HERE)
    assert lines[1] == f"{hiding.user}/dev             MISSING: there is no such index"
    assert f"to drop that base: devpi index {hiding.user}/top bases-={hiding.user}/dev" in lines


def test_wheels_for_others_are_counted_and_listed_on_demand(member: Member) -> None:
    for tag in ("cp38-cp38-win32", "cp39-cp39-win32", "cp310-cp310-win32", "cp312-cp312-win32"):
        put(member.server, member.index, "1.0", file=f"demo-1.0-{tag}.whl")
    result = member("why", "demo", *HERE)
    assert result.lines[-2:] == [
        f"passed over for {FOR}:",
        "  4 wheels for other Pythons or platforms (-v lists them)",
    ]
    assert "  demo-1.0-cp38-cp38-win32.whl    built for cp38-cp38-win32" in member("why", "-v", "demo", *HERE).lines


def test_on_a_terminal_bases_are_a_tree(hiding: Member) -> None:
    user = hiding.user
    hiding.env["COLUMNS"] = "200"
    status, shown = hiding.at_terminal("why", "demo", *HERE)
    assert (status, shown[:3]) == (
        0,
        [
            f"1 {user}/top  stage  2.0rc1, 1.0   <- what pip gets: demo-1.0.tar.gz",
            f"├── 3 {user}/mirror  mirror  HIDDEN: {user}/top has demo, and no mirror_whitelist in force names it",
            f"└── 2 {user}/dev  stage  1.0, 0.9",
        ],
    )


def test_the_library_says_the_same(hiding: Member) -> None:
    with connect(f"{hiding.server.root}{hiding.user}/top") as client:
        found = client.why("demo")
    assert [(step.index, step.verdict) for step in found.steps] == [
        (f"{hiding.user}/top", "read"),
        (f"{hiding.user}/dev", "read"),
        (f"{hiding.user}/mirror", "hidden"),
    ]
