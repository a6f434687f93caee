"""devpi env."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from devpi_cli import urls
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option
from devpi_cli.cli.steps.install_env import index_settings
from devpi_cli.errors import LoginRequired, Missing, NotAllowed, NotDevpi
from devpi_cli.installers import variables

if TYPE_CHECKING:
    from devpi_cli.server.api import Server

SECRET_URLS = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX")


@click.command(
    epilog='\b\nExamples:\n  eval "$(devpi env)"                          bash, zsh, sh\n'
    "  devpi env --shell fish | source\n  devpi env --shell powershell | Out-String | Invoke-Expression\n"
    '  devpi env --shell github >> "$GITHUB_ENV"    for the next steps of a job\n'
    "  devpi env --shell gitlab > devpi.env         artifacts: reports: dotenv"
)
@click.option(
    "--shell", type=click.Choice(list(variables.SHELLS)), help="Whose language to print. [that of $SHELL, or bash]"
)
@click.option(
    "--login/--no-login", default=None, help="Put the login into the URLs, or not. [where nobody else may read]"
)
@index_option("point pip and uv to")
@pass_app
def command(app: App, shell: str | None, login: bool | None, index: str | None) -> None:
    """Print the environment variables that point pip and uv to an index.

    They are PIP_INDEX_URL and UV_DEFAULT_INDEX; PIP_TRUSTED_HOST for plain http; and what --ca-bundle, --insecure and
    a client certificate mean to pip and uv. No settings file is needed then, and none is touched.

    An index that shows nothing without a login gets it put into the URLs, because a later pip has no other way to it:
    whoever sees the variables can read it, and it is good as long as the login. GitHub is told to mask it in the log.
    """
    target = app.target(index)
    name, server = target.require_index(), app.connect(target)
    url = f"{server.url(name)}/+simple/"
    told, who = index_settings(app, server, url), _login(server, name, wanted=login)
    if who:
        told |= dict.fromkeys(SECRET_URLS, urls.with_login(url, *who))
    chosen = shell or variables.default_shell(os.environ.get("SHELL"))
    lines = [variables.assignment(chosen, name, value) for name, value in told.items()]
    if who and chosen == "github":
        for secret in sorted({who[1], quote(who[1], safe="")}):
            app.out.command(variables.github_mask(secret))
    elif who and chosen == "gitlab":
        app.out.warn(f"the login stands in {' and '.join(SECRET_URLS)}: who may see the job's artifacts can read it")
    app.out.lines(lines)
    app.out.document(told)


def _login(server: Server, index: str, *, wanted: bool | None) -> tuple[str, str] | None:
    """Return user and secret for the URLs; None where none are needed, or wanted. Raises LoginRequired for none."""
    login, basic_auth = server.session.find_login(), server.session.identity.basic_auth
    who = basic_auth or ((login.user, login.token) if login else None)
    if wanted is False:
        return None
    if wanted and not who:
        raise LoginRequired(f"not logged in at {server.root}", hint="type 'devpi login USER'")
    if not wanted:
        server.index(index, projects=False)
        return who if who and _is_closed(server, index) else None
    return who


def _is_closed(server: Server, index: str) -> bool:
    """Tell whether an index shows nothing to who is not logged in; a web server may answer with a page."""
    try:
        server.anonymous().index(index, projects=False)
    except (NotAllowed, Missing, NotDevpi):
        return True
    return False
