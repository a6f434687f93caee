"""The command devpi install: pip or uv with the settings of an index."""

from __future__ import annotations

import json
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option
from devpi_cli.cli.steps.further_sources import name_all, refuse_all, shut_out
from devpi_cli.cli.steps.install_env import chosen_installer, chosen_venv, index_access, simple_url
from devpi_cli.cli.steps.upstreams import warn_of_silent
from devpi_cli.errors import DevpiError, ProgramFailed, WrongUsage
from devpi_cli.models import Requirement
from devpi_cli.programs import process
from devpi_cli.system import private

if TYPE_CHECKING:
    from devpi_cli.cli.steps.install_env import Installer


MOST_PROJECTS = 5


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
@click.option(
    "--only-index", is_flag=True, help="Install from this index only, whatever pip and uv are told elsewhere."
)
@click.option("--dry-run", "-n", is_flag=True, help="Let pip or uv show what they would install; change nothing.")
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
    only_index: bool,
    dry_run: bool,
) -> None:
    """Install packages from an index with pip or uv.

    The virtual environment is that of --venv, else the one set by 'devpi use --venv DIR', else the active one. Without
    any, the first pip on the PATH installs where it belongs, and uv uses '.venv' or fails. Installed packages are
    upgraded, also to pre-releases. The exit status is that of pip or uv.

    Each further index, or page of links, that pip or uv also installs from is named: anybody who can publish there can
    replace a package of yours. --only-index shuts them out.
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
    upgrade = [] if {"--upgrade", "-U"} & set(packages) else ["--upgrade"]  # uv accepts it only once
    if dry_run:
        upgrade += ["--dry-run", chosen.without_cache]
    url = simple_url(server, source)
    if only_index:
        refuse_all(chosen, wanted)
    else:
        name_all(app, chosen, url, wanted)
    try:
        with ExitStack() as stack:
            temporary = stack.enter_context(private.folder("install"))
            access = stack.enter_context(index_access(app, server, source, chosen))
            only = stack.enter_context(shut_out(chosen, access["PIP_INDEX_URL"])) if only_index else {}
            extra = {**chosen.settings, **access, **only, **private.variables(temporary)}
            command = [*chosen.command, "install", *upgrade, *wanted]
            process.run(command, extra=extra, aside=app.options.json, purpose="install")
    except ProgramFailed as error:
        for project in () if error.hint else _projects(packages):  # a hint is the cause
            warn_of_silent(app, server, source, project)
        raise
    app.out.document({"index": url, "wanted": wanted, **({"dry_run": True} if dry_run else {})})


def _projects(packages: tuple[str, ...]) -> list[str]:
    """Return the projects that requirements name, a few at most; paths, URLs and options name none."""
    found = []
    for typed in packages:
        with suppress(DevpiError):
            found.append(Requirement.parse(typed).project)
    return found[:MOST_PROJECTS]


def _list(app: App, chosen: Installer, folder: Path | None) -> None:
    app.out.line(f"list of installed packages on {folder or chosen.command[0]}")
    if not app.options.json:
        process.run([*chosen.command, "list"], extra=chosen.settings, purpose="list what is installed")
        return
    listed = process.output([*chosen.command, "list", "--format=json"], cwd=Path.cwd(), extra=chosen.settings)
    try:
        app.out.document(json.loads(listed))
    except ValueError:
        raise DevpiError(f"{' '.join(chosen.command)} list did not print JSON") from None
