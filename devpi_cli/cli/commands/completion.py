"""The command devpi completion: scripts that make a shell complete devpi."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from devpi_cli import files
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.completion import shells
from devpi_cli.cli.completion.grammar import grammar
from devpi_cli.errors import DevpiError, WrongUsage

if TYPE_CHECKING:
    from collections.abc import Mapping

READABLE = 0o644
POWERSHELL = "devpi completion powershell | Out-String | Invoke-Expression"


@click.group(
    epilog="\b\nExamples:\n  devpi completion install\n  devpi completion bash > /etc/bash_completion.d/devpi\n"
    '  eval "$(devpi completion zsh)"'
)
def command() -> None:
    """Set up shell completion of commands, options and names on the server."""


def _printer(shell: str) -> click.Command:
    @pass_app
    def show(app: App) -> None:
        text = _script(shell)
        app.out.lines(text.splitlines())
        app.out.document({"shell": shell, "script": text})

    epilog = f"\b\nExample:\n  devpi completion {shell}"
    return click.Command(shell, callback=show, help=f"Print the script for {NAMES[shell]}.", epilog=epilog)


NAMES = {"bash": "bash", "zsh": "zsh", "fish": "fish", "powershell": "PowerShell"}
for _shell in shells.SHELLS:
    command.add_command(_printer(_shell))


@command.command(
    epilog="\b\nExamples:\n  devpi completion install\n  devpi completion install fish\n"
    "  devpi completion install zsh --dry-run"
)
@click.argument("shell", required=False, type=click.Choice(shells.SHELLS), metavar="[SHELL]")
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be written, and change nothing.")
@pass_app
def install(app: App, shell: str | None, dry_run: bool) -> None:
    """Install the completion script where SHELL looks for it.

    SHELL is bash, zsh or fish; the default is the shell in the variable SHELL. A file that devpi-cli did not write is
    only overwritten after a confirmation.
    """
    shell = shell or _login_shell()
    if shell == "powershell":
        raise WrongUsage(
            "PowerShell has no folder for completion scripts", hint=f"add this line to $PROFILE: {POWERSHELL}"
        )
    path, text = place(shell, os.environ), _script(shell)
    existing = _read(path)
    if dry_run:
        app.out.line(f"{path} is up to date" if existing == text else f"would write {path}")
        app.out.document({"shell": shell, "would_write": None if existing == text else str(path)})
        return
    if existing != text:
        if existing is not None and shells.MARK not in existing:
            app.out.confirm("Overwrite it", [f"{path} was not written by devpi-cli"])
        _write(path, text)
    app.out.line(f"{path} is up to date" if existing == text else f"wrote {path}")
    for step in _next(shell, path):
        app.out.line(step)
    app.out.document({"shell": shell, "path": str(path), "written": existing != text, "next": _next(shell, path)})


def _script(shell: str) -> str:
    devpi, everywhere = grammar(click.get_current_context().find_root())
    return shells.script(shell, devpi, everywhere)


def _login_shell() -> str:
    name = Path(os.environ.get("SHELL", "")).name
    if name not in shells.SHELLS:
        reason = f"the variable SHELL is {name!r}" if name else "the variable SHELL is not set"
        raise WrongUsage(
            f"for which shell? {reason}", hint=f"type 'devpi completion install {'|'.join(shells.SHELLS)}'"
        )
    return name


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


def _next(shell: str, path: Path) -> list[str]:
    """Return the remaining steps for the user, line by line."""
    if shell == "fish":
        return ["It works in new shells."]
    if shell == "zsh":
        return [
            "Add this to ~/.zshrc, unless that folder is in fpath already, and start a new shell:",
            f"  fpath=({_quoted(path.parent)} $fpath); autoload -Uz compinit && compinit",
        ]
    return [
        "It works in new shells with the package bash-completion. Without that, add this to ~/.bashrc:",
        f"  source {_quoted(path)}",
    ]


def _quoted(path: Path) -> str:
    import shlex

    return shlex.quote(str(path))


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DevpiError(f"cannot read {path}: {error.strerror}") from None


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path.resolve(), text, READABLE)
    except OSError as error:
        raise DevpiError(f"cannot write {path}: {error.strerror}") from None
