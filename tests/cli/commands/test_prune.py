from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING

import pexpect
import pytest

from tests.bench.canned import can_index
from tests.support.clients import UNCONFIRMED, make_member
from tests.support.dists import put
from tests.support.servers import QUICK_SERVER, running_server
from tests.support.webservers import a_front

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from devpi_cli.server.api import Server
    from tests.support.clients import Client, Member
    from tests.support.servers import Live

# A devpi-server that writes into its logs what the time was so many days ago.
SHIFTED_SERVER = """
import time, types
from pathlib import Path
from devpi_server import model
model.gmtime = lambda: time.gmtime(time.time() - 86400 * float(Path({clock!r}).read_text()))
"""
COUNT = ("prune", "--keep-last", "2")


def put_all(member: Member, *versions: str, name: str = "demo", index: str = "") -> None:
    for version in versions:
        put(member.server, index or member.index, version, name=name)


def register(server: Server, index: str, version: str, name: str = "demo") -> None:
    """Make a release without files."""
    fields = {"metadata_version": "2.1", "name": name, "version": version}
    server.upload(index, fields, "none", BytesIO(b""), action="submit")


def versions(member: Member, name: str = "demo", index: str = "") -> list[str]:
    found = member.server.releases(index or member.index, name, ignore_bases=True)
    return sorted(release.version for release in found)


@pytest.fixture
def devs(member: Member) -> Member:
    """A member with a project that has development releases, and one that has none."""
    put_all(member, *(f"1.1.dev{number}" for number in range(8, 12)), "1.0", "0.9.dev1", "1.1a1")
    put_all(member, "1.0", name="stable")
    return member


SHOWN = [
    "demo    keep 1.1a1, 1.0 (no development release)  1.1.dev11, 1.1.dev10 (last 2)",
    "        go   1.1.dev9  1 file",
    "        go   1.1.dev8  1 file",
    "        go   0.9.dev1  1 file",
    "1 of 2 projects, 3 of 8 releases would go",
]
REMOVED = "removed demo 0.9.dev1, 1.1.dev8, 1.1.dev9"
LEFT = ["1.0", "1.1.dev10", "1.1.dev11", "1.1a1"]


def test_what_goes_is_shown_and_asked_for(devs: Member) -> None:
    asked = f"Remove 3 releases of 1 project from {devs.index}? [y/N]"
    status, shown = devs.at_terminal(*COUNT, typed=["no"])
    assert (status, shown) == (1, [*SHOWN, f"{asked} no", "nothing was changed"])
    assert len(versions(devs)) == 7
    status, shown = devs.at_terminal(*COUNT, typed=["yes"])
    assert (status, shown) == (0, [*SHOWN, f"{asked} yes", REMOVED])
    assert (versions(devs), versions(devs, "stable")) == (LEFT, ["1.0"])


def test_without_a_terminal_nothing_goes_unless_y_is_given(devs: Member) -> None:
    result = devs(*COUNT)
    assert (result.status, result.lines) == (2, SHOWN)
    assert result.stderr == f"{UNCONFIRMED}: Remove 3 releases of 1 project from {devs.index}?\nadd -y\n"
    assert devs.ok("-q", *COUNT, "-y") == [*SHOWN, REMOVED]
    assert versions(devs) == LEFT


def test_a_dry_run_removes_nothing(devs: Member) -> None:
    assert devs.ok(*COUNT, "-n") == SHOWN
    assert len(versions(devs)) == 7


def test_run_again_there_is_nothing_left_to_do(devs: Member) -> None:
    devs.ok("-q", *COUNT, "-y")
    assert devs.ok(*COUNT) == ["nothing to remove: all 5 releases of 2 projects stay"]


def test_json_says_what_stays_and_what_goes(devs: Member) -> None:
    document = json.loads("\n".join(devs.ok(*COUNT, "--keep", "demo==0.9.dev1", "--json", "-n")))
    expected = {
        "index": devs.index,
        "policy": {"keep": ["demo==0.9.dev1"], "keep-last": 2, "only": "dev"},
        "projects": {
            "demo": {
                "keep": {
                    "1.1a1": ["no development release"],
                    "1.1.dev11": ["last 2"],
                    "1.1.dev10": ["last 2"],
                    "1.0": ["no development release"],
                    "0.9.dev1": ["keep demo==0.9.dev1"],
                },
                "remove": ["1.1.dev9", "1.1.dev8"],
            },
            "stable": {"keep": {"1.0": ["no development release"]}, "remove": []},
        },
        "removed": {},
        "left": {},
        "failed": {},
        "dry_run": True,
    }
    assert document == expected
    document = json.loads("\n".join(devs.ok(*COUNT, "--keep", "demo==0.9.dev1", "--json", "-y")))
    del expected["dry_run"]
    assert document == {**expected, "removed": {"demo": ["1.1.dev8", "1.1.dev9"]}}


@pytest.mark.parametrize(
    ("typed", "gone"),
    [
        ("--keep-last 1 --only pre", ["0.9.dev1", "1.1.dev10", "1.1.dev11", "1.1.dev8", "1.1.dev9"]),
        ("--keep-last 3 --only all", ["0.9.dev1", "1.1.dev8", "1.1.dev9"]),
        ("--keep-last 1 --keep demo<1", ["1.1.dev10", "1.1.dev8", "1.1.dev9"]),
        ("demo --keep-last 4", ["0.9.dev1"]),
        ("d* st?ble --keep-last 4", ["0.9.dev1"]),
        ("stable --keep-last 1", []),
        ("--keep-last 1 --max 4", ["0.9.dev1", "1.1.dev10", "1.1.dev8", "1.1.dev9"]),
    ],
)
def test_rules(devs: Member, typed: str, gone: list[str]) -> None:
    document = json.loads("\n".join(devs.ok("prune", *typed.split(), "-y", "--json")))
    assert sorted(document["removed"].get("demo", [])) == gone
    assert {*versions(devs)} == {"1.1.dev8", "1.1.dev9", "1.1.dev10", "1.1.dev11", "1.0", "0.9.dev1", "1.1a1"} - {*gone}


def test_the_newest_final_release_stays_whatever_is_selected(member: Member) -> None:
    put_all(member, "1.0", "1.0.post1", "2.0rc1", "2.0rc2", "0.9")
    assert member.ok("-q", "prune", "--only", "all", "--keep-last", "1", "-y")[-1] == "removed demo 0.9, 1.0, 2.0rc1"
    assert versions(member) == ["1.0.post1", "2.0rc2"]


def test_a_version_that_is_none_is_the_oldest(member: Member) -> None:
    put_all(member, "2024-nightly", "0.1.dev1", "0.1.dev2")
    assert member.ok("prune", "--only", "all", "--keep-last", "2", "-n") == [
        "demo  keep 0.1.dev2, 0.1.dev1 (last 2)",
        "      go   2024-nightly  1 file",
        "1 of 1 projects, 1 of 3 releases would go",
    ]


def test_a_release_without_files_counts_where_it_is_seen(member: Member) -> None:
    put_all(member, "1.dev1", "1.dev2", "1.dev3")
    register(member.server, member.index, "1.dev4")
    assert member.ok(*COUNT, "-n")[0] == "demo  keep 1.dev3, 1.dev2 (last 2)"
    assert [line.partition("  2")[0] for line in member.ok(*COUNT, "-n", "-v")] == [
        "demo  keep 1.dev4, 1.dev3 (last 2)",
        "      go   1.dev2  1 file",
        "      go   1.dev1  1 file",
        "1 of 1 projects, 2 of 4 releases would go",
    ]
    put_all(member, "1.dev5", "1.dev6")
    assert member.ok("-q", *COUNT, "-y", "-v")[-1] == "removed demo 1.dev1, 1.dev2, 1.dev3, 1.dev4"


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("", 2, "no rule says what stays\nname --keep-last, --keep-within or --keep-in, or --policy\n"),
        (
            "demo --keep demo==1.0",
            2,
            "no rule says what stays\nname --keep-last, --keep-within or --keep-in, or --policy\n",
        ),
        (
            "--only all --max 3",
            2,
            "no rule says what stays\nname --keep-last, --keep-within or --keep-in, or --policy\n",
        ),
        ("--keep-within soon", 2, "keep-within = 'soon' is not a duration\nexamples: 30s, 5m, 12h, 90d, 4w\n"),
        ("--keep-last 1 --keep demo=1", 2, "'demo=1' is not a requirement"),
        (
            "nothere --keep-last 1",
            4,
            "{index}: no project matches 'nothere'\n'devpi list --index {index}' shows which projects there are\n",
        ),
        ("n* --keep-last 1", 4, "{index}: no project matches 'n*'\n"),
        ("demo==1.0 --keep-last 1", 2, "'demo==1.0' is not a name or a pattern\nname releases to keep with --keep\n"),
        ("--keep-in nobody/here", 4, "no index 'nobody/here'"),
        ("--keep-last 1 --index nobody/here", 4, "no index 'nobody/here'"),
        ("--policy", 2, "{index} has no policy\nkeep one with --save-policy\n"),
        ("--policy nothere.toml", 2, "nothere.toml cannot be read: No such file or directory\n"),
        (
            "demo --keep-last 1 --save-policy",
            2,
            "--save-policy stores rules for the whole index: it cannot be combined with projects or --archive\n",
        ),
    ],
)
def test_what_cannot_be_done(devs: Member, typed: str, status: int, said: str) -> None:
    found, told = devs.fails("prune", *typed.split(), "-y")
    assert found == status
    assert said.format(index=devs.index) in told
    assert len(versions(devs)) == 7


def test_more_than_max_is_nothing(devs: Member) -> None:
    for options in (["-y"], ["-n"]):
        result = devs(*COUNT, "--max", "2", *options)
        assert (result.status, result.lines) == (1, SHOWN)
        assert result.stderr == (
            "3 releases would be removed, more than 2: nothing was removed\n"
            "raise the limit with --max, or look first with -n\n"
        )
    assert len(versions(devs)) == 7


def test_a_non_volatile_index_needs_force(devs: Member) -> None:
    devs.server.modify_index(devs.index, ["volatile=False"])
    said = f"the index {devs.index} is not volatile\nadd --force to remove from a non-volatile index\n"
    assert devs.fails(*COUNT, "-y") == devs.fails(*COUNT, "-n") == (3, said)
    assert devs.ok("-q", *COUNT, "-y", "--force") == [*SHOWN, REMOVED]


def test_somebody_else_may_not(devs: Member, new_member: object) -> None:
    other: Member = new_member()  # type: ignore[operator]
    result = other(*COUNT, "--index", devs.index, "-n")
    assert (result.status, result.stderr) == (
        3,
        f"{other.user} may not remove anything from {devs.index}: its acl_upload is {devs.user}\n",
    )
    result = other("-q", *COUNT, "--index", devs.index, "-y")
    assert (result.status, len(versions(devs))) == (3, 7)
    assert f"{other.user} may not remove anything from {devs.index}" in result.stderr


def test_releases_that_are_on_another_index_can_be_kept(devs: Member) -> None:
    prod = f"{devs.user}/prod"
    devs.server.create_index(prod, {"bases": ""})
    devs.server.push(devs.index, "demo", "1.1.dev8", {"targetindex": prod})
    lines = devs.ok("prune", "--keep-last", "1", "--keep-in", "prod", "-n")
    assert lines[0].endswith(f"1.1.dev11 (last 1)  1.1.dev8 (in {prod})")
    assert [line.split()[1] for line in lines[1:-1]] == ["1.1.dev10", "1.1.dev9", "0.9.dev1"]


def test_what_comes_from_bases_is_not_looked_at(devs: Member) -> None:
    heir = f"{devs.user}/heir"
    devs.server.create_index(heir, {"bases": devs.index})
    put_all(devs, "2.dev1", "2.dev2", "2.dev3", index=heir)
    for more in ([], ["-v"]):
        lines = devs.ok(*COUNT, "--index", "heir", "-n", *more)
        assert lines[0] == "demo  keep 2.dev3, 2.dev2 (last 2)"
        assert lines[-1] == "1 of 1 projects, 1 of 3 releases would go"
    devs.ok("-q", *COUNT, "--index", "heir", "-y")
    assert (versions(devs, index=heir), len(versions(devs))) == (["2.dev2", "2.dev3"], 7)


@pytest.mark.parametrize("changes", [["mirror_whitelist=*"], ["mirror_whitelist_inheritance=union"]])
def test_no_mirror_is_told_a_private_name(devs: Member, server: Live, changes: list[str]) -> None:
    upstream = {"type": "mirror", "mirror_url": f"{server.url}{devs.user}/nothere/+simple/"}
    devs.server.create_index(f"{devs.user}/mirror", upstream)
    devs.server.create_index(f"{devs.user}/common", {"bases": "", "mirror_whitelist": "*"})
    devs.server.modify_index(devs.index, [f"bases={devs.user}/common,{devs.user}/mirror", *changes])
    with server.requests() as seen:
        assert devs.ok(*COUNT, "-n")[-1] == SHOWN[-1]
    # The server itself may ask for the list meanwhile, which names nothing.
    assert [request for request in seen if "nothere/" in request and not request.endswith("/nothere/+simple/")] == []


def test_a_mirror_loses_its_copies_only_by_force(devs: Member) -> None:
    put_all(devs, "1.1.dev8", "1.1.dev9", name="copied")
    upstream = {"type": "mirror", "mirror_url": f"{devs.index_url}/+simple/"}
    devs.server.create_index(f"{devs.user}/mirror", upstream)
    [file] = devs.server.release(f"{devs.user}/mirror", "copied", "1.1.dev8").files
    devs.server.download(file, BytesIO())
    typed = ("prune", "--keep-last", "1", "--index", "mirror")
    said = f"{devs.user}/mirror is a mirror: it stores only copies of files\nadd --force to remove these copies\n"
    assert devs.fails(*typed, "copied", "-y") == (3, said)
    assert devs.fails(*typed, "-y", "--force") == (
        2,
        f"{devs.user}/mirror is a mirror: name the projects to clean up\n",
    )
    done = devs(*typed, "copied", "-y", "--force")
    assert done.lines[-1] == "removed copied 1.1.dev8"
    assert "only its copies are removed, and what the upstream has comes back" in done.stderr
    assert versions(devs, "copied") == ["1.1.dev8", "1.1.dev9"]


# -- policies


def test_a_policy_can_be_in_a_file(devs: Member) -> None:
    (devs.home / "rules.toml").write_text('keep-last = 3\nkeep = ["demo<1"]\n')
    assert devs.ok("-q", "prune", "--policy", "rules.toml", "-y")[-1] == "removed demo 1.1.dev8"
    (devs.home / "rules.toml").write_text("keep-first = 3\n")
    status, said = devs.fails("prune", "--policy", "rules.toml", "-y")
    assert (status, said.splitlines()[0]) == (2, "rules.toml: 'keep-first' is not a rule")
    (devs.home / "rules.toml").write_text("keep-last = \n")
    status, said = devs.fails("prune", "--policy", "rules.toml", "-y")
    assert (status, said.partition(":")[0]) == (2, "rules.toml")


def test_a_policy_can_be_kept_with_the_index(devs: Member) -> None:
    rules = ("prune", "--keep-last", "2", "--keep-in", "prod", "--save-policy")
    shown = ["keep-last = 2", f"keep-in = {devs.user}/prod"]
    assert devs.ok(*rules, "-n") == [*shown, f"would keep this policy with {devs.index}"]
    assert "custom_data" not in devs.server.index(devs.index).config
    before = devs.server.index(devs.index).config
    assert devs.ok(*rules) == shown
    kept = {"devpi-cli": {"retention": {"keep-last": 2, "keep-in": [f"{devs.user}/prod"]}}}
    assert devs.server.index(devs.index).config == {**before, "custom_data": kept}
    devs.server.create_index(f"{devs.user}/prod", {"bases": ""})
    assert devs.ok("-q", "prune", "-y", "--policy", "--keep-last", "3")[-1] == "removed demo 0.9.dev1, 1.1.dev8"
    assert devs.ok("-q", "prune", "-y", "--policy")[-1] == "removed demo 1.1.dev9"
    assert json.loads("\n".join(devs.ok("prune", "--keep-last", "4", "--save-policy", "--json"))) == {
        "index": devs.index, "policy": {"keep-last": 4}, "saved": True,
    }  # fmt: skip


def test_custom_data_of_others_stays(devs: Member) -> None:
    url = devs.server.url(devs.index)
    devs.server.session.request("PATCH", url, json={"custom_data": {"team": "core", "devpi-cli": {"other": 1}}})
    devs.ok("prune", "--keep-last", "2", "--save-policy")
    assert devs.server.index(devs.index).config["custom_data"] == {
        "team": "core", "devpi-cli": {"other": 1, "retention": {"keep-last": 2}},
    }  # fmt: skip
    devs.server.modify_index(devs.index, ["custom_data=a text of ours"])
    for options in ([], ["-n"]):
        assert devs.fails("prune", "--keep-last", "2", "--save-policy", *options) == (
            1,
            f"custom_data of {devs.index} is a string, which would be lost\nempty it first, with custom_data=\n",
        )
    assert devs.server.index(devs.index).config["custom_data"] == "a text of ours"


def test_a_policy_that_somebody_wrote_is_checked(devs: Member) -> None:
    broken = {"devpi-cli": {"retention": {"keep-last": "2"}}}
    devs.server.session.request("PATCH", devs.server.url(devs.index), json={"custom_data": broken})
    assert devs.fails("prune", "-y", "--policy") == (2, f"the policy of {devs.index}: keep-last must be a number\n")


# -- ages


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that says how many days ago the server thinks it is."""
    file = tmp_path_factory.mktemp("clock") / "days"
    file.write_text("0")
    return file


@pytest.fixture(scope="module")
def keeper(clock: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Member]:
    """A member at a server whose uploads can be old."""
    folder = tmp_path_factory.mktemp("shifted")
    program = SHIFTED_SERVER.format(clock=str(clock)) + QUICK_SERVER
    with running_server(folder / "server", "--no-root-pypi", program=program) as live:
        yield make_member(live, folder, "keeper")


def test_ages_are_those_of_the_arrival(keeper: Member, clock: Path) -> None:
    for days, version in ((200, "1.dev1"), (100, "1.dev2"), (80, "1.dev3"), (0, "1.dev4")):
        clock.write_text(str(days))
        put_all(keeper, version)
    lines = keeper.ok("prune", "--keep-within", "90d", "-n")
    assert lines[0] == "demo  keep 1.dev4, 1.dev3 (within 90d)"
    assert [line.split()[1:4] for line in lines[1:3]] == [["1.dev2", "1", "file"], ["1.dev1", "1", "file"]]
    assert all(line.endswith("  keeper") and len(line.split()[4]) == 10 for line in lines[1:3])
    assert keeper.ok("-q", "prune", "--keep-within", "90d", "--keep-last", "3", "-y")[-1] == "removed demo 1.dev1"
    assert versions(keeper) == ["1.dev2", "1.dev3", "1.dev4"]


def test_a_push_and_an_overwritten_file_arrive_anew(keeper: Member, clock: Path) -> None:
    prod = "keeper/prod"
    keeper.server.create_index(prod, {"bases": ""})
    clock.write_text("200")
    put_all(keeper, "2.dev1", "2.dev2", "2.dev3", name="pushed")
    for version in ("2.dev1", "2.dev2"):
        keeper.server.push(keeper.index, "pushed", version, {"targetindex": prod})
    clock.write_text("0")
    keeper.server.push(keeper.index, "pushed", "2.dev3", {"targetindex": prod})
    fields = {"metadata_version": "2.1", "name": "pushed", "version": "2.dev2", "filetype": "sdist"}
    keeper.server.upload(prod, fields, "pushed-2.dev2.tar.gz", BytesIO(b"other"))
    assert keeper.ok("-q", "prune", "pushed", "--keep-within", "90d", "--index", "prod", "-y")[-1] == (
        "removed pushed 2.dev1"
    )
    # To the index they came from, the push is no arrival.
    assert keeper.ok("prune", "pushed", "--keep-within", "90d", "-n")[-1] == "1 of 1 projects, 3 of 3 releases would go"
    register(keeper.server, keeper.index, "2.dev4", "pushed")
    assert keeper.ok("prune", "pushed", "--keep-within", "90d", "-n")[0] == "pushed  keep 2.dev4 (no date)"


def test_a_project_can_go_whole(keeper: Member, clock: Path) -> None:
    clock.write_text("200")
    put_all(keeper, "1.dev1", "1.dev2", name="old")
    clock.write_text("0")
    assert keeper.ok("-q", "prune", "old", "--keep-within", "90d", "-y")[-1] == "removed old 1.dev1, 1.dev2"
    assert "old" not in keeper.server.index(keeper.index).projects


def test_the_size_is_told_where_the_server_tells_it(devpi: Client) -> None:
    """As later versions of devpi-server may."""
    with a_front() as front:
        can_index(front)
        devpi.ok("-q", "use", f"{front.url}root/dev")
        config = {"type": "stage", "bases": [], "volatile": True, "acl_upload": [":ANONYMOUS:"]}
        front.answer("/root/dev", {**config, "projects": ["demo"]}, kind="indexconfig")
        log = [{"what": "upload", "who": "root", "when": [2026, 1, 1, 0, 0, 0], "dst": "root/dev"}]
        page = {}
        for version, size in (("1.dev1", 1_500_000), ("1.dev2", 2_000_000)):
            link = {"rel": "releasefile", "href": f"{front.url}root/dev/+f/000/0/demo-{version}.tar.gz", "log": log}
            page[version] = {"name": "demo", "version": version, "+links": [{**link, "size": size}]}
        front.answer("/root/dev/demo", page, kind="projectconfig")
        assert devpi.ok("prune", "--keep-within", "1d", "-n") == [
            "demo  go   1.dev2  1 file  2026-01-01  root",
            "      go   1.dev1  1 file  2026-01-01  root",
            "1 of 1 projects, 2 of 2 releases of 3.5 MB would go",
        ]


def test_what_is_uploaded_while_the_question_is_asked_stays(devs: Member) -> None:
    child = pexpect.spawn(
        devs.command[0], [*devs.command[1:], *COUNT], cwd=str(devs.home),
        env={**devs.environment, "NO_COLOR": "1"}, encoding="utf-8", timeout=60,
    )  # fmt: skip
    child.expect(r"\[y/N\] $")
    put(devs.server, devs.index, "1.1.dev9", file="demo-1.1.dev9.zip")
    put(devs.server, devs.index, "1.1.dev7")
    child.sendline("yes")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert child.before.splitlines()[-2:] == [
        "removed demo 0.9.dev1, 1.1.dev8",
        "note: not removed: demo 1.1.dev9: it has changed meanwhile",
    ]
    assert versions(devs) == sorted([*LEFT, "1.1.dev7", "1.1.dev9"])
