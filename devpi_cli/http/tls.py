"""Configure TLS: the CAs to trust, and the client certificate."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import WrongUsage

if TYPE_CHECKING:
    import ssl

CA_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def named_in_environment() -> tuple[str, list[str]]:
    """Return the first variable that names CAs to trust, and the paths it names."""
    for variable in CA_VARIABLES:
        places = [os.environ[variable]] if os.environ.get(variable) else []
        if variable == "SSL_CERT_DIR":  # OpenSSL reads a list, and skips missing folders
            listed = (place for whole in places for place in whole.split(os.pathsep))
            places = [place for place in listed if os.path.isdir(place)]  # noqa: PTH112 (paths stay strings)
        if places:
            return variable, places
    return "", []


class Trust(NamedTuple):
    """The CAs to trust, besides those of the operating system.

    ``ca_bundle`` is a file or folder of PEM certificates; without it the environment may name some, if ``trust_env``.
    ``insecure`` disables all checks.
    """

    ca_bundle: str | None = None
    insecure: bool = False
    trust_env: bool = True

    def context(self, client_cert: str | None = None) -> ssl.SSLContext:
        """Build the TLS context.

        Raises WrongUsage for a CA bundle or client certificate that cannot be read.
        """
        import ssl

        import truststore

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if client_cert:
            _load_certificate(context, client_cert)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        named = named_in_environment()[1] if self.trust_env else []
        for place in [self.ca_bundle] if self.ca_bundle else named:
            folder = os.path.isdir(place)  # noqa: PTH112 (paths stay strings)
            try:
                context.load_verify_locations(cafile=None if folder else place, capath=place if folder else None)
            except OSError as error:
                raise WrongUsage(f"cannot read the CA bundle {place}: {error.strerror or error}") from None
        return context


def _load_certificate(context: ssl.SSLContext, path: str) -> None:
    """Load a client certificate; fail for a passphrase instead of asking for it."""
    import ssl

    try:
        context.load_cert_chain(path, password="")
    except OSError as error:
        is_bad = isinstance(error, ssl.SSLError)
        why = "it must contain a certificate and its key, without a passphrase" if is_bad else error.strerror
        raise WrongUsage(
            f"cannot use the client certificate {path}: {why}",
            hint="use another with 'devpi use --client-cert FILE', or none with --client-cert ''",
        ) from None
