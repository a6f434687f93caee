"""API tokens: their users, and tokens with fewer permissions."""

from __future__ import annotations

import sys

import pytest
from pymacaroons import MACAROON_V1, MACAROON_V2, Macaroon
from pypitoken import Token

from devpi_cli.errors import WrongUsage
from devpi_cli.http.identity import Identity
from devpi_cli.http.session import Session
from devpi_cli.models import Login
from devpi_cli.server.api import Server
from devpi_cli.server.tokens import Limits, derived, narrowed, user_of


@pytest.mark.parametrize(
    ("identifier", "location", "user"),
    [
        ("alice-abcdEFGH", "", "alice"),
        ("alice-b-abcdEFGH", "", "alice-b"),
        ("alice-abcdEFGH", "host", "alice"),
        ("alice", "", None),
        ("-abcdEFGH", "", None),
        (f"{'a' * 130}-abcdEFGH", "", None),
    ],
)
def test_a_token_of_devpi_says_whose_it_is(identifier: str, location: str, user: str | None) -> None:
    macaroon = Macaroon(identifier=identifier, location=location, key="secret", version=MACAROON_V2)
    for _ in range(2):
        assert user_of(f"devpi-{macaroon.serialize()}") == user
        macaroon.add_first_party_caveat("projects=demo")


@pytest.mark.parametrize(
    "token", ["", "devpi-", "devpi-nonsense", "pypi-AgE", "devpi-AgI", "devpi-AgEC", "ä", "devpi-AgICYWI"]
)
def test_what_is_no_such_token_is_nobodys(token: str) -> None:
    assert user_of(token) is None
    first = Macaroon(identifier="alice-abc", location="", key="secret", version=MACAROON_V1)
    assert user_of(f"devpi-{first.serialize()}") is None


@pytest.mark.parametrize("location", ["", "host"])
@pytest.mark.parametrize("projects", [(), ("demo",), tuple(f"project-{number}" for number in range(3000))])
def test_a_derived_token_is_what_pymacaroons_makes_of_it(location: str, projects: tuple[str, ...]) -> None:
    first = Macaroon(identifier="alice-abcdEFGH", location=location, key="secret", version=MACAROON_V2)
    first.add_first_party_caveat("expires=never")
    limits = Limits(("pkg_read", "upload"), ("alice/dev",), projects, 2_000_000_000)
    ours = derived(derived(f"devpi-{first.serialize()}", limits), Limits(expires="never"))
    for caveat in [*limits.caveats(), "expires=never"]:
        first.add_first_party_caveat(caveat)
    assert ours == f"devpi-{first.serialize()}"


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("hunter2", "this is not a devpi API token"),
        ("devpi-AgEAAg5hbGljZS1hYmNkRUZHSAAABiA", "the API token is damaged"),
    ],
)
def test_from_anything_else_none_is_derived(token: str, said: str) -> None:
    with pytest.raises(WrongUsage, match=said):
        derived(token, Limits(("pkg_read",)))


def test_a20_a_login_with_an_api_token_is_narrowed_for_an_upload() -> None:
    token = Token.create(domain="example.com", identifier="me", key="secret", prefix="devpi").dump()
    server = Server("http://x/", Session(Identity("http://x/", Login("alice", token))))
    login = server.narrowed_to("Demo_Pkg").session.identity.login
    assert login
    assert [type(r).__name__ for r in Token.load(login.token).restrictions] == [
        "DateRestriction",
        "ProjectNamesRestriction",
    ]
    assert server.session.identity.login == Login("alice", token)


@pytest.mark.parametrize("token", ["password", "devpi-nonsense"])
def test_any_other_login_stays_what_it_is(token: str) -> None:
    server = Server("http://x/", Session(Identity("http://x/", Login("alice", token))))
    assert server.narrowed_to("demo") is server


def test_without_pypitoken_no_token_is_narrowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypitoken", None)
    assert narrowed(Token.create(domain="x", identifier="me", key="secret", prefix="pypi").dump(), "demo") is None
