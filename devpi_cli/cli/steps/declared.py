"""Show the plan for users and indexes that a file describes, and carry it out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devpi_cli.cli.steps.preflight import cannot_tell, require_login
from devpi_cli.cli.steps.secret_file import require_place_for_secret
from devpi_cli.cli.views.amounts import number
from devpi_cli.errors import DevpiError, WouldBeRefused, WrongUsage
from devpi_cli.indexes.planning import CHANGE, CREATE, REMOVE
from devpi_cli.printable import HIDDEN, hidden
from devpi_cli.system.files import MOST_BYTES, read, write_own

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devpi_cli.cli.app import App
    from devpi_cli.indexes.applying import Applying, Done
    from devpi_cli.indexes.planning import Step

SIGNS = {CREATE: "+", CHANGE: "~", REMOVE: "-"}
ROOT = "root"
STANDARD_INPUT = "-"


def read_text(file: str) -> str:
    """Return the text of a file, or of standard input for ``-``. Raises WrongUsage."""
    name = "standard input" if file == STANDARD_INPUT else file
    try:
        if file != STANDARD_INPUT:
            return read(Path(file), named=True)
        text = sys.stdin.read(MOST_BYTES + 1) if sys.stdin else ""
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise WrongUsage(f"cannot read {name}: {reason}") from None
    if len(text) > MOST_BYTES:
        raise WrongUsage(f"{name} is longer than {MOST_BYTES >> 20} MiB")
    return text


def show_plan(app: App, applying: Applying) -> dict[str, Any]:
    """Print what would be done; return the document. Raises LoginRequired or WouldBeRefused if it would fail."""
    _require_owners(applying)
    for step in applying.plan.steps:
        app.out.lines(_rows(applying, step))
        if makes_password(applying, step):
            app.out.line(f"  a password would be made for {step.name}")
    for name in applying.plan.foreign:
        cannot_tell(app, f"whether the server knows {name}", "it may come from a plugin")
    _show_left(app, applying)
    app.out.line(summary(applying, "to create", "to change", "to remove"))
    return {**_document(applying, applying.plan.steps), "dry_run": True}


def _require_owners(applying: Applying) -> None:
    """Check that the acting user may do all of it; anybody may create users, unless the server restricts it."""
    steps = [step for step in applying.plan.steps if not (step.kind == "users" and step.action == CREATE)]
    user = require_login(applying.server) if steps else ROOT
    others = [step for step in steps if user not in (step.owner, ROOT)]
    if others:
        raise WouldBeRefused(f"{user} may not {others[0].action} {others[0].label}")


def carry_out(app: App, applying: Applying, passwords: Path | None) -> dict[str, Any]:
    """Ask before something is removed, do all steps and print them; return the document.

    If a step fails, the document is printed with those that were done, and the failure is raised.
    """
    plan = applying.plan
    if any(makes_password(applying, step) for step in plan.steps):
        require_place_for_secret(app, passwords)
    if removed := plan.of(REMOVE):
        indexes, them = number(len(removed), "index", "indexes"), "it" if len(removed) == 1 else "them"
        what = f"Remove {indexes} with everything on {them}?"
        app.out.confirm(what, [f"About to remove: {applying.server.url(step.name)}" for step in removed])
    done: list[Step] = []
    made: dict[str, str] = {}
    try:
        for finished in applying.carry_out():
            _show_done(app, applying, finished, passwords, made)
            done.append(finished.step)
    except BaseException as error:  # Ctrl-C, too: the passwords are told only now
        rest = [step.label for step in plan.steps[len(done) :]]
        failed = {rest[0]: error.message} if rest and isinstance(error, DevpiError) else {}
        document = {**_document(applying, done), **_told(passwords, made), "failed": failed, "not_done": rest}
        app.out.document(document, verbatim=True)
        if done:
            app.out.note(f"{len(done)} of {len(plan.steps)} changes were made before")
        raise
    _show_left(app, applying)
    if passwords and made:
        app.out.line(f"passwords written to {passwords}")
    app.out.line(summary(applying, "created", "changed", "removed"))
    return {**_document(applying, done), **_told(passwords, made)}


def _show_done(app: App, applying: Applying, finished: Done, file: Path | None, made: dict[str, str]) -> None:
    """Print a step that was carried out; hand over the password if one was made."""
    name, password = finished.step.name, finished.password
    app.out.lines(_rows(applying, finished.step))
    if not password:
        return
    made[name] = password
    if file:
        _write_passwords(file, made)
    else:
        app.out.verbatim(f"  password of {name}, shown only now: {password}")


def makes_password(applying: Applying, step: Step) -> bool:
    """Return whether a password is made for a user, because no variable holds one."""
    return step.kind == "users" and step.action == CREATE and step.name not in applying.passwords


def _write_passwords(file: Path, made: Mapping[str, str]) -> None:
    """Write all passwords so far, the last of which may be lost if that fails."""
    try:
        write_own(file, "".join(["user,password\n", *(f"{user},{password}\n" for user, password in made.items())]))
    except OSError as error:
        user = [*made][-1]
        hint = f"{user} was created: set a password with 'devpi passwd {user}'"
        raise DevpiError(f"cannot write {file}: {error.strerror}", hint=hint) from None


def _told(file: Path | None, made: Mapping[str, str]) -> dict[str, Any]:
    return {"passwords": {} if file else dict(made), "file": str(file) if file and made else None}


def _show_left(app: App, applying: Applying) -> None:
    """Say what is left as it is although the file, or --prune, is about it."""
    for name, reason in applying.plan.kept.items():
        app.out.note(f"{name} stays: {reason}")
    if left := applying.plan.passwords_left:
        app.out.note(f"passwords left unchanged: the server does not show whether they differ: {', '.join(left)}")


def summary(applying: Applying, *words: str) -> str:
    """Return how many are created, changed and removed, said with these words."""
    plan = applying.plan
    if not plan.steps:
        return f"nothing to do: {plan.unchanged} as described"
    counts = [len(plan.of(action)) for action in (CREATE, CHANGE, REMOVE)]
    return ", ".join(f"{count} {word}" for count, word in zip(counts, words, strict=True))


def _rows(applying: Applying, step: Step) -> list[str]:
    """Return a line for each key of a step, the first one with its name."""
    head = f"{SIGNS[step.action]} {step.name}"
    cells = [_cell(step, key, before, after) for key, (before, after) in _shown(applying, step).items()]
    if step.name in applying.passwords and step.action == CREATE:
        cells.append(f"password from {applying.wanted.password_variables[step.name]}")
    return [f"{head if not place else ' ' * len(head)}  {cell}" for place, cell in enumerate(cells)] or [head]


def _cell(step: Step, key: str, before: object, after: object) -> str:
    if step.action == CREATE:
        return f"{key} = {_text(after)}"
    if isinstance(before, dict) and isinstance(after, dict):
        parts = [part for part in after if after[part] != before.get(part)]
        return "; ".join(f"{key}.{part}: {_text(before.get(part))} -> {_text(after[part])}" for part in parts)
    return f"{key}: {_text(before)} -> {_text(after)}"


def _shown(applying: Applying, step: Step) -> dict[str, tuple[Any, Any]]:
    """Return the changes as they may be shown: a URL from a variable may have a secret at any place."""
    return {
        key: (before and HIDDEN, HIDDEN)
        if key == "mirror_url" and step.name in applying.wanted.url_variables
        else (hidden(before), hidden(after))
        for key, (before, after) in step.changes.items()
    }


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if value is None:
        return "none"
    return value if isinstance(value, str) and value else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _document(applying: Applying, steps: list[Step] | tuple[Step, ...]) -> dict[str, Any]:
    return {
        "created": [step.label for step in steps if step.action == CREATE],
        "changed": {
            step.label: {key: list(pair) for key, pair in _shown(applying, step).items()}
            for step in steps
            if step.action == CHANGE
        },
        "removed": [step.label for step in steps if step.action == REMOVE],
        "unchanged": applying.plan.unchanged,
        "kept": dict(applying.plan.kept),
    }
