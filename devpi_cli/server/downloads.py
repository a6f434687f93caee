"""Download files and tox results with a limit, and verify them by their hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli import strict_json
from devpi_cli.errors import BrokenDistribution, Redirected, TooLarge
from devpi_cli.server import hashes

if TYPE_CHECKING:
    from collections.abc import Callable

    from devpi_cli.http.session import Session
    from devpi_cli.models import Link

MOST_FILE_GIB = 8  # devpi-server itself takes 1 GiB, unless its administrator allows more
MOST_FILE = MOST_FILE_GIB * 2**30
MOST_RESULT_MIB, RESULT_MEMORY_MIB = 16, 64


def download(  # noqa: PLR0913 (keyword options)
    session: Session,
    link: Link,
    write: Callable[[bytes], object],
    most: int,
    *,
    leave_tls: bool = False,
    size: Callable[[int], None] = lambda size: None,
) -> None:
    """Download at most ``most`` bytes and verify them.

    Without a hash on the index nothing can be verified.
    """
    check, expected, taken = hashes.Check(link), hashes.known(link), 0

    def take(piece: bytes) -> None:
        nonlocal taken
        taken += len(piece)
        if taken > most:
            limit = f"{most // 2**20} MiB" if most > 2**20 else f"{most} bytes"
            raise TooLarge(f"{link.name}: the download is larger than {limit}")
        write(piece)
        check.add(piece)

    try:
        leave_tls = leave_tls or (expected is not None and expected.is_strong)
        session.download(link.url, take, leave_tls=leave_tls, size=size)
    except Redirected:
        raise hashes.without_tls(link) from None
    check.finish()


def tox_result(session: Session, link: Link) -> object:
    """Download and parse a tox report. Raises what ``Server.tox_result`` raises."""
    content = bytearray()
    download(session, link, content.extend, MOST_RESULT_MIB * 2**20)
    try:
        return strict_json.parsed(bytes(content), most_mib=RESULT_MEMORY_MIB)
    except strict_json.TooLarge as error:
        raise TooLarge(f"{link.name}: {error}") from None
    except ValueError:
        raise BrokenDistribution(f"{link.name} is not JSON") from None
