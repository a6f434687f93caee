"""Environment variables as shells and CI systems are told them: a line each, quoted so that nothing in one is run."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING

from devpi_cli.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Callable


def default_shell(program: str | None) -> str:
    """Return the shell whose language a program speaks, by its path; bash is what most understand."""
    name = PurePath(program or "").name.removesuffix(".exe")
    return {"fish": "fish", "pwsh": "powershell", "powershell": "powershell"}.get(name, "bash")


def assignment(shell: str, name: str, value: str) -> str:
    """Return what sets an environment variable in one of ``SHELLS``.

    Raises WrongUsage for a value that cannot be said there.
    """
    return SHELLS[shell](name, value)


def github_mask(secret: str) -> str:
    """Return the line that makes GitHub hide a secret in the log of a job, where it has to be printed."""
    for sign in "%\r\n":
        secret = secret.replace(sign, f"%{ord(sign):02X}")
    return f"::add-mask::{secret}"


def _bash(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{quoted}'"


def _powershell(name: str, value: str) -> str:
    """To PowerShell typographic quotes are quotes, too; doubled they are meant as they are."""
    quoted = re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", value)
    return f"$Env:{name} = '{quoted}'"


def _github(name: str, value: str) -> str:
    """Nothing is special in the file that GITHUB_ENV names, but the end of a line."""
    if not re.search(r"[\r\n]", value):
        return f"{name}={value}"
    from secrets import token_hex

    end = f"end_{token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}"


def _gitlab(name: str, value: str) -> str:
    """A dotenv report of GitLab knows neither quotes nor blanks."""
    if re.search(r"\s", value):
        raise WrongUsage(f"{name} has blanks, which a dotenv report of GitLab cannot hold", hint="take --shell bash")
    return f"{name}={value}"


SHELLS: dict[str, Callable[[str, str], str]] = {
    "bash": _bash,
    "fish": _fish,
    "powershell": _powershell,
    "github": _github,
    "gitlab": _gitlab,
}
