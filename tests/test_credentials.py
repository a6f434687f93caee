"""What .pypirc says, and tokens that are good for less."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from pypitoken import Token

from devpi_cli.api import Server
from devpi_cli.credentials import Repository, narrowed, repository
from devpi_cli.errors import BrokenSettings, WrongUsage
from devpi_cli.session import Access, Session

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
        ("pypi-SECRET\n", "line 1 is not understood"),
        ("[here]\nusername = a\npypi-SECRET\n", "line 3 is not understood"),
        ("[here]\npassword = SECRET\npassword = SECRET\n", "line 3 is not understood"),
        ("[here]\npassword = SECRET\n[here]\n", "line 3 is not understood"),
        ("[SECRET\n", "line 1 is not understood"),
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
    assert str(raised.value) == f"{pypirc} has no section [c]\nthe sections there are: a, b"


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


def test_a20_a_login_with_an_api_token_is_narrowed_for_an_upload() -> None:
    token = Token.create(domain="example.com", identifier="me", key="secret", prefix="devpi").dump()
    server = Server("http://x/", Session(Access("http://x/", ("alice", token))))
    login = server.narrowed_to("Demo_Pkg").session.access.login
    assert login
    assert [type(r).__name__ for r in Token.load(login[1]).restrictions] == [
        "DateRestriction",
        "ProjectNamesRestriction",
    ]
    assert server.session.access.login == ("alice", token)


@pytest.mark.parametrize("token", ["password", "devpi-nonsense"])
def test_any_other_login_stays_what_it_is(token: str) -> None:
    server = Server("http://x/", Session(Access("http://x/", ("alice", token))))
    assert server.narrowed_to("demo") is server


def test_without_pypitoken_no_token_is_narrowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypitoken", None)
    assert narrowed(Token.create(domain="x", identifier="me", key="secret", prefix="pypi").dump(), "demo") is None
