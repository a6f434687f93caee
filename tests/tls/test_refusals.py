"""Error messages for servers that are not trusted or do not speak our TLS."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from socketserver import BaseRequestHandler
from typing import TYPE_CHECKING

import pytest

from devpi_cli.http.failures import plain
from tests.support.webservers import QuietTcp, serving, tls_context, tls_front

if TYPE_CHECKING:
    from pathlib import Path

    import trustme

    from tests.support.clients import Client
    from tests.support.servers import Live

NOW, DAY = datetime.now(UTC), timedelta(days=1)
Changed = Callable[[ssl.SSLContext], ssl.SSLContext]


def self_signed(folder: Path) -> ssl.SSLContext:
    files = ["-keyout", folder / "key.pem", "-out", folder / "own.pem"]
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", *files, *subject], check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem", folder / "key.pem")
    return context


def of_the_nineties(context: ssl.SSLContext) -> ssl.SSLContext:
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1 is deprecated"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    return context


def of_yesterday(context: ssl.SSLContext) -> ssl.SSLContext:
    """A client certificate is part of the handshake up to TLS 1.2, and comes after it with 1.3."""
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


CERTIFICATE = "does it need a client certificate? 'devpi use URL --client-cert FILE' sends one"
ANOTHER = "it does not accept the client certificate: 'devpi use URL --client-cert FILE' sends another"
REFUSED: dict[str, tuple[Callable[[trustme.CA, Path], ssl.SSLContext], str]] = {
    "another name": (
        lambda ca, _: tls_context(ca.issue_cert("other.example")),
        "cannot trust HERE: IP address mismatch, certificate is not valid for '127.0.0.1'.\n"
        "use a host name that the certificate is valid for",
    ),
    "expired": (
        lambda ca, _: tls_context(ca.issue_cert("127.0.0.1", not_before=NOW - 2 * DAY, not_after=NOW - DAY)),
        "cannot trust HERE: certificate has expired\n"
        "the server needs a new certificate, unless the clock of this machine is wrong",
    ),
    "not yet valid": (
        lambda ca, _: tls_context(ca.issue_cert("127.0.0.1", not_before=NOW + DAY, not_after=NOW + 2 * DAY)),
        "cannot trust HERE: certificate is not yet valid\nis the clock of this machine right?",
    ),
    "signed by itself": (
        lambda _, folder: self_signed(folder),
        "cannot trust HERE: self-signed certificate\nif you trust this certificate, pass it with --ca-bundle FILE",
    ),
    "TLS 1.0": (
        lambda ca, _: of_the_nineties(tls_context(ca.issue_cert("127.0.0.1"))),
        "cannot reach HERE: TLSV1_ALERT_PROTOCOL_VERSION\n"
        "its TLS is older than 1.2: its administrator must enable a newer version",
    ),
    "a client certificate is wanted": (
        lambda ca, _: tls_context(ca.issue_cert("127.0.0.1"), ca),
        f"cannot reach HERE: TLSV13_ALERT_CERTIFICATE_REQUIRED\n{CERTIFICATE}",
    ),
    "a client certificate is wanted by TLS 1.2": (
        lambda ca, _: of_yesterday(tls_context(ca.issue_cert("127.0.0.1"), ca)),
        f"cannot reach HERE: SSLV3_ALERT_HANDSHAKE_FAILURE\n{CERTIFICATE}",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_with_tls_is_said_with_the_next_step(
    devpi: Client, server: Live, ca: trustme.CA, ca_file: Path, tmp_path: Path, case: str
) -> None:
    make, said = REFUSED[case]
    with tls_front(server, make(ca, tmp_path)) as url:
        assert devpi.fails("use", url, "--ca-bundle", ca_file) == (6, said.replace("HERE", url) + "\n")
    assert not devpi.state_file.exists()


def test_a_certificate_that_signed_itself_is_trusted_when_it_is_named(
    devpi: Client, server: Live, tmp_path: Path
) -> None:
    with tls_front(server, self_signed(tmp_path)) as url:
        assert devpi.ok("getjson", url, "--ca-bundle", tmp_path / "own.pem")


@pytest.mark.parametrize("change", [lambda context: context, of_yesterday], ids=["TLS 1.3", "TLS 1.2"])
def test_the_right_client_certificate_opens_and_a_wrong_one_is_told_from_none(
    devpi: Client, server: Live, ca: trustme.CA, ca_file: Path, other_ca: trustme.CA, change: Changed
) -> None:
    mine, wrong = devpi.home / "mine.pem", devpi.home / "wrong.pem"
    ca.issue_cert("alice@example.com").private_key_and_cert_chain_pem.write_to_path(str(mine))
    other_ca.issue_cert("alice@example.com").private_key_and_cert_chain_pem.write_to_path(str(wrong))
    devpi.env["DEVPI_CA_BUNDLE"] = str(ca_file)
    with tls_front(server, change(tls_context(ca.issue_cert("127.0.0.1"), ca))) as url:
        assert devpi.fails("use", url, "--client-cert", wrong) == (
            6, f"cannot reach {url}: TLSV1_ALERT_UNKNOWN_CA\n{ANOTHER}\n",
        )  # fmt: skip
        assert devpi.ok("use", url, "--client-cert", mine)[0] == f"using server: {url} (not logged in)"
        assert devpi.ok("use")[0] == f"using server: {url} (not logged in)"


# -- one side speaks TLS, the other does not


def test_https_is_not_spoken_by_everybody(devpi: Client, not_devpi: str) -> None:
    url = not_devpi.replace("http", "https")
    assert devpi.fails("use", url) == (
        6,
        f"cannot reach {url}: WRONG_VERSION_NUMBER\ndoes this port speak https, or should the URL be {plain(url)}?\n",
    )


def test_a_server_that_waits_for_plain_http_is_not_waited_for(devpi: Client, server: Live) -> None:
    url = server.url.replace("http", "https")
    assert devpi.fails("use", url, "--timeout", 1) == (
        6,
        f"cannot reach {url}: no connection within 1 s\n"
        f"does this port speak https, or should the URL be {plain(url)}?\n",
    )


HTTPS = "this port speaks TLS: use a URL with https://"
# What servers that speak TLS answer to plain http: some a page, some what TLS calls an alert, some nothing.
PLAIN = {
    "nginx": (
        b"<title>400 The plain HTTP request was sent to HTTPS port</title>",
        "HERE answered 400 Bad Request",
        HTTPS,
    ),
    "Apache": (
        b"Reason: You're speaking plain HTTP to an SSL-enabled server port",
        "HERE answered 400 Bad Request",
        HTTPS,
    ),
    "Caddy": (b"Client sent an HTTP request to an HTTPS server.", "HERE answered 400 Bad Request", HTTPS),
    "nginx, without a client certificate": (
        b"<center>No required SSL certificate was sent</center>",
        "HERE answered 400 Bad Request",
        CERTIFICATE,
    ),
    "an alert": (b"\x15\x03\x01\x00\x02\x02\x46", "cannot understand HERE: it does not speak HTTP", ""),
    "nothing": (b"", "cannot reach HERE: Server disconnected without sending a response.", ""),
}


@pytest.mark.parametrize("case", PLAIN)
def test_a_server_that_wants_tls_is_told_from_one_that_is_not_there(devpi: Client, case: str) -> None:
    answer, said, hint = PLAIN[case]
    is_page = b" " in answer

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(
                (b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n" if is_page else b"") + answer
            )

    with serving(QuietTcp(("127.0.0.1", 0), Handler)) as address:
        hint = hint or f"is the server running, and the URL right, or should it be https://{address}/?"
        status, text = devpi.fails("use", f"http://{address}", "--retries", 0)
        assert text == f"{said}\n{hint}\n".replace("HERE", f"http://{address}/")
    assert status == (1 if is_page else 6)
