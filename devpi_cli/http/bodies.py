"""The form of an upload, and the bodies of responses, read with a limit.

The limit is also for what they inflate to.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import BinaryIO

    import httpx

ACCEPTED = "gzip"  # the only encoding that requests ask for; a second one would multiply what a small reply inflates to
GZIP = 16 + zlib.MAX_WBITS
AT_ONCE = 65536


class Form(NamedTuple):
    """A multipart body: fields, and a file open for reading with the name to send.

    ``arrived`` asks the server whether it has the file; only a form that has it is sent again.
    """

    fields: Mapping[str, object]
    name: str
    file: BinaryIO
    arrived: Callable[[], bool] | None = None


class TooLarge(Exception):
    """The body is larger than the limit."""


class Damaged(Exception):
    """The body cannot be decoded."""


def read(response: httpx.Response, most: int) -> bytes:
    """Return the body of a response, inflated.

    Raises TooLarge if it has more than ``most`` bytes, as soon as it has, and Damaged if it is not what its encoding
    says, or in another encoding than was asked for.
    """
    pieces, size = [], 0
    for piece in _decoded(response):
        size += len(piece)
        if size > most:
            raise TooLarge
        pieces.append(piece)
    return b"".join(pieces)


def _decoded(response: httpx.Response) -> Iterable[bytes]:
    if response.is_stream_consumed:  # a transport of tests has read it
        return [response.content]
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return response.iter_raw()
    if encoding not in (ACCEPTED, f"x-{ACCEPTED}"):
        raise Damaged(f"it is encoded as {encoding[:80]!r}, which was not asked for")
    return _inflated(response.iter_raw())


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Inflate piece by piece: 64 KiB can be 64 MiB of zeros."""
    inflater, has_any = zlib.decompressobj(GZIP), False
    try:
        for piece in pieces:
            has_any = has_any or bool(piece)
            while piece and not inflater.eof:
                yield inflater.decompress(piece, AT_ONCE)
                piece = inflater.unconsumed_tail  # noqa: PLW2901 (what is left of it)
    except zlib.error as error:
        raise Damaged(str(error)) from None
    if has_any and not inflater.eof:
        raise Damaged("it ends too early")
