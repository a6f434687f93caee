"""Uploads through a web server that fails now and then: what is stored and what is reported."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support.dists import make_wheel
from tests.support.webservers import QuietHttp, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.clients import Member

# The command with a unit of waiting that costs nobody time.
AT_ONCE = (
    "import devpi_cli.http.retries as retries\nretries.FIRST_WAIT = 0.0\nfrom devpi_cli.cli.main import main\nmain()"
)


@dataclass
class Flaky:
    """A web server in front of devpi with a fault for every one of the first requests of a method."""

    member: Member
    faults: dict[str, list[str]] = field(default_factory=dict)
    """``cut``: no answer, and devpi is not asked. ``lose``: no answer, but devpi was asked. ``503 …``: that."""
    retry_after: str = "0"
    url: str = ""
    asked: list[str] = field(default_factory=list)

    @property
    def index_url(self) -> str:
        return f"{self.url}{self.member.index}/"

    @property
    def cannot_reach(self) -> str:
        return f"cannot reach {self.url}: Server disconnected without sending a response."


@pytest.fixture
def flaky(member: Member) -> Iterator[Flaky]:
    """The way of a member to the server; their command waits for nothing."""
    with in_front_of(member) as found:
        member.command = (sys.executable, "-c", AT_ONCE)
        yield found


@contextmanager
def in_front_of(member: Member) -> Iterator[Flaky]:
    front = Flaky(member)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            front.asked.append(self.command)
            faults = front.faults.get(self.command, [])
            fault = faults.pop(0) if faults else ""
            if fault == "cut":
                return
            if fault not in ("", "lose"):
                self.say(int(fault), {"Retry-After": front.retry_after}, b"")
                return
            headers = {name: value for name, value in self.headers.items() if name != "Host"}
            url = member.server.root.rstrip("/") + self.path
            reply = httpx.request(self.command, url, headers=headers, content=body)
            if not fault:
                kept = ("content-type", "x-devpi-api-version", "x-devpi-serial")
                self.say(reply.status_code, {name: reply.headers.get(name, "") for name in kept}, reply.content)

        def say(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 (http.server's names)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with serving(QuietHttp(("127.0.0.1", 0), Handler)) as address:
        front.url = f"http://{address}/"
        with member.state.changing() as state:
            state.servers[front.url] = state.servers.pop(member.server.root)
            state.server = front.url
        yield front


def stored(member: Member) -> list[str | None]:
    """Return the hashes of the files that the member's index holds."""
    projects = member.server.index(member.index).projects
    releases = [release for project in projects for release in member.server.releases(member.index, project)]
    return [link.sha256 for release in releases for link in release.files]


def digest(wheel: Path) -> str:
    return sha256(wheel.read_bytes()).hexdigest()


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_server_that_is_busy_for_a_while_gets_the_file_in_the_end(flaky: Flaky, wheel: Path, status: str) -> None:
    flaky.faults["POST"] = [status[:3]] * 2
    result = flaky.member("upload", wheel)
    assert result.lines == [f"file_upload of {wheel.name} to {flaky.index_url}"]
    assert (result.stderr, result.status) == (f"retrying in 0 s: {status}\n" * 2, 0)
    assert flaky.asked == ["POST"] * 3
    assert stored(flaky.member) == [digest(wheel)]


@pytest.mark.parametrize("volatile", ["True", "False"])
def test_a_file_that_arrived_is_not_sent_again(flaky: Flaky, wheel: Path, volatile: str) -> None:
    flaky.member.server.modify_index(flaky.member.index, [f"volatile={volatile}"])
    flaky.faults["POST"] = ["lose"]
    result = flaky.member("upload", wheel)
    assert result.lines == [f"file_upload of {wheel.name} to {flaky.index_url}"]
    said = f"retrying in 0 s: {flaky.cannot_reach}\n{wheel.name}: uploaded, confirmed by the server\n"
    assert (result.stderr, result.status) == (said, 0)
    assert flaky.asked == ["POST", "GET"]
    assert stored(flaky.member) == [digest(wheel)]


def test_a_file_that_did_not_arrive_is_sent_again(flaky: Flaky, wheel: Path) -> None:
    flaky.faults["POST"] = ["cut", "502"]
    result = flaky.member("upload", wheel)
    assert result.lines == [f"file_upload of {wheel.name} to {flaky.index_url}"]
    said = f"retrying in 0 s: {flaky.cannot_reach}\nretrying in 0 s: 502 Bad Gateway\n"
    assert (result.stderr, result.status) == (said, 0)
    assert flaky.asked == ["POST", "GET", "POST", "GET", "POST"]
    assert stored(flaky.member) == [digest(wheel)]


def test_another_file_of_that_name_is_not_taken_for_it(flaky: Flaky, wheel: Path, tmp_path: Path) -> None:
    flaky.member.ok("upload", wheel)
    (tmp_path / "new").mkdir()
    new = make_wheel(tmp_path / "new", metadata="Summary: another file\n")
    flaky.faults["POST"] = ["cut"]
    assert flaky.member("upload", new).stderr == f"retrying in 0 s: {flaky.cannot_reach}\n"
    assert stored(flaky.member) == [digest(new)]


def test_documentation_that_arrived_is_not_sent_again(flaky: Flaky, wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "html").mkdir()
    (tmp_path / "html/index.html").write_text("<h1>Hello</h1>")
    flaky.faults["POST"] = ["", "lose"]
    result = flaky.member("upload", "--docs", tmp_path / "html", wheel)
    assert result.stderr.splitlines()[-2:] == [
        "demo-1.0.doc.zip: uploaded, confirmed by the server",
        "2 files: all uploaded",
    ]
    assert flaky.asked == ["POST", "POST", "GET"]


@pytest.mark.parametrize("typed", [{"DEVPI_RETRIES": "1"}, {}])
def test_a_server_that_stays_busy_is_given_up(flaky: Flaky, wheel: Path, typed: dict[str, str]) -> None:
    flaky.faults["POST"] = ["503"] * 9
    options = () if typed else ("--retries", "1")
    assert flaky.member.fails("upload", *options, wheel, **typed) == (
        6,
        f"retrying in 0 s: 503 Service Unavailable\n{flaky.url} answered 503 Service Unavailable\n",
    )
    assert flaky.asked == ["POST"] * 2
    assert stored(flaky.member) == []


def test_none_switches_it_off(flaky: Flaky, wheel: Path) -> None:
    flaky.faults["POST"] = ["503"]
    said = f"{flaky.url} answered 503 Service Unavailable\n"
    assert flaky.member.fails("--retries", "0", "upload", wheel) == (6, said)
    assert flaky.asked == ["POST"]


def test_quiet_does_not_say_that_it_tries_again(flaky: Flaky, wheel: Path) -> None:
    flaky.faults["POST"] = ["503"]
    flaky.member.ok("upload", "--quiet", wheel)


def test_what_reads_is_tried_again(flaky: Flaky, wheel: Path) -> None:
    flaky.member.ok("upload", wheel)
    flaky.faults["GET"] = ["cut", "503"]
    result = flaky.member("list")
    assert result.lines == ["demo"]
    said = f"retrying in 0 s: {flaky.cannot_reach}\nretrying in 0 s: 503 Service Unavailable\n"
    assert (result.stderr, result.status) == (said, 0)


def test_what_deletes_is_not(flaky: Flaky) -> None:
    flaky.faults["DELETE"] = ["503"]
    result = flaky.member("index", "-y", "--delete", flaky.member.index)
    assert result.status == 6
    assert "retrying" not in result.stderr
    assert flaky.asked.count("DELETE") == 1


def test_an_interrupt_ends_the_waiting(flaky: Flaky, wheel: Path) -> None:
    flaky.faults["POST"], flaky.retry_after = ["503"], "60"
    command = [*flaky.member.command, "upload", wheel]
    environment = flaky.member.environment
    with subprocess.Popen(
        command, env=environment, cwd=flaky.member.home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stderr is not None
        assert child.stderr.readline() == "note: retrying in 60 s: 503 Service Unavailable\n"
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=30) == (
            "", "interrupted: 0 of 1 file uploaded; the same command with --skip-existing goes on from there\n",
        )  # fmt: skip
    assert child.returncode == 130
