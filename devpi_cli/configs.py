"""The configuration of an index: change it as the server would."""

from __future__ import annotations

from typing import Any

from devpi_cli.errors import WrongUsage


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
