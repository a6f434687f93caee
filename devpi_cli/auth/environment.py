"""Name the variables that hold a login, and the only server that may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

INDEX, USER, TOKEN, PASSWORD = "DEVPI_INDEX", "DEVPI_USER", "DEVPI_TOKEN", "DEVPI_PASSWORD"
SECRETS = (TOKEN, PASSWORD)
"""The variables with a secret; the first one that is set counts."""
ANY_TOKEN = "__token__"  # noqa: S105 (the user name that PyPI uses with every API token)


def secrets(variables: Mapping[str, str], root: str, secrets_for: str) -> dict[str, str]:
    """Return the secrets that a server may see, by variable.

    ``secrets_for`` is the root URL of the server that ``DEVPI_INDEX`` names; empty if it names none.
    """
    if secrets_for not in ("", root):
        return {}
    return {name: found for name in SECRETS if (found := secret_in(variables, name))}


def secret_in(variables: Mapping[str, str], name: str) -> str:
    """Return the secret in a variable; empty if there is none.

    No secret ends in a line end, but the output of a program does, and so do many files.
    """
    return variables.get(name, "").rstrip("\r\n")


def kept_back(variables: Mapping[str, str], root: str, secrets_for: str) -> str:
    """Return why a server may not see a secret, and what to set.

    The text is empty if it may see it, or if there is none.
    """
    name = next((name for name in SECRETS if secret_in(variables, name)), "")
    if not name or secrets_for in ("", root):
        return ""
    return f"{name} is only for {secrets_for}, which {INDEX} names: to use it at {root}, set {INDEX} to a URL there"
