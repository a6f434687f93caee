"""The data of a devpi-server with one of everything, for what administrators do."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.support.dists import make_wheel, put
from tests.support.loopback import simple_index
from tests.support.servers import start_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.support.clients import Client
    from tests.support.servers import Live

ROOT_PASSWORD = "the password of root"
USERS, INDEXES, FILES, MIRRORED = 3, 4, 7, 1
"""What there is: the files without that of the mirror."""


def end_after(devpi: Client, typed: Sequence[object], number: signal.Signals, *, begun: Path, seconds: float) -> None:
    """Run a command, and send it a signal so many seconds after a path is there; wait until it has ended."""
    at = time.time()
    running = subprocess.Popen(
        [*devpi.command, *map(str, typed)], cwd=devpi.home, env=devpi.environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + 60
    while not _is_new(begun, at) and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(seconds)
    running.send_signal(number)
    running.wait()


def _is_new(path: Path, at: float) -> bool:
    """Return True for a path that was not left by a command before, which this one removes first."""
    try:
        return path.lstat().st_ctime > at
    except FileNotFoundError:
        return False


def stock(folder: Path) -> Path:
    """Make the data of a server that does not run; return its folder."""
    live, pid = start_server(folder, "--no-root-pypi", "--root-passwd", ROOT_PASSWORD)
    try:
        _fill(live, folder)
    finally:
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + 30
        while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
            try:
                if os.waitpid(pid, os.WNOHANG)[0]:
                    break
            except ChildProcessError:
                pass
            time.sleep(0.05)
    return folder / "data"


def _fill(live: Live, folder: Path) -> None:
    anybody = live.connect()
    for user in ("alice", "bob"):
        anybody.create_user(user, {"password": f"password of {user}", "email": f"{user}@example.com"})
    alice, bob = (live.connect(user, f"password of {user}") for user in ("alice", "bob"))
    alice.create_index("alice/prod", {"bases": "", "title": "für alle", "volatile": "False"})
    alice.create_index("alice/dev", {"bases": "alice/prod", "acl_upload": "alice,bob"})
    upstream = folder / "upstream"
    upstream.mkdir()
    make_wheel(upstream, "mirrored")
    with simple_index(upstream) as index:
        bob.create_index("bob/mirror", {"type": "mirror", "mirror_url": index.url, "mirror_no_project_list": "True"})
        bob.create_index("bob/dev", {"bases": "bob/mirror,alice/dev"})
        (release,) = bob.releases("bob/mirror", "mirrored")
        assert httpx.get(release.links[0].url, trust_env=False).content[:2] == b"PK"
    for version in ("0.9", "1.0"):
        url = put(alice, "alice/dev", version)
    alice.push("alice/dev", "demo", "0.9", {"targetindex": "alice/prod"})
    put(bob, "bob/dev", "3.0", "other_name")
    pages = BytesIO()
    with zipfile.ZipFile(pages, "w") as archive:
        archive.writestr("index.html", "<h1>demo</h1>")
    alice.upload(
        "alice/dev", {"name": "demo", "version": "1.0"}, "demo-1.0.zip", BytesIO(pages.getvalue()), action="doc_upload"
    )
    wheel = make_wheel(folder)
    with wheel.open("rb") as file:
        fields = {
            "metadata_version": "2.1",
            "name": "demo",
            "version": "1.0",
            "filetype": "bdist_wheel",
            "pyversion": "py3",
        }
        alice.upload("alice/dev", fields, wheel.name, file)
    alice.attach_tox_result(url, {"testenvs": {"py": {"test": []}}, "reportversion": "1"})


def a_copy(of: Path, folder: Path) -> Path:
    """Return a copy of a serverdir."""
    return Path(shutil.copytree(of, folder / "serverdir"))


def stored(serverdir: Path) -> list[Path]:
    """Return the files that the server stores, without those of mirrors."""
    return sorted(path for path in (serverdir / "+files").rglob("*") if path.is_file() and "mirror" not in path.parts)


def snapshot(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Return owner, mode and hash of everything in a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path.relative_to(folder))] = (status.st_uid, status.st_mode, content)
    return found


def described(dump: Path) -> dict[str, Any]:
    """Return what an export has, without what differs from one export to another."""
    data: dict[str, Any] = json.loads((dump / "dataindex.json").read_bytes())
    hashes = {str(path.relative_to(dump)): hashlib.sha256(path.read_bytes()).hexdigest() for path in dump.rglob("*")
              if path.is_file() and path.name not in ("dataindex.json", "MANIFEST.json")}  # fmt: skip
    for index in data["indexes"].values():
        index.get("files", []).sort(key=lambda file: file["relpath"])
        config = index["indexconfig"]
        for key, value in config.items():
            config[key] = sorted(value) if key.startswith("acl_") else value
    return {"users": data["users"], "indexes": data["indexes"], "hashes": hashes}


def undo_last_rename(data: Path) -> tuple[Path, Path]:
    """Put the file of the last change back where it was before the change was in the database.

    So it is for a moment while a server works, and for good if it is killed then. Returns that path, and its place.
    """
    from devpi_server.fileutil import loads

    with sqlite3.connect(data / ".sqlite") as database:
        ((content,),) = database.execute("SELECT data FROM changelog ORDER BY serial DESC LIMIT 1")
    database.close()
    (name,) = (name for name in loads(content)[1] if name.endswith("-tmp"))
    temporary, place = data / name, data / re.sub(r"-[0-9a-f]{64}-tmp$", "", name)
    place.rename(temporary)
    return temporary, place


@contextmanager
def meanwhile(change: Callable[[int], object]) -> Iterator[None]:
    """Let somebody make one change after another, numbered from 0, beginning a second before the block."""
    end = threading.Event()

    def work() -> None:
        for number in itertools.takewhile(lambda _: not end.is_set(), itertools.count()):
            change(number)

    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(work)
        try:
            time.sleep(1)
            yield
        finally:
            end.set()
        worker.result()
