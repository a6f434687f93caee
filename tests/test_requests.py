"""How many requests a command makes: on a slow line each one is felt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import put

if TYPE_CHECKING:
    from tests.conftest import Live, Member


@pytest.mark.parametrize(
    ("typed", "request_made"),
    [
        ("use HOST", "GET /+api"),
        ("use INDEX", "GET /INDEX/+api"),
        ("use HOST/INDEX", "GET /INDEX/+api"),
        ("use", "GET /INDEX/+api"),
        ("use --urls", "GET /INDEX/+api"),
        ("use -l", "GET /"),
        ("use -l -u USER", "GET /USER"),
        ("-q login USER --password PASSWORD", "POST /+login"),
        ("index", "GET /INDEX"),
        ("index --no-projects", "GET /INDEX"),
        ("index -l", "GET /USER"),
        ("index -c new bases=", "PUT /USER/new"),
        ("index dev title=x", "PATCH /INDEX"),
        ("user", "GET /USER"),
        ("user USER email=x", "PATCH /USER"),
        ("getjson /INDEX", "GET /INDEX"),
        ("list", "GET /INDEX"),
        ("list demo", "GET /INDEX/demo"),
        ("list De.Mo==1.0", "GET /INDEX/de-mo/1.0"),
    ],
)
def test_one_request_does_it(member: Member, server: Live, typed: str, request_made: str) -> None:
    """V32."""
    put(member.server, member.index, "1.0")
    put(member.server, member.index, "1.0", name="de-mo")
    known = {"HOST": server.url.rstrip("/"), "INDEX": member.index, "USER": member.user, "PASSWORD": member.password}

    def filled_in(text: str) -> str:
        for word, value in known.items():
            text = text.replace(word, value)
        return text

    with server.requests() as seen:
        member.ok(*map(filled_in, typed.split()))
    assert seen == [filled_in(request_made)]
