"""Find the policy of an index: in a file, or kept with the index itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.errors import WrongUsage
from devpi_cli.indexes.retention import policy_of
from devpi_cli.server import custom_data
from devpi_cli.system import files

if TYPE_CHECKING:
    from pathlib import Path

    from devpi_cli.indexes.retention import Policy
    from devpi_cli.models import Index
    from devpi_cli.server.api import Server

NAME = "retention"


def from_file(path: Path) -> Policy:
    """Read a policy from a TOML file. Raises WrongUsage if it has none."""
    import tomllib

    try:
        table = tomllib.loads(files.read(files.expanded(path), named=True))
    except OSError as error:
        raise WrongUsage(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise WrongUsage(f"{path}: {str(error).splitlines()[0]}") from None
    return policy_of(table, str(path))


def of_index(index: Index) -> Policy:
    """Return the policy that is kept with an index. Raises WrongUsage if there is none."""
    table = custom_data.read(index, NAME)
    if table is None:
        raise WrongUsage(f"{index.name} has no policy", hint="keep one with --save-policy")
    return policy_of(table, f"the policy of {index.name}")


def save(server: Server, index: Index, policy: Policy) -> None:
    """Keep a policy with an index. Raises what ``custom_data.write`` raises."""
    custom_data.write(server, index, NAME, policy.in_words())


def require_room(index: Index, policy: Policy) -> None:
    """Raise what ``save`` raises before it asks the server."""
    custom_data.with_ours(index, NAME, policy.in_words())
