"""Why there was no response: what explains a failed connection or TLS handshake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from devpi_cli.errors import Unreachable

if TYPE_CHECKING:
    import ssl

OWN_CA = "if its certificate comes from a CA of your own, name that with --ca-bundle FILE"
# By the numbers that OpenSSL gives to what is wrong with a certificate (x509_vfy.h).
UNTRUSTED = {
    9: "is the clock of this machine right?",
    10: "the server needs a new certificate, unless the clock of this machine is wrong",
    18: "if you know that certificate, name it with --ca-bundle FILE",
    **dict.fromkeys((19, 20, 21), OWN_CA),
    **dict.fromkeys((62, 64), "call the server by a name that its certificate is for"),
}
NO_CERTIFICATE = "does it want a client certificate? 'devpi use URL --client-cert FILE' shows one"
OTHER_CERTIFICATE = "it does not accept the client certificate: 'devpi use URL --client-cert FILE' shows another"
OLD_TLS = "its TLS is older than 1.2: whoever runs the server has to allow a newer one"
# By OpenSSL's words for what a server ends a handshake with (RFC 8446, 6.2), and for what is no handshake.
HANDSHAKES = {
    "CERTIFICATE_REQUIRED": NO_CERTIFICATE,
    "HANDSHAKE_FAILURE": NO_CERTIFICATE,  # so says TLS 1.2, of this and of other things
    "UNKNOWN_CA": OTHER_CERTIFICATE,
    "CERTIFICATE": OTHER_CERTIFICATE,
    "ACCESS_DENIED": OTHER_CERTIFICATE,
    "PROTOCOL_VERSION": OLD_TLS,
    "UNSUPPORTED_PROTOCOL": OLD_TLS,
    "": "does this port speak https, or is it {plain}?",
}


def unreachable(where: str, error: Exception, fault: Literal["", "refused", "broken"]) -> Unreachable:
    """Say why there was no answer, from the innermost cause; an unknown host and a TLS failure do not pass."""
    import socket
    import ssl

    causes: list[BaseException] = [error]
    while inner := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(inner)
    tls = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if tls and not (fault == "broken" and isinstance(tls, ssl.SSLEOFError)):
        return _no_handshake(where, tls)
    hint = "is the server running, and the URL right?"
    if fault == "broken" and where.startswith("http:"):  # many servers that speak TLS end plain http without a word
        hint = f"is the server running, and the URL right, or is it {where.replace('http', 'https', 1)}?"
    if str(error).startswith("illegal "):  # h11, of a first line that is none of HTTP
        return Unreachable(f"cannot understand {where}: it does not speak HTTP", hint=hint)
    why = next((c.strerror for c in reversed(causes) if isinstance(c, OSError) and c.strerror), None) or error
    unknown = any(isinstance(cause, socket.gaierror) for cause in causes)
    return Unreachable(f"cannot reach {where}: {why}", hint=hint, fault="" if unknown else fault)


def _no_handshake(where: str, error: ssl.SSLError) -> Unreachable:
    """Say what TLS failed for, and what to do."""
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
