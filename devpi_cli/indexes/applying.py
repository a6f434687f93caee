"""Bring the users and indexes of a server to what a description says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import DevpiError, InvalidSetting
from devpi_cli.indexes.declaration import PASSWORD_FROM, USERS, variable
from devpi_cli.indexes.planning import CREATE, REMOVE, Plan, Step, plan, removable
from devpi_cli.server import settings
from devpi_cli.server.config_requests import set_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from devpi_cli.indexes.declaration import Declaration
    from devpi_cli.models import Index, User
    from devpi_cli.server.api import Server

RANDOM_BYTES = 18


class Done(NamedTuple):
    """A step that was carried out, and the password that was made for a new user, if one was."""

    step: Step
    password: str = ""


class Applying(NamedTuple):
    """A description, the server it is for, what that has, and the plan."""

    server: Server
    wanted: Declaration
    plan: Plan
    indexes: dict[str, Index]
    passwords: dict[str, str]
    """Those of new users that a variable holds."""

    def __repr__(self) -> str:
        return f"Applying({self.server.root!r}, {self.plan!r})"  # without passwords

    def carry_out(self) -> Iterator[Done]:
        """Do all steps, and yield each that is done. What fails ends it; it can be done again."""
        for step in self.plan.steps:
            yield Done(step, self._do(step))

    def _do(self, step: Step) -> str:
        server, made = self.server, ""
        if step.action == REMOVE:
            if reason := _why_kept(server.index(step.name)):
                raise DevpiError(f"{step.name} was not removed: {reason} by now")
            server.delete_index(step.name)
        elif step.kind == USERS and step.action == CREATE:
            made = "" if step.name in self.passwords else new_password()
            self._create_user(step, self.passwords.get(step.name) or made)
        elif step.kind == USERS:
            server.modify_user(step.name, step.config)
        elif step.action == CREATE:
            server.create_index(step.name, step.config)
        else:
            set_values(server, self.indexes[step.name], step.config)
        return made

    def _create_user(self, step: Step, password: str) -> None:
        try:
            self.server.create_user(step.name, {"password": password, **step.config})
        except DevpiError as error:
            error.hint = error.hint or f"if {step.name} was created all the same: 'devpi passwd {step.name}'"
            raise


def prepare(server: Server, wanted: Declaration, variables: Mapping[str, str], *, prune: bool = False) -> Applying:
    """Plan with one request, and one for each index that is a candidate of ``prune``.

    Raises what ``plan`` raises, and WrongUsage if a new user's password is in a variable that is not set.
    """
    users = server.users()
    found = plan(users, wanted)
    passwords = {
        step.name: variable(f"users.{step.name}.{PASSWORD_FROM}", name, variables)
        for step in found.of(CREATE)
        if step.kind == USERS and (name := wanted.password_variables.get(step.name))
    }
    if found.foreign and not plugins(server):
        raise InvalidSetting(f"the server does not know {found.foreign[0]}", hint=_hint(found.foreign[0]))
    if prune:
        found = _pruned(server, users, wanted, found)
    return Applying(server, wanted, found, {index.name: index for user in users for index in user.indexes}, passwords)


def _hint(foreign: str) -> str:
    kind, _, name = foreign.rpartition(" ")
    return settings.key_hint(name.strip("'")) if kind.endswith("setting") else f"types are {', '.join(settings.TYPES)}"


def plugins(server: Server) -> list[str]:
    """Return the plugins of a server that may know types and settings of their own."""
    return sorted({*server.status().versions} - settings.WITHOUT_KEYS)


def _pruned(server: Server, users: list[User], wanted: Declaration, found: Plan) -> Plan:
    """Add steps that remove what is not described, heirs first; an index that stays keeps its bases."""
    candidates, stay = removable(users, wanted)
    steps = []
    for index in candidates:
        reason = stay.get(index.name) or _why_kept(server.index(index.name))
        if reason:
            stay[index.name] = reason
            stay |= {base: f"it is a base of {index.name}" for base in index.listed("bases") if base not in stay}
        else:
            steps.append(Step(REMOVE, "indexes", index.name, {}))
    names = {index.name for index in candidates}
    kept = {name: reason for name, reason in sorted(stay.items()) if name in names}
    return found._replace(steps=(*found.steps, *steps), kept=kept)


def _why_kept(index: Index) -> str:
    """Return why an index must not be removed; empty if it may be."""
    if index.projects:
        count = len(index.projects)
        return f"it has {count} project{'s' if count > 1 else ''}"
    return "" if index.config.get("volatile") else "it is not volatile"


def new_password() -> str:
    """Return a password that nobody can guess."""
    from secrets import token_urlsafe

    return token_urlsafe(RANDOM_BYTES)
