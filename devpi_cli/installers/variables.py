"""Write environment variables for shells and CI systems, safely quoted."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING

from devpi_cli.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Callable


def default_shell(program: str | None) -> str:
    """Return the shell syntax for a program, given by its path; bash by default."""
    name = PurePath(program or "").name.removesuffix(".exe")
    return {"fish": "fish", "pwsh": "powershell", "powershell": "powershell"}.get(name, "bash")


def assignment(shell: str, name: str, value: str) -> str:
    """Return the line that sets an environment variable in one of ``SHELLS``.

    Raises WrongUsage for a value that cannot be written there.
    """
    return SHELLS[shell](name, value)


def github_mask(secret: str) -> str:
    """Return the line that makes GitHub hide a secret in the log of a job."""
    for sign in "%\r\n":
        secret = secret.replace(sign, f"%{ord(sign):02X}")
    return f"::add-mask::{secret}"


def _bash(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{quoted}'"


def _powershell(name: str, value: str) -> str:
    """Escape quotes by doubling them.

    PowerShell treats typographic quotes as quotes, too.
    """
    quoted = re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", value)
    return f"$Env:{name} = '{quoted}'"


def _github(name: str, value: str) -> str:
    """Return a line for the file that GITHUB_ENV names.

    Only line ends are special there.
    """
    if not re.search(r"[\r\n]", value):
        return f"{name}={value}"
    from secrets import token_hex

    end = f"end_{token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}"


def _gitlab(name: str, value: str) -> str:
    """Return a line for a GitLab dotenv report.

    It supports neither quotes nor whitespace.
    """
    if re.search(r"\s", value):
        raise WrongUsage(
            f"{name} contains whitespace, which a GitLab dotenv report cannot hold", hint="use --shell bash"
        )
    return f"{name}={value}"


SHELLS: dict[str, Callable[[str, str], str]] = {
    "bash": _bash,
    "fish": _fish,
    "powershell": _powershell,
    "github": _github,
    "gitlab": _gitlab,
}
