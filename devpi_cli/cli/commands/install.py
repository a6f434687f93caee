"""The command devpi install: pip or uv with the settings of an index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option
from devpi_cli.cli.steps.install_env import chosen_installer, chosen_venv, index_access
from devpi_cli.errors import DevpiError, WrongUsage
from devpi_cli.programs import process

if TYPE_CHECKING:
    from devpi_cli.cli.steps.install_env import Installer


@click.command(
    epilog="\b\nExamples:\n  devpi install requests\n  devpi install -r requirements.txt --venv .venv\n"
    "  devpi install demo -- --no-deps\n  devpi install --installer uv demo"
)
@click.argument("packages", nargs=-1, metavar="[PKG]... [-- OPTIONS OF PIP OR UV]")
@click.option("--requirement", "-r", multiple=True, metavar="FILE", help="Install what a requirements file lists.")
@click.option("--editable", "-e", multiple=True, metavar="PATH", help="Install a project in editable mode.")
@click.option("--list", "-l", "list_", is_flag=True, help="List the installed packages.")
@click.option("--venv", metavar="DIR", help="Install into this virtual environment; - ignores the remembered one.")
@click.option(
    "--installer",
    type=click.Choice(["auto", "pip", "uv"]),
    default="auto",
    envvar="DEVPI_INSTALLER",
    help="Program to install with. [pip, or uv if there is no pip]",
)
@index_option("install from")
@click.option("--dry-run", "-n", is_flag=True, help="Let pip or uv show what they would install, and change nothing.")
@pass_app
def command(
    app: App,
    packages: tuple[str, ...],
    requirement: tuple[str, ...],
    editable: tuple[str, ...],
    list_: bool,
    venv: str | None,
    installer: str,
    index: str | None,
    dry_run: bool,
) -> None:
    """Install packages from an index with pip or uv.

    The virtual environment is that of --venv, else the one set by 'devpi use --venv', else the active one. Without any,
    the first pip on the PATH installs where it belongs, and uv uses '.venv' or fails. Installed packages are upgraded,
    also to pre-releases. The exit status is that of pip or uv.
    """
    folder = chosen_venv(app, venv)
    chosen = chosen_installer(installer, folder)
    if list_:
        _list(app, chosen, folder)
        return
    wanted = [*packages, *(part for path in editable for part in ("--editable", path))]
    wanted += [part for file in requirement for part in ("--requirement", file)]
    if not wanted:
        raise WrongUsage("nothing to install", hint="name packages, -r FILE or -e PATH")
    target = app.target(index)
    source, server = target.require_index(), app.connect(target)
    url = f"{server.url(source)}/+simple/"
    upgrade = [] if {"--upgrade", "-U"} & set(packages) else ["--upgrade"]  # uv accepts it only once
    if dry_run:
        upgrade += ["--dry-run", chosen.without_cache]
    with index_access(app, server, url) as access:
        process.run(
            [*chosen.command, "install", *upgrade, *wanted], extra={**access, **chosen.settings}, aside=app.options.json
        )
    app.out.document({"index": url, "wanted": wanted, **({"dry_run": True} if dry_run else {})})


def _list(app: App, chosen: Installer, folder: Path | None) -> None:
    app.out.line(f"list of installed packages on {folder or chosen.command[0]}")
    if not app.options.json:
        process.run([*chosen.command, "list"], extra=chosen.settings)
        return
    listed = process.output([*chosen.command, "list", "--format=json"], cwd=Path.cwd(), extra=chosen.settings)
    try:
        app.out.document(json.loads(listed))
    except ValueError:
        raise DevpiError(f"{' '.join(chosen.command)} list did not print JSON") from None
