"""Read a list of users from CSV, as ``declaration`` takes them."""

from __future__ import annotations

import csv
import io

from devpi_cli.errors import WrongUsage
from devpi_cli.indexes.declaration import PASSWORD_FROM
from devpi_cli.printable import SECRET_KEYS

NAME = "user"
COLUMNS = (NAME, "email", "title", "description", PASSWORD_FROM)
VARIABLE_COLUMN = f"the column {PASSWORD_FROM} can name a variable that holds it"
SEPARATORS = ",;\t"


def parse(text: str) -> dict[str, dict[str, str]]:
    """Return users with their settings; an empty cell says nothing.

    The first row names the columns, and its first separator is that of all rows. Raises WrongUsage for anything else
    than a list of users.
    """
    text = text.removeprefix("\ufeff")  # Excel begins with it
    heading = text.partition("\n")[0]
    separator = next((sign for sign in heading if sign in SEPARATORS), ",")
    try:
        rows = [
            [cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=separator, strict=True)
        ]
    except csv.Error as error:
        raise WrongUsage(f"this is not CSV: {error}") from None
    columns = rows[0] if rows else []
    _require_columns(columns)
    users: dict[str, dict[str, str]] = {}
    for number, row in enumerate(rows[1:], 2):
        if not any(row):
            continue
        if len(row) != len(columns):
            raise WrongUsage(f"row {number} has {len(row)} cells, but there are {len(columns)} columns")
        config = {key: cell for key, cell in zip(columns, row, strict=True) if cell}
        name = config.pop(NAME, "")
        if not name or name in users:
            raise WrongUsage(f"row {number}: {f'{name} is listed twice' if name else 'it names no user'}")
        users[name] = config
    return users


def _require_columns(columns: list[str]) -> None:
    if secret := next((column for column in columns if column in SECRET_KEYS), ""):
        raise WrongUsage(f"a file must not contain a {secret}", hint=VARIABLE_COLUMN)
    unknown = [column for column in columns if column not in COLUMNS]
    if unknown or NAME not in columns or len(set(columns)) != len(columns):
        what = f"{unknown[0]!r} is not a column" if unknown else f"the first row must name the column {NAME}, once"
        raise WrongUsage(what, hint=f"columns are {', '.join(COLUMNS)}")
