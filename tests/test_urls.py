"""From what the user typed to a URL; hiding secrets in URLs."""

from __future__ import annotations

import pytest

from devpi_cli import urls
from devpi_cli.errors import WrongUsage


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("http://host", "http://host"),
        ("http://host/", "http://host"),
        (" https://host:3141/alice/dev/ \n", "https://host:3141/alice/dev"),
        ("https://host/prefix/alice/dev?no_projects=#top", "https://host/prefix/alice/dev"),
        ("http://[::1]:3141/", "http://[::1]:3141"),
        ("http://alice:p%40ss@host/dev", "http://alice:p%40ss@host/dev"),
        ("http://host/alice/my index", "http://host/alice/my%20index"),
        ("http://host/alice/my%20index", "http://host/alice/my%20index"),
        ("http://host/jörg/dev", "http://host/j%C3%B6rg/dev"),
    ],
)
def test_a_url_is_brought_into_a_form_that_can_be_asked(typed: str, url: str) -> None:
    assert urls.checked(typed) == url


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "it has to begin with http:// or https://"),
        ("host:3141", "it has to begin with http:// or https://"),
        ("ftp://host", "it has to begin with http:// or https://"),
        ("file:///etc/passwd", "it has to begin with http:// or https://"),
        ("http://", "it has no valid host"),
        ("http:///alice/dev", "it has no valid host"),
        ("http://host:port", "it has no valid host"),
        ("http://host:99999", "it has no valid host"),
        ("http://host:0", "it has no valid host"),
        ("http://[::1", "it has no valid host"),
        ("http://two words/", "it has no valid host"),
    ],
)
def test_what_is_no_url_is_wrong_usage(typed: str, why: str) -> None:
    with pytest.raises(WrongUsage) as failure:
        urls.checked(typed)
    assert str(failure.value) == f"invalid URL {typed!r}: {why}"


@pytest.mark.parametrize("password", ["secret", "se/cret", "se#cret", "se?cret", "se@cret", "sec:ret", ""])
def test_an_invalid_url_does_not_give_away_its_password(password: str) -> None:
    with pytest.raises(WrongUsage) as failure:
        urls.checked(f"ftp://alice:{password}@host")
    assert str(failure.value).startswith("invalid URL 'ftp://alice:****@host': it ")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("http://alice:secret@host/dev", "http://alice:****@host/dev"),
        ("http://:token@host/dev", "http://:****@host/dev"),
        ("GET http://a:b@h/ and https://c:d@i/", "GET http://a:****@h/ and https://c:****@i/"),
        ("http://alice:p@ss:w@host/", "http://alice:****@host/"),
        ("http://alice:se/cret@host/", "http://alice:****@host/"),
        ("http://host:3141/alice@example/dev", "http://host:3141/alice@example/dev"),
        ("http://host/a:b@c", "http://host/a:b@c"),
        ("https://TOKEN@host/", "https://****@host/"),
        ("https://TOKEN@host:3141/a@b and https://c:d@i/", "https://****@host:3141/a@b and https://c:****@i/"),
        ("https://TOKEN@host", "https://****@host"),
        ("http://host/alice@example/dev", "http://host/alice@example/dev"),
        ("mail alice:x@example.com", "mail alice:x@example.com"),
    ],
)
def test_passwords_and_lone_user_names_in_urls_are_hidden(text: str, hidden: str) -> None:
    assert urls.hide(text) == hidden


@pytest.mark.parametrize(
    ("user", "password"), [("alice", "secret"), ("a@b", "p@:/%#?s"), ("jörg", "pässwörd"), ("", "token")]
)
def test_a_login_goes_into_a_url_and_comes_back(user: str, password: str) -> None:
    """A14."""
    url = urls.with_login("https://host:8080/alice/dev", user, password)
    assert urls.without_login(urls.checked(url)) == ("https://host:8080/alice/dev", (user, password))


def test_a_url_without_a_login_stays_as_it_is() -> None:
    assert urls.without_login("https://host/alice@home/dev") == ("https://host/alice@home/dev", None)


def test_a_user_without_a_password_is_wrong_usage() -> None:
    with pytest.raises(WrongUsage) as failure:
        urls.without_login("https://TOKEN@host/")
    needs = "a user name before the host needs a password, user:password@host"
    assert str(failure.value) == f"invalid URL 'https://****@host/': {needs}"


@pytest.mark.parametrize(
    ("url", "root", "below"),
    [
        ("http://host/alice/dev", "http://host/", True),
        ("http://host/?no_projects=", "http://host/", True),
        ("http://host", "http://host/", True),
        ("http://host:80/alice", "http://host/", True),
        ("https://host:443/alice", "https://HOST/", True),
        ("http://host/prefix", "http://host/prefix/", True),
        ("http://host/prefix-more/alice", "http://host/prefix/", False),
        ("http://host/alice", "http://host/prefix/", False),
        ("https://host/alice", "http://host/", False),
        ("http://host:3141/alice", "http://host/", False),
        ("http://host.example/alice", "http://host/", False),
        ("http://host/alice", "", False),
        ("http://host/prefix-more", "http://host/prefix", False),
        ("http://host/prefix/../other", "http://host/prefix/", False),
        ("http://host/prefix/%2e%2E%2fother", "http://host/prefix/", False),
        ("http://host/prefix/demo..1", "http://host/prefix/", True),
    ],
)
def test_a_url_belongs_to_a_server_with_the_same_origin_and_prefix(url: str, root: str, below: bool) -> None:
    assert urls.is_below(url, root) is below


TOOLS = "https://host/tools/devpi/"


@pytest.mark.parametrize(
    ("url", "known", "root", "index"),
    [
        ("http://host/alice/dev", [], "http://host/", "alice/dev"),
        ("http://host/alice/dev/", [], "http://host/", "alice/dev"),
        ("http://host:3141/a/b/alice/dev", [], "http://host:3141/a/b/", "alice/dev"),
        ("http://host/alice/dev/+simple/", [], "http://host/", "alice/dev"),
        ("http://host/alice/dev/+simple/demo/", [], "http://host/", "alice/dev"),
        ("http://host/alice", [], "http://host/alice/", None),
        ("http://host", [], "http://host/", None),
        # A server below a path of two parts looks like an index, until it is known.
        ("https://host/tools/devpi", [], "https://host/", "tools/devpi"),
        ("https://host/tools/devpi", [TOOLS], TOOLS, None),
        ("https://host/tools/devpi/", [TOOLS], TOOLS, None),
        ("https://host/tools/devpi/alice", [TOOLS], TOOLS, None),
        ("https://host/tools/devpi/alice/dev", [TOOLS], TOOLS, "alice/dev"),
        ("https://host/tools/devpi/alice/dev/+simple/", ["https://host/", TOOLS], TOOLS, "alice/dev"),
        ("https://host/tools/devpi", ["https://host/"], "https://host/", "tools/devpi"),
        ("https://host/tools/devpi/alice/dev", ["https://host/"], TOOLS, "alice/dev"),
        ("https://other/tools/devpi", [TOOLS], "https://other/", "tools/devpi"),
    ],
)
def test_a_url_leads_to_a_server_and_perhaps_an_index(url: str, known: list[str], root: str, index: str | None) -> None:
    assert urls.place(url, known) == (root, index, None)


@pytest.mark.parametrize("url", ["http://host", "http://host/", "http://host/alice", "http://host/+simple/"])
def test_a_url_without_user_and_index_is_no_index(url: str) -> None:
    with pytest.raises(WrongUsage, match="is not the URL of an index: it has to end in /USER/INDEX"):
        urls.index_place(url)


@pytest.mark.parametrize(
    ("typed", "user", "index"),
    [
        ("alice/dev", None, "alice/dev"),
        ("/alice/dev/", None, "alice/dev"),
        ("alice/dev", "bob", "alice/dev"),
        ("dev", "bob", "bob/dev"),
    ],
)
def test_an_index_may_leave_out_the_user_who_is_logged_in(typed: str, user: str | None, index: str) -> None:
    assert urls.index_name(typed, user) == index


@pytest.mark.parametrize(
    ("typed", "user", "why"),
    [
        ("dev", None, "index 'dev' has to be USER/INDEX"),
        ("", "bob", "index '' has to be of the form USER/INDEX or INDEX"),
        ("a/b/c", "bob", "index 'a/b/c' has to be of the form USER/INDEX or INDEX"),
        ("alice//dev", None, "index 'alice//dev' has to be of the form USER/INDEX or INDEX"),
        ("alice/..", None, "index 'alice/..' has to be of the form USER/INDEX or INDEX"),
    ],
)
def test_what_names_no_index_is_wrong_usage(typed: str, user: str | None, why: str) -> None:
    with pytest.raises(WrongUsage) as failure:
        urls.index_name(typed, user)
    assert str(failure.value) == why


def test_names_are_quoted_on_their_way_into_a_url() -> None:
    assert urls.join("http://host/prefix/", "alice", "dev", "1.0+local") == "http://host/prefix/alice/dev/1.0+local"
    assert urls.join("http://host/", "../a b", "c/d?e#f") == "http://host/..%2Fa%20b/c%2Fd%3Fe%23f"


def test_a_path_is_below_its_base() -> None:
    assert urls.absolute("http://host/alice/dev", "demo") == "http://host/alice/dev/demo"
    assert urls.absolute("http://host/prefix/", "/alice") == "http://host/prefix/alice"
    assert urls.path("http://host/alice/dev?a=b") == "/alice/dev"


def test_json_is_shown_without_the_passwords_in_its_urls() -> None:
    shown = {
        "index": {"mirror_url": "http://me:****@host/", "bases": ["http://****@host/", "root/pypi"], "volatile": True}
    }
    told = {
        "index": {"mirror_url": "http://me:pw@host/", "bases": ["http://t0ken@host/", "root/pypi"], "volatile": True}
    }
    assert urls.hidden(told) == shown
    assert urls.hidden(None) is None
