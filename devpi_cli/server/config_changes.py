"""Check and change the configuration of an index or user.

This is done as the server would; configurations are compared, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devpi_cli.errors import InvalidSetting, WrongUsage
from devpi_cli.printable import SECRET_KEYS
from devpi_cli.server import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CONSTRAINTS = "constraints"  # of devpi-constrained: a requirement a line, which may have commas


def parts(change: str) -> tuple[str, str, str]:
    """Split ``key=value``, ``key+=value`` or ``key-=value``.

    Return key, operator and value.
    """
    key, _, value = change.partition("=")
    return (key[:-1], key[-1], value) if key[-1:] in ("+", "-") else (key, "", value)


def itemised(changes: Iterable[str]) -> list[str]:
    """Return changes with one item each, spelled as the server stores it.

    The server takes ``acl_upload+=a,b`` for one name with a comma, and does not find ``My_Demo`` in a whitelist.
    """
    found: list[str] = []
    for change in changes:
        key, operator, value = parts(change)
        if not operator or key not in settings.LISTS or (operator == "-" and not value):
            found.append(change)
            continue
        found += [f"{key}{operator}={item}" for item in settings.items(settings.stored(settings.STAGE, key, value))]
    return found


def apply(config: dict[str, Any], change: str) -> None:
    """Apply one of the ``itemised`` changes as a newer server would.

    Raises WrongUsage for ``+=`` or ``-=`` with a key that is not a list.
    """
    name, operator, value = parts(change)
    if not operator:
        config[name] = value
        return
    if not isinstance(config.get(name, []), list):
        raise WrongUsage(f"{change!r}: {name} is not a list, so only = can change it")
    existing = list(config.get(name) or [])
    if operator == "+":
        config[name] = existing + [item for item in [value] if item not in existing]
    else:
        config[name] = [item for item in existing if item != value]


def predicted(config: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Return the configuration that an index would have after changes.

    The server reads all of it again, so what has become invalid makes every change fail. Raises InvalidSetting, with
    the words of the server, if it would refuse them. Keys that may be those of a plugin are taken as they are.
    """
    after, index_type = dict(config), str(config.get("type", settings.STAGE))
    for change in itemised(changes):
        key, operator, value = parts(change)
        if operator == "-" and not value:
            if key in settings.ALWAYS_THERE and key in settings.keys(index_type):
                raise InvalidSetting("Default values can't be removed.")
            after.pop(key, None)
            continue
        if operator:
            require_list(after, key)
        if operator == "-" and value not in after[key]:
            raise InvalidSetting(f"The '{key}' setting doesn't have value '{value}'")
        apply(after, change)
    if after.get("type", index_type) != index_type:
        raise InvalidSetting("the 'type' of an index can't be changed")
    return normal(index_type, after)


def refuse_empty_password(config: Mapping[str, Any], hint: str = "allow_empty_password=True sets it anyway") -> None:
    """Raise WrongUsage if a user would get an empty password.

    It may come from an unset variable.
    """
    for key in SECRET_KEYS:
        if config.get(key) == "":
            raise WrongUsage(f"the {key} is empty", hint=hint)


def changed(config: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Return the keys that changes would alter, with their new values.

    A removed key is empty. Raises what ``predicted`` raises.
    """
    after = predicted(config, changes)
    return {key: after.get(key, "") for key in {**config, **after} if after.get(key) != config.get(key)}


def require_list(config: Mapping[str, Any], key: str) -> None:
    """Raise InvalidSetting unless the key is a list.

    The server has no words for that.
    """
    if not isinstance(config.get(key), list):
        raise InvalidSetting(f"the index has no list {key!r} to change", hint=settings.key_hint(key))


def normal(index_type: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration as the server stores it.

    Raises InvalidSetting if it refuses a value.
    """
    kept = {key: value for key, value in config.items() if not settings.is_dropped(index_type, key)}
    return {key: settings.stored(index_type, key, value) for key, value in kept.items()}


def differing(config: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the wanted values that differ from the configuration.

    They are compared as the server would store them. The order of bases counts, that of other lists does not.
    """
    index_type = str(config.get("type", settings.STAGE))
    return {
        key: value
        for key, value in wanted.items()
        if not (settings.is_dropped(index_type, key) or _is_same(index_type, key, config.get(key), value))
    }


def _is_same(index_type: str, key: str, present: Any, wanted: Any) -> bool:
    if present is None:
        return wanted in ("", [])
    try:
        one, other = settings.stored(index_type, key, present), settings.stored(index_type, key, wanted)
    except InvalidSetting:
        return False
    if key not in settings.keys(index_type):
        other = _like(key, present, wanted)
    if isinstance(one, list) and isinstance(other, list):
        return one == other if key == "bases" else sorted(map(str, one)) == sorted(map(str, other))
    return str(other) == str(one)


def _like(key: str, present: Any, wanted: Any) -> Any:
    """Return a value of a plugin's key as the plugin would store it.

    The value that is there tells how.
    """
    if not isinstance(wanted, str):
        return wanted
    if isinstance(present, bool):
        return settings.BOOLEANS.get(wanted.lower(), wanted)
    if isinstance(present, int):
        return int(wanted) if wanted.strip().isdecimal() else wanted
    if not isinstance(present, list):
        return wanted
    lines = [line.strip() for line in wanted.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    # The server splits a list at commas, a plugin may split it into lines.
    return lines if key == CONSTRAINTS or sorted(lines) == sorted(map(str, present)) else settings.items(wanted)
