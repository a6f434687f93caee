"""What pip and uv install from besides their index."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from devpi_cli.installers import sources

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://other.example/simple"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "xdg"))
    return tmp_path


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def test_there_are_none_by_default(home: Path) -> None:
    assert sources.of_pip(home / "venv") == sources.of_uv(home) == []


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("[global]\nextra-index-url = URL", [URL]),
        ("[global]\nextra_index_url = URL URL/2", [URL, f"{URL}/2"]),
        ("[global]\n--extra-index-url =\n  URL\n  URL/2", [URL, f"{URL}/2"]),
        ("[install]\nfind-links = URL", [URL]),
        ("[global]\nextra-index-url = URL\n[install]\nextra-index-url = URL/2", [f"{URL}/2"]),
        ("[global]\nextra-index-url = URL\nfind-links = /wheels", [URL, "/wheels"]),
        ("[global]\nextra-index-url =", []),
        ("[download]\nextra-index-url = URL", []),
        ("extra-index-url = URL", []),  # broken: pip says so
        ("\udcff", []),
    ],
)
def test_the_files_of_pip_are_read_as_pip_reads_them(home: Path, text: str, urls: list[str]) -> None:
    path = home / ".config/pip/pip.conf"
    path.parent.mkdir(parents=True)
    path.write_text(text.replace("URL", URL), encoding="utf-8", errors="surrogateescape")
    assert sources.of_pip(None) == [sources.Source(url, str(path)) for url in urls]


def test_what_is_nearer_to_pip_replaces_the_rest(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = ["xdg/pip/pip.conf", ".pip/pip.conf", ".config/pip/pip.conf", "venv/pip.conf"]
    for place in places:
        named = write(home / place, f"[global]\nextra-index-url = {URL}/{place}\n")
        assert sources.of_pip(home / "venv") == [sources.Source(f"{URL}/{place}", named)]
    monkeypatch.setenv("PIP_CONFIG_FILE", write(home / "named", f"[global]\nextra-index-url = {URL}/named\n"))
    assert [source.url for source in sources.of_pip(home / "venv")] == [f"{URL}/named"]
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", URL)
    assert sources.of_pip(home / "venv") == [sources.Source(URL, "PIP_EXTRA_INDEX_URL")]


def test_a_named_file_replaces_those_of_the_user_and_none_replaces_all(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home / ".config/pip/pip.conf", f"[global]\nextra-index-url = {URL}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", write(home / "named", "[global]\n"))
    assert sources.of_pip(None) == []
    write(home / "venv/pip.conf", f"[global]\nextra-index-url = {URL}\n")
    assert sources.of_pip(home / "venv") != []
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    assert sources.of_pip(home / "venv") == []


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ('[[index]]\nurl = "URL"', [URL]),
        ('[[index]]\nurl = "URL"\ndefault = true', []),
        ('[[index]]\nurl = "URL"\nexplicit = true', []),
        ('index = [{url = "URL"}, {url = "URL/2", default = false}]', [URL, f"{URL}/2"]),
        ('extra-index-url = ["URL"]\nfind-links = ["/wheels"]', [URL, "/wheels"]),
        ('[pip]\nextra-index-url = ["URL"]\nindex-url = "URL/2"', [URL]),
        ('index-url = "URL"', []),
        ("index = 1", []),
        ("extra-index-url = [1]", []),
        ("[broken", []),
    ],
)
def test_the_files_of_uv_are_read_as_uv_reads_them(home: Path, text: str, urls: list[str]) -> None:
    path = write(home / ".config/uv/uv.toml", text.replace("URL", URL))
    assert sources.of_uv(home / "work") == [sources.Source(url, path) for url in urls]


def test_uv_adds_up_the_variables_and_files_of_user_and_nearest_project(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_INDEX", f"corp={URL}/a {URL}/b?x=1")
    monkeypatch.setenv("UV_EXTRA_INDEX_URL", f"{URL}/c")
    monkeypatch.setenv("UV_FIND_LINKS", f"{URL}/d,/my wheels")
    write(home / "work/uv.toml", f'[[index]]\nurl = "{URL}/far"\n')
    near = write(home / "work/project/pyproject.toml", f'[[tool.uv.index]]\nurl = "{URL}/e"\n')
    write(home / "work/project/docs/pyproject.toml", "[project]\n")
    user = write(home / ".config/uv/uv.toml", f'[[index]]\nurl = "{URL}/f"\n')
    assert sources.of_uv(home / "work/project/docs") == [
        (f"{URL}/a", "UV_INDEX"),
        (f"{URL}/b?x=1", "UV_INDEX"),
        (f"{URL}/c", "UV_EXTRA_INDEX_URL"),
        (f"{URL}/d", "UV_FIND_LINKS"),
        ("/my wheels", "UV_FIND_LINKS"),
        (f"{URL}/e", near),
        (f"{URL}/f", user),
    ]
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    assert [origin for _, origin in sources.of_uv(home / "work/project")][-1] == "UV_FIND_LINKS"


@pytest.mark.parametrize("name", [".config/pip/pip.conf", ".config/uv/uv.toml"])
def test_a_pipe_is_no_file_to_read(home: Path, name: str) -> None:
    (home / name).parent.mkdir(parents=True)
    os.mkfifo(home / name)
    assert sources.of_pip(None) == sources.of_uv(home / "work") == []
