"""Read core metadata from the files of a release, for a mirror does not have them itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.errors import BrokenDistribution, DevpiError, Missing
from devpi_cli.models import Link

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from devpi_cli.server.api import Server

MOST_METADATA = 4 * 2**20
MOST_FILE = 512 * 2**20


def read(server: Server, files: Sequence[Link], report: Callable[[str], None]) -> tuple[dict[str, object], str]:
    """Return the core metadata of a release, and the name of the file that has them; nothing without files.

    The metadata that the server has beside a wheel (PEP 658) are enough; else a file is downloaded and verified, which
    ``report`` is told. Raises what ``Server.download`` raises.
    """
    wheels = [link for link in files if link.name.endswith(".whl")]
    for link in wheels[:1]:
        if found := _beside(server, link):
            return found, f"{link.name}.metadata"
    for link in [*wheels, *(link for link in files if link not in wheels)][:1]:
        return _inside(server, link, report), link.name
    return {}, ""


def _beside(server: Server, link: Link) -> dict[str, object]:
    """Return the metadata beside a wheel; nothing if the server does not offer them."""
    from devpi_cli.packages import metadata
    from devpi_cli.server import downloads

    content = bytearray()
    beside = Link(f"{link.url.partition('#')[0]}.metadata")
    try:
        downloads.download(server.session, beside, content.extend, MOST_METADATA)
    except Missing:
        return {}
    found = metadata.parse(bytes(content))
    return found.fields if found.is_enough else {}


def _inside(server: Server, link: Link, report: Callable[[str], None]) -> dict[str, object]:
    from devpi_cli.packages import archives, metadata
    from devpi_cli.system import private

    report(f"the index has no metadata of this release: downloading {link.name} for them")
    with private.folder("metadata") as folder:
        copy = folder / link.name
        with copy.open("wb") as file:
            server.download(link, file, most=MOST_FILE)
        try:
            return metadata.find(copy).fields
        except BrokenDistribution as error:
            raise DevpiError(f"{link.name}: {error.message}") from None
        except archives.DAMAGE as error:
            raise DevpiError(f"{link.name} is damaged: {error}") from None
