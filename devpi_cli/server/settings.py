"""Define the settings of an index.

These are their keys, and what the server stores for a value. The rules and their words are those of devpi-server 6.20
(``model.py``, ``mirror.py``). Its plugins can add types and keys.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import InvalidSetting
from devpi_cli.models import normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}
EVERYBODY = (":ANONYMOUS:", ":AUTHENTICATED:")
TYPES = STAGE, MIRROR = "stage", "mirror"
# What the server takes for a mirror, or for any index, and then drops.
DROPPED = {MIRROR: ("bases", "acl_upload", "mirror_whitelist", "pypi_whitelist", "projects")}
DROPPED_ANYWHERE = ("pypi_whitelist", "projects")
# Parts of devpi that add neither types nor keys of indexes; any other part of the server may be a plugin that does.
WITHOUT_KEYS = {"devpi-server", "devpi-web", "devpi-common", "devpi-tokens", "devpi-lockdown", "devpi-postgresql"}
NOT_IN_NAMES = re.compile(r"[\x00-\x20!\"#$%&'()*+,/:;<=>?\[\\\]^`{|}~]")


def _text(value: Any) -> Any:
    return value


def _boolean(value: Any) -> bool:
    known = value if isinstance(value, bool) else BOOLEANS.get(str(value).lower())
    if known is None:
        raise InvalidSetting(f"Unknown boolean value '{value}'.")
    return known


def items(value: Any) -> list[str]:
    """Return the items of a list, typed with commas between them."""
    parts = value if isinstance(value, list | tuple) else str(value).split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


def _principals(value: Any) -> list[str]:
    return [name.upper() if name.upper() in EVERYBODY else name for name in items(value)]


def _bases(value: Any) -> list[str]:
    return [name.strip("/") if "/" in name.strip("/") else name for name in items(value)]


def _projects(value: Any) -> list[str]:
    return [normalised(name) for name in items(value)]


def _inheritance(value: Any) -> str:
    lower = str(value).lower()
    if lower not in ("intersection", "union"):
        allowed = "must be 'intersection' or 'union'"
        raise InvalidSetting(f"Unknown value '{lower}' for mirror_whitelist_inheritance, {allowed}.")
    return lower


def _url(value: Any) -> str:
    if not str(value).startswith(("http://", "https://")):
        raise InvalidSetting("'mirror_url' option must be a URL.")
    return str(value)


def _integer(value: Any) -> int:
    try:
        return int(value)
    except ValueError:
        raise InvalidSetting("'mirror_cache_expiry' option must be an integer") from None


_COMMON: dict[str, Callable[[Any], Any]] = {
    "volatile": _boolean,
    "title": _text,
    "description": _text,
    "custom_data": _text,
}
_STAGE: dict[str, Callable[[Any], Any]] = {
    **_COMMON,
    "bases": _bases,
    "acl_upload": _principals,
    "acl_toxresult_upload": _principals,
    "mirror_whitelist": _projects,
    "mirror_whitelist_inheritance": _inheritance,
}
_MIRROR: dict[str, Callable[[Any], Any]] = {
    **_COMMON,
    "mirror_url": _url,
    "mirror_web_url_fmt": _text,
    "mirror_cache_expiry": _integer,
    "mirror_no_project_list": _boolean,
    "mirror_use_external_urls": _boolean,
    "mirror_ignore_serial_header": _boolean,
    "mirror_provides_core_metadata": _boolean,
}
LISTS = ("bases", "acl_upload", "acl_toxresult_upload", "mirror_whitelist")
# devpi-server 6.20 answers += and -= of these with 500, or accepts them and does something else.
NO_LISTS = ("type", *({**_STAGE, **_MIRROR}.keys() - set(LISTS)))
ALWAYS_THERE = (*LISTS, "volatile", "mirror_whitelist_inheritance")


def keys(index_type: str) -> Mapping[str, Callable[[Any], Any]]:
    """Return the keys of an index type, except those from plugins.

    A plugin's type has the keys of a stage, too.
    """
    return _MIRROR if index_type == MIRROR else _STAGE


def is_dropped(index_type: str, key: str) -> bool:
    """Return True for a key that the server takes without storing it."""
    return key in DROPPED.get(index_type, DROPPED_ANYWHERE)


def require_mirror_url(config: Mapping[str, Any]) -> None:
    """Raise InvalidSetting for a mirror of nothing.

    devpi-server 6.20 takes it, and ends after its next start if devpi-web is installed.
    """
    if config.get("type") == MIRROR and "mirror_url" not in config:
        raise InvalidSetting(
            "a mirror needs the URL of what it mirrors", hint="add mirror_url=https://pypi.org/simple/, or another URL"
        )


def stored(index_type: str, key: str, value: Any) -> Any:
    """Return what the server stores for a value.

    Raises InvalidSetting, with the words of the server, for a value that it refuses.
    """
    return keys(index_type).get(key, _text)(value)


def is_valid_name(name: str) -> bool:
    """Return True if the server takes the name for a new user or index."""
    return not NOT_IN_NAMES.search(name)


def key_hint(typed: str) -> str:
    """Return what to type instead of a key that the server does not know."""
    from difflib import get_close_matches

    key = typed.rstrip("+-")
    if key != typed and key in LISTS:
        return f"+= and -= change an index that exists: type {key}=VALUE"
    if key in _MIRROR and key not in _STAGE:
        return f"only a mirror has {key}: create one with type=mirror"
    if key in _STAGE and key not in _MIRROR:
        return f"a mirror has no {key}"
    nearest = get_close_matches(key, sorted({**_STAGE, **_MIRROR, "type": None}), 1)
    explained = "'devpi help indexes' explains all settings"
    return f"did you mean {nearest[0]!r}? {explained}" if nearest else explained
