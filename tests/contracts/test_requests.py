"""The number of requests and connections of each command, which matter on a slow network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bench.distance import line_to
from tests.support.dists import make_wheel, put

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live

ONE = [
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
    ("list demo --all", "GET /INDEX/demo"),
    ("list De.Mo==1.0", "GET /INDEX/de-mo/1.0"),
    ("-q push demo==1.0 USER/other", "GET /INDEX/demo PUSH /INDEX"),
    ("-yq remove De.Mo", "GET /INDEX/de-mo DELETE /INDEX/de-mo"),
]
MORE = [
    ("list -v", "GET /INDEX GET /INDEX/de-mo GET /INDEX/demo"),
    ("list --all -v", "GET /INDEX GET /INDEX/de-mo GET /INDEX/demo"),
    ("-yq remove demo>=0", "GET /INDEX/demo DELETE /INDEX/demo/1.0 DELETE /INDEX/demo/2.0"),
    ("-yq remove demo==1.0", "GET /INDEX/demo DELETE /INDEX/demo/1.0"),
    ("-q upload --from-dir WHEELS", "POST /INDEX/ POST /INDEX/ POST /INDEX/"),
]


@pytest.mark.parametrize(("typed", "made"), [*ONE, *MORE])
def test_requests_are_few_and_share_a_connection(
    member: Member, server: Live, tmp_path: Path, typed: str, made: str
) -> None:
    """V32."""
    for name, version in (("demo", "1.0"), ("demo", "2.0"), ("de-mo", "1.0")):
        put(member.server, member.index, version, name=name)
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in ("one", "two", "three"):
        make_wheel(wheels, name)
    with line_to(server.url) as line:
        with member.state.changing() as state:
            state.servers[line.url] = state.servers.pop(server.url)
            state.server = line.url
        known = {
            "HOST": line.url.rstrip("/"),
            "INDEX": member.index,
            "USER": member.user,
            "PASSWORD": member.password,
            "WHEELS": str(wheels),
        }

        def filled_in(text: str) -> str:
            for word, value in known.items():
                text = text.replace(word, value)
            return text

        with server.requests() as seen:
            # As many at once as pays depends on the machine, and each of those has a connection.
            member.ok(*map(filled_in, typed.split()), DEVPI_JOBS="1")
    assert " ".join(seen) == filled_in(made)
    assert len(line.connections) == 1
    assert len(line.exchanges) == len(seen)
