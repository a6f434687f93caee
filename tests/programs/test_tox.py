"""The configuration that tox gets, and which of its reports count."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import BrokenDistribution
from devpi_cli.models import Link
from devpi_cli.programs import tox
from devpi_cli.programs.tox import Options

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The folder of an unpacked sdist with every file that tox knows, and with one of its own."""
    folder = tmp_path / "demo-1.0"
    folder.mkdir()
    texts = {
        "tox.ini": "",
        "pyproject.toml": "[tool.tox]\n",
        "setup.cfg": "[tox:tox]\n",
        "tox.toml": "",
        "other.ini": "",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


def command(package: Path, options: Options) -> list[str]:
    return tox.command("tox", package / "demo-1.0.tar.gz", package, package / "report.json", options)


def test_a_file_for_tox_alone_comes_first(package: Path) -> None:
    found = []
    for name in ("tox.ini", "pyproject.toml", "setup.cfg", "tox.toml"):
        found.append((name, command(package, Options(fallback=package / "other.ini"))[-1]))
        (package / name).unlink()

    assert found == [(name, f"{package / name}") for name, _ in found]
    assert command(package, Options(fallback=package / "other.ini"))[-1] == f"{package / 'other.ini'}"


def test_what_is_typed_for_tox_comes_last_and_wins(package: Path) -> None:
    options = Options("py312", package / "other.ini", arguments=("-c", "third.ini", "--", "-k", "fast"))

    end = ["-c", f"{package / 'other.ini'}", "-e", "py312", "-c", "third.ini", "--", "-k", "fast"]
    assert command(package, options)[-len(end) :] == end


BROKEN = {
    "pyproject.toml": ("[tool", r"Expected '\]' at the end of a table declaration"),
    "setup.cfg": ("name = demo", "File contains no section headers"),
}


@pytest.mark.parametrize(("name", "text", "why"), [(name, *case) for name, case in BROKEN.items()])
def test_a_broken_configuration_is_named(tmp_path: Path, name: str, text: str, why: str) -> None:
    (tmp_path / name).write_text(text)

    with pytest.raises(BrokenDistribution, match=rf"^{tmp_path.name}/{name} is broken: {why}"):
        command(tmp_path, Options())


@pytest.mark.parametrize(
    "name", ["..%2Fevil.tar.gz", "..%5Cevil.tar.gz", "C:evil.tar.gz", "%2Fevil.tar.gz", ".evil.tar.gz"]
)
def test_a_server_cannot_choose_the_folder_of_a_download(name: str) -> None:
    url = f"http://devpi.example/alice/dev/+f/{name}"

    with pytest.raises(BrokenDistribution, match=r"not a safe file name$") as failure:
        tox.file_name(Link(url))

    assert failure.value.message.startswith(url)


@pytest.mark.parametrize("text", [None, "", "no JSON", "[]", '{"testenvs": {}}', '{"testenvs": {"py": {}}}'])
def test_a_report_without_any_test_is_none(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)

    assert tox.read_report(tmp_path / "report.json") is None


def test_a_report_is_read(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps({"testenvs": {"py": {"test": []}}}))

    assert tox.read_report(tmp_path / "report.json") == {"testenvs": {"py": {"test": []}}}


@pytest.mark.parametrize(("file", "text", "found"), [
    ("tox.ini", "[tox]\nenvlist = py311, lint\n[testenv]\n[testenv:docs]\n", ["py311", "lint", "docs"]),
    ("tox.ini", "[tox]\nenv_list =\n  py{311,312}-{a, b}\n  lint\n",
     ["py311-a", "py311-b", "py312-a", "py312-b", "lint"]),
    ("tox.ini", "[testenv:{one,two}]\n", ["one", "two"]), ("tox.ini", "no section", []), ("tox.ini", "", []),
    ("setup.cfg", "[tox:tox]\nenvlist = a\n", ["a"]), ("setup.cfg", "[metadata]\nname = x\n", []),
    ("tox.toml", 'env_list = ["a", {product = []}]\n[env.b]\n', ["a", "b"]),
    ("pyproject.toml", '[tool.tox]\nenv_list = ["a"]\n', ["a"]), ("pyproject.toml", "[tool.tox", []),
    ("pyproject.toml", '[tool.tox]\nlegacy_tox_ini = """\n[tox]\nenvlist = a,b\n"""\n', ["a", "b"]),
])  # fmt: skip
def test_the_environments_that_a_configuration_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str, found: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tox.environments() == []
    (tmp_path / file).write_text(text)
    assert tox.environments() == tox.environments(str(tmp_path / file)) == found
