"""Where the completion script of the user's shell is, what stands there, and what should."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.cli.completion import shells
from devpi_cli.system import files

if TYPE_CHECKING:
    from collections.abc import Mapping

    import click


def login_shell() -> str:
    """Return the name of the shell in the variable SHELL; empty if it is not set."""
    return Path(os.environ.get("SHELL", "")).name


def place(shell: str, environment: Mapping[str, str]) -> Path:
    """Return the file in which a shell looks for the user's completions of devpi.

    bash-completion and fish document these folders; zsh has none, so ``.zshrc`` has to name ours.
    """
    base = Path(environment.get("HOME") or files.home())
    data = Path(environment.get("XDG_DATA_HOME") or base / ".local/share")
    if shell == "bash":
        return Path(environment.get("BASH_COMPLETION_USER_DIR") or data / "bash-completion") / "completions/devpi"
    if shell == "zsh":
        return data / "zsh/site-functions/_devpi"
    return Path(environment.get("XDG_CONFIG_HOME") or base / ".config") / "fish/completions/devpi.fish"


def script(shell: str, root: click.Context) -> str:
    """Return the script for a shell; ``root`` is the context of ``devpi``, whose commands are all imported."""
    from devpi_cli.cli.completion.grammar import grammar

    return shells.script(shell, *grammar(root))


def existing(path: Path) -> str | None:
    """Return the script that is there, or None. Raises OSError if it cannot be read."""
    try:
        return files.read_bytes(path).decode("utf-8", errors="replace")
    except FileNotFoundError:
        return None
