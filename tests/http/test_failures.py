"""What is said of a failed connection or handshake, and what to do about it."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from itertools import pairwise
from socketserver import BaseRequestHandler
from typing import Literal

import httpx
import pytest

from devpi_cli.http.failures import NO_CERTIFICATE, OLD_TLS, OTHER_CERTIFICATE, OWN_CA, plain, unreachable
from tests.support.ports import free_port
from tests.support.webservers import QuietTcp, serving

Fault = Literal["", "refused", "broken"]
HTTPS, HTTP = "https://host/", "http://host/"
RUNNING = "is the server running, and the URL right?"


def said(error: Exception, fault: Fault = "refused", where: str = HTTPS) -> tuple[str, str, str]:
    """Return message, hint and fault."""
    found = unreachable(where, error, fault)
    return found.message, found.hint, found.fault


def chain(*errors: Exception) -> Exception:
    """Return the first of some exceptions, each with the next one as its cause."""
    for outer, inner in pairwise(errors):
        outer.__cause__ = inner
    return errors[0]


# -- no connection


def test_the_innermost_cause_is_what_is_told() -> None:
    refused = ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    error = chain(httpx.ConnectError("all failed"), OSError("all attempts failed"), refused)
    assert said(error) == ("cannot reach https://host/: Connection refused", RUNNING, "refused")


def test_an_exception_that_was_being_handled_is_a_cause_too() -> None:
    error = httpx.ConnectError("all failed")
    error.__context__ = OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
    assert said(error)[0] == "cannot reach https://host/: Network is unreachable"


def test_without_a_cause_the_exception_speaks_for_itself() -> None:
    error = httpx.ReadError("peer closed connection")
    assert said(error, "broken") == ("cannot reach https://host/: peer closed connection", RUNNING, "broken")


def test_a_port_where_nobody_listens() -> None:
    where = f"http://127.0.0.1:{free_port()}/"
    with pytest.raises(httpx.ConnectError) as caught:
        httpx.get(where, trust_env=False)
    assert said(caught.value, where=where) == (f"cannot reach {where}: Connection refused", RUNNING, "refused")


def test_an_unknown_host_does_not_pass() -> None:
    """So it is not tried again."""
    unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    error = chain(httpx.ConnectError("no name"), unknown)
    assert said(error) == ("cannot reach https://host/: Name or service not known", RUNNING, "")


def test_a_server_that_hangs_up_on_plain_http_may_speak_tls() -> None:
    error = httpx.RemoteProtocolError("Server disconnected without sending a response.")
    assert said(error, "broken", HTTP) == (
        "cannot reach http://host/: Server disconnected without sending a response.",
        "is the server running, and the URL right, or should it be https://host/?",
        "broken",
    )
    assert said(error, "broken", HTTPS)[1] == RUNNING
    assert said(error, "refused", HTTP)[1] == RUNNING


def test_what_is_no_http_is_not_understood() -> None:
    error = httpx.RemoteProtocolError("illegal status line: bytearray(b'SSH-2.0-OpenSSH_9.2')")
    assert said(error, "broken", HTTP) == (
        "cannot understand http://host/: it does not speak HTTP",
        "is the server running, and the URL right, or should it be https://host/?",
        "",
    )


# -- no handshake


def untrusted(code: int, message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, message
    return error


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        (9, "certificate is not yet valid", "is the clock of this machine right?"),
        (10, "certificate has expired",
         "the server needs a new certificate, unless the clock of this machine is wrong"),
        (18, "self-signed certificate", "if you trust this certificate, pass it with --ca-bundle FILE"),
        (19, "self-signed certificate in certificate chain", OWN_CA),
        (20, "unable to get local issuer certificate", OWN_CA),
        (21, "unable to verify the first certificate", OWN_CA),
        (62, "Hostname mismatch, certificate is not valid for 'host'.",
         "use a host name that the certificate is valid for"),
        (64, "IP address mismatch, certificate is not valid for '::1'.",
         "use a host name that the certificate is valid for"),
        (23, "certificate revoked", ""),
    ],
)  # fmt: skip
def test_a_certificate_that_is_not_trusted(code: int, message: str, hint: str) -> None:
    error = chain(httpx.ConnectError("certificate verify failed"), untrusted(code, message))
    assert said(error) == (f"cannot trust https://host/: {message}", hint, "")


def refused(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] something (_ssl.c:1006)")
    error.reason = reason
    return error


NOT_TLS = "does this port speak https, or should the URL be http://host/?"


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", NO_CERTIFICATE),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", NO_CERTIFICATE),
        ("TLSV1_ALERT_UNKNOWN_CA", OTHER_CERTIFICATE),
        ("SSLV3_ALERT_BAD_CERTIFICATE", OTHER_CERTIFICATE),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", OTHER_CERTIFICATE),
        ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", OTHER_CERTIFICATE),
        ("TLSV1_ALERT_ACCESS_DENIED", OTHER_CERTIFICATE),
        ("TLSV1_ALERT_PROTOCOL_VERSION", OLD_TLS),
        ("UNSUPPORTED_PROTOCOL", OLD_TLS),
        ("WRONG_VERSION_NUMBER", NOT_TLS),
        ("RECORD_LAYER_FAILURE", NOT_TLS),
    ],
)
@pytest.mark.parametrize("fault", ["refused", "broken"])
def test_a_handshake_that_fails(reason: str, hint: str, fault: Fault) -> None:
    error = chain(httpx.ConnectError("failed"), refused(reason))
    assert said(error, fault) == (f"cannot reach https://host/: {reason}", hint, "")


class HangsUp(BaseRequestHandler):
    """A server that reads how a client greets, and ends the connection without a word."""

    def handle(self) -> None:
        self.request.recv(65536)


def test_a_server_that_hangs_up_in_the_handshake_may_speak_no_tls() -> None:
    with serving(QuietTcp(("127.0.0.1", 0), HangsUp)) as address:
        where = f"https://{address}/"
        with pytest.raises(httpx.ConnectError) as caught:
            httpx.get(where, trust_env=False)
    message, hint, fault = said(caught.value, "refused", where)
    assert message.startswith(f"cannot reach {where}: ")
    assert (hint, fault) == (f"does this port speak https, or should the URL be {plain(where)}?", "")


def test_one_that_hangs_up_later_has_broken_the_connection() -> None:
    error = chain(httpx.ReadError("end"), ssl.SSLEOFError(8, "EOF occurred in violation of protocol"))
    assert said(error, "broken") == (
        "cannot reach https://host/: EOF occurred in violation of protocol", RUNNING, "broken",
    )  # fmt: skip


def test_an_url_without_tls_keeps_the_rest() -> None:
    assert plain("https://https:8443/https:/") == "http://https:8443/https:/"
    assert plain("http://host/") == "http://host/"
