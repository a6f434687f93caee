"""devpi use --client-cert: presented to its own server only."""

from __future__ import annotations

import json
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import trustme

    from tests.support.clients import Client


@pytest.fixture
def certificate(ca: trustme.CA, devpi: Client) -> Path:
    ca.issue_cert("alice@example.com").private_key_and_cert_chain_pem.write_to_path(str(devpi.home / "alice.pem"))
    ca.cert_pem.write_to_path(str(devpi.home / "ca.pem"))
    devpi.env["DEVPI_CA_BUNDLE"] = str(devpi.home / "ca.pem")
    return devpi.home / "alice.pem"


@dataclass
class Strict:
    """A devpi behind TLS that notes who showed a certificate, and sends some requests elsewhere."""

    url: str
    shown: list[bool] = field(default_factory=list)
    elsewhere: str = ""


@contextmanager
def tls_server(ca: trustme.CA, needs: ssl.VerifyMode) -> Iterator[Strict]:
    strict = Strict("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            strict.shown.append(bool(self.connection.getpeercert()))  # type: ignore[attr-defined]
            if strict.elsewhere:
                self.send_response(302)
                self.send_header("Location", strict.elsewhere)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            api = {"login": f"{strict.url}+login", "authstatus": ["noauth", "", []], "features": []}
            body = json.dumps({"type": "apiconfig", "result": api}).encode()
            self.send_response(200)
            self.send_header("X-Devpi-Api-Version", "2")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    ca.configure_trust(context)
    context.verify_mode = needs
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        httpd.handle_error = lambda *args: None  # type: ignore[method-assign]
        httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
        threading.Thread(target=httpd.serve_forever).start()
        strict.url = f"https://127.0.0.1:{httpd.server_port}/"
        yield strict
        httpd.shutdown()


def test_a_client_certificate_is_shown_and_remembered_for_its_server(
    devpi: Client, ca: trustme.CA, certificate: Path
) -> None:
    with tls_server(ca, ssl.CERT_REQUIRED) as strict:
        assert devpi.fails("use", strict.url)[0] == 6
        assert (
            devpi.ok("use", strict.url, "--client-cert", "alice.pem")[0]
            == f"using server: {strict.url} (not logged in)"
        )
        assert devpi.state.servers[strict.url].client_cert == str(certificate)
        assert devpi.ok("use")[0] == f"using server: {strict.url} (not logged in)"
        assert devpi("use", "--client-cert", "").status == 6
        assert set(strict.shown) == {True}


def test_a_client_certificate_can_be_forgotten(devpi: Client, ca: trustme.CA, certificate: Path) -> None:
    with tls_server(ca, ssl.CERT_OPTIONAL) as strict:
        devpi.ok("use", strict.url, "--client-cert", certificate)
        devpi.ok("use", "--client-cert", "")
        devpi.ok("use")
        assert strict.shown == [True, False, False]


def test_a_client_certificate_is_never_shown_to_another_server(
    devpi: Client, ca: trustme.CA, certificate: Path
) -> None:
    with tls_server(ca, ssl.CERT_OPTIONAL) as strict, tls_server(ca, ssl.CERT_OPTIONAL) as other:
        devpi.ok("use", strict.url, "--client-cert", certificate)
        strict.elsewhere = f"{other.url}+api"
        devpi.ok("getjson", "/+api")
        devpi.ok("getjson", f"{other.url}+api")
        assert (strict.shown, other.shown) == ([True, True], [False, False])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "there is no client certificate ~/bad.pem\n"),
        (
            "hunter2",
            "cannot use the client certificate ~/bad.pem: it must contain a certificate and its key, without a "
            "passphrase\nuse another with 'devpi use --client-cert FILE', or none with --client-cert ''\n",
        ),
    ],
)
def test_a_client_certificate_that_is_none_is_named(devpi: Client, content: str | None, why: str) -> None:
    if content:
        (devpi.home / "bad.pem").write_text(content)
    status, said = devpi.fails("use", "https://127.0.0.1:1/", "--client-cert", "bad.pem")
    assert (status, said.replace(str(devpi.home), "~")) == (2, why)


def test_a_client_certificate_needs_a_server(devpi: Client, certificate: Path) -> None:
    assert devpi.fails("use", "--client-cert", certificate) == (
        1,
        "no server in use to present a client certificate to\ntype 'devpi use URL --client-cert FILE'\n",
    )
