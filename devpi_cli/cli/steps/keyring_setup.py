"""Let pip and uv get the login from keyring, where our backend has it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.auth.answers import question
from devpi_cli.auth.private_keyring import PROVIDER_OF_PIP, PROVIDER_OF_UV
from devpi_cli.cli.steps.install_env import INDEX_VARIABLES
from devpi_cli.errors import LoginRequired
from devpi_cli.installers.formats import SUBPROCESS

if TYPE_CHECKING:
    from pathlib import Path

    from devpi_cli.cli.app import App
    from devpi_cli.http.identity import Identity
    from devpi_cli.installers.formats import IndexSettings
    from devpi_cli.server.api import Server

IMPORT, AUTO = "import", "auto"


def owner(identity: Identity, simple: str, user: str | None) -> str | None:
    """Return whose login keyring hands out for an index: by default the active user's; None if it has none."""
    if identity.basic_auth and urls.origin(simple) == urls.origin(identity.root):
        return identity.basic_auth[0]
    from devpi_cli.auth.backend import granted

    found = granted(simple, user)
    return found.user if found else None


def missing(app: App, simple: str, user: str | None) -> LoginRequired:
    """Return the error for an index without a login that other programs could get."""
    from devpi_cli.auth.backend import CLIENTDIR

    if app.options.clientdir != (os.environ.get(CLIENTDIR) or None):
        hint = f"other programs read your logins only where {CLIENTDIR} says: set it instead of --clientdir"
    else:
        hint = f"type 'devpi login {user or 'USER'}'; a login in a variable is not kept for other programs"
    return LoginRequired(f"keyring has no login{f' of {user}' if user else ''} for {simple}", hint=hint)


def asking(wanted: IndexSettings, simple: str, owner: str, venv: Path | None, pip: Path | None) -> IndexSettings:
    """Return the settings with which pip and uv ask for the login of a user; none of them has a secret.

    Older versions of both ask only for a user who is named in the URL.
    """
    return wanted._replace(simple=question(simple, owner), keyring=provider(venv, pip))


def variables(app: App, server: Server, simple: str, user: str | None) -> dict[str, str]:
    """Return the environment variables with which pip and uv ask for the login of a user.

    Raises LoginRequired if keyring has none.
    """
    found = owner(server.session.identity, simple, user)
    if not found:
        raise missing(app, simple, user)
    values = dict.fromkeys(INDEX_VARIABLES, question(simple, found))
    return values | {PROVIDER_OF_PIP: provider(None, prefix_of_pip()), PROVIDER_OF_UV: SUBPROCESS}


def prefix_of_pip() -> Path | None:
    """Return the folder of the environment that the pip on the PATH is in."""
    import shutil
    from pathlib import Path

    pip = shutil.which("pip")
    return Path(pip).parent.parent if pip else None


def provider(venv: Path | None, pip: Path | None) -> str:
    """Return where a pip is to ask, given by the environment to configure, and by that of the pip on the PATH.

    It ignores a program ``keyring`` in its own environment, and imports the library there. What is set for the user
    counts for pips elsewhere, too: with ``auto`` each of them finds the right one.
    """
    if venv:
        return IMPORT if _is_ours(venv) else SUBPROCESS
    return AUTO if pip and _is_ours(pip) else SUBPROCESS


def _is_ours(prefix: Path) -> bool:
    with suppress(OSError):
        return prefix.samefile(sys.prefix)
    return False
