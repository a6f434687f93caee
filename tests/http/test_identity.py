"""Which credentials a request shows, and to whom."""

from __future__ import annotations

from base64 import b64decode

import pytest

from devpi_cli.http.identity import Identity
from devpi_cli.models import Login

ROOT = "https://host/devpi/"
LOGIN, BASIC_AUTH = Login("alice", "token:1", 0), ("gate", "pässword")
WHOLE = Identity(ROOT, LOGIN, BASIC_AUTH, "alice.pem")


def shown(identity: Identity, url: str) -> dict[str, str]:
    """Return the headers for a URL with what they encode."""
    return {
        name: value.removesuffix(code) + b64decode(code).decode()
        for name, value in identity.headers(url).items()
        for code in [value.rpartition(" ")[2]]
    }


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (Identity(ROOT), {}),
        (Identity(ROOT, LOGIN), {"X-Devpi-Auth": "alice:token:1"}),
        (Identity(ROOT, None, BASIC_AUTH), {"Authorization": "Basic gate:pässword"}),
        (WHOLE, {"X-Devpi-Auth": "alice:token:1", "Authorization": "Basic gate:pässword"}),
    ],
    ids=["nothing", "a login", "basic auth", "both"],
)
def test_the_server_gets_the_credentials_there_are(identity: Identity, expected: dict[str, str]) -> None:
    assert shown(identity, f"{ROOT}alice/dev") == expected


SERVER, ORIGIN, ELSEWHERE = "headers and certificate", "certificate only", "nothing"


@pytest.mark.parametrize(
    ("url", "gets"),
    [
        ("https://host/devpi/", SERVER),
        ("https://host/devpi/+api", SERVER),
        ("https://host/devpi/alice/dev?no_projects=", SERVER),
        ("https://HOST/devpi/alice", SERVER),
        ("https://host:443/devpi/alice", SERVER),
        ("https://host/", ORIGIN),
        ("https://host/devpi-of-others/", ORIGIN),
        ("https://host/devpi/../others", ORIGIN),
        ("https://host/devpi/%2e%2e/others", ORIGIN),
        ("http://host/devpi/alice", ELSEWHERE),
        ("https://host:8443/devpi/alice", ELSEWHERE),
        ("https://host.example/devpi/alice", ELSEWHERE),
        ("https://host@other/devpi/alice", ELSEWHERE),
        ("https://other/devpi/alice", ELSEWHERE),
    ],
)
def test_nobody_else_gets_them(url: str, gets: str) -> None:
    assert sorted(WHOLE.headers(url)) == (["Authorization", "X-Devpi-Auth"] if gets == SERVER else [])
    assert WHOLE.certificate(url) == (None if gets == ELSEWHERE else "alice.pem")


def test_without_a_certificate_none_is_shown() -> None:
    assert Identity(ROOT, LOGIN, BASIC_AUTH).certificate(ROOT) is None


def test_an_identity_is_printed_without_its_secrets() -> None:
    assert repr(WHOLE) == "Identity(root='https://host/devpi/', client_cert='alice.pem')"
