"""Which file pip takes, and why it passes over the others; compared with pip itself."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import WrongUsage
from devpi_cli.indexes.selection import EARLY, Environment, chosen, judged, version_of
from devpi_cli.models import Requirement
from devpi_cli.server.simple import SimpleFile
from tests.support.dists import make_wheel
from tests.support.webservers import a_front

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINUX = "manylinux2014_x86_64"
FILES = [
    SimpleFile("demo-1.0-py3-none-any.whl", ""),
    SimpleFile("demo-1.0.tar.gz", ""),
    SimpleFile("demo-1.1-cp39-cp39-manylinux2014_x86_64.whl", ""),
    SimpleFile("demo-1.1-py3-none-any.whl", "", requires_python=">=3.9"),
    SimpleFile("demo-1.2-py3-none-any.whl", "", requires_python=">=3.10"),
    SimpleFile("demo-1.3-cp310-cp310-win_amd64.whl", ""),
    SimpleFile("demo-1.4-py3-none-any.whl", "", yanked="broken"),
    SimpleFile("demo-1.5-py3-none-any.whl", "", yanked=True),
    SimpleFile("demo-2.0rc1-py3-none-any.whl", ""),
]


@pytest.mark.parametrize(
    ("typed", "python", "platform", "expected"),
    [
        ("demo", "3.8", LINUX, "demo-1.0-py3-none-any.whl"),
        ("demo", "3.9", LINUX, "demo-1.1-cp39-cp39-manylinux2014_x86_64.whl"),
        ("demo", "3.9", "win_amd64", "demo-1.1-py3-none-any.whl"),
        ("demo", "3.10", LINUX, "demo-1.2-py3-none-any.whl"),
        ("demo", "3.10", "win_amd64", "demo-1.3-cp310-cp310-win_amd64.whl"),
        ("demo==1.4", "3.9", LINUX, "demo-1.4-py3-none-any.whl"),
        ("demo==2.0rc1", "3.9", LINUX, "demo-2.0rc1-py3-none-any.whl"),
        ("demo==1.3", "3.10", LINUX, None),
        ("demo>=1.3,<1.6", "3.9", LINUX, None),
        ("demo==9", "3.9", LINUX, None),
    ],
)
def test_pip_takes_the_same_file(
    simple: str, venv: Path, typed: str, python: str, platform: str, expected: str | None
) -> None:
    best = chosen(judged(FILES, Requirement.parse(typed), Environment.of(python, platform)))
    assert (best.file.name if best else None) == expected
    assert taken_by_pip(venv, simple, typed, python, platform) == expected


def taken_by_pip(venv: Path, simple: str, typed: str, python: str, platform: str) -> str | None:
    words = "-m pip --isolated install -q --dry-run --report - --no-deps --only-binary :all: --target nowhere"
    command = [venv / "bin/python", *words.split(), "--index-url", simple]
    command += ["--python-version", python, "--platform", platform, typed]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        assert "No matching distribution found" in done.stderr
        return None
    url: str = json.loads(done.stdout)["install"][0]["download_info"]["url"]
    return url.rpartition("/")[2]


@pytest.fixture(scope="module")
def simple(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an index that offers the files."""
    folder = tmp_path_factory.mktemp("files")
    with a_front() as front:
        page = {"meta": {"api-version": "1.0"}, "name": "demo", "files": []}
        for file in FILES:
            version = version_of(file.name, "demo")
            made = make_wheel(folder, version=version)
            front.answers[f"/files/{file.name}"] = 200, {}, made.read_bytes()
            about = {"requires-python": file.requires_python, "yanked": file.yanked}
            known = {name: value for name, value in about.items() if value}
            page["files"] += [{"filename": file.name, "url": f"{front.url}files/{file.name}", "hashes": {}, **known}]
        headers = {"Content-Type": "application/vnd.pypi.simple.v1+json"}
        front.answers["/simple/demo/"] = 200, headers, json.dumps(page).encode()
        yield f"{front.url}simple/"


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (SimpleFile("demo-1.0-cp38-cp38-win32.whl", ""), "built for cp38-cp38-win32"),
        (SimpleFile("demo-1.0-cp38.cp37.cp36-none-any.whl", ""), "built for cp36-none-any, cp37-none-any, …"),
        (SimpleFile("demo-1.0-py3-none-any.whl", "", requires_python=">=3.12"), "needs Python >=3.12"),
        (SimpleFile("demo-1.0-py3-none-any.whl", "", requires_python="nonsense"), ""),
        (SimpleFile("demo-1.0-py3-none-any.whl", "", yanked="it lost data"), "yanked: it lost data"),
        (SimpleFile("demo-1.0-py3-none-any.whl", "", yanked=True), "yanked"),
        (SimpleFile("demo-1.0-py2.7.egg", ""), "not a wheel or an sdist"),
        (SimpleFile("demo-1.0.win32-py2.7.exe", ""), "not a wheel or an sdist"),
        (SimpleFile("demo-1.0-none.whl", ""), "not the name of a wheel"),
        (SimpleFile("demo-2004d.tar.gz", ""), "2004d is not a version by PEP 440"),
        (SimpleFile("demo-1.1rc1.tar.gz", ""), EARLY),
    ],
)
def test_files_are_passed_over_for_a_reason(file: SimpleFile, why: str) -> None:
    files = judged([file, SimpleFile("demo-0.1.tar.gz", "")], Requirement.parse("demo"), Environment.of("3.11", LINUX))
    assert files[0].passed_over == why


def test_a_pre_release_is_taken_if_nothing_else_is_left() -> None:
    """As pip does since 26; older ones need ``--pre``."""
    best = chosen(judged(FILES, Requirement.parse("demo>=1.6"), Environment.of("3.9", LINUX)))
    assert best
    assert best.file.name == "demo-2.0rc1-py3-none-any.whl"


@pytest.mark.parametrize(
    ("name", "project", "version"),
    [
        ("demo-1.0.tar.gz", "demo", "1.0"),
        ("De_Mo-x-1.0-1.zip", "de-mo-x", "1.0-1"),
        ("demo_x-1.0-2-py3-none-any.whl", "demo-x", "1.0"),
        ("demo-1.0-py2.7.egg", "demo", "1.0"),
        ("demo-1.0.1.dev3.win32-py2.4.exe", "demo", "1.0.1.dev3"),
        ("demo-2004d.tar.bz2", "demo", "2004d"),
        ("other.tar.gz", "demo", ""),
    ],
)
def test_the_version_stands_in_the_name(name: str, project: str, version: str) -> None:
    assert version_of(name, project) == version


def test_without_words_it_is_this_python_on_this_machine() -> None:
    assert Environment.of().python == ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize("typed", ["2.7", "3", "3.x", "three", "3.11.1.1", "3.1111"])
def test_a_python_is_a_version_of_python_3(typed: str) -> None:
    with pytest.raises(WrongUsage, match="is not a version of Python"):
        Environment.of(typed)
