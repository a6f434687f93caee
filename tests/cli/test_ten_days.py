"""Ten days with one's own server: whatever happened, the next command works, or says the line that makes it work."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.support.dists import make_wheel
from tests.support.loopback import NOWHERE, owner
from tests.support.webservers import a_front, tls_context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import trustme

    from tests.support.loopback import Owner

QUOTED = re.compile(r"'(devpi(?: [^']*)?)'")
START = "devpi server start"


@dataclass
class Days:
    """Somebody with a server of their own, and what is left running in the meantime."""

    alice: Owner
    words: dict[str, str]
    stack: ExitStack = field(default_factory=ExitStack)

    def work(self, typed: str) -> list[str]:
        """Type a command; while it fails, type a line that it says, and it again. Return the lines that were needed."""
        needed: list[str] = []
        while (result := self.alice(*self.filled(typed))).status:
            said = [line for line in QUOTED.findall(result.printed) if line not in needed and "URL" not in line]
            assert said, f"{typed} after {needed}: {result.printed}"
            needed.append(said[0])
            for line in said[0].split(" && "):
                followed = self.alice(*self.filled(line)[1:])
                assert followed.status == 0, f"{line}: {followed.printed}"
        return needed

    def filled(self, line: str) -> list[str]:
        return [self.words.get(word, word) for word in shlex.split(line)]

    def change_login(self, **changes: object) -> None:
        with self.alice.state.changing() as state:
            logins = state.servers[self.url].logins
            logins["alice"] = replace(logins["alice"], **changes)  # type: ignore[arg-type]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.alice.record['port']}/"

    def restart(self, pid: int | None = None) -> None:
        """Let the machine have restarted: the server is gone, and another program has its process id."""
        os.kill(self.alice.record["pid"], signal.SIGKILL)
        until = time.monotonic() + 10
        while _listens(self.alice.record["port"]) and time.monotonic() < until:
            time.sleep(0.05)
        if pid:
            path = self.alice.folder / "server.json"
            path.write_text(re.sub(r'"pid": \d+', f'"pid": {pid}', path.read_text()))

    def listen(self, answer: bytes) -> None:
        """Let another program have the port of the server: it sends an answer, and closes the connection."""
        self.stack.enter_context(_listening(self.alice.record["port"], answer))


def _listens(port: int) -> bool:
    with socket.socket() as end:
        return end.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _listening(port: int, answer: bytes) -> Iterator[None]:
    program = (
        "import socket, sys\n"
        "end = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    client = end.accept()[0]\n"
        "    client.recv(65536)\n"
        "    client.sendall(bytes.fromhex(sys.argv[2]))\n"
        "    client.close()\n"
    )
    command = ["python", "-c", program, str(port), answer.hex()]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        try:
            yield
        finally:
            child.kill()


PAGE = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot found"
GREETING = b"220 mail.example ESMTP\r\n"


def test_ten_days(tmp_path: Path, ca: trustme.CA, ca_file: Path) -> None:
    wrong_ca = tmp_path / "wrong.pem"
    other = type(ca)()
    other.cert_pem.write_to_path(wrong_ca)
    with owner(tmp_path / "home") as alice, a_front(tls_context(ca.issue_cert("127.0.0.1"))) as upstream:
        wheel = make_wheel(tmp_path)
        words = {"PORT": str(alice.port), "WHEEL": str(wheel), "WRONG": str(wrong_ca), "FILE": str(ca_file)}
        days = Days(alice, {**words, "NOWHERE": NOWHERE, "UPSTREAM": f"{upstream.url}simple/"})
        with days.stack:
            live(days, upstream.answers)


def live(days: Days, upstream: dict[str, tuple[int, dict[str, str], bytes]]) -> None:
    alice = days.alice
    # 1: the first hour
    assert days.work("quickstart --port PORT --mirror-url NOWHERE") == []
    assert days.work("upload WHEEL") == []
    # 2: the login has expired
    days.change_login(expires=time.time() - 3600, token="old")
    assert days.work("index dev title=second") == []
    # 3: the login is no longer accepted, or was given up
    days.change_login(token="no longer good")
    assert days.work("index dev title=third") == []
    alice.ok("logoff")
    assert days.work("index alice/dev title=third") == []
    # 4: the server was stopped
    alice.ok("server", "stop")
    assert days.work("list") == [START]
    # 5: the machine restarted, and another program has the process id
    with subprocess.Popen(["sleep", "600"]) as sleeper:
        days.restart(sleeper.pid)
        assert days.work("list") == [START]
        assert sleeper.poll() is None
        sleeper.kill()
    # 6: it restarted again, and another program has the port, which is no devpi
    before = alice.record["port"]
    days.restart()
    days.listen(PAGE)
    assert days.work("list") == [START]
    assert alice.record["port"] != before
    days.restart()
    days.listen(GREETING)
    assert days.work("upload WHEEL --skip-existing") == [START]
    # 7: the mirror needs a CA that the server does not know, and then gets the wrong one
    alice.ok("index", "root/pypi", f"mirror_url={days.words['UPSTREAM']}", "--as-root")
    links = (
        b'<!DOCTYPE html><html><body><a href="http://127.0.0.1:9/other-1.0.tar.gz">other-1.0.tar.gz</a></body></html>'
    )
    upstream["/simple/other/"] = 200, {"Content-Type": "text/html"}, links
    alice.ok("server", "stop")
    alice.ok("server", "start", "--ca-bundle", days.words["WRONG"])
    assert days.work("list other") == ["devpi server stop && devpi server start --ca-bundle FILE"]
    # 8: the state is lost
    alice.state_file.unlink()
    assert days.work("list") == ["devpi quickstart"]
    assert days.work("whoami") == []
    # 9: quickstart again keeps who acts, and which index is in use
    alice.ok("index", "-c", "prod", "bases=alice/dev")
    alice.ok("use", "prod")
    assert days.work("quickstart") == []
    assert (alice.state.index, alice.ok("whoami")) == ("alice/prod", ["alice"])
    # 10: all is as it was
    assert days.work("list --index dev") == []
    assert alice.ok("list", "--index", "alice/dev") == ["demo"]
    assert alice.ok("index", "alice/dev")[-1] == "  title=third"
    alice.ok("server", "stop")
    assert "'devpi server start' starts it" in alice("doctor").stdout
    assert days.work("list") == [START]
