"""The commands of devpi-server and ours, as tutorials have them: what came of each option, and why that differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDTHS = (40, 40, 52)


class Row(NamedTuple):
    """A command or an option, what the raw program made of it, what ours did, and why they differ."""

    typed: str
    raw: str
    ours: str
    why: str = ""


INIT = [
    Row("devpi-init --serverdir D", "0755, database 0644, root: no password", "0700, database 0600, root: a password",
        "others read no hashes; nobody gets in as root (S1)"),
    Row("devpi-init, its secret", "none", "0600", "logins outlive a restart (S22)"),
]  # fmt: skip
SERVER = [
    Row("devpi-server --serverdir D", "serves D, keeps no secret", "serves D, keeps a secret (0600)",
        "logins outlive a restart (S22)"),
    Row("devpi-server --host 127.0.0.1 --port N", "answers there", "answers there"),
]  # fmt: skip
EXPORT = [
    Row("devpi-export --serverdir D DIR", "7 files, description 0644, D: changed", "7 files, description 0600, D: same",
        "hashes of passwords are private, and a primary stays one (S16 to S18)"),
    Row("devpi-export -c FILE", "read, warns of port", "read", "one file is for all programs (S21)"),
    Row("devpi-export --storage sqlite", "sqlite", "sqlite"),
    Row("devpi-export --include-mirrored-files", "8 files", "8 files"),
    Row("devpi-export --hard-links", "linked", "linked, warns", "what damages one damages both"),
]  # fmt: skip
IMPORT = [
    Row("devpi-import --serverdir D DIR", "8 files, database 0644", "8 files, database 0600, all hashes match",
        "what is there is compared with what was exported (S6)"),
    Row("devpi-import --no-root-pypi", "no root/pypi", "no root/pypi"),
    Row("devpi-import --root-passwd P", "that of the export", "P, warns", "it is in force (S8); ps shows P (S2)"),
    Row("devpi-import --no-events", "index of searches: later", "index of searches: later"),
    Row("devpi-import --hard-links", "linked", "linked"),
    Row("devpi-import -c FILE", "read, warns of port", "read", "one file is for all programs (S21)"),
    Row("devpi-import --storage sqlite", "sqlite", "sqlite"),
    Row("devpi-import --root-passwd-hash H", "that of the export", "H", "it is really in force (S8)"),
    Row("devpi-import --skip-import-type mirror", "left out, silently", "left out, warns of the bases that name it",
        "a base that is gone is found now, not by users (S10)"),
]  # fmt: skip


def summary(recorded: Iterable[list[str]]) -> list[str]:
    """Return the table, in the order of the commands; each row comes once."""
    found = dict.fromkeys(Row(*values) for values in recorded)
    order = {row: number for number, row in enumerate([*INIT, *SERVER, *EXPORT, *IMPORT])}
    rows = sorted(found, key=lambda row: order.get(row, len(order)))
    lines = [_line(Row("typed", "devpi-server's program", "devpi server …", "why"))]
    return [*lines, *map(_line, rows)]


def _line(row: Row) -> str:
    return "".join(f"{cell:{width}}" for cell, width in zip(row, (*WIDTHS, 0), strict=True)).rstrip()
