"""What a dry run says, and what the command then does: how one corresponds to the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from devpi_cli.models import Link

if TYPE_CHECKING:
    from tests.contracts.situations import Situation
    from tests.support.clients import Result

CANNOT_TELL = "warning: cannot tell "
UNKNOWABLE = "only the server knows who is in :team$|, but its upstream may have it$|it may come from "
WOULD_REFUSE = "the server would refuse this: "
# Why a command fails, in the words of its dry run and in its own.
REASONS = {
    "no login": ("^not logged in at|would not accept the login", "not logged in"),
    "there already": ("already exists|has a different|two different", "already exists|has a different|two different"),
    "not volatile": ("is not volatile", "non-volatile"),
    "a mirror": ("is a mirror", "is a mirror"),
    "not allowed": (r"\S+ may not |cannot be deleted", "no permission|may not |takes no uploads"),
    "not there": ("no index |no user |^No releases|no project|no release/files|no such file|doesn't exist",) * 2,
    "wrong usage": ("", ""),
}
CONFIG = re.compile(r"^  (\w+)=(.*)$")


def difference(here: Situation, dry: Result, real: Result, before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return how a dry run and the command differ; nothing if they agree."""
    if CANNOT_TELL in dry.stderr:
        if dry.status:  # for another reason, which only the server could have come to later
            return "" if real.status else "could not tell, and failed all the same"
        return "" if re.search(UNKNOWABLE, dry.stderr) else "could not tell what can be told"
    if dry.status != real.status:
        return f"status {dry.status}, then {real.status}"
    if dry.status:
        if dry.stderr == real.stderr:
            return ""
        one, other = reason(dry.stderr, is_dry=True), reason(real.stderr, is_dry=False)
        return "" if one == other else f"fails because of {one!r}, then {other!r}"
    return _of_words(here.words, dry, real) or _of_effects(here.words, dry.lines, before, after)


def reason(said: str, *, is_dry: bool) -> str:
    """Return why a command failed: the words of the server for a setting, or the kind of failure."""
    if is_dry and WOULD_REFUSE in said:
        return said.partition(WOULD_REFUSE)[2].splitlines()[0]
    for name, words in REASONS.items():
        if words[0] and re.search(words[0 if is_dry else 1], said, re.MULTILINE):
            return name
    return said.splitlines()[0] if said else ""


def _of_words(words: list[str], dry: Result, real: Result) -> str:
    """Compare what is told of each item."""
    one, other = told(words[0], dry), told(words[0], real)
    return "" if one == other else f"said {sorted(one)}, then {sorted(other)}"


# What each command tells of an item, first in its dry run, then in the command: all become the same.
ITEMS = {
    "push": (
        (r"^skipped: push of (\S+) (\S+) to (\S+)$", r"^   200 register (\S+) (\S+) -> (\S+)$"),
        (r"^already there: (\S+) (\S+) -> (\S+)$", r"^already there: (\S+) (\S+) -> (\S+)$"),
    ),
    "remove": (
        (r"^version: (\S+)$", r"^version: (\S+)$"),
        (r"^  - (\S+)$", r"^  - (\S+)$"),
        (r"^(nothing to remove: .*)$", r"^(nothing to remove: .*)$"),
    ),
    "prune": ((r"^\S* +go   (\S+)",) * 2, (r"^(nothing to remove: .*)$",) * 2),
    "copy": (
        (r"^would copy: (\S+)$", r"^copied: (\S+)$"),
        (r"^would remove: (\S+)$", r"^removed: (\S+)$"),
    ),
    "apply": ((r"^([+~-] .*)$",) * 2,),
    "refresh": ((r"^would refresh (\S+)$", r"^Refreshed (\S+)$"),),
    "passwd": ((r"^would modify user: (\S+)$", r"^user modified: (\S+)$"),),
    "upload": (
        (r"^skipped: file_upload of (\S+) to (\S+)$", r"^file_upload of (\S+) to (\S+)$"),
        (r"^(identical|same content|already there): (\S+) at (\S+)$",) * 2,
    ),
    "user": ((r"^would (?:create|delete) user: (\S+)$", r"^user (?:created|deleted): (\S+)$"),),
    "index": (
        (r"^would delete index: (\S+)$", r"^index deleted: (\S+)$"),
        (r"^(nothing to delete: .*)$", r"^(nothing to delete: .*)$"),
    ),
}


def told(command: str, result: Result) -> set[tuple[str, ...]]:
    """Return what was told of each item, without the words that differ between a dry run and the command."""
    lines = [line for line in result.lines if not (command == "user" and line.startswith("would delete index"))]
    found = set()
    for number, patterns in enumerate(ITEMS[command]):
        for line in lines:
            if match := next((match for pattern in patterns if (match := re.match(pattern, line))), None):
                found.add((str(number), *match.groups()))
    return found


def _of_effects(words: list[str], said: list[str], before: dict[str, Any], after: dict[str, Any]) -> str:
    """Compare what a dry run announced with what has changed on the server."""
    changed = {name for name in {**before, **after} if before.get(name) != after.get(name)}
    if said and said[0].startswith("would change nothing") and changed:
        return f"changed {sorted(changed)} instead of nothing"
    if words[0] == "push":
        return _of_replaced(said, before, after)
    if words[0] == "remove":
        return _of_removed(said, before, after)
    if words[0] in ("index", "user") and said and said[0].startswith("would "):
        name = said[0].rpartition(": ")[2]
        return _of_settings("/".join(name.split("/")[-2:]) if words[0] == "index" else name, said, before, after)
    return ""


def _of_settings(name: str, said: list[str], before: dict[str, Any], after: dict[str, Any]) -> str:
    """Compare the settings that a user or an index was to get with those that it has."""
    would = said[0].split()[1]
    if would in ("create", "delete") and ((name in before, name in after) != (would == "delete", would == "create")):
        return f"{name} was not {would}d"
    announced = {match[1]: match[2] for line in said if (match := CONFIG.match(line))}
    announced = {key: value for key, value in announced.items() if key not in ("password", "pwhash")}
    now, then = after.get(name, {}), before.get(name, {})
    if wrong := {key: value for key, value in announced.items() if _text(now.get(key)) != value}:
        return f"announced {wrong}, but it is { ({key: _text(now.get(key)) for key in wrong}) }"
    altered = {key for key in {**now, **then} if now.get(key) != then.get(key)}
    is_right = would != "modify" or altered == {*announced}
    return "" if is_right else f"announced {sorted(announced)}, changed {sorted(altered)}"


def _of_removed(said: list[str], before: dict[str, Any], after: dict[str, Any]) -> str:
    """Compare the files that were to be removed with those that are gone; what a mirror has comes back."""
    urls = [line.removeprefix("  - ") for line in said if line.startswith(("  - ", "http")) and "/mirror/" not in line]
    gone = {
        (name, file.partition(" ")[2])
        for name, config in before.items()
        for file in config.get("+files", {}).keys() - after.get(name, {}).get("+files", {}).keys()
    }
    announced = {(Link(url).index, Link(url).name) for url in urls}
    return "" if announced == gone else f"announced to remove {sorted(announced)}, removed {sorted(gone)}"


def _of_replaced(said: list[str], before: dict[str, Any], after: dict[str, Any]) -> str:
    """Compare the files that were to be replaced with those whose contents have changed."""
    announced = {match[1] for line in said if (match := re.match(r"^would replace another (\S+) on ", line))}
    replaced = {
        file.partition(" ")[2]
        for name, config in before.items()
        for file, digest in config.get("+files", {}).items()
        if after.get(name, {}).get("+files", {}).get(file, digest) != digest
    }
    return "" if announced == replaced else f"announced to replace {sorted(announced)}, replaced {sorted(replaced)}"


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
