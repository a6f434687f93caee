"""Set values of an index that are more than texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devpi_cli.errors import DevpiError
from devpi_cli.server import parse, settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devpi_cli.models import Index
    from devpi_cli.server.api import Server


def set_values(server: Server, index: Index, values: Mapping[str, Any]) -> Index:
    """Set values of an index as it was read before; return it as it is then.

    Texts, and lists that the server splits at commas, are set one by one, and nothing else can be overwritten. An
    object, or a plugin's list, can be sent only with the whole configuration: it is read again. Raises DevpiError if
    somebody has changed it meanwhile.
    """
    if all(_is_text(key, value) for key, value in values.items()):
        return server.modify_index(index.name, [f"{key}={_text(value)}" for key, value in values.items()])
    now = server.index(index.name, projects=False)
    if now.config != index.config:
        raise DevpiError(f"{index.name} was changed meanwhile", hint="try again")
    url = server.url(index.name)
    return parse.index(index.name, server.session.request("PATCH", url, json={**now.config, **values}))


def _is_text(key: str, value: object) -> bool:
    return isinstance(value, str | bool | int) or (key in settings.LISTS and isinstance(value, list))


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)
