"""devpi upload --skip-existing of a project that is built again from the same commit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.commands.test_upload import stored
from tests.cli.commands.test_upload_build import HERE, git, teach, track
from tests.support.lookalikes import SAME, SDIST, WHEEL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Client, Member, Result
    from tests.support.servers import Live

# What each of them needs to build without isolation, and which of its files differ from those of another run.
BACKENDS = {
    "setuptools": ("setuptools.build_meta", '[tool.setuptools]\npackages = ["demo"]\n', {".gz"}),
    "hatchling": ("hatchling.build", "", set()),
    "flit_core": ("flit_core.buildapi", "", set()),
    "poetry-core": ("poetry.core.masonry.api", "", set()),
    "pdm-backend": ("pdm.backend", "", {".gz"}),
}
OLD_COMMIT = {"GIT_COMMITTER_DATE": "2024-05-06T07:08:09Z", "GIT_AUTHOR_DATE": "2024-05-06T07:08:09Z"}
COMMITTED = 1714979289
DATE = f"import os; Path({{!r}}).write_text(os.environ.get('{'SOURCE_DATE_EPOCH'}', 'none'))"


def project_of(folder: Path, backend: str) -> Path:
    """Make a checkout of a project with a package, a program and a README."""
    build, settings, _ = BACKENDS[backend]
    (folder / "demo").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        f'[build-system]\nrequires = ["{backend}"]\nbuild-backend = "{build}"\n'
        '[project]\nname = "demo"\nversion = "1.0"\ndescription = "A demo"\nreadme = "README.md"\n'
        f'scripts = {{demo = "demo:main"}}\n{settings}'
    )
    (folder / "README.md").write_text("# Demo\n")
    (folder / "demo/__init__.py").write_text('"""A demo."""\n\n\ndef main():\n    print("demo")\n')
    (folder / "demo/run.sh").write_text("#!/bin/sh\n")
    (folder / "demo/run.sh").chmod(0o755)
    return track(folder)


def run_of_ci(client: Client, member: Member, origin: Path, number: int, *options: str) -> Result:
    """Check a commit out into a new folder, as a runner of CI does, and upload what it builds."""
    checkout = origin.parent / f"run {number}"
    subprocess.run(["git", "clone", "-q", origin, checkout], check=True, capture_output=True)
    then = time.time() - 10_000 * number  # no two runs have files of the same time
    for path in checkout.rglob("*"):
        os.utime(path, (then, then))
    return client(
        "upload", "--no-isolation", "--skip-existing", *options, cwd=checkout, CI="true",
        DEVPI_INDEX=member.index_url, DEVPI_USER=member.user, DEVPI_PASSWORD=member.password,
    )  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_second_run_of_ci_of_the_same_commit_finds_its_work_done(
    devpi: Client, member: Member, server: Live, tmp_path: Path, backend: str
) -> None:
    member.server.modify_index(member.index, ["volatile=False"])
    origin = project_of(tmp_path / "origin", backend)
    first = run_of_ci(devpi, member, origin, 1)
    assert (first.stderr, first.status) == ("2 files: all uploaded\n", 0)
    files = stored(member)
    time.sleep(1.1)  # a tar has whole seconds

    with server.requests() as requests:
        again = run_of_ci(devpi, member, origin, 2, "--json")

    assert again.status == 0, again
    found = json.loads(again.stdout)
    differing = BACKENDS[backend][2]
    outcomes = {file: found["files"][f"dist/{file}"]["outcome"] for file in files}
    assert outcomes == {file: "same content" if any(map(file.endswith, differing)) else "identical" for file in files}
    assert sum(found["counts"].values()) == 2
    assert [request for request in requests if request.startswith("POST")] == ["POST /+login"]
    fetched = [request for request in requests if "/+f/" in request]
    assert [request.rpartition("/")[2] for request in fetched] == [
        file for file, outcome in outcomes.items() if outcome == "same content"
    ]
    assert stored(member) == files


def test_another_commit_of_the_same_version_is_a_conflict(devpi: Client, member: Member, tmp_path: Path) -> None:
    origin = project_of(tmp_path / "origin", "setuptools")
    assert run_of_ci(devpi, member, origin, 1).status == 0
    (origin / "demo/__init__.py").write_text("changed = True\n")
    git(origin, "commit -qam changed")
    again = run_of_ci(devpi, member, origin, 2)
    assert again.stderr.splitlines()[-2:] == [
        "0 of 2 files uploaded, 2 failed",
        "upload it as another version; a volatile index accepts it without --skip-existing",
    ]
    assert again.status == 5


# -- when a build takes place, as far as it knows


@pytest.mark.parametrize(
    ("given", "typed", "seen"),
    [
        ({}, [], str(COMMITTED)),
        ({}, ["--no-vcs"], str(COMMITTED)),
        ({}, ["--setupdir-only"], str(COMMITTED)),
        ({}, ["-n"], str(COMMITTED)),
        ({"SOURCE_DATE_EPOCH": "1500000000"}, [], "1500000000"),
        ({"SOURCE_DATE_EPOCH": ""}, [], str(COMMITTED)),
    ],
)
def test_the_last_commit_dates_what_is_built(
    member: Member, project: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], typed: list[str], seen: str
) -> None:
    trace = project.parent / "trace"
    teach(project, DATE.format(str(trace)))
    for name, value in OLD_COMMIT.items():
        monkeypatch.setenv(name, value)
    track(project)
    member.ok("upload", *HERE, *typed, cwd=project, **given)
    assert trace.read_text() == seen


@pytest.mark.parametrize("kind", ["none", "no commit", "hg", "before 1980"])
def test_other_checkouts(member: Member, project: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    trace = project.parent / "trace"
    teach(project, DATE.format(str(trace)))
    if kind == "no commit":
        git(project, "init -q")
        git(project, "add -A")
    elif kind == "hg":
        hg = shutil.which("hg") or f"{sys.prefix}/bin/hg"
        for command in (["init"], ["add", "-q"], ["commit", "-m", "first", "-u", "me", "-d", f"{COMMITTED} 7200"]):
            subprocess.run([hg, *command], cwd=project, check=True, capture_output=True)
    elif kind == "before 1980":
        monkeypatch.setenv("GIT_COMMITTER_DATE", "100000000 +0000")
        track(project)
    member.ok("upload", *HERE, cwd=project)
    assert trace.read_text() == {"hg": str(COMMITTED), "before 1980": "315532800"}.get(kind, "none")


# -- what is compared


def put_there(member: Member, folder: Path, is_sdist: bool, content: bytes) -> Path:
    """Store a file on the index, whatever is in it; return another of the same name here."""
    name, kind = ("demo-1.0.tar.gz", "sdist") if is_sdist else ("demo-1.0-py3-none-any.whl", "bdist_wheel")
    (here := folder / name).write_bytes(content)
    fields = {"metadata_version": "2.1", "name": "demo", "version": "1.0", "filetype": kind, "pyversion": "source"}
    with here.open("rb") as file:
        member.server.upload(member.index, fields, name, file)
    here.write_bytes(SDIST if is_sdist else WHEEL)
    return here


@pytest.mark.parametrize("name", list(SAME)[:2] + list(SAME)[-1:])
def test_a_file_that_differs_in_times_and_owners_only_is_not_sent(
    member: Member, tmp_path: Path, server: Live, name: str
) -> None:
    file = put_there(member, tmp_path, name.startswith("sdist"), SAME[name])
    line = f"same content: {file.name} at {member.index_url}/"
    for dry_run in ([], ["-n"]):
        with server.requests() as requests:
            assert member.ok("upload", "--skip-existing", *dry_run, file) == [line]
        assert [request for request in requests if request.startswith("POST")] == []


def test_without_skip_existing_the_server_is_the_judge(member: Member, tmp_path: Path, server: Live) -> None:
    """It takes no other bytes, and a dry run says so; the file is not fetched."""
    member.server.modify_index(member.index, ["volatile=False"])
    file = put_there(member, tmp_path, True, SAME["sdist, later"])
    with server.requests() as requests:
        status, said = member.fails("upload", "-n", file)
    assert (status, said.splitlines()[1:]) == (5, ["upload it as another version"])
    assert [request for request in requests if "/+f/" in request] == []
    assert member("upload", file).status == 5
