"""Replies made to fill the memory of the client: its peak is measured in a process of its own."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import sys
import threading
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.dists import put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.support.clients import Client, Member

MIB = 2**20
MOST_MIB = 300
# ``ru_maxrss`` would be that of pytest, from which the command is forked.
MEASURED = """
import atexit, os, re

def tell():
    status = open("/proc/self/status").read()
    open(os.environ["PEAK_FILE"], "w").write(re.search(r"VmHWM:\\s+(\\d+)", status)[1])

atexit.register(tell)
from devpi_cli.cli.main import main
main()
"""
HEAD = b"HTTP/1.1 200 OK\r\nX-Devpi-Api-Version: 2\r\nX-Devpi-Serial: 1\r\nContent-Type: application/json\r\n"
FAILED = HEAD.replace(b"200 OK", b"500 Oh No")
END = b"Connection: close\r\n\r\n"


def gzipped(mebibytes: int) -> bytes:
    """Return a gzip of that many MiB of blanks; one block is made, and then repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b" " * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + block * mebibytes


def encoded(encoding: str) -> bytes:
    return f"Content-Encoding: {encoding}\r\n".encode()


@dataclass(frozen=True)
class Bomb:
    """A reply to every request: how it begins, and what comes after that, perhaps for ever."""

    name: str
    begin: bytes
    rest: Callable[[], Iterable[bytes]] = tuple
    typed: str = "getjson {url}"
    says: str = ""


def body(content: bytes, typed: str = "getjson {url}", says: str = "of memory", name: str = "") -> Bomb:
    return Bomb(name, HEAD + b"Content-Length: %d\r\n" % len(content) + END + content, typed=typed, says=says)


def filled(begin: bytes, unit: bytes, end: bytes, mebibytes: int) -> bytes:
    return begin + unit * (mebibytes * MIB // len(unit)) + end


LARGE, STRANGE = "larger than 64 MiB", "which was not asked for"
NAMES = b'{"type": "indexconfig", "result": {"projects": ['
BOMBS: dict[str, Callable[[], Bomb]] = {
    "gzip: 3 MiB for 3 GiB": lambda: Bomb("", HEAD + encoded("gzip") + END, lambda: [gzipped(3000)], says=LARGE),
    "gzip of gzip of gzip: 2 KiB for 1 GiB": lambda: Bomb(
        "",
        HEAD + encoded("gzip, gzip, gzip") + END,
        lambda: [gzip.compress(gzip.compress(gzipped(1000)))],
        says=STRANGE,
    ),
    "two headers, each gzip": lambda: Bomb("", HEAD + encoded("gzip") * 2 + END, lambda: [gzipped(9)], says=STRANGE),
    "deflate": lambda: Bomb("", HEAD + encoded("deflate") + END, lambda: [gzipped(1000)[10:]], says=STRANGE),
    "brotli": lambda: Bomb("", HEAD + encoded("br") + END, lambda: [b"x" * MIB], says=STRANGE),
    "zstd": lambda: Bomb("", HEAD + encoded("zstd") + END, lambda: [b"x" * MIB], says=STRANGE),
    "gzip on an error page": lambda: Bomb("", FAILED + encoded("gzip") + END, lambda: [gzipped(3000)], says=LARGE),
    "a body without end": lambda: Bomb("", HEAD + END, lambda: repeat(b"[" * MIB), says=LARGE),
    "chunks without end": lambda: Bomb(
        "",
        HEAD + b"Transfer-Encoding: chunked\r\n" + END,
        lambda: repeat(b"100000\r\n" + b" " * MIB + b"\r\n"),
        says=LARGE,
    ),
    "an error page without end": lambda: Bomb("", FAILED + END, lambda: repeat(b"<p>" * 99999), says=LARGE),
    "headers without end": lambda: Bomb("", HEAD, lambda: repeat(b"X-More: " + b"y" * 9000 + b"\r\n"), says="cannot "),
    "one header without end": lambda: Bomb("", HEAD + b"X-More: ", lambda: repeat(b"y" * MIB), says="cannot "),
    "60 MiB of empty lists": lambda: body(filled(b"[", b"[],", b"0]", 60)),
    "60 MiB of objects": lambda: body(filled(b"[", b'{"a":{}},', b"0]", 60)),
    "60 MiB of numbers": lambda: body(filled(b"[", b"1.5,", b"0]", 60)),
    "60 MiB of strings": lambda: body(filled(b"[", b'"ab",', b"0]", 60)),
    "one string with an emoji, 60 MiB": lambda: body(filled('"😀'.encode(), b"a", b'"', 60)),
    "one string with an escaped emoji, 60 MiB": lambda: body(filled(b'"\\ud83d\\ude00', b"a", b'"', 60)),
    "the largest list that is read": lambda: body(filled(b"[", b"[],", b"0]", 2) + b" " * MIB, says=""),
    "the largest objects that are read": lambda: body(filled(b"[", b'{"a":{}},', b"0]", 2), says=""),
    "the longest string that is read": lambda: body(filled(b'"', b"a", b'"', 42), says=""),
    "the longest emoji that is read": lambda: body(filled(b'"\\ud83d\\ude00', b"a", b'"', 21), says=""),
    "an index with a million names": lambda: body(
        filled(NAMES, b'"name",', b'"z"]}}', 7), "list --index {url}alice/dev", says=""
    ),
    "a message of 30 million words": lambda: Bomb(
        "", FAILED + END, lambda: [filled(b'{"message": "', b"a ", b'"}', 60)], says="error: oh No"
    ),
}


@contextmanager
def throwing(bomb: Bomb) -> Iterator[str]:
    """Answer every request with the bomb, until the victim hangs up."""
    done = threading.Event()

    def answer(connection: socket.socket) -> None:
        connection.settimeout(30)
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(bomb.begin)
            for piece in bomb.rest():
                if done.is_set():
                    break
                connection.sendall(piece)

    def serve(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=answer, args=[connection], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=[listening])
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        done.set()
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


def measured(client: Client, *typed: str) -> tuple[int, str, float]:
    """Run a command in a process of its own; return its exit status, stderr, and peak in MiB."""
    peak = client.home / "peak"
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *typed],
        env={**client.environment, "PEAK_FILE": str(peak)},
        cwd=client.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr, int(peak.read_text()) / 1024


pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")


@pytest.mark.parametrize("name", BOMBS)
def test_no_reply_fills_the_memory(devpi: Client, name: str, attack: Callable[[str, str, str], None]) -> None:
    bomb = BOMBS[name]()
    with throwing(bomb) as url:
        status, said, peak = measured(devpi, *bomb.typed.format(url=url).split(), "--retries", "0")
    attack("memory", name, f"{peak:.0f} MiB, exit status {status}: {' '.join(said.splitlines()[1:2])[:70]}")
    assert bomb.says in said
    assert (status == 0) is (bomb.says == "")
    assert "Traceback" not in said
    assert peak < MOST_MIB


def report(output: str, environments: int = 1, **more: Any) -> dict[str, Any]:
    test = [{"command": ["pytest"], "retcode": 1, "output": output, "err": ""}]
    names = [f"py{number}" for number in range(environments)]
    return {"host": "h", "platform": "linux", "testenvs": {name: {"test": test} for name in names}, **more}


RESULTS: dict[str, tuple[int, Callable[[int], dict[str, Any]], str]] = {
    # How many, what is in each, and what is said.
    "one of 100 MiB": (1, lambda number: report("x" * 100 * MIB), "the download is larger than 16 MiB"),
    "one of tiny objects": (1, lambda number: report("", more=[{}] * 3 * MIB), "its JSON would take more than 64 MiB"),
    "one of many environments": (1, lambda number: report("", 36_000), "larger than 32 MiB"),
    "six of 10 MiB, each of another host": (
        6,
        lambda number: {**report("x" * 10 * MIB), "host": f"h{number}"},
        "the newest results are larger than 32 MiB",
    ),
    "six of 10 MiB, of the same host": (6, lambda number: report("x" * 10 * MIB), ""),
}


@pytest.mark.parametrize("name", RESULTS)
def test_no_test_result_on_a_real_server_fills_the_memory(
    member: Member, name: str, attack: Callable[[str, str, str], None]
) -> None:
    """By default anybody may post them."""
    number, made, says = RESULTS[name]
    url = put(member.server, member.index, "1.0")
    for each in range(number):
        member.server.attach_tox_result(url, made(each))
    for option in ("-t", "-f"):
        status, said, peak = measured(member, "list", option, "demo")
        attack(
            "memory",
            f"tox results, list {option}: {name}",
            f"{peak:.0f} MiB, exit status {status}: {said.strip()[-70:]}",
        )
        if option == "-f" or name.startswith("one "):
            assert says in said
            assert (status == 0) is (says == "")
        assert peak < MOST_MIB


def test_the_largest_document_that_is_read_is_not_far_from_what_indexes_have() -> None:
    """A limit that honest servers meet would be a bug: 700,000 names, and 3,000 releases with long descriptions."""
    from devpi_cli import strict_json

    names = json.dumps({"result": {"projects": [f"project-number-{number}" for number in range(700_000)]}})
    release = {
        "name": "demo",
        "description": "A word, and another one.\n" * 200,
        "+links": [{"href": "http://x/" * 8}] * 3,
    }
    releases = json.dumps({"result": {str(number): release for number in range(3000)}}, indent=2)
    for text in (names, releases):
        assert len(text) > 10 * MIB
        assert strict_json.parsed(text.encode())
