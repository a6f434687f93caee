"""Reading .pypirc."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devpi_cli.auth.pypirc import Repository, repository, sections
from devpi_cli.errors import BrokenSettings, WrongUsage

if TYPE_CHECKING:
    from pathlib import Path

PYPI = "https://upload.pypi.org/legacy/"


@pytest.fixture
def pypirc(tmp_path: Path) -> Path:
    return tmp_path / ".pypirc"


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("[here]\nrepository = http://x/\nusername = a\npassword = b\n", Repository("here", "http://x/", "a", "b")),
        (
            "[here]\nrepository: http://x/\nusername: zoë\npassword: %s#;\n",
            Repository("here", "http://x/", "zoë", "%s#;"),
        ),
        ("[here]\nrepository = http://x/\nusername = a\n", Repository("here", "http://x/", "a", None)),
        ("[here]\nrepository = http://x/\n", Repository("here", "http://x/", None, None)),
        ("[here]\nrepository = http://x/\npassword = pypi-1\n", Repository("here", "http://x/", "__token__", "pypi-1")),
        ("[pypi]\npassword = pypi-1\n", Repository("pypi", PYPI, "__token__", "pypi-1")),
        ("[pypi]\nusername = a\npassword = b\n", Repository("pypi", PYPI, "a", "b")),
        ("[testpypi]\n", Repository("testpypi", "https://test.pypi.org/legacy/", "__token__", None)),
        ("\ufeff[pypi]\n", Repository("pypi", PYPI, "__token__", None)),
    ],
)
def test_c15_a_section_is_read_as_pypi_means_it(pypirc: Path, section: str, said: Repository) -> None:
    pypirc.write_text(section, encoding="utf-8")
    assert repository(pypirc, said.name) == said


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("pypi-SECRET\n", "line 1 is invalid"),
        ("[here]\nusername = a\npypi-SECRET\n", "line 3 is invalid"),
        ("[here]\npassword = SECRET\npassword = SECRET\n", "line 3 is invalid"),
        ("[here]\npassword = SECRET\n[here]\n", "line 3 is invalid"),
        ("[SECRET\n", "line 1 is invalid"),
        ("[here]\npassword = SECRET\udcff\n", "it is not UTF-8 text"),
    ],
)
def test_c15_a_broken_file_is_named_and_never_quoted(pypirc: Path, content: str, why: str) -> None:
    pypirc.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(BrokenSettings) as raised:
        repository(pypirc, "here")
    assert str(raised.value) == f"cannot read {pypirc}: {why}"


def test_a_section_that_is_not_there_is_an_error_that_lists_those_that_are(pypirc: Path) -> None:
    pypirc.write_text("[distutils]\nindex-servers = a b\n[a]\n[b]\n")
    with pytest.raises(WrongUsage) as raised:
        repository(pypirc, "c")
    assert str(raised.value) == f"{pypirc} has no section [c]\nexisting sections: a, b"


def test_a_section_has_to_say_where_to_upload(pypirc: Path) -> None:
    pypirc.write_text("[here]\nusername = a\n")
    with pytest.raises(WrongUsage) as raised:
        repository(pypirc, "here")
    assert str(raised.value) == f"{pypirc}: section [here] does not say where to upload\nadd a line: repository = URL"


def test_a_file_that_is_not_there_is_an_error(pypirc: Path) -> None:
    with pytest.raises(WrongUsage) as raised:
        repository(pypirc, "here")
    assert str(raised.value) == f"there is no {pypirc}\nname another file with --pypirc FILE"


def test_no_secret_shows_in_a_representation() -> None:
    assert repr(Repository("here", "http://x/", "a", "SECRET")) == "Repository(name='here', url='http://x/', user='a')"


def test_the_sections_are_those_where_something_can_be_uploaded(pypirc: Path) -> None:
    pypirc.write_text("[distutils]\nindex-servers = a b\n[b]\nrepository = http://b/\n[a]\npassword = x\n")
    assert sections(pypirc) == ["b", "a"]
