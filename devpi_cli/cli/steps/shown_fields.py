"""Print fields of core metadata as bare values, for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from devpi_cli.cli.output import Output

# Those of core metadata in singular, as they stand in files, and what the server calls them.
NAMES = {"classifier": "classifiers", "project_url": "project_urls", "provides_extra": "provides_extras"}


def require_fields(typed: Sequence[str]) -> tuple[str, ...]:
    """Return fields as the server calls them; ``Requires-Dist`` is one, too. Raises WrongUsage for any other."""
    from devpi_cli.packages.metadata import FIELDS

    known = {*FIELDS.values(), "comment"}
    names = [field.lower().replace("-", "_") for field in typed]
    found = tuple(NAMES.get(name, name) for name in names)
    for name in found:
        if name not in known:
            from difflib import get_close_matches

            nearest = [f"did you mean {key!r}? " for key in get_close_matches(name, known, 1)]
            hint = f"{''.join(nearest)}'devpi show NAME --json' shows those that a release has"
            raise WrongUsage(f"metadata have no field {name!r}", hint=hint)
    return found


def print_fields(out: Output, metadata: Mapping[str, str | list[str]], fields: Sequence[str]) -> None:
    """Print the value of a field, or of several with their names; a line for each item. What is missing has no line."""
    for field in fields:
        value = metadata.get(field, [])
        lines = value if isinstance(value, list) else [value]
        out.lines([line if len(fields) == 1 else f"{field}: {line}" for line in lines])
