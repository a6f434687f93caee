from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import WITH_PROGRAMS
from tests.support.dists import make_wheel, put
from tests.support.places import put_release

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live


@pytest.fixture
def stocked(member: Member) -> Member:
    """A member whose ``dev`` has demo 1.0, 1.1 with three files, 2.0rc1, and ``top`` on top of it."""
    for version in ("1.0", "1.1", "2.0rc1"):
        put(member.server, member.index, version)
    for tag in ("py3-none-any", "cp38-cp38-win_amd64"):
        put(member.server, member.index, "1.1", file=f"demo-1.1-{tag}.whl")
    member.server.create_index(f"{member.user}/top", {"bases": member.index})
    return member


SDIST, WHEEL, OTHER = "demo-1.1.tar.gz", "demo-1.1-py3-none-any.whl", "demo-1.1-cp38-cp38-win_amd64.whl"


@pytest.mark.parametrize(
    ("typed", "files"),
    [
        ("demo", [OTHER, WHEEL, SDIST]),
        ("demo --index top", [OTHER, WHEEL, SDIST]),
        ("demo==1.0", ["demo-1.0.tar.gz"]),
        ("demo<1.1", ["demo-1.0.tar.gz"]),
        ("demo>=2.0rc1", ["demo-2.0rc1.tar.gz"]),
        ("demo --sdist", [SDIST]),
        ("demo --wheel", [OTHER, WHEEL]),
        ("demo --pattern *win*", [OTHER]),
        ("demo --pattern *.zip --pattern *any*", [WHEEL]),
        ("demo --pattern *1.0*", ["demo-1.0.tar.gz"]),
        ("demo --python 3.11", [WHEEL]),
        ("demo --python 3.8 --platform win_amd64", [OTHER]),
        ("demo --python 3.8 --platform win_amd64 --sdist", [SDIST]),
    ],
)
def test_the_files_of_the_newest_release_are_chosen_by_options(stocked: Member, typed: str, files: list[str]) -> None:
    result = stocked("download", *typed.split(), "-d", "here")
    assert (sorted(result.lines), result.stderr, result.status) == (sorted(f"here/{name}" for name in files), "", 0)
    assert sorted(path.name for path in (stocked.home / "here").iterdir()) == sorted(files)


def test_a_file_has_the_usual_mode_and_the_right_bytes(stocked: Member) -> None:
    assert stocked.ok("download", "demo", "--sdist") == [SDIST]
    path = stocked.home / SDIST
    assert path.read_bytes() == b"demo 1.1"
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_what_is_there_is_not_downloaded_again_and_other_files_stay(stocked: Member, server: Live) -> None:
    stocked.ok("download", "demo", "--sdist")
    with server.requests() as seen:
        again = stocked("download", "demo", "--sdist")
    assert (again.lines, again.stderr, again.status) == ([], f"there already: {SDIST}\n", 0)
    assert [request for request in seen if "+f" in request] == []
    (stocked.home / SDIST).write_bytes(b"mine")
    here, there = (hashlib.sha256(text).hexdigest() for text in (b"mine", b"demo 1.1"))
    assert stocked.fails("download", "demo", "--sdist") == (
        5,
        f"{SDIST}: there is another file with this name: {here}, on the index {there}\n"
        "move it away, or name another folder with -d\n",
    )
    skipped = stocked("download", "demo", "--sdist", "--skip-existing")
    assert (skipped.lines, skipped.stderr, skipped.status) == ([], f"skipped: {SDIST}\n", 0)
    assert (stocked.home / SDIST).read_bytes() == b"mine"


def test_json_says_what_became_of_each_file(stocked: Member) -> None:
    (stocked.home / WHEEL).write_bytes(b"mine")
    (stocked.home / SDIST).write_bytes(b"demo 1.1")
    result = stocked("download", "demo", "--json")
    rows = json.loads(result.stdout)["files"]
    digest = hashlib.sha256(b"demo 1.1").hexdigest()
    assert result.status == 5
    assert rows.pop(WHEEL)["outcome"] == "failed"
    assert rows == {
        SDIST: {"path": SDIST, "sha256": digest, "outcome": "there already"},
        OTHER: {"path": OTHER, "sha256": digest, "outcome": "downloaded"},
    }


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        (
            "nosuch",
            4,
            "{index} has no file for 'nosuch'\n'devpi list --index {index}' shows which projects there are\n",
        ),
        ("demo --pattern nosuch", 4, "{index} has no file for 'demo' that is wanted\n"),
        ("demo --index nobody/here", 4, "no index 'nobody/here'"),
        ("demo -O x", 2, "-O writes one file, but these match: "),
        ("demo -O - --json", 2, "-O - prints the file: it cannot be combined with --json\n"),
        ("demo -O x -d y", 2, "-O writes one file: it cannot be combined with -d or --deps\n"),
        ("demo --python 2", 2, "'2' is not a version of Python 3\n"),
        ("demo[", 2, "'demo[' is not a requirement: "),
    ],
)
def test_what_cannot_be_downloaded(stocked: Member, typed: str, status: int, said: str) -> None:
    if "--json" in typed:
        assert json.loads(stocked("download", *typed.split()).stderr)["error"]["message"] == said.rstrip()
        return
    got, heard = stocked.fails("download", *typed.split())
    assert (got, said.format(index=stocked.index) in heard) == (status, True), heard
    assert [path.name for path in stocked.home.iterdir() if path.name.startswith("demo")] == []


def test_one_file_goes_to_standard_output_or_a_name(stocked: Member) -> None:
    assert stocked.ok("download", "demo", "--sdist", "-O", "-") == ["demo 1.1"]
    assert stocked.ok("download", "demo", "--sdist", "-O", "renamed") == ["renamed"]
    assert (stocked.home / "renamed").read_bytes() == b"demo 1.1"
    assert stocked.ok("download", "demo", "--sdist", "-O", "/dev/stdout") == ["demo 1.1"]
    assert stocked.ok("download", "demo", "--sdist", "-O", "/dev/null") == []
    os.mkfifo(stocked.home / "demo-1.1.tar.gz")
    assert stocked.fails("download", "demo", "--sdist") == (
        1,
        "demo-1.1.tar.gz is there, and is not a file\nmove it away, or name another folder with -d\n",
    )
    (stocked.home / "renamed").write_bytes(b"mine")
    assert stocked.fails("download", "demo", "--sdist", "-O", "renamed")[0] == 5


def test_a_file_that_is_damaged_on_the_server_leaves_nothing(stocked: Member, own_server: Live, tmp_path: Path) -> None:
    elsewhere = own_server.connect("root")
    elsewhere.create_index("root/dev", {"bases": ""})
    put(elsewhere, "root/dev", "1.0")
    [path] = (tmp_path / "own-server/data/+files").rglob("demo-1.0.tar.gz")
    path.write_bytes(b"demo")
    for words in (["-d", "new"], ["-O", "-"]):
        status, said = stocked.fails("download", "demo", "--index", f"{own_server.url}root/dev", *words)
        assert (status, said.split(" has ")[0]) == (1, "demo-1.0.tar.gz: the download")
    assert [*(stocked.home / "new").iterdir()] == []


def test_a_download_that_was_killed_leaves_no_file_and_the_next_one_tidies_up(stocked: Member) -> None:
    big = stocked.home / "big-1.0.tar.gz"
    big.write_bytes(os.urandom(1000) * 20_000)
    fields = {"name": "big", "version": "1.0", "filetype": "sdist", "pyversion": "source"}
    with big.open("rb") as file:
        stocked.server.upload(stocked.index, fields, big.name, file)
    folder = stocked.home / "folder"
    folder.mkdir()
    for name in (".demo-1.1.tar.gz.abcdefgh.devpi.part", ".mine.part"):
        (folder / name).write_bytes(b"left")
    command = [sys.executable, "-m", "devpi_cli", "download", "big", "-d", "folder"]
    for _ in range(3):
        child = subprocess.Popen(command, cwd=stocked.home, env=stocked.environment)
        while child.poll() is None and not any(folder.glob(".big*.part")):
            time.sleep(0.001)
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert stocked("download", "big", "-d", "folder").status == 0
    assert sorted(path.name for path in folder.iterdir()) == [".mine.part", "big-1.0.tar.gz"]
    assert (folder / big.name).read_bytes() == big.read_bytes()


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_what_releases_need_is_resolved_by_pip_or_uv(member: Member, tmp_path: Path, installer: str) -> None:
    server, index = member.server, member.index
    needs = {"app": "Requires-Dist: lib<2\n", "lib": "Requires-Dist: base\n", "base": ""}
    for name, version in (("app", "1.0"), ("lib", "1.5"), ("lib", "2.0"), ("base", "3.0")):
        path = make_wheel(tmp_path, name, version, needs[name])
        with path.open("rb") as file:
            fields = {"name": name, "version": version, "filetype": "bdist_wheel", "pyversion": "py3"}
            server.upload(index, {**fields, "metadata_version": "2.1"}, path.name, file)
    result = member("download", "app", "--deps", "-d", "all", "--installer", installer, PATH=WITH_PROGRAMS)
    assert result.status == 0, result.stderr
    assert sorted(result.lines) == [f"all/{name}-py3-none-any.whl" for name in ("app-1.0", "base-3.0", "lib-1.5")]


def test_a_pip_installs_what_was_downloaded(member: Member, tmp_path: Path, venv: Path) -> None:
    put_release(member.server, member.index, tmp_path, "demo", "1.0", full=False)
    member.ok("download", "demo", "--wheel", "-d", "wheels")
    command = [venv / "bin/pip", "install", "--no-index", "--no-deps", "--target", tmp_path / "t"]
    subprocess.run([*command, "--find-links", member.home / "wheels", "demo"], check=True, capture_output=True)
    assert re.search("version = '1.0'", (tmp_path / "t/demo.py").read_text())
