"""Find the places that commands compare and copy: indexes, also of other servers, and folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.auth.environment import INDEX, SECRETS, USER, secret_in
from devpi_cli.cli.target import Target, resolve
from devpi_cli.errors import WrongUsage
from devpi_cli.indexes.sides import DIR, FolderSide, IndexSide
from devpi_cli.models import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from devpi_cli.cli.app import App
    from devpi_cli.indexes.sides import Side

LATENT = 0.0  # folders have no latency


def sides(app: App, a: str, b: str, private: Path | None = None) -> tuple[Side, Side]:
    """Return the two places that are named by USER/INDEX, INDEX, URL or ``dir:PATH``.

    To copy from one to the other takes a ``private`` folder; then the second may be a folder that is not there yet.

    Each server gets its own login: a password or token in the environment is for the one that ``DEVPI_INDEX`` names.
    Raises WrongUsage if there are two servers, and it names none.
    """
    targets = [None if typed.startswith(DIR) else _target(app, typed) for typed in (a, b)]
    if len({target.root for target in targets if target}) > 1:
        targets = [target and _own(app, target, typed) for target, typed in zip(targets, (a, b), strict=True)]
    first = _side(app, a, targets[0], None, private)
    second = _side(app, b, targets[1], first, private)
    if first.name == second.name:
        raise WrongUsage(f"{first.name} is the same place twice")
    return first, second


def _target(app: App, typed: str) -> Target:
    target = app.target(typed)
    target.require_index()
    return target


def _own(app: App, target: Target, typed: str) -> Target:
    """Return the target of one of two servers, with the user who acts there: variables are about the other one."""
    if not target.secrets_for:
        if name := next((name for name in SECRETS if secret_in(os.environ, name)), ""):
            raise WrongUsage(
                f"{name} is set, but nothing says which of the two servers it is for",
                hint=f"set {INDEX} to the URL of its index, and log in at the other server with 'devpi login'",
            )
        return target
    if target.root == target.secrets_for:
        return target
    others = {name: value for name, value in os.environ.items() if name not in (USER, *SECRETS)}
    return resolve(typed, others, app.state)._replace(secrets_for=target.secrets_for)


def _side(app: App, typed: str, target: Target | None, other: Side | None, private: Path | None) -> Side:
    if target is None:
        path = Path(typed.removeprefix(DIR)).expanduser()
        return FolderSide(path, f"{DIR}{path}", may_be_new=private is not None and other is not None)
    index, beside = target.require_index(), other if isinstance(other, IndexSide) else None
    server = beside.server if beside and beside.server.root == target.root else app.connect(target)
    name = server.url(index) if urls.is_url(typed) else index
    if beside and (server.root, index) == (beside.server.root, beside.index):
        name = beside.name
    return IndexSide(server, index, name, private or Path())


def requirements_of(typed: Sequence[str], files: Sequence[Path]) -> tuple[Requirement, ...]:
    """Return the requirements that are typed or stand in files."""
    from devpi_cli.packages import requirements

    named = [text for path in files for text in requirements.named(path)]
    return tuple(Requirement.parse(text) for text in (*typed, *named))


def latency(sides: Sequence[Side]) -> float | None:
    """Return the seconds that a request to the farthest server takes; None if that is not known yet."""
    found = [side.server.session.quickest for side in sides if isinstance(side, IndexSide)]
    known = [seconds for seconds in found if seconds is not None]
    return max(known, default=None if found else LATENT)


def tell_left_out(app: App, sides: Sequence[Side]) -> None:
    """Say what was passed over in folders."""
    for side in sides:
        if isinstance(side, FolderSide):
            for text in side.folder.left_out:
                app.out.warn(f"left out: {text}")


def require_found(wanted: Sequence[Requirement], found: Iterable[str], *searched: Side) -> None:
    """Raise NothingFound for a requirement without any release; ``found`` are the projects that have one."""
    names = set(found)
    for each in wanted:
        if each.project not in names:
            nothing = each.nothing_on(" and ".join(side.name for side in searched))
            listed = next((side.name for side in searched if isinstance(side, IndexSide)), "")
            nothing.hint = f"'devpi list --index {listed}' shows which projects there are" if listed else ""
            raise nothing
