"""What is known about a server, in the form of the state file."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from devpi_cli.models import Login
from devpi_cli.state.known_server import KnownServer

FULL = KnownServer(
    user="alice",
    logins={"alice": Login("alice", "t0ken", 12.5), "bob": Login("bob", "other", inf)},
    features=["push-no-docs"],
    basic_auth=("proxy", "s€cret"),
    client_cert="/certs/alice.pem",
    kept=["alice"],
)


@pytest.mark.parametrize("known", [KnownServer(), FULL])
def test_what_was_written_is_read(known: KnownServer) -> None:
    assert KnownServer.of(known.as_json()) == known


def test_what_older_versions_did_not_write_is_nothing() -> None:
    assert KnownServer.of({"user": None, "logins": {}, "features": []}) == KnownServer()


@pytest.mark.parametrize(
    "wrong",
    [
        {"user": 1},
        {"features": [1]},
        {"features": 1},
        {"basic_auth": ["proxy"]},
        {"basic_auth": ["proxy", 1]},
        {"client_cert": []},
        {"kept": [None]},
        {"logins": {"alice": {"token": None, "expires": 1}}},
        {"logins": {"alice": {"token": "t", "expires": "soon"}}},
        {"logins": {"alice": {"token": "t"}}},
    ],
)
def test_anything_else_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((TypeError, LookupError, ValueError)):
        KnownServer.of({**FULL.as_json(), **wrong})


def test_no_secret_is_shown_by_repr() -> None:
    assert "s€cret" not in repr(FULL)
    assert "t0ken" not in repr(FULL)
