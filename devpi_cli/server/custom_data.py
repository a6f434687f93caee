"""Read and write what devpi-cli keeps in the settings of an index: ``custom_data``, an object of the users' own.

Ours are below the key ``devpi-cli``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devpi_cli.errors import DevpiError
from devpi_cli.server import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devpi_cli.models import Index
    from devpi_cli.server.api import Server

KEY, OURS = "custom_data", "devpi-cli"


def read(index: Index, name: str) -> dict[str, Any] | None:
    """Return what is kept of an index under a name; None if nothing is."""
    found = parse.mapping(parse.mapping(index.config.get(KEY)).get(OURS)).get(name)
    return found if isinstance(found, dict) else None


def with_ours(index: Index, name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``custom_data`` of an index with a value of ours in it; what is not ours stays.

    Raises DevpiError if it is a string, which would be lost.
    """
    existing = index.config.get(KEY) or {}
    if not isinstance(existing, dict):
        raise DevpiError(f"{KEY} of {index.name} is a string, which would be lost", hint=f"empty it first, with {KEY}=")
    return {**existing, OURS: {**parse.mapping(existing.get(OURS)), name: dict(value)}}


def write(server: Server, index: Index, name: str, value: Mapping[str, Any]) -> None:
    """Keep a value with an index. Raises what ``with_ours`` raises."""
    url = server.url(index.name)
    reply = server.session.request("PATCH", url, json={KEY: with_ours(index, name, value)})
    parse.index(index.name, reply)
