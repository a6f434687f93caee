"""Predict what would become of a new or changed index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devpi_cli.cli.steps.hints import UNEXPECTED
from devpi_cli.cli.steps.preflight import cannot_tell, require_owner
from devpi_cli.errors import DevpiError, InvalidSetting, Missing
from devpi_cli.server import config_changes, settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from devpi_cli.cli.app import App
    from devpi_cli.models import Index
    from devpi_cli.server.api import Server

NAME = "{} {!r} contains characters that aren't allowed. Any ascii symbol besides -.@_ is blocked."


def plan_new(app: App, server: Server, name: str, config: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that a new index would have of those asked for.

    Raises Missing, LoginRequired, WouldBeRefused or InvalidSetting if the server would refuse.
    """
    owner, _, own_name = name.partition("/")
    login = server.session.acting()
    if not (login and login.user == owner):  # the server creates its user for somebody whom a plugin logged in
        server.user(owner)
    require_owner(server, owner, f"create the index {name}")
    require_valid_name("indexname", own_name)
    index_type = config.get("type", settings.STAGE)
    if index_type not in settings.TYPES and not _may_be_known(app, server, f"the index type {index_type!r}"):
        raise refusal(f"unknown index type {index_type!r}")
    settings.require_mirror_url(config)
    with_words = {key: value for key, value in config.items() if key != "type"}
    after = _checked(app, server, index_type, with_words, with_words)
    return {**({"type": index_type} if "type" in config else {}), **after}


def plan_changes(app: App, server: Server, index: Index, changes: Sequence[str]) -> dict[str, Any]:
    """Return the settings of an index that would change, with their new values.

    Raises LoginRequired, WouldBeRefused or InvalidSetting if the server would refuse.
    """
    require_owner(server, index.name.partition("/")[0], f"change the index {index.name}")
    try:
        changed = config_changes.changed(index.config, changes)
        after = config_changes.predicted(index.config, changes)
    except InvalidSetting as error:
        raise refusal(error.message, hint=error.hint) from None
    index_type = str(index.config.get("type", settings.STAGE))
    if foreign := [key for key in changed if key in index.config and key not in settings.keys(index_type)]:
        cannot_tell(app, f"whether the server takes the value of {foreign[0]!r}", "a plugin checks it")
    _checked(app, server, index_type, after, {key: after[key] for key in changed if key not in index.config})
    return changed


def require_valid_name(kind: str, name: str) -> None:
    """Raise InvalidSetting if the server would not take a new name.

    It is the name of a user or an index.
    """
    if not settings.is_valid_name(name):
        raise refusal(NAME.format(kind, name))


def refusal(words: str, *, hint: str = "") -> InvalidSetting:
    """Return the error for what the server would refuse.

    ``words`` are the server's, for a name or a setting.
    """
    return InvalidSetting(f"the server would refuse this: {words}", hint=hint)


def _checked(
    app: App, server: Server, index_type: str, config: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str, Any]:
    """Return settings as the server would store them.

    ``new`` are those that the index does not have yet.
    """
    try:
        after = config_changes.normal(index_type, config)
    except InvalidSetting as error:
        raise refusal(error.message, hint=error.hint) from None
    if problems := [*_wrong_bases(server, after.get("bases", ()))]:
        raise refusal(", ".join(problems))
    known = settings.keys(index_type)
    unknown = {key: value for key, value in new.items() if key in after and key not in known}
    if unknown and not (
        index_type not in settings.TYPES or _may_be_known(app, server, f"the setting {next(iter(unknown))!r}")
    ):
        words = f"{UNEXPECTED}{', '.join(f'{key}={value}' for key, value in unknown.items())}"
        raise refusal(words, hint=settings.key_hint(next(iter(unknown))))
    return after


def _wrong_bases(server: Server, bases: Iterable[str]) -> Iterable[str]:
    for base in bases:
        if base.count("/") != 1 or base != base.strip("/"):
            yield f"invalid base index spec: {base!r}"
            continue
        try:
            server.index(base, projects=False)
        except Missing:
            yield f"base index {base!r} does not exist"


def _may_be_known(app: App, server: Server, what: str) -> bool:
    """Return True, with a warning, if a plugin may know something.

    devpi-server itself does not know it.
    """
    try:
        plugins = sorted({*server.status().versions} - settings.WITHOUT_KEYS)
    except DevpiError as error:
        app.out.debug(f"cannot find out which plugins the server has: {error}")
        plugins = ["its plugins"]
    if plugins:
        cannot_tell(app, f"whether the server knows {what}", f"it may come from {', '.join(plugins)}")
    return bool(plugins)
