"""devpi install."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from devpi_cli import process, urls
from devpi_cli.app import App, pass_app
from devpi_cli.commands._options import chosen_index, index_option
from devpi_cli.errors import WrongUsage
from devpi_cli.installers import active_venv

if TYPE_CHECKING:
    from collections.abc import Mapping


@click.command(
    epilog="\b\nExamples:\n  devpi install requests\n  devpi install -r requirements.txt --venv .venv\n"
    "  devpi install demo -- --no-deps"
)
@click.argument("packages", nargs=-1, metavar="[PKG]... [-- PIP OPTIONS]")
@click.option("--requirement", "-r", multiple=True, metavar="FILE", help="Install what a requirements file lists.")
@click.option("--editable", "-e", multiple=True, metavar="PATH", help="Install a project in editable mode.")
@click.option("--list", "-l", "list_", is_flag=True, help="List what is installed.")
@click.option("--venv", type=click.Path(path_type=Path), help="Install into this virtual environment.")
@index_option("install from")
@pass_app
def command(
    app: App,
    packages: tuple[str, ...],
    requirement: tuple[str, ...],
    editable: tuple[str, ...],
    list_: bool,
    venv: Path | None,
    index: str | None,
) -> None:
    """Install packages from an index with pip.

    It runs the pip of the virtual environment that is named, else that is active, else the first one on the PATH.
    Packages that are there are upgraded, and pre-releases count. pip's own exit status is passed on.
    """
    pip = _pip(venv or active_venv())
    if list_:
        app.out.line(f"list of installed packages on {venv or active_venv()}")
        process.run([*pip, "list"])
        return
    wanted = [*packages, *(part for path in editable for part in ("--editable", path))]
    wanted += [part for file in requirement for part in ("--requirement", file)]
    if not wanted:
        raise WrongUsage("nothing to install", hint="name packages, -r FILE or -e PATH")
    process.run([*pip, "install", "--upgrade", *wanted], extra=_settings(app, chosen_index(app, index)))


def _pip(venv: Path | None) -> list[str]:
    """Return the command that runs the right pip: never that of the environment devpi itself lives in, unasked."""
    if venv:
        return [process.python_of(venv.expanduser()), "-m", "pip"]
    hint = "activate a virtual environment, or name one with --venv DIR"
    return [process.on_path("pip", hint)]


def _settings(app: App, index: str) -> Mapping[str, str]:
    """Return pip's settings as environment variables: nobody else can read those, as everybody can arguments."""
    url = f"{app.server.url(index)}/+simple/"
    login, basic_auth = app.login, app.session.access.basic_auth
    user, secret = basic_auth or ((login.user, login.token) if login else (None, None))
    settings = {"PIP_INDEX_URL": urls.with_login(url, user, secret) if user and secret else url}
    settings["PIP_PRE"] = os.environ.get("PIP_PRE", "1")
    host = urlsplit(url)
    if host.scheme == "http":  # pip ignores an index without TLS, unless it is told that this is meant
        settings["PIP_TRUSTED_HOST"] = " ".join(filter(None, [os.environ.get("PIP_TRUSTED_HOST"), host.netloc]))
    return settings
