"""A redirect to another origin is followed without token, password and client certificate."""

from __future__ import annotations

import json
import ssl
from typing import TYPE_CHECKING

import pytest

from devpi_cli.errors import Redirected
from devpi_cli.http.identity import Identity
from devpi_cli.http.tls import Trust
from devpi_cli.models import Login
from tests.support.loopback import simple_index
from tests.support.webservers import Front, a_front, tls_context, tls_front

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import trustme

    from devpi_cli.http.session import Session
    from tests.support.clients import Member
    from tests.support.servers import Live

SECRETS = {"x-devpi-auth", "authorization", "cookie", "proxy-authorization"}
HOW: dict[str, Callable[[Session, str], object]] = {
    "GET": lambda session, url: session.request("GET", url),
    "HEAD": lambda session, url: session.request("HEAD", url),
    "download": lambda session, url: session.download(url, lambda piece: None, leave_tls=True),
    "size": lambda session, url: session.size(url),
}
# From which web server to which, by name; the other host is the same machine by another name.
WHERE = {
    "another port": ("plain", "plain too", ""),
    "another host": ("plain", "plain", "localhost"),
    "https from http": ("plain", "tls", ""),
    "http from https": ("tls", "plain", ""),
    "another port of https": ("tls", "tls too", ""),
    "another host of https": ("tls", "tls", "localhost"),
}


@pytest.fixture(scope="module")
def fronts(ca: trustme.CA) -> Iterator[dict[str, Front]]:
    """Web servers with and without TLS; who shows no certificate is served as well."""
    contexts = [tls_context(ca.issue_cert("127.0.0.1", "localhost"), ca) for _ in range(2)]
    for context in contexts:
        context.verify_mode = ssl.CERT_OPTIONAL
    with a_front() as one, a_front() as two, a_front(contexts[0]) as three, a_front(contexts[1]) as four:
        yield {"plain": one, "plain too": two, "tls": three, "tls too": four}


@pytest.fixture(scope="module")
def certificate(ca: trustme.CA, ca_file: Path) -> Path:
    path = ca_file.parent / "alice.pem"
    ca.issue_cert("alice@example.com").private_key_and_cert_chain_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="module")
def trust(ca_file: Path) -> Trust:
    return Trust(str(ca_file))


@pytest.mark.parametrize("how", ["GET", "HEAD"])
def test_away_from_tls_nothing_is_asked_but_for_a_file(
    new_session: Callable[..., Session], fronts: dict[str, Front], trust: Trust, how: str
) -> None:
    here, there = fronts["tls"], fronts["plain"]
    here.answer("/here", status=302, Location=there.answer("/there"))
    asked = len(there.asked)
    with pytest.raises(Redirected, match="without TLS"):
        HOW[how](new_session(Identity(here.url), trust=trust), f"{here.url}here")
    with pytest.raises(Redirected, match="without TLS"):  # nor for a file, unless it is verified by other means
        new_session(Identity(here.url), trust=trust).download(f"{here.url}here", lambda piece: None)
    assert len(there.asked) == asked


@pytest.mark.parametrize(
    ("where", "how"),
    [(where, how) for where in WHERE for how in HOW if where != "http from https" or how in ("download", "size")],
)
def test_another_origin_learns_no_secret(
    new_session: Callable[..., Session],
    fronts: dict[str, Front],
    certificate: Path,
    trust: Trust,
    where: str,
    how: str,
) -> None:
    first, second, host = WHERE[where]
    here, there = fronts[first], fronts[second]
    begun = -2 if here is there else -1
    url, asked = there.answer("/there"), {"download": "GET", "size": "HEAD"}.get(how, how)
    identity = Identity(here.url, Login("alice", "t0ken"), ("proxy", "s3cret"), str(certificate))
    session = new_session(identity, trust=trust)
    for status in (301, 302, 303, 307, 308):
        here.answer("/here", status=status, Location=url.replace("127.0.0.1", host) if host else url)
        HOW[how](session, f"{here.url}here")
        assert (here.asked[begun], there.asked[-1]) == (f"{asked} /here", f"{asked} /there")
        assert here.headers[begun].keys() & SECRETS == {"x-devpi-auth", "authorization"}
        assert here.certificates[begun] == (first == "tls")
        assert there.headers[-1].keys() & SECRETS == set()
        assert not there.certificates[-1]
        assert "t0ken" not in str(there.headers[-1])


def test_the_size_of_a_file_is_asked_where_the_file_would_come_from(
    member: Member, server: Live, ca: trustme.CA, ca_file: Path, wheel: Path
) -> None:
    """D7: a mirror may send everybody who wants its files to its upstream, which needs no TLS."""
    with (
        simple_index(wheel.parent) as upstream,
        tls_front(server, tls_context(ca.issue_cert("127.0.0.1")), told=True) as url,
    ):
        settings = {"type": "mirror", "mirror_url": upstream.url, "mirror_no_project_list": "True"}
        member.server.create_index(f"{member.user}/mirror", {**settings, "mirror_use_external_urls": "True"})
        mirror = f"{url}{member.user}/mirror"
        listed = member.ok("list", "-v", "--json", "demo", "--index", mirror, "--ca-bundle", ca_file)
    [file] = json.loads("".join(listed))["files"]
    assert file["url"].startswith(f"{mirror}/+e/")
    assert (file["file"], file["size"]) == (wheel.name, wheel.stat().st_size)
