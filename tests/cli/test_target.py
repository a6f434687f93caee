"""Which server, index and user a command uses: arguments first, then the environment, then the state."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from devpi_cli.cli.target import resolve, resolve_url, root_of
from devpi_cli.errors import DevpiError, LoginRequired, NothingInUse, WrongUsage

HERE, THERE, TOOLS = "https://here/", "https://there/devpi/", "https://there/tools/devpi/"


@dataclass
class Remembered:
    """A state in which alice uses alice/dev on one server, and bob is known on another."""

    server: str | None = HERE
    index: str | None = "alice/dev"
    users: dict[str, str] = field(default_factory=lambda: {HERE: "alice", THERE: "bob", TOOLS: ""})

    @property
    def servers(self) -> list[str]:
        return list(self.users)

    def user_at(self, root: str, named: str | None = None) -> str | None:
        user = self.users.get(root) or None
        return user if named in (None, user) else None


NOTHING = Remembered(None, None, {})
NOBODY = Remembered(HERE, None, {HERE: ""})


@pytest.mark.parametrize(
    ("typed", "variables", "root", "index", "user"),
    [
        (None, {}, HERE, "alice/dev", "alice"),
        ("prod", {}, HERE, "alice/prod", "alice"),
        ("bob/prod", {}, HERE, "bob/prod", "alice"),
        (f"{THERE}bob/dev", {}, THERE, "bob/dev", "bob"),
        (f"{THERE}bob/dev/+simple/", {}, THERE, "bob/dev", "bob"),
        ("http://new:8000/a/b", {}, "http://new:8000/", "a/b", None),
        (None, {"INDEX": "prod"}, HERE, "alice/prod", "alice"),
        (None, {"INDEX": "bob/prod"}, HERE, "bob/prod", "alice"),
        (None, {"INDEX": THERE}, "https://there/devpi/", None, "bob"),
        (None, {"INDEX": f"{THERE}bob/dev"}, THERE, "bob/dev", "bob"),
        (None, {"INDEX": TOOLS}, TOOLS, None, None),
        (None, {"INDEX": f"{TOOLS}carol/dev"}, TOOLS, "carol/dev", None),
        ("prod", {"INDEX": f"{THERE}bob/dev"}, THERE, "bob/prod", "bob"),
        ("prod", {"INDEX": "dev"}, HERE, "alice/prod", "alice"),
        (f"{HERE}a/b", {"INDEX": f"{THERE}bob/dev"}, HERE, "a/b", "alice"),
        ("prod", {"USER": "carol"}, HERE, "carol/prod", "carol"),
        (None, {"USER": "carol", "INDEX": "prod"}, HERE, "carol/prod", "carol"),
        (None, {"USER": "__token__"}, HERE, "alice/dev", None),
    ],
)
def test_what_is_meant(
    typed: str | None, variables: dict[str, str], root: str, index: str | None, user: str | None
) -> None:
    environment = {f"DEVPI_{name}": value for name, value in variables.items()}
    target = resolve(typed, environment, Remembered())
    assert (target.root, target.index, target.user) == (root, index, user)
    assert target.named_user == variables.get("USER") if user else True


def test_the_user_who_is_typed_counts_most() -> None:
    target = resolve("prod", {"DEVPI_USER": "carol"}, Remembered(), user="dave")
    assert (target.index, target.user, target.named_user) == ("dave/prod", "dave", "dave")


def test_what_stands_before_the_host_is_for_the_web_server_and_in_no_repr() -> None:
    target = resolve("https://web:s3cret@here/alice/dev", {}, Remembered())
    assert (target.root, target.basic_auth) == (HERE, ("web", "s3cret"))
    assert "s3cret" not in repr(target)


@pytest.mark.parametrize(
    ("typed", "variables", "state", "error", "message"),
    [
        (
            None,
            {},
            NOTHING,
            NothingInUse,
            "no server in use\ntype 'devpi use URL', or 'devpi quickstart' for a server on this machine",
        ),
        ("dev", {}, NOTHING, NothingInUse, "no server in use\n"),
        (None, {"INDEX": "dev"}, NOTHING, WrongUsage, "DEVPI_INDEX is 'dev', but no server is in use\n"),
        (None, {}, NOBODY, NothingInUse, f"no index in use at {HERE}\ntype 'devpi use USER/INDEX', or"),
        (
            "dev",
            {},
            NOBODY,
            LoginRequired,
            "cannot tell whose index 'dev' is: not logged in\ntype USER/dev, or 'devpi login",
        ),
        (None, {"INDEX": "dev"}, NOBODY, LoginRequired, "cannot tell whose index 'dev' is: not logged in\n"),
        (
            "dev",
            {"PASSWORD": "x"},
            NOBODY,
            WrongUsage,
            "DEVPI_PASSWORD is set, but nothing says which user it belongs to\nset DEVPI_U",
        ),
        ("a/b/c", {}, Remembered(), WrongUsage, "index 'a/b/c' must be of the form USER/INDEX or INDEX"),
        ("https://here/", {}, Remembered(), WrongUsage, "'https://here/' is not the URL of an index"),
        (None, {"INDEX": "https://"}, Remembered(), WrongUsage, "invalid URL 'https://'"),
    ],
)
def test_what_makes_no_sense(
    typed: str | None, variables: dict[str, str], state: Remembered, error: type[DevpiError], message: str
) -> None:
    with pytest.raises(error) as raised:
        resolve(typed, {f"DEVPI_{name}": value for name, value in variables.items()}, state).require_index()
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("typed", "variables", "root", "url", "is_known"),
    [
        ("/", {}, HERE, "https://here/", True),
        ("/bob", {}, HERE, "https://here/bob", True),
        ("demo", {}, HERE, "https://here/alice/dev/demo", True),
        ("demo", {"INDEX": "prod"}, HERE, "https://here/alice/prod/demo", True),
        (f"{THERE}x?y=z", {}, THERE, f"{THERE}x?y=z", True),
        ("https://stranger/x", {}, "https://stranger/x", "https://stranger/x", False),
        ("https://stranger/x", {"INDEX": "https://stranger/"}, "https://stranger/", "https://stranger/x", True),
    ],
)
def test_where_a_url_or_path_leads(typed: str, variables: dict[str, str], root: str, url: str, is_known: bool) -> None:
    environment = {f"DEVPI_{name}": value for name, value in variables.items()}
    target, found = resolve_url(typed, environment, Remembered())
    assert (target.root, found, target.is_known) == (root, url, is_known)


def test_a_url_belongs_to_the_server_with_the_longest_root() -> None:
    roots = ["http://host/", "http://host/devpi/", "http://host:3141/"]
    assert root_of("http://host/devpi/alice/dev", roots) == "http://host/devpi/"
    assert root_of("http://host/alice/dev", roots) == "http://host/"
    assert root_of("https://host/alice/dev", roots) is None
