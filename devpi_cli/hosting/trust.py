"""Let our own server trust the CAs that the Python of this machine trusts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.errors import BrokenSettings
from devpi_cli.system.files import read_bytes, write_private

if TYPE_CHECKING:
    from collections.abc import Mapping

# devpi-server reads this one, and otherwise takes the CAs that came with requests, which know no CA of a company.
VARIABLE = "REQUESTS_CA_BUNDLE"
TYPED = (VARIABLE, "CURL_CA_BUNDLE", "SSL_CERT_FILE", "PIP_CERT")
PLACES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Gentoo, NixOS
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",  # older ones
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # Alpine, macOS, FreeBSD
)
TOGETHER = "ca-bundle.pem"


def bundle(environment: Mapping[str, str]) -> str | None:
    """Return the file of CAs that a variable names, or else that of the system, if it has one."""
    named = next((environment[name] for name in TYPED if environment.get(name)), None)
    if named:
        return str(Path(named).absolute())
    import ssl

    places = (ssl.get_default_verify_paths().openssl_cafile, *PLACES)
    return next((place for place in places if Path(place).is_file()), None)


def variables(folder: Path, ca_bundle: str | None) -> dict[str, str]:
    """Return the variables for our own server; ``ca_bundle`` has CAs to trust besides, and is copied to its folder.

    Raises BrokenSettings if one of the files cannot be read.
    """
    found = bundle(os.environ)
    together = folder / TOGETHER
    if not ca_bundle:
        used = str(together) if together.is_file() else found
        return {VARIABLE: used} if used else {}
    try:
        parts = [read_bytes(path, named=True).strip() for path in filter(None, [found, ca_bundle])]
    except OSError as error:
        raise BrokenSettings(f"cannot read {error.filename}: {error.strerror}") from None
    write_private(together, b"\n".join([*parts, b""]).decode(errors="replace"))
    return {VARIABLE: str(together)}
