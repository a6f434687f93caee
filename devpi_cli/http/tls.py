"""Whom TLS trusts, and what it shows of us."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import WrongUsage

if TYPE_CHECKING:
    import ssl

CA_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def named_in_environment() -> tuple[str, list[str]]:
    """Return the variable that names the CAs to trust, and the places it names; the first that names any counts."""
    for variable in CA_VARIABLES:
        places = [os.environ[variable]] if os.environ.get(variable) else []
        if variable == "SSL_CERT_DIR":  # OpenSSL reads a list, and passes over folders that are not there
            listed = (place for whole in places for place in whole.split(os.pathsep))
            places = [place for place in listed if os.path.isdir(place)]  # noqa: PTH112 (strings go on as strings)
        if places:
            return variable, places
    return "", []


class Trust(NamedTuple):
    """Whom TLS trusts: the operating system, and the CAs in a file or folder of PEM certificates.

    Where none is named, the environment may name one, unless ``trust_env`` says otherwise.
    """

    ca_bundle: str | None = None
    insecure: bool = False
    trust_env: bool = True

    def context(self, client_cert: str | None = None) -> ssl.SSLContext:
        """Build the TLS context. Raises WrongUsage for a CA bundle or client certificate that cannot be read."""
        import ssl

        import truststore

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if client_cert:
            _show_certificate(context, client_cert)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        named = named_in_environment()[1] if self.trust_env else []
        for place in [self.ca_bundle] if self.ca_bundle else named:
            folder = os.path.isdir(place)  # noqa: PTH112 (a string from the environment goes on as a string)
            try:
                context.load_verify_locations(cafile=None if folder else place, capath=place if folder else None)
            except OSError as error:
                raise WrongUsage(f"cannot read the CA bundle {place}: {error.strerror or error}") from None
        return context


def _show_certificate(context: ssl.SSLContext, path: str) -> None:
    """Let a TLS context show a client certificate. A key with a passphrase is refused: OpenSSL would ask for it."""
    import ssl

    try:
        context.load_cert_chain(path, password="")
    except OSError as error:
        is_bad = isinstance(error, ssl.SSLError)
        why = "it has to hold a certificate and its key, without a passphrase" if is_bad else error.strerror
        raise WrongUsage(
            f"cannot use the client certificate {path}: {why}",
            hint="name another with 'devpi use --client-cert FILE', or none with --client-cert ''",
        ) from None
