"""Whom TLS trusts, and what it shows: contexts that shake hands with a real server."""

from __future__ import annotations

import ssl
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from devpi_cli.errors import WrongUsage
from devpi_cli.http.tls import CA_VARIABLES, Trust, named_in_environment
from tests.support.webservers import a_front, tls_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.webservers import Front

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture(autouse=True)
def _no_ca_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in CA_VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def front(ca: trustme.CA) -> Iterator[Front]:
    """A server with a certificate of the CA."""
    with a_front(tls_context(ca.issue_cert("127.0.0.1"))) as found:
        yield found


def get(front: Front, context: ssl.SSLContext) -> int:
    """Ask the server something and return the status."""
    front.answer("/")
    with closing(HTTPSConnection(urlsplit(front.url).netloc, context=context)) as connection:
        connection.request("GET", "/")
        return connection.getresponse().status


# -- whom it trusts


def test_a_ca_that_nobody_named_is_not_trusted(front: Front) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer certificate"):
        get(front, Trust().context())


def test_a_ca_that_was_named_is_trusted(front: Front, ca_file: Path, ca_folder: Path) -> None:
    assert get(front, Trust(str(ca_file)).context()) == 200
    assert get(front, Trust(str(ca_folder)).context()) == 200


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_the_environment_may_name_a_ca(
    front: Front, ca_file: Path, ca_folder: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(ca_folder if variable == "SSL_CERT_DIR" else ca_file))
    assert get(front, Trust().context()) == 200


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_environment_may_be_left_out(
    front: Front, ca_file: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(ca_file))
    with pytest.raises(ssl.SSLCertVerificationError):
        get(front, Trust(trust_env=False).context())


def test_a_ca_that_was_named_wins_over_the_environment(
    front: Front, ca_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca_file))
    with pytest.raises(ssl.SSLCertVerificationError):
        get(front, Trust(str(other)).context())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    assert get(front, Trust(str(ca_file)).context()) == 200


def test_a_name_and_a_date_count_even_where_the_ca_is_trusted(ca: trustme.CA, ca_file: Path) -> None:
    for certificate, wrong in (
        (ca.issue_cert("other.example"), "IP address mismatch"),
        (ca.issue_cert("127.0.0.1", not_after=YESTERDAY, not_before=YESTERDAY - timedelta(days=1)), "has expired"),
    ):
        with a_front(tls_context(certificate)) as front, pytest.raises(ssl.SSLCertVerificationError, match=wrong):
            get(front, Trust(str(ca_file)).context())


def test_insecure_trusts_everybody(ca: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment names, even what is not there."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    with a_front(tls_context(ca.issue_cert("other.example"))) as front:
        assert get(front, Trust(insecure=True).context()) == 200


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, ("", [])),
        ({"CURL_CA_BUNDLE": "c", "REQUESTS_CA_BUNDLE": "r"}, ("REQUESTS_CA_BUNDLE", ["r"])),
        ({"SSL_CERT_FILE": "f", "SSL_CERT_DIR": "{here}", "REQUESTS_CA_BUNDLE": "r"}, ("SSL_CERT_FILE", ["f"])),
        ({"SSL_CERT_FILE": "", "CURL_CA_BUNDLE": "c"}, ("CURL_CA_BUNDLE", ["c"])),
        ({"SSL_CERT_DIR": "/nowhere:{here}:{here}/below"}, ("SSL_CERT_DIR", ["{here}", "{here}/below"])),
        ({"SSL_CERT_DIR": "/nowhere", "CURL_CA_BUNDLE": "c"}, ("CURL_CA_BUNDLE", ["c"])),
    ],
)
def test_the_first_variable_that_names_something_counts(
    environment: dict[str, str], expected: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value.format(here=tmp_path))
    assert named_in_environment() == (expected[0], [place.format(here=tmp_path) for place in expected[1]])


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file or directory"), ("hello", "[X509: NO_CERTIFICATE_OR_CRL_FOUND]")]
)
@pytest.mark.parametrize("is_named", [True, False], ids=["named", "in the environment"])
def test_a_bundle_that_cannot_be_read_is_told(
    content: str | None, why: str, is_named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "ca.pem"
    if content:
        bundle.write_text(content)
    if not is_named:
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with pytest.raises(WrongUsage) as caught:
        Trust(str(bundle) if is_named else None).context()
    assert str(caught.value).startswith(f"cannot read the CA bundle {bundle}: {why}")


# -- what it shows


@pytest.fixture
def client_cert(ca: trustme.CA, tmp_path: Path) -> Path:
    """A certificate with its key, of the CA."""
    path = tmp_path / "alice.pem"
    ca.issue_cert("alice@example.com").private_key_and_cert_chain_pem.write_to_path(str(path))
    return path


@pytest.fixture
def strict(ca: trustme.CA) -> Iterator[Front]:
    """A server that lets in nobody but clients with a certificate of the CA."""
    with a_front(tls_context(ca.issue_cert("127.0.0.1"), ca)) as found:
        yield found


@pytest.mark.parametrize("insecure", [False, True])
def test_a_client_certificate_is_shown(strict: Front, ca_file: Path, client_cert: Path, insecure: bool) -> None:
    trust = Trust(None if insecure else str(ca_file), insecure)
    assert get(strict, trust.context(str(client_cert))) == 200
    assert strict.certificates == [True]


def test_without_one_such_a_server_does_not_answer(strict: Front, ca_file: Path) -> None:
    with pytest.raises(OSError):  # noqa: PT011 (when it notices decides which)
        get(strict, Trust(str(ca_file)).context())
    assert strict.asked == []


def test_a_server_that_does_not_ask_for_one_is_shown_none(front: Front, ca_file: Path, client_cert: Path) -> None:
    assert get(front, Trust(str(ca_file)).context(str(client_cert))) == 200
    assert front.certificates == [False]


def encrypted(pem: bytes) -> bytes:
    """Return a certificate with its key under a passphrase."""
    key = load_pem_private_key(pem, None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"hunter2"))
    return locked + pem[pem.index(b"-----BEGIN CERTIFICATE") :]


INCOMPLETE = "it must contain a certificate and its key, without a passphrase"
UNUSABLE: dict[str, tuple[Callable[[bytes], bytes] | None, str]] = {
    "no file": (None, "No such file or directory"),
    "no certificate at all": (lambda pem: b"hello", INCOMPLETE),
    "a certificate without its key": (lambda pem: pem[pem.index(b"-----BEGIN CERTIFICATE") :], INCOMPLETE),
    "a key without its certificate": (lambda pem: pem[: pem.index(b"-----BEGIN CERTIFICATE")], INCOMPLETE),
    "a key with a passphrase": (encrypted, INCOMPLETE),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_client_certificate_that_cannot_be_used_is_told(case: str, client_cert: Path) -> None:
    """OpenSSL asks for no passphrase: a command would wait for somebody who is not there."""
    change, why = UNUSABLE[case]
    pem = client_cert.read_bytes()
    client_cert.unlink()
    if change:
        client_cert.write_bytes(change(pem))
    with pytest.raises(WrongUsage) as caught:
        Trust().context(str(client_cert))
    assert str(caught.value) == (
        f"cannot use the client certificate {client_cert}: {why}\n"
        "use another with 'devpi use --client-cert FILE', or none with --client-cert ''"
    )
