"""The command devpi completion: scripts that make a shell complete devpi."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.completion import places, shells
from devpi_cli.errors import DevpiError, WrongUsage
from devpi_cli.system import files

if TYPE_CHECKING:
    from pathlib import Path

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
        app.out.verbatim(text.rstrip("\n"))
        app.out.document({"shell": shell, "script": text}, verbatim=True)

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
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be written; change nothing.")
@pass_app
def install(app: App, shell: str | None, dry_run: bool) -> None:
    """Install the completion script where SHELL looks for it.

    SHELL is bash, zsh, fish or powershell; the default is the shell in the variable SHELL. PowerShell has no folder for
    scripts: you are shown the line to add to its $PROFILE. A file that devpi-cli did not write is only overwritten
    after a confirmation.
    """
    shell = shell or _login_shell()
    if shell == "powershell":
        raise WrongUsage(
            "PowerShell has no folder for completion scripts", hint=f"add this line to $PROFILE: {POWERSHELL}"
        )
    path, text = places.place(shell, os.environ), _script(shell)
    existing = _read(path)
    if dry_run:
        app.out.line(f"{path} is up to date" if existing == text else f"would write {path}")
        app.out.document({"shell": shell, "would_write": None if existing == text else str(path)})
        return
    if existing != text:
        if existing is not None and shells.MARK not in existing:
            details = [f"{path} was not written by devpi-cli"]
            app.out.confirm(f"Overwrite {path}?", details, autoset="Overwrite it")
        _write(path, text)
    app.out.line(f"{path} is up to date" if existing == text else f"wrote {path}")
    for step in _next(shell, path):
        app.out.line(step)
    app.out.document({"shell": shell, "path": str(path), "written": existing != text, "next": _next(shell, path)})


def _script(shell: str) -> str:
    return places.script(shell, click.get_current_context().find_root())


def _login_shell() -> str:
    name = places.login_shell()
    if name not in shells.SHELLS:
        reason = f"the variable SHELL is {name!r}" if name else "the variable SHELL is not set"
        raise WrongUsage(
            f"cannot tell which shell to install for: {reason}",
            hint="type 'devpi completion install SHELL'; SHELL is bash, zsh, fish or powershell",
        )
    return name


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
        return places.existing(path)
    except OSError as error:
        raise DevpiError(f"cannot read {path}: {error.strerror}") from None


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path.resolve(), text, READABLE)
    except OSError as error:
        raise DevpiError(f"cannot write {path}: {error.strerror}") from None
