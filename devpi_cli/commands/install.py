"""devpi install."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from devpi_cli import process
from devpi_cli.app import App, pass_app
from devpi_cli.commands._options import chosen_index, index_option
from devpi_cli.commands._pip import pip_access
from devpi_cli.commands._venv import chosen_venv
from devpi_cli.errors import ProgramMissing, WrongUsage

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    epilog="\b\nExamples:\n  devpi install requests\n  devpi install -r requirements.txt --venv .venv\n"
    "  devpi install demo -- --no-deps"
)
@click.argument("packages", nargs=-1, metavar="[PKG]... [-- PIP OPTIONS]")
@click.option("--requirement", "-r", multiple=True, metavar="FILE", help="Install what a requirements file lists.")
@click.option("--editable", "-e", multiple=True, metavar="PATH", help="Install a project in editable mode.")
@click.option("--list", "-l", "list_", is_flag=True, help="List what is installed.")
@click.option("--venv", metavar="DIR", help="Install into this virtual environment; - passes over the remembered one.")
@index_option("install from")
@pass_app
def command(
    app: App,
    packages: tuple[str, ...],
    requirement: tuple[str, ...],
    editable: tuple[str, ...],
    list_: bool,
    venv: str | None,
    index: str | None,
) -> None:
    """Install packages from an index with pip.

    It runs the pip of the virtual environment that is named, else that 'devpi use --venv' remembers, else that is
    active, else the first one on the PATH.
    Packages that are there are upgraded, and pre-releases count. pip's own exit status is passed on.
    """
    folder = chosen_venv(app, venv)
    pip = _pip(folder)
    if list_:
        app.out.line(f"list of installed packages on {folder or pip[0]}")
        process.run([*pip, "list", *(["--format=json"] if app.json else [])])
        return
    wanted = [*packages, *(part for path in editable for part in ("--editable", path))]
    wanted += [part for file in requirement for part in ("--requirement", file)]
    if not wanted:
        raise WrongUsage("nothing to install", hint="name packages, -r FILE or -e PATH")
    chosen = chosen_index(app, index)  # first, because a URL decides which server that is
    url = f"{app.server.url(chosen)}/+simple/"
    with pip_access(app, url) as access:
        access["PIP_PRE"] = os.environ.get("PIP_PRE", "1")
        process.run([*pip, "install", "--upgrade", *wanted], extra=access, aside=app.json)
    app.out.document({"index": url, "wanted": wanted})


def _pip(venv: Path | None) -> list[str]:
    """Return the command that runs the right pip: never that of the environment devpi itself lives in, unasked."""
    if not venv:
        return [process.on_path("pip", "activate a virtual environment, or name one with --venv DIR")]
    python = process.python_of(venv)
    if not process.has_module(python, "pip"):
        raise ProgramMissing(f"there is no pip in {venv}", hint=f"install it with: {python} -m ensurepip")
    return [python, "-m", "pip"]
