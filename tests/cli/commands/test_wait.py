from __future__ import annotations

import json
import re
import threading
import time
from typing import TYPE_CHECKING

import pytest

from devpi_cli import connect
from devpi_cli.errors import TimeIsUp
from tests.support.clients import make_member
from tests.support.dists import make_sdist, make_wheel, put
from tests.support.replicas import primary_and_replica

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.replicas import Pair
    from tests.support.servers import Live

SOON = ("--for", "1s", "--interval", "1s")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with primary_and_replica(tmp_path_factory.mktemp("pair") / "servers") as found:
        yield found


@pytest.fixture(scope="module")
def publisher(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Member:
    """A member at the primary."""
    return make_member(pair.primary, tmp_path_factory.mktemp("publisher"), "publisher")


def later(seconds: float, act: Callable[[], object]) -> None:
    threading.Timer(seconds, act).start()


def test_a_release_that_is_there_is_not_waited_for(member: Member) -> None:
    put(member.server, member.index, "1.0")
    assert member.ok("wait", "Demo==1") == ["demo 1 can be installed"]


def test_a_release_is_waited_for(member: Member) -> None:
    later(1, lambda: put(member.server, member.index, "1.0"))
    result = member("wait", "demo==1.0", "--interval", "1s")
    assert (result.lines, result.status) == (["demo 1.0 can be installed"], 0)
    assert result.stderr == f"waiting: {member.server.root} has 0 of 1 file\n"


def test_out_of_time_the_last_state_is_said(member: Member) -> None:
    put(member.server, member.index, "1.0")
    status, said = member.fails("wait", "demo==1.0", "--files", "2", *SOON)
    assert (status, said.splitlines()) == (
        6,
        [
            f"waiting: {member.server.root} has 1 of 2 files",
            f"demo 1.0 cannot be installed yet after 1 s: {member.server.root} has 1 of 2 files",
            "wait longer with --for",
        ],
    )


def test_a_removal_is_waited_for(member: Member) -> None:
    put(member.server, member.index, "1.0")
    put(member.server, member.index, "2.0")
    status, said = member.fails("wait", "--gone", "demo==1.0", *SOON)
    assert (status, said.splitlines()[0]) == (6, f"waiting: {member.server.root} still has 1 file")
    later(1, lambda: member.server.remove_release(member.index, "demo", "1.0"))
    assert member("wait", "--gone", "demo==1.0").lines == ["demo 1.0 is gone"]
    member.server.remove_project(member.index, "demo")
    assert member("wait", "--gone", "demo==2.0").lines == ["demo 2.0 is gone"]


def test_json_has_the_files_and_the_serial(member: Member) -> None:
    put(member.server, member.index, "1.0")
    document = json.loads("".join(member.ok("wait", "demo==1.0", "--json")))
    assert isinstance(document.pop("serial"), int)
    assert document.pop("seconds") < 30
    assert document == {
        "project": "demo",
        "version": "1.0",
        "visible": True,
        "files": ["demo-1.0.tar.gz"],
        "waiting_for": 0,
    }


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("demo", 2, "'demo' does not say which release\ntype 'NAME==VERSION'\n"),
        ("demo==1 --for soon", 2, "'soon' is not a duration\nexamples: 30s, 5m, 12h, 90d, 4w"),
        ("demo==1 --index nobody/here", 4, "no index 'nobody/here'"),
    ],
)
def test_what_cannot_be_waited_for(member: Member, typed: str, status: int, said: str) -> None:
    result = member("wait", *typed.split())
    assert (result.status, result.stdout) == (status, "")
    assert said in result.stderr


def test_a_replica_that_lags_is_waited_for(pair: Pair, publisher: Member) -> None:
    put(publisher.server, publisher.index, "1.0")
    assert publisher("wait", "demo==1.0", "--replica", pair.replica.url, "--for", "1m").status == 0
    pair.gate.close()
    put(publisher.server, publisher.index, "2.0")
    late = publisher("wait", "demo==2.0", "--replica", pair.replica.url, *SOON)
    said = rf"waiting: {pair.replica.url} has (\d+) of (\d+), (\d+) to go"
    has, of, left = map(int, re.match(said, late.stderr).groups())  # type: ignore[union-attr]
    assert (late.status, has + left) == (6, of)
    assert publisher("wait", "demo==2.0").status == 0
    later(1, pair.gate.open)
    assert publisher("wait", "demo==2.0", "--replica", pair.replica.url, "--for", "2m").lines == [
        "demo 2.0 can be installed"
    ]


def test_a_replica_that_has_not_heard_of_a_removal_still_has_it(pair: Pair, publisher: Member) -> None:
    put(publisher.server, publisher.index, "3.0")
    assert publisher("wait", "demo==3.0", "--replica", pair.replica.url, "--for", "1m").status == 0
    pair.gate.close()
    publisher.server.remove_release(publisher.index, "demo", "3.0")
    assert publisher("wait", "--gone", "demo==3.0", "--replica", pair.replica.url, *SOON).status == 6
    pair.gate.open()
    assert publisher("wait", "--gone", "demo==3.0", "--replica", pair.replica.url, "--for", "2m").status == 0


def test_what_is_no_replica_is_warned_of(member: Member, own_server: Live) -> None:
    put(member.server, member.index, "1.0")
    said = member("wait", "demo==1.0", "--replica", own_server.url, "--retries", "0", *SOON).stderr
    assert said.startswith(f"warning: {own_server.url} is not a replica: it says that it is a primary server\n")


def test_a_replica_that_does_not_answer_is_named(member: Member) -> None:
    put(member.server, member.index, "1.0")
    status, said = member.fails("wait", "demo==1.0", "--replica", "http://127.0.0.1:1", "--retries", "0", *SOON)
    assert status == 6
    assert said.startswith("waiting: http://127.0.0.1:1/ does not answer: cannot reach http://127.0.0.1:1/")


def test_the_library_waits(member: Member) -> None:
    put(member.server, member.index, "1.0")
    with connect(member.index_url) as client:
        assert client.wait("demo==1.0") == ["demo-1.0.tar.gz"]
        started = time.monotonic()
        with pytest.raises(TimeIsUp):
            client.wait("demo==1.0", gone=True, seconds=0.5, interval=0.1)
        assert time.monotonic() - started < 10


# -- upload --wait, push --wait


def test_an_upload_waits_for_a_replica(pair: Pair, publisher: Member, tmp_path: Path) -> None:
    files = [make_wheel(tmp_path, "waited"), make_sdist(tmp_path, {}, "waited")]
    publisher.server.create_index("publisher/slow", {"bases": ""})
    typed = ("upload", *files, "--index", "slow", "--replica", pair.replica.url)
    assert publisher("wait", "demo==1.0", "--replica", pair.replica.url, "--for", "1m").status in (0, 6)
    pair.gate.close()
    late = publisher(*typed, "--wait", "--for", "1s")
    assert late.status == 6
    assert late.lines == [f"file_upload of {file.name} to {publisher.server.root}publisher/slow/" for file in files]
    assert late.stderr.splitlines()[-2].startswith(f"waited 1.0 cannot be installed yet after 1 s: {pair.replica.url}")
    later(1, pair.gate.open)
    done = publisher(*typed, "--wait", "--for", "2m", "--skip-existing")
    assert (done.status, done.lines[-1]) == (0, "waited 1.0 can be installed")


def test_a_replica_with_the_file_that_was_replaced_is_waited_for(pair: Pair, publisher: Member, tmp_path: Path) -> None:
    old = make_wheel(tmp_path, "replaced")
    assert publisher("upload", old, "--wait", "--replica", pair.replica.url, "--for", "2m").status == 0
    (tmp_path / "new").mkdir()
    new = make_wheel(tmp_path / "new", "replaced", metadata="Summary: other\n")
    pair.gate.close()
    assert publisher("upload", new, "--wait", "--replica", pair.replica.url, "--for", "1s").status == 6
    assert publisher("upload", new, "--wait").lines[-1] == "replaced 1.0 can be installed"
    pair.gate.open()
    assert publisher("upload", new, "--wait", "--replica", pair.replica.url, "--for", "2m").status == 0


def test_a_push_waits_for_a_replica(pair: Pair, publisher: Member) -> None:
    for version in ("1.0", "1.1"):
        put(publisher.server, publisher.index, version, name="promoted")
    publisher.server.create_index("publisher/prod", {"bases": ""})
    pair.gate.close()
    typed = ("push", "promoted>=1", "prod", "--wait", "--replica", pair.replica.url)
    late = publisher(*typed, "--for", "1s", "--json")
    document = json.loads(late.stdout)
    assert (late.status, [each["version"] for each in document["waited"]]) == (6, ["1.0"])
    assert document["waited"][0]["files"] == ["promoted-1.0.tar.gz"]
    later(1, pair.gate.open)
    done = publisher(*typed, "--for", "2m", "--skip-existing")
    assert (done.status, done.lines[-2:]) == (0, ["promoted 1.0 can be installed", "promoted 1.1 can be installed"])


def test_what_cannot_be_waited_for_with_an_upload_or_a_push(member: Member, wheel: Path) -> None:
    put(member.server, member.index, "1.0")
    said = "--replica works only with --wait\n"
    assert member.fails("upload", wheel, "--replica", "http://127.0.0.1:1") == (2, said)
    assert member.fails("push", "demo==1.0", "prod", "--replica", "http://127.0.0.1:1") == (2, said)
    (member.home / ".pypirc").write_text("[here]\nrepository = http://127.0.0.1:1/\nusername = me\npassword = it\n")
    assert member.fails("push", "demo==1.0", "pypi:here", "--wait") == (
        2,
        "--wait works only with a target on this server\n",
    )
    assert member("upload", wheel, "--wait", "-n").lines == [
        f"skipped: file_upload of {wheel.name} to {member.index_url}/"
    ]


def test_an_upload_that_failed_does_not_wait(member: Member, wheel: Path) -> None:
    broken = wheel.with_name("broken-1.0-py3-none-any.whl")
    broken.write_bytes(b"broken")
    result = member("upload", wheel, broken, "--wait", "--json")
    assert (result.status, "waited" in json.loads(result.stdout)) == (1, False)
