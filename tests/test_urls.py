"""From what the user typed to a URL; comparing URLs."""

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
        ("", "it must begin with http:// or https://"),
        ("host:3141", "it must begin with http:// or https://"),
        ("ftp://host", "it must begin with http:// or https://"),
        ("file:///etc/passwd", "it must begin with http:// or https://"),
        ("http://", "it has no valid host"),
        ("http:///alice/dev", "it has no valid host"),
        ("http://host:port", "it has no valid host or port"),
        ("http://host:99999", "it has no valid host or port"),
        ("http://host:0", "it has no valid host"),
        ("http://[::1", "it has no valid host or port"),
        ("http://two words/", "it has no valid host"),
    ],
)
def test_what_is_no_url_is_wrong_usage(typed: str, why: str) -> None:
    with pytest.raises(WrongUsage) as failure:
        urls.checked(typed)
    assert str(failure.value) == f"invalid URL {typed!r}: {why}"


@pytest.mark.parametrize("password", ["secret", "se/cret", "se#cret", "se?cret", "se@cret", "sec:ret", "s e"])
def test_an_invalid_url_does_not_give_away_its_password(password: str) -> None:
    with pytest.raises(WrongUsage) as failure:
        urls.checked(f"ftp://alice:{password}@host")
    assert str(failure.value).startswith("invalid URL 'ftp://alice:****@host': it ")


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
    needs = "a user name before the host needs a password, too"
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
    with pytest.raises(WrongUsage, match="is not the URL of an index: it must end in /USER/INDEX"):
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
        ("dev", None, "index 'dev' must be USER/INDEX"),
        ("", "bob", "index '' must be of the form USER/INDEX or INDEX"),
        ("a/b/c", "bob", "index 'a/b/c' must be of the form USER/INDEX or INDEX"),
        ("alice//dev", None, "index 'alice//dev' must be of the form USER/INDEX or INDEX"),
        ("alice/..", None, "index 'alice/..' must be of the form USER/INDEX or INDEX"),
    ],
)
def test_what_names_no_index_is_wrong_usage(typed: str, user: str | None, why: str) -> None:
    with pytest.raises(WrongUsage) as failure:
        urls.index_name(typed, user)
    assert str(failure.value) == why


def test_names_are_quoted_on_their_way_into_a_url() -> None:
    assert urls.join("http://host/prefix/", "alice", "dev", "1.0+local") == "http://host/prefix/alice/dev/1.0+local"
    assert urls.join("http://host/", "a b", "zoë") == "http://host/a%20b/zo%C3%AB"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "a?b", "a#b", "%2e%2e", "a\\b", "a\nb", "\x7f"])
def test_what_could_be_read_as_another_path_is_not_a_name(name: str) -> None:
    with pytest.raises(WrongUsage):
        urls.join("http://host/", "alice", name)
    with pytest.raises(WrongUsage):
        urls.index_name(f"alice/{name}", None)
    with pytest.raises(WrongUsage):
        urls.user_name(name)


FILE = "http://host/devpi/alice/dev/+f/2ed/2df83d4eb29af/demo-1.0.tar.gz"


@pytest.mark.parametrize(
    ("typed", "root", "place"),
    [
        (FILE, "http://host/devpi/", ("http://host/devpi/", FILE)),
        (FILE, "", ("http://host/devpi/", FILE)),
        (FILE, "http://other/", ("http://host/devpi/", FILE)),
        (f"{FILE}#sha256=2ED0", "http://host/devpi/", ("http://host/devpi/", FILE)),
        (
            "http://h/a/b/+e/x/demo-1.0%2Blocal.whl",
            "http://h/",
            ("http://h/", "http://h/a/b/+e/x/demo-1.0%2Blocal.whl"),
        ),
    ],
)
def test_the_url_of_a_file_is_split(typed: str, root: str, place: tuple[str, str]) -> None:
    assert urls.file_place(typed, root) == place


@pytest.mark.parametrize(
    "typed",
    [
        f"{FILE}?",
        f"{FILE}/",
        f"{FILE}#../..",
        f"{FILE}/..",
        FILE.replace("/+f/", "/%2Bf/../"),
        FILE.replace("/+f/", "//+f/"),
        FILE.replace("/+f/", "?/+f/"),
        FILE.replace("/+f/", "/demo/+f/"),
        FILE.replace("/dev/", "/"),
        FILE.replace("2ed", "%2E%2e"),
        FILE.replace("2ed", "%2f"),
        FILE.replace("2ed", "%252e"),
        FILE.replace("2ed", "\\.."),
        FILE.replace("2ed", "\t"),
        "http://host/devpi/alice/dev/+f/",
        "http://host/devpi/alice/dev/+f",
        "http://host/devpi/+f/x/y/z",
        "http://host[/devpi/alice/dev/+f/x/y",
        "http://host:port/devpi/alice/dev/+f/x/y",
        "http://host/devpi/",
    ],
)
def test_what_is_not_the_url_of_a_file_is_refused(typed: str) -> None:
    with pytest.raises(WrongUsage, match="is not the URL of a file"):
        urls.file_place(typed, "http://host/devpi/")


def test_a_path_is_below_its_base() -> None:
    assert urls.absolute("http://host/alice/dev", "demo") == "http://host/alice/dev/demo"
    assert urls.absolute("http://host/prefix/", "/alice") == "http://host/prefix/alice"
    assert urls.path("http://host/alice/dev?a=b") == "/alice/dev"
