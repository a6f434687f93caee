"""Change the configuration of an index or user as the server would; compare it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devpi_cli.errors import WrongUsage
from devpi_cli.models import normalised

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


def apply(config: dict[str, Any], change: str) -> None:
    """Apply ``key=value``, ``key+=value`` or ``key-=value`` as a newer server would.

    Raises WrongUsage for ``+=`` or ``-=`` with a key that is not a list.
    """
    key, _, value = change.partition("=")
    name, operator = (key[:-1], key[-1]) if key[-1:] in ("+", "-") else (key, "")
    if not operator:
        config[name] = value
        return
    if not isinstance(config.get(name, []), list):
        raise WrongUsage(f"{change!r}: {name} is not a list, so only = can change it")
    existing = list(config.get(name) or [])
    items = [item for item in value.split(",") if item]
    if operator == "+":
        config[name] = existing + [item for item in items if item not in existing]
    else:
        config[name] = [item for item in existing if item not in items]


def changed(config: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Return the keys that changes would alter, with their new values.

    Raises what ``apply`` raises.
    """
    after = dict(config)
    for change in changes:
        apply(after, change)
    return differing(config, {key: value for key, value in after.items() if value is not config.get(key)})


def differing(config: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the wanted values that differ from the configuration.

    Strings are compared as the lists, numbers and booleans that devpi-server makes of them. The order of bases counts,
    that of other lists does not (``ensure_list`` and others in its ``model.py``, 6.20).
    """
    return {key: value for key, value in wanted.items() if not _is_same(key, config.get(key), value)}


def _is_same(key: str, present: Any, wanted: Any) -> bool:
    if isinstance(present, list) or isinstance(wanted, list):
        one, other = _items(key, present), _items(key, wanted)
        return one == other if key == "bases" else set(one) == set(other)
    if isinstance(present, bool):
        return BOOLEANS.get(str(wanted).lower()) is present
    return str(wanted) == ("" if present is None else str(present))


def _items(key: str, value: Any) -> list[str]:
    """Return a list as the server stores it: groups upper-case, projects normalised."""
    items = value if isinstance(value, list) else str(value or "").split(",")
    names = [str(item).strip() for item in items if str(item).strip()]
    if key == "mirror_whitelist":
        return [normalised(name) for name in names]
    return [name.upper() if name.startswith(":") else name for name in names]
