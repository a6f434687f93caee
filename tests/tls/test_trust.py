"""The CAs that TLS trusts."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from devpi_cli.http.tls import Trust
from devpi_cli.server.api import discover

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import trustme

    from devpi_cli.http.session import Session
    from tests.support.clients import Client, Member
    from tests.support.servers import Live

VARIABLES = ["DEVPI_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
UNKNOWN = (
    "cannot trust HERE: unable to get local issuer certificate\n"
    "if the certificate was issued by your own CA, add --ca-bundle FILE\n"
)


def test_a_ca_nobody_knows_is_refused_and_the_remedy_named(devpi: Client, tls: str) -> None:
    assert devpi.fails("getjson", tls) == (6, UNKNOWN.replace("HERE", tls))


def test_another_ca_than_that_of_the_server_does_not_help(
    devpi: Client, tls: str, other_ca: trustme.CA, tmp_path: Path
) -> None:
    other_ca.cert_pem.write_to_path(str(tmp_path / "other.pem"))
    assert devpi.fails("getjson", tls, "--ca-bundle", tmp_path / "other.pem") == (6, UNKNOWN.replace("HERE", tls))


def test_a_ca_that_was_named_is_trusted(devpi: Client, tls: str, ca_file: Path, ca_folder: Path) -> None:
    assert devpi.ok("--ca-bundle", ca_file, "getjson", tls)
    assert devpi.ok("getjson", tls, "--ca-bundle", ca_folder)


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_ca_in_the_environment_is_trusted(
    devpi: Client, tls: str, ca_file: Path, ca_folder: Path, variable: str
) -> None:
    place = f"/nowhere:{ca_folder}" if variable == "SSL_CERT_DIR" else str(ca_file)
    assert devpi.ok("getjson", tls, **{variable: place})


def test_a_ca_that_was_named_wins_over_the_environment(devpi: Client, tls: str, ca_file: Path) -> None:
    assert devpi.ok("getjson", tls, "--ca-bundle", ca_file, SSL_CERT_FILE="/nowhere")


def test_a_folder_in_place_of_the_file_is_trusted(devpi: Client, tls: str, ca_folder: Path) -> None:
    assert devpi.ok("getjson", tls, SSL_CERT_FILE=str(ca_folder))


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "DEVPI_CA_BUNDLE"])
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_bundle_that_cannot_be_read_is_named(
    devpi: Client, tls: str, tmp_path: Path, content: str | None, variable: str
) -> None:
    bundle = tmp_path / "ca.pem"
    if content:
        bundle.write_text(content)
    status, said = devpi.fails("getjson", tls, **{variable: str(bundle)})
    assert (status, said.count("\n")) == (2, 1)
    assert said.startswith(f"cannot read the CA bundle {bundle}: ")


def test_plain_http_reads_no_ca(session: Session, server: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object, **named: object) -> None:
        pytest.fail("a CA was read")

    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    for method in ("load_verify_locations", "load_default_certs", "set_default_verify_paths"):
        monkeypatch.setattr(ssl.SSLContext, method, never)
    assert session.request("GET", f"{server.url}+api").status == 200


def test_a_server_that_does_not_know_of_its_tls_is_not_left_for_http(
    new_session: Callable[..., Session], tls: str, ca_file: Path, member: Member
) -> None:
    service = discover(new_session(trust=Trust(str(ca_file))), f"{tls}{member.index}")
    assert (service.root, service.index) == (tls, f"{tls}{member.index}")
    assert (service.login, service.pypisubmit) == (f"{tls}+login", f"{tls}{member.index}/")
