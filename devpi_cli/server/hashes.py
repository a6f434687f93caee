"""Verify downloads by the hashes that an index has of its files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from devpi_cli.errors import BrokenDistribution, NotVerified

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devpi_cli.models import Link

# The strongest first; SHA-256 before all, because every devpi-server has it of what it stores itself.
ALGORITHMS = (
    *("sha256", "sha512", "sha384", "sha3_512", "sha3_384", "sha3_256", "blake2b", "blake2s", "sha3_224", "sha224"),
    *("sha1", "md5"),
)
# They detect damage, but not a file that somebody has changed on its way.
WEAK = ("sha1", "md5")
WRITTEN = re.compile(r"(\w+)=([0-9A-Fa-f]+)")


class Hash(NamedTuple):
    """The hash of a file.

    ``algorithm`` is Python's name for it, ``digest`` in lower case.
    """

    algorithm: str
    digest: str

    @property
    def is_strong(self) -> bool:
        """Whether it verifies a file that came without TLS."""
        return self.algorithm not in WEAK


def told(link: Mapping[str, Any], url: str) -> tuple[str | None, str | None]:
    """Return the SHA-256 of a file, or else its strongest hash as ``ALGORITHM=HEX``.

    devpi-server gives ``hashes``, older ones ``hash_spec``, and an index elsewhere may have it in the URL.
    """
    hashes = link.get("hashes")
    if isinstance(hashes, dict) and isinstance(hashes.get("sha256"), str):
        return hashes["sha256"].lower(), None  # at once, because there can be ten thousand links
    written = [f"{name}={digest}" for name, digest in hashes.items()] if isinstance(hashes, dict) else []
    found: dict[str, str] = {}
    for text in (*written, str(link.get("hash_spec") or ""), *url.partition("#")[2].split("&")):
        if match := WRITTEN.fullmatch(text):
            found.setdefault(match[1].lower(), match[2].lower())
    name = next((name for name in ALGORITHMS if name in found), None)
    if name == ALGORITHMS[0]:
        return found[name], None
    return None, f"{name}={found[name]}" if name else None


def known(link: Link) -> Hash | None:
    """Return the hash to verify a file by; None if the index has none."""
    if link.sha256:
        return Hash("sha256", link.sha256.lower())
    name, _, digest = (link.hash_spec or "").partition("=")
    return Hash(name, digest) if name in ALGORITHMS else None


def require(link: Link, *, over_tls: bool) -> None:
    """Raise NotVerified for a file without a hash.

    A weak one counts as none where the file leaves TLS. ``over_tls`` tells whether the index itself is read over
    TLS.
    """
    expected = known(link)
    if expected is None:
        raise NotVerified(f"{link.name}: the index has no hash to verify it by")
    if over_tls and not link.url.startswith("https:") and not expected.is_strong:
        raise without_tls(link)


def without_tls(link: Link) -> NotVerified:
    """Return the error for a file that comes without TLS.

    It has no hash that is good enough.
    """
    return NotVerified(f"{link.name}: it comes without TLS, and the index has no SHA-256 to verify it by")


class Check:
    """Hashes a file piece by piece and compares the result with what the index says."""

    def __init__(self, link: Link) -> None:
        import hashlib  # imported here: few commands download files

        self._link = link
        self._expected = known(link)
        self._hash = hashlib.new(self._expected.algorithm, usedforsecurity=False) if self._expected else None

    def add(self, piece: bytes) -> None:
        """Add the next piece of the file."""
        if self._hash:
            self._hash.update(piece)

    def finish(self) -> None:
        """Raise BrokenDistribution if the whole file has another hash.

        Do nothing if there is none to compare with.
        """
        if self._expected and self._hash and self._hash.hexdigest() != self._expected.digest:
            name = self._expected.algorithm.upper().replace("SHA", "SHA-", 1).replace("SHA-3_", "SHA3-")
            what = f"the download has the {name} {self._hash.hexdigest()}, but the index says {self._expected.digest}"
            raise BrokenDistribution(f"{self._link.name}: {what}")
