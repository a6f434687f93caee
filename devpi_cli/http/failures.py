"""Explain why a request failed.

The cause is a connection, a TLS handshake, a timeout or a damaged reply.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from devpi_cli.errors import NotDevpi, Unreachable, WrongUsage
from devpi_cli.http import deadline
from devpi_cli.http.connections import import_httpx
from devpi_cli.printable import hide

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from devpi_cli.http.deadline import Timeouts

MOMENT = 0.05  # sockets wake up a little early
OWN_CA = "if the certificate was issued by your own CA, add --ca-bundle FILE"
# By OpenSSL's error numbers for certificates (x509_vfy.h).
UNTRUSTED = {
    9: "is the clock of this machine right?",
    10: "the server needs a new certificate, unless the clock of this machine is wrong",
    18: "if you trust this certificate, pass it with --ca-bundle FILE",
    **dict.fromkeys((19, 20, 21), OWN_CA),
    **dict.fromkeys((62, 64), "use a host name that the certificate is valid for"),
}
NO_CERTIFICATE = "does it need a client certificate? 'devpi use URL --client-cert FILE' sends one"
OTHER_CERTIFICATE = "it does not accept the client certificate: 'devpi use URL --client-cert FILE' sends another"
OLD_TLS = "its TLS is older than 1.2: its administrator must enable a newer version"
# By OpenSSL's words for the alert that ended the handshake (RFC 8446, 6.2), or for a reply that is not a handshake.
HANDSHAKES = {
    "CERTIFICATE_REQUIRED": NO_CERTIFICATE,
    "HANDSHAKE_FAILURE": NO_CERTIFICATE,  # TLS 1.2 sends this, for other reasons as well
    "UNKNOWN_CA": OTHER_CERTIFICATE,
    "CERTIFICATE": OTHER_CERTIFICATE,
    "ACCESS_DENIED": OTHER_CERTIFICATE,
    "PROTOCOL_VERSION": OLD_TLS,
    "UNSUPPORTED_PROTOCOL": OLD_TLS,
    "": "does this port speak https, or should the URL be {plain}?",
}


@contextmanager
def explained(method: str, url: str, timeouts: Timeouts, log: Callable[[str], None]) -> Iterator[None]:
    """Turn exceptions of httpx inside the block into errors of this package."""
    httpx = import_httpx()
    try:
        yield
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise WrongUsage(f"invalid URL {hide(url)!r}: {error}") from None
    except UnicodeError:  # its text may contain a secret
        raise WrongUsage([f"{method} {url}", "the data to be sent is not valid UTF-8"]) from None
    except httpx.DecodingError as error:
        raise NotDevpi([f"{method} {url}", f"the reply is damaged: {error}"]) from None
    except (httpx.TransportError, deadline.DeadlineExceeded) as error:
        log(f"{method} {hide(url)} -> {error!r}")
        parts = urlsplit(url)
        where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
        if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError) and deadline.left() < MOMENT:
            what = f"no connection to {where} within {timeouts.total:g} s"
            raise Unreachable(what, hint="to wait longer, add --deadline SECONDS") from None
        if isinstance(error, httpx.ConnectTimeout):
            tls = f"does this port speak https, or should the URL be {plain(where)}?"
            hint = tls if parts.scheme == "https" else "is the URL right?"
            what = f"cannot reach {where}: no connection within {timeouts.connect:g} s"
            raise Unreachable(what, hint=hint) from None
        if isinstance(error, httpx.TimeoutException | deadline.DeadlineExceeded):
            raise _late(where, timeouts) from None
        is_passing = isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)
        fault: Literal["", "refused", "broken"] = "broken" if is_passing else ""
        raise unreachable(where, error, "refused" if isinstance(error, httpx.ConnectError) else fault) from None


def _late(where: str, timeouts: Timeouts) -> Unreachable:
    """Return the error for a timeout: silence, or the deadline is over."""
    if deadline.left():
        what, option = f"no answer from {where} within {timeouts.silence:g} s", "--timeout"
    else:
        what, option = f"no complete answer from {where} within {timeouts.total:g} s", "--deadline"
    return Unreachable(what, hint=f"to wait longer, add {option} SECONDS", fault="silent")


def unreachable(where: str, error: Exception, fault: Literal["", "refused", "broken"]) -> Unreachable:
    """Return the error for a missing response, by its innermost cause.

    An unknown host or a TLS failure has no ``fault``: retrying does not help.
    """
    import socket
    import ssl

    causes: list[BaseException] = [error]
    while inner := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(inner)
    tls = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if tls and not (fault == "broken" and isinstance(tls, ssl.SSLEOFError)):
        return _no_handshake(where, tls)
    hint = "is the server running, and the URL right?"
    if fault == "broken" and where.startswith("http:"):  # many TLS servers just close a plain http connection
        hint = f"is the server running, and the URL right, or should it be {where.replace('http', 'https', 1)}?"
    if str(error).startswith("illegal "):  # h11, if the first line is not HTTP
        return Unreachable(f"cannot understand {where}: it does not speak HTTP", hint=hint)
    why = next((c.strerror for c in reversed(causes) if isinstance(c, OSError) and c.strerror), None) or error
    unknown = any(isinstance(cause, socket.gaierror) for cause in causes)
    return Unreachable(f"cannot reach {where}: {why}", hint=hint, fault="" if unknown else fault)


def _no_handshake(where: str, error: ssl.SSLError) -> Unreachable:
    """Return the error for a failed TLS handshake, with a hint what to do."""
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        return Unreachable(f"cannot trust {where}: {error.verify_message}", hint=UNTRUSTED.get(error.verify_code, ""))
    reason = error.reason or str(error)
    return Unreachable(
        f"cannot reach {where}: {reason}",
        hint=next(hint for words, hint in HANDSHAKES.items() if words in reason).format(plain=plain(where)),
    )


def plain(where: str) -> str:
    """Return the URL without TLS."""
    return where.replace("https:", "http:", 1)
