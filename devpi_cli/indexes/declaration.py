"""Check a description of users and indexes, and describe those of a server.

A description has two tables, ``users`` by name and ``indexes`` by ``user/index``, with the keys that the server has for
them. Two keys name a variable instead of holding a secret: ``password-from`` and ``mirror_url-from``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from devpi_cli import urls
from devpi_cli.errors import InvalidSetting, WrongUsage
from devpi_cli.printable import SECRET_KEYS, hidden, hide
from devpi_cli.server import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from devpi_cli.models import User

USERS, INDEXES = "users", "indexes"
CUSTOM_DATA = "custom_data"
PASSWORD_FROM, URL_FROM = "password-from", "mirror_url-from"
USER_KEYS = ("email", "title", "description", CUSTOM_DATA)
FIRST_KEYS = ("type", "bases", "volatile", "acl_upload")
KEY = re.compile(r"[A-Za-z](?:[\w-]*\w)?")  # a sign at its end would be an operator
NO_PASSWORD = f'name a variable that holds it: {PASSWORD_FROM} = "VARIABLE"'
NO_URL = f'name a variable that holds the URL: {URL_FROM} = "VARIABLE"'


class Declaration(NamedTuple):
    """Users and indexes as they are to be; only the keys that are named matter."""

    users: dict[str, dict[str, Any]]
    indexes: dict[str, dict[str, Any]]
    password_variables: dict[str, str]
    """The variable with the password of a user."""
    url_variables: dict[str, str]
    """The variable with the URL of a mirror, which is a secret then."""

    @property
    def owners(self) -> set[str]:
        """All users that are named, also by one of their indexes."""
        return {*self.users, *(name.partition("/")[0] for name in self.indexes)}


class Description(NamedTuple):
    """A description of a server, and why a key is missing in it."""

    tables: dict[str, dict[str, dict[str, Any]]]
    left_out: dict[str, str]
    variables: dict[str, str]
    """The variable for the URL of a mirror that holds a secret, by the name of the key."""


def parse(tables: Mapping[str, Any], variables: Mapping[str, str]) -> Declaration:
    """Check a description; ``variables`` has the values that it refers to.

    Raises WrongUsage if it is not one, and InvalidSetting for a name that the server would refuse.
    """
    unknown = next((key for key in tables if key not in (USERS, INDEXES)), None)
    if unknown is not None:
        raise WrongUsage(
            f"{unknown!r} is not a table of this file", hint='tables are [users.NAME] and [indexes."USER/INDEX"]'
        )
    users = {name: _user(name, config) for name, config in _table(tables.get(USERS, {}), USERS).items()}
    passwords = {name: config.pop(PASSWORD_FROM) for name, config in users.items() if PASSWORD_FROM in config}
    typed = _table(tables.get(INDEXES, {}), INDEXES)
    indexes = {name: _index(name, config, variables) for name, config in typed.items()}
    urls_from = {name: config[URL_FROM] for name, config in typed.items() if URL_FROM in config}
    return Declaration(users, indexes, passwords, urls_from)


def _table(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise WrongUsage(f"{name} must be a table")
    return value


def _user(name: str, value: object) -> dict[str, Any]:
    where = f"{USERS}.{name}"
    _require_valid(where, "username", name)
    config = _table(value, where)
    if secret := next((key for key in config if key in SECRET_KEYS), ""):
        raise WrongUsage(f"{where}: a file must not contain a {secret}", hint=NO_PASSWORD)
    unknown = next((key for key in config if key not in (*USER_KEYS, PASSWORD_FROM)), None)
    if unknown is not None:
        from difflib import get_close_matches

        nearest = [f"did you mean {key!r}? " for key in get_close_matches(unknown, (*USER_KEYS, PASSWORD_FROM), 1)]
        hint = f"{''.join(nearest)}keys are {', '.join((*USER_KEYS, PASSWORD_FROM))}"
        raise WrongUsage(f"{where}: a user has no key {unknown!r}", hint=hint)
    for key, part in config.items():
        if key == CUSTOM_DATA:
            _require_json(f"{where}.{key}", part)
        elif not isinstance(part, str):
            raise WrongUsage(f"{where}.{key} must be a string")
    return dict(config)


def _index(name: str, value: object, variables: Mapping[str, str]) -> dict[str, Any]:
    where = f"{INDEXES}.{name}"
    owner, slash, own_name = name.partition("/")
    if not slash or not own_name or "/" in own_name:
        raise WrongUsage(f'{where}: an index is named USER/INDEX: [indexes."alice/dev"]')
    _require_valid(where, "username", owner)
    _require_valid(where, "indexname", own_name)
    config = dict(_table(value, where))
    if URL_FROM in config:
        if "mirror_url" in config:
            raise WrongUsage(f"{where}: mirror_url and {URL_FROM} cannot both be given")
        config["mirror_url"] = variable(f"{where}.{URL_FROM}", config.pop(URL_FROM), variables)
    elif hide(str(config.get("mirror_url"))) != str(config.get("mirror_url")):
        raise WrongUsage(f"{where}: the mirror_url holds a password", hint=NO_URL)
    for key, part in config.items():
        _check(f"{where}.{key}", key, part)
    return config


def variable(where: str, name: object, variables: Mapping[str, str]) -> str:
    """Return the value of a variable. Raises WrongUsage if it is not set, or empty."""
    if not isinstance(name, str) or not name:
        raise WrongUsage(f"{where} must be the name of a variable")
    found = variables.get(name)
    if not found:
        raise WrongUsage(f"{where}: the variable {name} is {'not set' if found is None else 'empty'}")
    return found


def _check(where: str, key: str, value: object) -> None:
    """Raise WrongUsage for a value that no setting of an index can have."""
    if key in SECRET_KEYS or key.endswith("-from") or not KEY.fullmatch(key):
        raise WrongUsage(f"{where}: an index has no such key", hint=settings.key_hint(key))
    if key == CUSTOM_DATA:
        _require_json(where, value)
    elif isinstance(value, list):
        _check_list(where, key, value)
    elif key in settings.LISTS:
        raise WrongUsage(f"{where} must be a list", hint=f'write {key} = ["…", "…"]')
    elif not isinstance(value, str | bool | int):
        raise WrongUsage(f"{where}: {type(value).__name__} is not a type that a setting can have: write a string")


def _check_list(where: str, key: str, items: list[object]) -> None:
    if key in settings.NO_LISTS:
        raise WrongUsage(f"{where} is not a list")
    for item in items:
        if not isinstance(item, str):
            raise WrongUsage(f"{where}: {item!r} is not a string")
        if key in settings.LISTS and ("," in item or not item.strip()):
            raise WrongUsage(f"{where}: {item!r} is not a name")


def _require_valid(where: str, kind: str, name: str) -> None:
    if not urls.is_name(name) or not settings.is_valid_name(name):
        raise InvalidSetting(f"{where}: the server would refuse the {kind} {name!r}")


def _require_json(where: str, value: object) -> None:
    """Raise WrongUsage for what JSON cannot hold: dates, and numbers that are none."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        raise WrongUsage(f"{where}: dates, nan and inf cannot be stored: write them as strings") from None
    except RecursionError:
        raise WrongUsage(f"{where} is nested too deeply") from None


# -- the other way


def describe(users: Iterable[User]) -> Description:
    """Describe the users and indexes of a server.

    What holds a password, and what TOML cannot hold, is left out; for the URL of a mirror a variable is named.
    """
    found = Description({USERS: {}, INDEXES: {}}, {}, {})
    for user in users:
        kept = {key: user.config[key] for key in USER_KEYS if user.config.get(key) not in (None, "")}
        found.tables[USERS][user.name] = _described(f"{USERS}.{user.name}", kept, found)
        for index in user.indexes:
            index_type = str(index.config.get("type", settings.STAGE))
            keys = [*FIRST_KEYS, *sorted(index.config.keys() - {*FIRST_KEYS})]
            config = {
                key: index.config[key]
                for key in keys
                if index.config.get(key, "") != "" and not settings.is_dropped(index_type, key)
            }
            if index_type == settings.STAGE:
                config.pop("type", None)
            found.tables[INDEXES][index.name] = _described(f"{INDEXES}.{index.name}", config, found)
    return found


def _described(where: str, config: Mapping[str, Any], into: Description) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in config.items():
        name = f"{where}.{key}"
        if hidden(value) != value:
            if key == "mirror_url":
                kept[URL_FROM] = into.variables[name] = _new_variable(where, into.variables.values())
            else:
                into.left_out[name] = "it holds a password"
        elif _has_null(value):
            into.left_out[name] = "TOML has no null"
        else:
            kept[key] = value
    return kept


def _new_variable(where: str, used: Iterable[str]) -> str:
    """Return a variable for the URL of a mirror, other than those that are used."""
    name = f"MIRROR_URL_{re.sub(r'[^A-Z0-9]+', '_', where.partition('.')[2].upper())}"
    taken = set(used)
    while name in taken:
        name += "_"
    return name


def _has_null(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    return any(map(_has_null, value)) if isinstance(value, list) else value is None
