"""Whom TLS trusts."""

from __future__ import annotations

import ssl
import subprocess
from socketserver import BaseRequestHandler
from typing import TYPE_CHECKING

import pytest
import trustme

from devpi_cli.api import discover
from devpi_cli.errors import Unreachable
from devpi_cli.trust import Trust
from tests.webservers import QuietTcp, serving, tls_front

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from devpi_cli.session import Session
    from tests.conftest import Client, Live, Member


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(ca: trustme.CA, tmp_path: Path) -> Path:
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


@pytest.fixture
def tls(server: Live, ca: trustme.CA) -> Iterator[str]:
    with tls_front(server, ca, "127.0.0.1") as url:
        yield url


@pytest.fixture
def misnamed(server: Live, ca: trustme.CA) -> Iterator[str]:
    with tls_front(server, ca, "other.example") as url:
        yield url


REMEDY = "if its certificate comes from a CA of your own, name that with --ca-bundle FILE"


def test_a_ca_nobody_knows_is_refused_and_the_remedy_named(devpi: Client, tls: str) -> None:
    assert devpi.fails("getjson", tls) == (
        6, f"cannot trust {tls}: unable to get local issuer certificate\n{REMEDY}\n",
    )  # fmt: skip


def test_a_ca_that_was_named_is_trusted(devpi: Client, tls: str, ca_file: Path) -> None:
    assert devpi.ok("--ca-bundle", ca_file, "getjson", tls)


def test_a_server_that_does_not_know_of_its_tls_is_not_left_for_http(
    new_session: Callable[..., Session], tls: str, ca_file: Path, member: Member
) -> None:
    service = discover(new_session(trust=Trust(str(ca_file))), f"{tls}{member.index}")
    assert (service.root, service.index) == (tls, f"{tls}{member.index}")
    assert (service.login, service.pypisubmit) == (f"{tls}+login", f"{tls}{member.index}/")


@pytest.mark.parametrize("variable", ["DEVPI_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_ca_in_the_environment_is_trusted(devpi: Client, tls: str, ca_file: Path, variable: str) -> None:
    assert devpi.ok("getjson", tls, **{variable: str(ca_file)})


def test_a_ca_that_was_named_wins_over_the_environment(devpi: Client, tls: str, ca_file: Path) -> None:
    assert devpi.ok("getjson", tls, "--ca-bundle", ca_file, SSL_CERT_FILE="/nowhere")


def test_a_folder_of_cas_is_trusted(devpi: Client, tls: str, ca_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cas"
    folder.mkdir()
    digest = subprocess.check_output(["openssl", "x509", "-hash", "-noout", "-in", ca_file], text=True).strip()
    (folder / f"{digest}.0").write_bytes(ca_file.read_bytes())
    assert devpi.ok("getjson", tls, SSL_CERT_FILE=str(folder))


def test_a_certificate_for_another_name_is_refused(devpi: Client, misnamed: str, ca_file: Path) -> None:
    assert devpi.fails("getjson", misnamed, "--ca-bundle", ca_file) == (
        6,
        f"cannot trust {misnamed}: IP address mismatch, certificate is not valid for '127.0.0.1'.\n",
    )


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_bundle_that_cannot_be_read_is_named(devpi: Client, tls: str, tmp_path: Path, content: str | None) -> None:
    bundle = tmp_path / "ca.pem"
    if content:
        bundle.write_text(content)
    status, said = devpi.fails("getjson", tls, SSL_CERT_FILE=str(bundle))
    assert (status, said.count("\n")) == (2, 1)
    assert said.startswith(f"cannot read the CA bundle {bundle}: ")


def test_plain_http_reads_no_ca(session: Session, server: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object, **named: object) -> None:
        pytest.fail("a CA was read")

    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    for method in ("load_verify_locations", "load_default_certs", "set_default_verify_paths"):
        monkeypatch.setattr(ssl.SSLContext, method, never)
    assert session.request("GET", f"{server.url}+api").status == 200


def test_insecure_trusts_everybody_and_says_so_every_time(devpi: Client, misnamed: str) -> None:
    for _ in range(2):
        result = devpi("--insecure", "getjson", misnamed)
        assert (result.stderr, result.status) == ("warning: TLS certificates are not verified (--insecure)\n", 0)
    assert devpi.fails("getjson", misnamed)[0] == 6


def test_https_is_not_spoken_by_everybody(new_session: Callable[..., Session]) -> None:
    class Plain(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(4096)
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serving(QuietTcp(("127.0.0.1", 0), Plain)) as address:
        with pytest.raises(Unreachable) as failure:
            new_session(trust=Trust(insecure=True)).request("GET", f"https://{address}/")
        assert str(failure.value) == (
            f"cannot reach https://{address}/: WRONG_VERSION_NUMBER\ndoes this port speak https?"
        )
