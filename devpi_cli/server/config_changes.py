"""The configuration of an index or a user: change it as the server would, and tell what differs from what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devpi_cli.errors import WrongUsage
from devpi_cli.models import normalised

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TRUTH = {"true": True, "yes": True, "false": False, "no": False}


def apply(config: dict[str, Any], change: str) -> None:
    """Do ``key=value``, ``key+=value`` or ``key-=value`` to a configuration, as a newer server would do it itself.

    Raises WrongUsage when something is to be added to what is no list.
    """
    key, _, value = change.partition("=")
    name, operator = (key[:-1], key[-1]) if key[-1:] in ("+", "-") else (key, "")
    if not operator:
        config[name] = value
        return
    if not isinstance(config.get(name, []), list):
        raise WrongUsage(f"{change!r}: {name} is no list, so that only = can change it")
    there = list(config.get(name) or [])
    items = [item for item in value.split(",") if item]
    config[name] = (
        there + [i for i in items if i not in there] if operator == "+" else [i for i in there if i not in items]
    )


def changed(config: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Return the keys that changes would make differ, with what they then were; raises what ``apply`` raises."""
    after = dict(config)
    for change in changes:
        apply(after, change)
    return differing(config, {key: value for key, value in after.items() if value is not config.get(key)})


def differing(config: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is asked for and not so: texts mean the lists, numbers and truths that devpi-server makes of them.

    The order of bases counts, that of other lists does not (``ensure_list`` and others in its ``model.py``, 6.20).
    """
    return {key: value for key, value in asked.items() if not _is_same(key, config.get(key), value)}


def _is_same(key: str, present: Any, asked: Any) -> bool:
    if isinstance(present, list) or isinstance(asked, list):
        one, other = _items(key, present), _items(key, asked)
        return one == other if key == "bases" else set(one) == set(other)
    if isinstance(present, bool):
        return TRUTH.get(str(asked).lower()) is present
    return str(asked) == ("" if present is None else str(present))


def _items(key: str, value: Any) -> list[str]:
    """Return a list as the server keeps it: groups in capitals, the names of projects normalised."""
    items = value if isinstance(value, list) else str(value or "").split(",")
    names = [str(item).strip() for item in items if str(item).strip()]
    if key == "mirror_whitelist":
        return [normalised(name) for name in names]
    return [name.upper() if name.startswith(":") else name for name in names]
